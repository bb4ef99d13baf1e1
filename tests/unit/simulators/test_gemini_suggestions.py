"""The simulated Gemini has an answer to everything that we ourselves suggest to ask.

The suggestions are read where they stand, so a new one without an answer turns this red.
"""

import re
from collections.abc import Iterator

import pytest
import yaml

from command_service.texts import home, replies
from shared.home import texts as home_texts
from simulators.gemini.demo_answers import Question, compose
from simulators.gemini.demo_answers.texts import texts
from simulators.processes.environment import PROJECT_ROOT

_COMMAND = re.compile(r"`/gemini (?:--private )?(?:\w+[:：] ?)?([^`]+)`")
_MENTION = re.compile(r"`@Mechachang ([^`]+)`")
_QUOTED = re.compile(r"[「“]([^」”]{8,})[」”]")
# What a person puts their own words in place of, and what is no question.
_NO_QUESTION = re.compile(
    r"^(?:質問|your question|question|…|help|doctor|catch-up.*|まとめ|--?\w.*|\[.*|<.*)$"
)


def _page() -> Iterator[str]:
    """What the welcome cards put into the composer, in each language."""
    static = PROJECT_ROOT / "simulators/page/static"
    named = re.findall(
        r"t\(\"(try\w+Text)\"\)[}`\s]", (static / "welcome.js").read_text(encoding="utf-8")
    )
    said = (static / "texts.js").read_text(encoding="utf-8")
    for name in named:
        yield from re.findall(rf'\b{name}:\s*"([^"]+)"', said)


def _manifest() -> Iterator[str]:
    text = (PROJECT_ROOT / "deploy/slack-manifest.yaml").read_text(encoding="utf-8")
    for prompt in yaml.safe_load(text)["features"]["agent_view"]["suggested_prompts"]:
        yield prompt["message"]


def _documents() -> Iterator[str]:
    for name in ("README.md", "README.ja.md", "docs/deployment.md", "docs/ja/deployment.md"):
        yield from _samples((PROJECT_ROOT / name).read_text(encoding="utf-8"))


def _product() -> Iterator[str]:
    for prompts in home.PROMPTS.values():
        yield from (prompt["message"] for prompt in prompts)
    for module in (replies, home_texts, home):
        for value in vars(module).values():
            yield from _samples(str(value)) if isinstance(value, dict) else ()


def _console() -> Iterator[str]:
    text = (PROJECT_ROOT / "simulators/stack/console.py").read_text(encoding="utf-8")
    yield from re.findall(r"@Mechachang ([^\"]+?)\s{2,}", text)
    yield from re.findall(r"/gemini ([^\"]+)\"", text)


def _own() -> Iterator[str]:
    """What the simulated model's own answers suggest."""
    for locale in ("ja", "en"):
        for text in ("こんにちは", "何ができますか", "宇宙の果て"):
            asked = text if locale == "ja" else {"こんにちは": "Hello"}.get(text, "What can you do")
            yield from _QUOTED.findall(compose(Question(asked)).markdown)
        yield from (
            found for each in texts("general")[locale]["points"] for found in _QUOTED.findall(each)
        )


def _samples(text: str) -> list[str]:
    found = [*_COMMAND.findall(text), *_MENTION.findall(text)]
    return [each for each in found if not _NO_QUESTION.match(each)]


SOURCES = {
    "page": (_page, 4),
    "manifest": (_manifest, 4),
    "documents": (_documents, 2),
    "product": (_product, 8),
    "console": (_console, 2),
    "own answers": (_own, 8),
}


@pytest.mark.parametrize("source", SOURCES)
def test_each_suggestion_has_an_answer_and_asked_again_another_one(source: str) -> None:
    collect, at_least = SOURCES[source]
    suggested = list(dict.fromkeys(collect()))
    assert len(suggested) >= at_least, suggested
    for text in suggested:
        answers = [compose(Question(text, variation=number)) for number in (0, 1)]
        assert all(answer.known for answer in answers), text
        assert Question(text).is_greeting or answers[0].markdown != answers[1].markdown, text


def test_what_is_not_known_is_said_and_not_made_up() -> None:
    for text in ("宇宙の果てには何がありますか", "Who won the match on Mars?"):
        assert not compose(Question(text)).known
