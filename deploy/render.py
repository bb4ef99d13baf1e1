"""``python -m deploy.render FILE NAME=VALUE…``: a Cloud Run service with its values filled in.

Everything the file names must be given, and everything given must be named by it. With ``--beside``
a new revision joins the service that is there: without traffic, as the tag ``candidate``. With
``--instead`` it replaces what serves, which is noted as good. A name of ``--keep`` that is given no
value has the one that runs now; ``none`` empties it. ``--ordered-at`` notes when the build was
ordered, and refuses it beside a revision of a later one. With ``--vertex FILE`` Gemini is asked by
the settings of FILE instead of by a key if VERTEX_LOCATION has a value.
Exit codes: 0 rendered, to standard output; 2 it cannot be, or shall not.
"""

import argparse
import json
import re
import sys
import textwrap
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any

import yaml

from deploy.language import speaking, words
from deploy.notes import GOOD_REVISIONS, ORDERED_AT, good_of, good_text
from deploy.operator_parser import OperatorParser, operators_language
from deploy.running import Running

CANDIDATE = "candidate"
NOTHING = "none"
"""An empty value; no id, percentage or version reads like it."""

# The characters of ids, addresses, versions and lists of ids: YAML reads nothing more into them.
_VALUE = re.compile(r"[A-Za-z0-9._:/@,-]*")


_KEY = re.compile(r"( *)- name: GEMINI_API_KEY\n(?:\1  .*\n)+")
_OF_THE_KEY, _OF_VERTEX = "GEMINI_API_KEY_VERSION", "VERTEX_LOCATION"


class NotRenderable(Exception):
    """The file and the values don't fit; the text names every fault."""


class Overtaken(Exception):
    """A build that was ordered later serves; the text says what to do."""


def render(text: str, values: Mapping[str, str]) -> dict[str, Any]:
    """The service that ``text`` describes; raises NotRenderable."""
    template = Template(text)
    if not template.is_valid():
        raise NotRenderable(
            words(
                "The file holds a $ that is no ${NAME}.",
                "ファイルに、${NAME} の形ではない $ があります。",
            )
        )
    named = set(template.get_identifiers())
    faults = [
        words(f"{name} is not given", f"{name} が指定されていません")
        for name in sorted(named - values.keys())
    ]
    faults += [
        words(f"{name} is given, but not used", f"{name} は指定されていますが、使われていません")
        for name in sorted(values.keys() - named)
    ]
    faults += [
        words(
            f"{name} holds more than letters, digits and . _ : / @ , -",
            f"{name} に、英数字と . _ : / @ , - 以外の文字があります",
        )
        for name, value in sorted(values.items())
        if not _VALUE.fullmatch(value)
    ]
    if faults:
        raise NotRenderable("; ".join(faults))
    service: dict[str, Any] = yaml.safe_load(template.substitute(values))
    return service


def settled(
    given: Mapping[str, str], first: Mapping[str, str], now: Mapping[str, str]
) -> dict[str, str]:
    """``given``, where each name of ``first`` without a value has the one of ``now``.

    Where nothing runs yet, it has its first value.
    """
    kept = {name: given.get(name) or now.get(name, value) for name, value in first.items()}
    emptied = {name: "" for name, value in kept.items() if value == NOTHING}
    return {**given, **kept, **emptied}


def by_vertex(text: str, settings: str) -> str:
    """The service's file ``text`` with ``settings`` where the key of Gemini stood."""
    key = _KEY.search(text)
    if key is None:
        raise NotRenderable(
            words(
                "The file has no GEMINI_API_KEY that Vertex AI could replace.",
                "Vertex AI に置き換える GEMINI_API_KEY が、ファイルにありません。",
            )
        )
    return text[: key.start()] + textwrap.indent(settings, key[1]) + text[key.end() :]


def beside(service: dict[str, Any], running: Running) -> dict[str, Any]:
    """``service`` with its revision as the candidate, and the traffic as ``running`` has it.

    The previous candidate loses the tag, not its traffic; a rollout's notes on the service stay.
    """
    revision = service["spec"]["template"]["metadata"]["name"]
    if not running.traffic:
        return service
    if any(target["revisionName"] == revision for target in running.traffic):
        raise NotRenderable(
            words(
                f"{revision} serves already. Choose another REVISION.",
                f"{revision} はすでに稼働しています。別の REVISION を指定してください。",
            )
        )
    candidate = {"revisionName": revision, "percent": 0, "tag": CANDIDATE}
    traffic = [*running.traffic, candidate]
    return {**_noted(service, running.notes), "spec": {**service["spec"], "traffic": traffic}}


def instead(service: dict[str, Any], running: Running) -> dict[str, Any]:
    """``service`` as the file has it, with the revision that it replaces noted as good."""
    if running.carrier is None:
        return service
    notes = running.notes
    good = good_text((running.carrier, *good_of(notes.get(GOOD_REVISIONS, ""))))
    return _noted(service, {**notes, GOOD_REVISIONS: good})


