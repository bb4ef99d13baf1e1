"""What Slack refuses is left out for a while: longer if an installation has to change it."""

import pytest

from shared.errors import SlackRefused
from shared.slack.refused_methods import MISSING_FOR_S, REFUSED_FOR_S, RefusedMethods

METHOD = "agents.sessions.setStatus"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("code", "for_s"),
    [
        ("not_agent_app", MISSING_FOR_S),
        ("feature_disabled", MISSING_FOR_S),
        ("unknown_method", MISSING_FOR_S),
        ("missing_scope", REFUSED_FOR_S),
    ],
)
def test_what_is_refused_everywhere_is_asked_for_again_after_its_time(
    code: str, for_s: float
) -> None:
    clock = Clock()
    refused = RefusedMethods(clock)
    refused.note(METHOD, "C1", "1.1", SlackRefused("no", slack_error=code))
    clock.now = for_s - 1.0
    assert not refused.allows(METHOD, "C2", "2.2")
    assert refused.allows("chat.startStream", "C1", "1.1")
    clock.now = for_s
    assert refused.allows(METHOD, "C2", "2.2")


def test_what_is_refused_in_a_thread_is_asked_for_in_the_others() -> None:
    refused = RefusedMethods(Clock())
    refused.note(METHOD, "C1", "1.1", SlackRefused("no", slack_error="no_such_thing"))
    assert not refused.allows(METHOD, "C1", "1.1")
    assert refused.allows(METHOD, "C1", "2.2")


def test_a_refusal_in_a_thread_that_accepted_the_method_before_is_not_kept() -> None:
    refused = RefusedMethods(Clock())
    refused.accept(METHOD, "C1", "1.1")
    assert not refused.note(METHOD, "C1", "1.1", SlackRefused("no", slack_error="no_such_thing"))
    assert refused.allows(METHOD, "C1", "1.1")
    assert refused.note(METHOD, "C1", "1.1", SlackRefused("no", slack_error="missing_scope"))
    assert not refused.allows(METHOD, "C1", "1.1")
