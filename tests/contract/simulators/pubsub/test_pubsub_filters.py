"""The subscription filter language and the back-off, without a server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.pubsub.errors import Rejected
from simulators.pubsub.state.filters import parse_filter
from simulators.pubsub.state.retry import RetrySchedule

QUESTION = {"kind": "question", "version": "1", "iana.org/language_tag": "ja-JP"}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("attributes:kind", True),
        ("attributes:mode", False),
        ('attributes:"iana.org/language_tag"', True),
        ('attributes.kind = "question"', True),
        ('attributes.kind="Question"', False),
        ('attributes.kind != "cancel"', True),
        ('attributes.mode != "chat"', True),
        ('attributes.kind != "question"', False),
        ('hasPrefix(attributes.kind, "quest")', True),
        ('hasPrefix(attributes."iana.org/language_tag", "en")', False),
        ('hasPrefix(attributes.mode, "")', False),
        ("NOT attributes:mode", True),
        ("NOT NOT attributes:mode", False),
        ("attributes:kind AND attributes:mode", False),
        ("attributes:kind OR attributes:mode", True),
        ("attributes:a OR attributes:b OR attributes:version", True),
        ("attributes:kind AND NOT (attributes:mode OR attributes:version)", False),
        ('(attributes:mode OR attributes:kind) AND attributes.version = "1"', True),
        (r'attributes.kind = "ques\"tion\\"', False),
    ],
)
def test_a_filter_decides_by_attributes(text: str, matches: bool) -> None:
    assert parse_filter(text)(QUESTION) is matches


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("kind == 1", 'expected "attributes", "hasPrefix", "NOT" or "(" before \'kind\''),
        ('attributes.kind == "question"', "expected a string"),
        ("attributes.kind = question", "expected a string in double quotes, found 'question'"),
        ("attributes.kind", "found 'the end'"),
        ("attributes:", "expected an attribute key"),
        ("attributes kind", 'expected ":" or "."'),
        ("(attributes:kind", "expected ')'"),
        ("attributes:kind attributes:mode", "unexpected 'attributes'"),
        ("attributes:kind and attributes:mode", "unexpected 'and'"),
        ("attributes:a AND attributes:b OR attributes:c", "mixed with parentheses"),
        ("attributes:a & attributes:b", "unexpected character at 12"),
        ('attributes.kind = "open', "unexpected character"),
        ("attributes:" + "a" * 250, "longer than 256 bytes"),
    ],
)
def test_a_filter_that_is_not_understood_is_refused_with_a_reason(text: str, sentence: str) -> None:
    with pytest.raises(Rejected) as refused:
        parse_filter(text)
    assert sentence in refused.value.message


@given(minimum_s=st.floats(0.1, 600), span_s=st.floats(0, 600), attempts=st.integers(1, 10_000))
def test_a_back_off_never_leaves_its_bounds(minimum_s: float, span_s: float, attempts: int) -> None:
    schedule = RetrySchedule(minimum_s, minimum_s + span_s, jitter=0.1)
    assert minimum_s <= schedule.delay_s(attempts) <= minimum_s + span_s


def test_a_back_off_doubles_up_to_its_maximum() -> None:
    schedule = RetrySchedule(minimum_s=10, maximum_s=60)
    assert [schedule.delay_s(attempts) for attempts in range(1, 6)] == [10, 20, 40, 60, 60]
