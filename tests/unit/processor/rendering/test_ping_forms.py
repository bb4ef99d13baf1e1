"""Thousands of ways to write a mention: none is one in what we would send to Slack."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, product

from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body
from processor_service.rendering.incremental import IncrementalRenderer
from processor_service.rendering.messages import render_answer, render_plain

# What Slack turns into a notification (docs.slack.dev, formatting message text: mentions), read
# more widely than Slack reads it: whatever the id, and whatever follows it.
_PINGING = re.compile(r"<(?:@[UW]|!(?:here|channel|everyone|subteam))[^<>\n]*>")

_NAMED = ("!channel", "!here", "!everyone", "!subteam^S012AB", "@U012AB", "@W9")
_LABELS = ("", "|", "|@team", "|皆さん", "| a b", "|<b", "|`", "|*a*", "|[a](https://a.example)")
_ESCAPED = (
    ("<", ">"),
    ("\\<", ">"),
    ("<", "\\>"),
    ("&lt;", "&gt;"),
    ("&#60;", "&#x3e;"),
    ("&amp;lt;", "&amp;gt;"),
    ("<<", ">>"),
    ("<\u200b", ">"),
    ("<\x00", ">"),
    ("<\u202e", ">"),
    ("<\U000e0041", ">"),
    ("<\ufeff", ">"),
    ("< ", " >"),
    ("<\n", ">"),
    ("<!---->", ">"),
)
_AROUND = (
    "{}",
    "皆さん{}へ",
    "a{}b",
    "「{}」",
    '"{}"',
    "({})",
    "> {}",
    "- {}",
    "1. {}",
    "- [ ] {}",
    "# {}",
    "{}\n===",
    "**{}**",
    "*{}*",
    "_{}_",
    "~~{}~~",
    "`{}`",
    "```\n{}\n```",
    "    {}",
    "| a | b |\n|---|---|\n| {} | c |",
    "| {} | b |\n|---|---|\n| a | c |",
    "[{}](https://a.example)",
    "[a](https://a.example/{})",
    "![{}](https://a.example/b.png)",
    "[![{}](https://a.example/b)](https://a.example)",
    "[a][1]\n\n[1]: https://a.example '{}'",
    "a[^1]\n\n[^1]: {}",
    "<b>{}</b>",
    "<https://a.example|{}>",
    "$${}$$",
    "{}{}",
    "> - **{}**",
)


# No divisor of the number of forms, so that each place meets others.
_STEP = 19
ANYWHERE = tuple(
    form.format(named)
    for named in _NAMED
    for form in ("<{}>", "<{}|@x>", "&lt;{}&gt;", "\\<{}>", "<\u202e{}>", "&#60;{}|a&#62;")
)


def placed(around: str, form: str) -> str:
    return around.replace("{}", form)


def forms() -> Iterator[str]:
    for named, label, (opening, closing) in product(_NAMED, _LABELS, _ESCAPED):
        yield f"{opening}{named}{label}{closing}"
    yield from ("@channel", "@here", "@everyone", "\uff20here", "<@here>", "<!@here>")


# Every form by itself, and each form in a few of the places, so that every place has each kind.
FORMS = tuple(forms())
TEXTS = (
    *FORMS,
    *(placed(around, form) for around, form in islice(product(_AROUND, FORMS), 0, None, _STEP)),
    *(placed(around, form) for around, form in product(_AROUND, ANYWHERE)),
)


def sent(body: Body) -> Iterable[str]:
    """Each text of a message, as Slack gets it."""
    yield body.text
    yield from texts(body.blocks)


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)


def pings(bodies: Iterable[Body]) -> list[str]:
    return [found[0] for body in bodies for text in sent(body) for found in _PINGING.finditer(text)]


def test_no_form_of_a_mention_pings_in_an_answer_or_its_notification() -> None:
    found = {text: pings(render_answer(Answer(text, "m"), "ja", 9)) for text in TEXTS}
    assert {text: each for text, each in found.items() if each} == {}


def test_no_form_of_a_mention_pings_in_plain_text() -> None:
    found = {text: pings(render_plain(Answer(text, "m"), "ja", 9)) for text in TEXTS}
    assert {text: each for text, each in found.items() if each} == {}


def growing(text: str) -> list[str]:
    """What pings in any message or stream while the text grows, wherever its pieces end."""
    draft, found = IncrementalRenderer(), list[str]()
    for end in (len(text) // 2, len(text)):
        drawn = draft.draw(text[:end])
        found += [*pings(drawn.bodies), *pings([Body(drawn.settled())])]
    return found


def test_no_form_of_a_mention_pings_while_an_answer_grows() -> None:
    found = {text: growing(text) for text in TEXTS}
    assert {text: each for text, each in found.items() if each} == {}


def test_the_forms_are_many_and_those_that_ping_are_among_them() -> None:
    assert len(set(TEXTS)) > 2_310
    assert len(set(TEXTS) & {f"<{named}>" for named in _NAMED}) == len(_NAMED)
    raw = sum(bool(pings([Body(text)])) for text in TEXTS)
    assert raw > len(TEXTS) // 4
