"""The day on which a question is asked, and where."""

from processor_service.prompt.build import PromptContext
from tests.support.tasks import NOON

THAT_DAY = PromptContext(NOON.date(), "Acme")
