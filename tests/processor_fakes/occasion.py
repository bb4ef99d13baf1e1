"""The day on which a question is asked, and where."""

from processor_service.prompt.build import Occasion
from tests.tasks import NOON

THAT_DAY = Occasion(NOON.date(), "Acme")
