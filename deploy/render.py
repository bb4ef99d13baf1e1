"""``python -m deploy.render FILE NAME=VALUE…``: a Cloud Run service with its values filled in.

Everything the file names must be given, and everything given must be named by it. With ``--beside``
a new revision joins a service that is already there: without traffic, as the tag ``candidate``.
Exit codes: 0 rendered, to standard output; 2 it cannot be.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

import yaml

CANDIDATE = "candidate"
_OUR_NOTES = "mechachang.dev/"

# What ids, addresses, versions and lists of ids are made of: nothing that YAML could read as more.
_VALUE = re.compile(r"[A-Za-z0-9._:/@,-]*")


class NotRenderable(Exception):
    """The file and the values don't fit; the text names every fault."""


def render(text: str, values: Mapping[str, str]) -> dict[str, Any]:
    """The service that ``text`` describes; raises NotRenderable."""
    template = Template(text)
    if not template.is_valid():
        raise NotRenderable("The file holds a $ that is no ${NAME}.")
    named = set(template.get_identifiers())
    faults = [f"{name} is not given" for name in sorted(named - values.keys())]
    faults += [f"{name} is given, but not used" for name in sorted(values.keys() - named)]
    faults += [
        f"{name} holds more than letters, digits and . _ : / @ , -"
        for name, value in sorted(values.items())
        if not _VALUE.fullmatch(value)
    ]
    if faults:
        raise NotRenderable("; ".join(faults))
    service: dict[str, Any] = yaml.safe_load(template.substitute(values))
    return service


def beside(service: dict[str, Any], running: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """``service`` with its revision as the candidate, and the traffic as ``running`` has it.

    ``running`` is what ``gcloud run services list --format=json`` found by its name: nothing, if
    this is the first deployment. What had been the candidate before loses the tag, not its traffic;
    what a rollout has noted on the service stays there.
    """
    if not running:
        return service
    (there,) = running
    kept = [
        {"revisionName": target["revisionName"], "percent": target["percent"]}
        for target in there["status"].get("traffic", ())
        if target.get("percent")
    ]
    if not kept:
        # No revision has ever become ready, so there is no traffic to keep.
        return service
    revision = service["spec"]["template"]["metadata"]["name"]
    if any(target["revisionName"] == revision for target in kept):
        raise NotRenderable(f"{revision} serves already. Choose another REVISION.")
    candidate = {"revisionName": revision, "percent": 0, "tag": CANDIDATE}
    noted = there["metadata"].get("annotations", {}).items()
    notes = {name: text for name, text in noted if name.startswith(_OUR_NOTES)}
    metadata = service["metadata"]
    return {
        **service,
        "metadata": {**metadata, "annotations": {**metadata["annotations"], **notes}},
        "spec": {**service["spec"], "traffic": [*kept, candidate]},
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.render")
    parser.add_argument("file", type=Path)
    parser.add_argument("values", metavar="NAME=VALUE", type=_pair, nargs="*")
    parser.add_argument("--beside", type=Path, metavar="JSON", help="services that are there")
    options = parser.parse_intermixed_args(argv)
    try:
        service = render(options.file.read_text(encoding="utf-8"), dict(options.values))
        if options.beside:
            running = json.loads(options.beside.read_text(encoding="utf-8"))
            service = beside(service, running)
    except NotRenderable as error:
        print(f"{options.file} cannot be rendered: {error}", file=sys.stderr)
        return 2
    yaml.safe_dump(service, sys.stdout, sort_keys=False)
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, is_pair, value = text.partition("=")
    if not is_pair:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
