"""What is wrong with an installation page, by what happened when it was typed."""

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from simulators.processes.environment import PROJECT_ROOT
from tests.drills.installation.page import Page
from tests.drills.installation.understood import parser_of
from tests.drills.installation.walk import TYPED, Walked
from tests.support.cloud_run_schema import service_faults
from tests.support.workbenches.build import Pipeline, Workspace, pipeline

_NO_VALUE: Final = " has no value yet. Run this again with it in the environment."
_MAKES: Final = re.compile(r"'(?:create|add)' ")


async def faults(walked: Walked, folder: Path) -> list[str]:
    """What goes wrong for whoever follows the page word by word; what gcloud's own parser says of
    ``one_of_each_form`` comes beside it."""
    return [
        *_failed(walked),
        *_not_stored(walked),
        *_not_seen(walked),
        *_not_there(walked.page),
        *_wrong_builds(walked),
        *await _not_rendered(walked, folder),
    ]


def unlike(page: Page, twin: Page) -> Iterator[str]:
    """What only one of the two languages tells."""
    for kind in ("blocks", "scripts", "gcloud", "modules", "targets", "substitutions"):
        of_page, of_twin = (
            {re.sub(r" +# .*", "", each) for each in getattr(one, kind)} for one in (page, twin)
        )
        yield from (f"{kind} of one page only: {each}" for each in sorted(of_page ^ of_twin))


def _failed(walked: Walked) -> Iterator[str]:
    for typed in (*walked.blocks, *walked.within):
        for failure in typed.failed:
            yield f"{typed.text.strip().splitlines()[0]}: {failure}"


def _not_stored(walked: Walked) -> Iterator[str]:
    """Pasted values arrive, and are never words of a command, which other processes can read."""
    for secret, value in TYPED.items():
        if walked.values.get(secret) != value:
            yield f"{secret} holds {walked.values.get(secret)!r} instead of what was pasted"
        if any(value in call for call in walked.calls):
            yield f"what was pasted for {secret} is a word of a command"


def _not_seen(walked: Walked) -> Iterator[str]:
    """What the page says people see is what they see."""
    seen = "".join(typed.out for typed in walked.blocks)
    for told in ("# --- apis", "# --- rights"):
        if told not in walked.page.codes or told not in seen:
            yield f"{told} is not told, or not seen"
    if f"mechachang-…{_NO_VALUE}" not in walked.page.codes:
        yield "what is printed for a value that is missing is not told"
    if walked.goes_aside and walked.without_values.count(_NO_VALUE) != len(TYPED):
        yield f"without values is told: {walked.without_values[-500:]}"
    for call in walked.again:
        if _MAKES.search(call) and "identity" not in call:
            yield f"a second run does again: {call}"


def _not_there(page: Page) -> Iterator[str]:
    made = set(re.findall(r"^([a-z-]+):", (PROJECT_ROOT / "Makefile").read_text(), re.MULTILINE))
    yield from (f"there is no make {target}" for target in page.targets if target not in made)
    known = pipeline()["substitutions"].keys()
    yield from (f"there is no substitution {name}" for name in page.substitutions - known)
    for step in pipeline()["steps"]:
        if not re.search(rf"^\|[^|]*\b{step['id']}\b[^|]*\|", page.text, re.MULTILINE):
            yield f"the build's step {step['id']} is not told"
    for command in page.modules:
        _, _, module, *words = shlex.split(re.sub(r"\$\w+", "x", command))
        try:
            parser_of(module).parse_args(words)
        except SystemExit as error:
            if error.code:
                yield f"{command} is not understood"


def _wrong_builds(walked: Walked) -> Iterator[str]:
    """MUST_MATCH refuses a name that the file does not have; without an image nothing runs."""
    for file, given in builds(walked):
        build = pipeline(PROJECT_ROOT / file)
        known = build["substitutions"]
        yield from (f"{file} has no {name}" for name in given.keys() - known - {"SHORT_SHA"})
        images = {step["name"].strip("${}") for step in build["steps"]}
        for name in sorted(images):
            if not known.get(name) and "@sha256:" not in given.get(name, ""):
                yield f"{file} is not told {name} by its digest"


def builds(walked: Walked) -> list[tuple[str, dict[str, str]]]:
    """The file and the substitutions of each build and trigger that was typed."""
    found = []
    for call in walked.calls:
        flags = dict(word.partition("=")[::2] for word in shlex.split(call))
        if "--substitutions" in flags:
            pairs = flags["--substitutions"].split(",")
            given = dict(pair.partition("=")[::2] for pair in pairs)
            found.append((flags.get("--build-config", "cloudbuild.yaml"), given))
    return found


async def _not_rendered(walked: Walked, folder: Path) -> list[str]:
    """The first build's steps, with the substitutions that were typed."""
    deployed = [given for file, given in builds(walked) if file == "cloudbuild.yaml"]
    if not deployed:
        return ["nothing was built"]
    given = deployed[0]
    workspace = _workspace(folder / "build")
    for line in pipeline()["options"]["env"]:
        name, _, value = line.partition("=")
        if value.strip("${}") in given:
            workspace.env[name] = given[value.strip("${}")]
    found: list[str] = []
    for script, service in (("candidate", "processor"), ("command", "command")):
        await workspace.run(script, [])
        rendered = workspace.rendered(service)
        found += [f"{service}: {fault}" for fault in service_faults(rendered)]
        found += _elsewhere(rendered, given["_REGION"])
    return found


def _workspace(folder: Path) -> Workspace:
    folder.mkdir()
    return Workspace(folder)


def _elsewhere(service: Pipeline, region: str) -> Iterator[str]:
    (container,) = service["spec"]["template"]["spec"]["containers"]
    told = {each["name"]: each.get("value") for each in container["env"]}
    if told.get("REGION") != region:
        yield f"{service['metadata']['name']} is told the region {told.get('REGION')}"


def one_of_each_form(calls: Iterable[str]) -> list[str]:
    """gcloud's parser takes its time; of calls that differ in values alone it judges one."""
    forms = {}
    for call in calls:
        words = shlex.split(call)
        plain = [word for word in words if not word.startswith("--")]
        flags = sorted(word.partition("=")[0] for word in words if word.startswith("--"))
        forms[(*plain[:4], len(plain), *flags)] = call
    return list(forms.values())
