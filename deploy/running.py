"""What runs on Cloud Run now, as ``gcloud run services list`` and ``revisions list`` tell it.

The revision that carries the traffic is asked and not the service's template: that may be of a
candidate that was never let in, or of a stage that was taken back.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import yaml

from deploy.notes import ORDERED_AT, OURS

_PLACEHOLDER: Final = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Running:
    """One service and its revisions; both empty before the first deployment."""

    services: Sequence[Mapping[str, Any]] = ()
    revisions: Sequence[Mapping[str, Any]] = ()

    @property
    def traffic(self) -> list[dict[str, Any]]:
        """Who carries how much; nothing while no revision has ever become ready."""
        return [
            {"revisionName": target["revisionName"], "percent": target["percent"]}
            for service in self.services
            for target in service["status"].get("traffic", ())
            if target.get("percent")
        ]

    @property
    def carrier(self) -> str | None:
        """The revision with most of the traffic."""
        if not self.traffic:
            return None
        name: str = max(self.traffic, key=lambda target: int(target["percent"]))["revisionName"]
        return name

    @property
    def notes(self) -> dict[str, str]:
        """What rollouts have noted on the service."""
        return {
            name: text
            for service in self.services
            for name, text in service["metadata"].get("annotations", {}).items()
            if name.startswith(OURS)
        }

    @property
    def ordered_at(self) -> datetime | None:
        """When the build was ordered that made the revision which serves; None if nothing tells."""
        noted = self._revision.get("metadata", {}).get("annotations", {}).get(ORDERED_AT)
        return datetime.fromisoformat(noted) if noted else None

    def values(self, text: str) -> dict[str, str]:
        """What stands at the placeholders of the file ``text`` in the revision that serves."""
        template = yaml.safe_load(text)["spec"]["template"]["spec"]
        return dict(_found(template, self._spec))

    def dropped(self, service: Mapping[str, Any]) -> list[str]:
        """The names of settings that run now, and that ``service`` no longer has."""
        return sorted(_settings(self._spec) - _settings(service["spec"]["template"]["spec"]))

    @property
    def _revision(self) -> Mapping[str, Any]:
        named = {each["metadata"]["name"]: each for each in self.revisions}
        return named.get(self.carrier, {})

    @property
    def _spec(self) -> Mapping[str, Any]:
        spec: Mapping[str, Any] = self._revision.get("spec", {})
        return spec


def _found(template: Any, running: Any) -> Iterator[tuple[str, str]]:
    match template, running:
        case dict(), Mapping():
            for key, part in template.items():
                # Cloud Run leaves out the value of a setting that is empty.
                yield from _found(part, running.get(key, "" if key == "value" else None))
        case list(), list():
            named = {each.get("name"): each for each in running if isinstance(each, dict)}
            for index, part in enumerate(template):
                at = running[index] if index < len(running) else None
                yield from _found(part, named.get(part["name"]) if "name" in part else at)
        case str(), str() | int():
            if whole := _PLACEHOLDER.fullmatch(template):
                yield whole[1], str(running)


def _settings(spec: Mapping[str, Any]) -> set[str]:
    return {each["name"] for item in spec.get("containers", ()) for each in item.get("env", ())}
