"""gcloud, which reads every command."""

import pytest

from tests.support import gcloud


@pytest.fixture(autouse=True)
def needs_gcloud() -> None:
    gcloud.require("gcloud")
