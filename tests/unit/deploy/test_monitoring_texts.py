"""Alerts and dashboard in Japanese: each text has an English twin and says the same numbers."""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.language import Language
from deploy.monitoring import files
from deploy.monitoring.changes import Kind
from deploy.monitoring.google import normalised
from deploy.monitoring.japanese import japanese_runbooks
from deploy.monitoring.values import Installation, values

VALUES = values(Installation("oncall", "chat", "https://example.com/runbooks", 20))
TEXTS = {"displayName", "title", "label", "legendTemplate", "subject", "content"}
RUNBOOKS = Path(__file__).parents[3] / "docs" / "ja" / "runbooks"
NUMBER_WORDS = {"daily": "1 day", "two": "2", "eight": "8", "seven": "7", "an hour": "1 hour"}
NUMBER = re.compile(r"(\d+(?:\.\d+)?) ?(minute|hour|day|s\b|%|times|分|時間|日|秒|倍)?")
ENGLISH_UNITS = {"minute": "分", "hour": "時間", "day": "日", "s": "秒", "%": "%", "times": "倍"}
JAPANESE_WORDS = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def described(language: Language, folder: Path = files.FOLDER) -> dict[str, dict[str, Any]]:
    """Every policy and dashboard by its name."""
    return {
        **files.policies(VALUES, folder, language),
        **files.dashboards(VALUES, folder, language),
    }


def texts(part: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each text that people read, with its place."""
    match part:
        case list():
            for number, each in enumerate(part):
                yield from texts(each, f"{path}[{number}]")
        case Mapping():
            for name, each in part.items():
                if name in TEXTS:
                    yield f"{path}.{name}", each
                else:
                    yield from texts(each, f"{path}.{name}")


def bare(part: Any) -> Any:
    """What a machine reads: everything but the texts."""
    match part:
        case list():
            return [bare(each) for each in part]
        case Mapping():
            return {name: bare(each) for name, each in part.items() if name not in TEXTS}
    return part


def numbers(text: str) -> list[tuple[str, str]]:
    """The numbers of a text with their units, in Japanese, sorted: word order differs."""
    for word, figure in NUMBER_WORDS.items():
        text = re.sub(rf"\b{word}\b", figure, text, flags=re.IGNORECASE)
    found = NUMBER.findall(text)
    return sorted((number, ENGLISH_UNITS.get(unit, unit)) for number, unit in found)


def marks(text: str) -> list[str]:
    """The names and commands of a text."""
    return sorted(re.findall(r"`[^`]+`", text))


TWINS = [
    pytest.param(en, ja, id=f"{name}{place}")
    for name, fields in described("en").items()
    for (place, en), (_, ja) in zip(texts(fields), texts(described("ja")[name]), strict=True)
]


@pytest.mark.parametrize(("en", "ja"), TWINS)
def test_a_text_says_the_same_numbers_and_names_in_both_languages(en: str, ja: str) -> None:
    assert numbers(ja) == numbers(en)
    assert marks(ja) == marks(en)
    assert ("半数" in ja) == ("half" in en)
    assert bool(JAPANESE_WORDS.search(ja)) or ja == en


def test_numbers_that_differ_are_seen() -> None:
    assert numbers("No socket for 2 minutes") == numbers("2 分間ありません")
    assert numbers("No socket for 2 minutes") != numbers("2 時間ありません")
    assert numbers("p95 over 2.5 s in an hour") == numbers("1 時間の p95 が 2.5 秒を超えています")
    assert numbers("Eight deliveries") != numbers("9 回の配信")


def test_nothing_that_a_machine_reads_depends_on_the_language() -> None:
    """Labels are among it: by them ``apply`` finds what is there."""
    assert bare(described("ja")) == bare(described("en"))


def test_the_table_has_no_text_that_nothing_uses() -> None:
    table = yaml.safe_load((files.FOLDER / "texts_ja.yaml").read_text(encoding="utf-8"))
    assert table["alerts"].keys() == files.policies(VALUES).keys()
    written = yaml.safe_load((files.FOLDER / "dashboard.yaml").read_text(encoding="utf-8"))
    assert table["short"].keys() == {text for _, text in texts(written)} | {"Runbook"}


@pytest.mark.parametrize("name", sorted(files.policies(VALUES)))
def test_a_japanese_alert_is_one_of_googles_and_leads_to_the_japanese_page(name: str) -> None:
    policy = files.policies(VALUES, language="ja")[name]
    normalised(Kind.POLICY, policy)
    assert f"docs/ja/runbooks/{name}.md" in policy["documentation"]["content"]
    # "The limit is 512 characters", "no more than 255" (AlertPolicy's reference).
    assert len(policy["displayName"]) <= 512
    assert len(policy["documentation"]["subject"]) <= 255


@pytest.mark.parametrize("name", sorted(files.policies(VALUES)))
def test_a_japanese_page_names_the_alert_in_both_languages(name: str) -> None:
    """Whoever has the one or the other in a message finds the page by it."""
    en, ja = files.policies(VALUES)[name], files.policies(VALUES, language="ja")[name]
    titles = f"アラート「{ja['displayName']}」（{en['displayName']}、{en['severity'].lower()}）"
    assert titles in (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")


def test_a_dashboard_in_japanese_is_one_of_googles() -> None:
    (dashboard,) = files.dashboards(VALUES, language="ja").values()
    normalised(Kind.DASHBOARD, dashboard)
    assert dashboard["displayName"] == "Mechachang"


@pytest.mark.parametrize(
    ("file", "written"),
    [
        ("dashboard.yaml", "title: Error rate"),
        ("dashboard.yaml", 'legendTemplate: "hits"'),
    ],
)
def test_a_text_without_a_twin_is_found(tmp_path: Path, file: str, written: str) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(files.FOLDER, folder)
    text = (folder / file).read_text(encoding="utf-8")
    (folder / file).write_text(
        text.replace(written, f"{written.split(':', maxsplit=1)[0]}: New"), "utf-8"
    )
    with pytest.raises(KeyError, match="New"):
        described("ja", folder)


def test_a_condition_without_a_twin_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(files.FOLDER, folder)
    path = folder / "alerts" / "redis-lost.yaml"
    policy = yaml.safe_load(path.read_text(encoding="utf-8"))
    policy["conditions"] *= 2
    path.write_text(yaml.safe_dump(policy), encoding="utf-8")
    with pytest.raises(ValueError, match="zip"):
        described("ja", folder)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://h/blob/main/docs/runbooks/", "https://h/blob/main/docs/ja/runbooks"),
        ("https://h/blob/main/docs/runbooks", "https://h/blob/main/docs/ja/runbooks"),
        ("https://h/blob/main/docs/ja/runbooks", "https://h/blob/main/docs/ja/runbooks"),
        ("https://wiki/runbooks", "https://wiki/runbooks"),
    ],
)
def test_the_japanese_pages_are_beside_the_english_ones(given: str, expected: str) -> None:
    assert japanese_runbooks(given) == expected