def ordered(service: dict[str, Any], running: Running, at: datetime) -> dict[str, Any]:
    """``service``, whose revision says when its build was ordered. Raises Overtaken if one that
    was ordered later serves: a hotfix may have overtaken a build that was still being tested.
    """
    if running.ordered_at is not None and running.ordered_at > at:
        raise Overtaken(
            words(
                f"{running.carrier} serves, from a build that was ordered after this one: this one "
                "may lack what it holds. Start a new build of the newest commit.",
                f"このビルドより後に開始されたビルドの {running.carrier} が稼働しており、"
                "その変更がこのビルドには含まれていない可能性があります。"
                "最新のコミットから、新しいビルドを開始してください。",
            )
        )
    metadata = service["spec"]["template"]["metadata"]
    metadata["annotations"] = {**metadata.get("annotations", {}), ORDERED_AT: at.isoformat()}
    return service


def _noted(service: dict[str, Any], notes: Mapping[str, str]) -> dict[str, Any]:
    # `services replace` keeps no annotation of ours that the file does not say.
    metadata = service["metadata"]
    return {
        **service,
        "metadata": {**metadata, "annotations": {**metadata["annotations"], **notes}},
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    options = command_line().parse_intermixed_args(argv)
    with speaking(operators_language()):
        return _printed(options)


def _printed(options: argparse.Namespace) -> int:
    joined = instead if options.instead else beside
    running = Running(_listed(options.beside or options.instead), _listed(options.revisions))
    try:
        text, values = _settled(options, running)
        service = joined(render(text, values), running)
        if options.ordered_at is not None:
            service = ordered(service, running, options.ordered_at)
    except Overtaken as error:
        print(error, file=sys.stderr)
        return 2
    except NotRenderable as error:
        refused = words(
            f"{options.file} cannot be rendered: {error}",
            f"{options.file} を出力できません：{error}",
        )
        print(refused, file=sys.stderr)
        return 2
    for name in running.dropped(service):
        ends = words(
            f"{name} runs now, and ends here: {options.file} has none.",
            f"{name} は現在の設定にありますが、{options.file} にないため、ここで終わります。",
        )
        print(ends, file=sys.stderr)
    yaml.safe_dump(service, sys.stdout, sort_keys=False)
    return 0


def _settled(options: argparse.Namespace, running: Running) -> tuple[str, dict[str, str]]:
    """The file's text, by a key or by Vertex AI, and its values."""
    given, first = dict(options.values), dict(options.keep)
    text = options.file.read_text(encoding="utf-8")
    if options.vertex is None:
        return text, settled(given, first, running.values(text))
    vertex = by_vertex(text, options.vertex.read_text(encoding="utf-8"))
    now = running.values(text) | running.values(vertex)
    values = settled(given, first, now)
    values.pop(_OF_THE_KEY if values.get(_OF_VERTEX) else _OF_VERTEX, None)
    return vertex if _OF_VERTEX in values else text, values


def command_line() -> argparse.ArgumentParser:
    """The options of the command line."""
    parser = OperatorParser(
        prog="python -m deploy.render",
        description="Prints a Cloud Run service of deploy/ with its values filled in.",
        epilog="Exit codes: 0 rendered, to standard output; 2 it cannot be, and why.",
    )
    parser.add_argument("file", type=Path, help="such as deploy/processor-service.yaml")
    values = "one for each ${NAME} of the file"
    parser.add_argument("values", metavar="NAME=VALUE", type=_pair, nargs="*", help=values)
    there = parser.add_mutually_exclusive_group()
    there.add_argument("--beside", type=Path, metavar="JSON", help="services that are there")
    there.add_argument("--instead", type=Path, metavar="JSON", help="the same, but replace it")
    parser.add_argument(
        "--vertex",
        type=Path,
        metavar="FILE",
        help="settings instead of Gemini's key, if VERTEX_LOCATION has a value",
    )
    parser.add_argument(
        "--ordered-at",
        type=_moment,
        metavar="TIME",
        help="when the build was ordered; refused if a later one serves",
    )
    parser.add_argument("--revisions", type=Path, metavar="JSON", help="revisions that are there")
    parser.add_argument(
        "--keep",
        metavar="NAME=FIRST",
        type=_pair,
        action="append",
        default=[],
        help="without a value: what runs now, FIRST where nothing does; none: empty",
    )
    return parser


def _listed(file: Path | None) -> list[dict[str, Any]]:
    if file is None:
        return []
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if text else None
        return at.replace(tzinfo=at.tzinfo or UTC) if at else None
    except ValueError:
        raise argparse.ArgumentTypeError(
            words(f"{text!r} is no time (RFC 3339)", f"{text!r} は時刻（RFC 3339）ではありません")
        ) from None


def _pair(text: str) -> tuple[str, str]:
    name, is_pair, value = text.partition("=")
    if not is_pair:
        raise argparse.ArgumentTypeError(
            words(f"{text!r} is not NAME=VALUE", f"{text!r} は NAME=VALUE の形ではありません")
        )
    return name, value


if __name__ == "__main__":
    sys.exit(main())
