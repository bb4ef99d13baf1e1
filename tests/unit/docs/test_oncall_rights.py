"""What a runbook has typed: whoever is on call may do it, or the page's owner is called."""

import re
from pathlib import Path

import pytest

from tests.drills.runbooks.page import Page, pages

BOOTSTRAP = (Path(__file__).parents[3] / "deploy" / "bootstrap.sh").read_text(encoding="utf-8")
# Which role a command needs, from Google's reference of each.
NEEDS = {
    r"gcloud (beta )?run (services (list|describe|update)|revisions list)": "run.developer",
    r"gcloud redis instances describe": "redis.viewer",
    r"gcloud builds list": "cloudbuild.builds.viewer",
    r"gcloud pubsub subscriptions describe mechachang-tasks-push": "pubsub.viewer",
    r"gcloud secrets versions add mechachang-slack-(bot|app)-token": (
        "secretmanager.secretVersionAdder"
    ),
    r"gcloud logging read": "logging.viewer",
    r"python -m deploy\.rollback": "run.developer",
    r"python -m deploy\.slo": "monitoring.viewer",
    r"python -m deploy\.dead_letters": "pubsub.subscriber",
}
NO_RIGHT = r"read -rs|export |curl "
# The README says so.
OF_AN_OWNER = r"deploy/bootstrap\.sh|gcloud pubsub subscriptions delete"
OF_AN_OWNER_AS_A_WHOLE = {"region-is-gone"}


def given() -> str:
    """The part of the script that gives rights to whoever is on call."""
    return BOOTSTRAP.partition("make_oncall() {")[2].partition("\n}\n")[0]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_whoever_is_on_call_may_do_what_the_page_has_typed(page: Page) -> None:
    for command in page.commands():
        if page.name in OF_AN_OWNER_AS_A_WHOLE or re.match(f"{NO_RIGHT}|{OF_AN_OWNER}", command):
            continue
        typed = command.rpartition(" | ")[2]
        role = next((role for form, role in NEEDS.items() if re.match(form, typed)), None)
        assert role is not None, command
        assert re.search(rf"\b{re.escape(role)}\b", given()), command


def test_a_trace_may_be_opened_too() -> None:
    assert "cloudtrace.user" in given()


@pytest.mark.parametrize("folder", ["docs/runbooks", "docs/ja/runbooks"])
def test_the_readme_says_what_only_an_owner_may_do(folder: str) -> None:
    readme = (Path(__file__).parents[3] / folder / "README.md").read_text(encoding="utf-8")
    (rights,) = re.findall(
        r"^\* \*\*(?:Rights|権限)\*\*.*?(?=^\*)", readme, re.MULTILINE | re.DOTALL
    )
    assert "`gcloud pubsub subscriptions delete`" in rights
    assert "(region-is-gone.md)" in rights
