"""Cloud Run's Admin API v2, as far as a rollout needs it: revisions, traffic and a few notes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from google.api_core import exceptions
from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud import run_v2
from google.cloud.run_v2.services.revisions.transports import RevisionsRestTransport
from google.cloud.run_v2.services.services.transports import ServicesRestTransport

from deploy.errors import CloudRunFailed
from deploy.google_access import Access, no_credentials
from deploy.language import words
from deploy.notes import GOOD_REVISIONS, ORDERED_AT, ROLLING_OUT_FROM, good_of, good_text

HOST: Final = "https://run.googleapis.com"
_CALL_S: Final = 30.0
# A new revision has to start an instance and pass its startup probe.
_OPERATION_S: Final = 300.0
_REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
_LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST


@dataclass(frozen=True)
class Share:
    """A revision's share of the traffic, and the tag that reaches it besides."""

    revision: str
    percent: int
    tag: str = ""
    url: str = ""


@dataclass(frozen=True)
class ServiceState:
    """A service as Cloud Run describes it; revisions by their short names."""

    name: str
    url: str
    shares: tuple[Share, ...]
    latest_ready: str
    good: tuple[str, ...]
    environment: Mapping[str, str]
    rolling_out_from: str = ""
    """Who carried all traffic before the rollout that is under way or was cut off; else empty."""
    follows_latest: bool = False
    """Whether each new revision gets traffic by itself."""

    @property
    def carrier(self) -> str:
        """The revision with most of the traffic."""
        return max(self.shares, key=lambda share: share.percent).revision

    def percent(self, revision: str) -> int:
        """The percentage that ``revision`` carries."""
        return sum(share.percent for share in self.shares if share.revision == revision)


Check = Callable[[ServiceState], None]


def sending_by_hand(service: str, revision: str) -> str:
    """The command that sends all traffic of ``service`` to ``revision``."""
    return f"gcloud run services update-traffic {service} --to-revisions={revision}=100"


@dataclass(frozen=True)
class Change:
    """What a new revision adds to the last one."""

    image: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


class CloudRun:
    """One service. Every method raises CloudRunFailed; changes are waited for."""

    def __init__(self, access: Access, region: str, service: str, host: str = HOST) -> None:
        self._path = f"projects/{access.project}/locations/{region}/services/{service}"
        self._service = service
        options: dict[str, Any] = {
            "host": host,
            "credentials": access.credentials,
            "url_scheme": host.partition("://")[0],
        }
        # REST, because the stand-in for Cloud Run speaks it too.
        self._services = run_v2.ServicesClient(transport=ServicesRestTransport(**options))
        self._revisions = run_v2.RevisionsClient(transport=RevisionsRestTransport(**options))

    def state(self) -> ServiceState:
        """How the service is now."""
        return _state(self._read())

    def ready_revisions(self) -> list[str]:
        """The revisions that could take traffic, newest first."""
        with _explained(self._service):
            found = list(self._revisions.list_revisions(parent=self._path, timeout=_CALL_S))
        found.sort(key=lambda revision: revision.create_time, reverse=True)
        return [_short(each.name) for each in found if _is_ready(each)]

    def create_revision(self, change: Change, *, serving: bool, check: Check | None = None) -> str:
        """Start a revision with this change; its name. It takes all traffic if ``serving``.

        Otherwise the traffic is pinned to where it goes now, so that the new one gets none.
        ``check`` as in ``send``.
        """
        service = self._checked(check)
        container, was = service.template.containers[0], str(service.template)
        if change.image is not None:
            container.image = change.image
        for name, value in change.environment.items():
            _set(container, name, value)
        if str(service.template) != was:
            # Where nothing changes, Cloud Run makes no other revision.
            service.template.annotations[ORDERED_AT] = datetime.now(UTC).isoformat()
        # A name that was given to the last revision is taken.
        service.template.revision = ""
        service.traffic = (
            [run_v2.TrafficTarget(type_=_LATEST, percent=100)]
            if serving
            else [_target(share) for share in _state(service).shares]
        )
        return _short(self._update(service, ["template", "traffic"]).latest_created_revision)

    def send(
        self,
        shares: Sequence[Share],
        *,
        good: Sequence[str] | None = None,
        before: str = "",
        check: Check | None = None,
    ) -> None:
        """Send the traffic to these revisions; ``good`` replaces the revisions noted as good.

        ``before`` is noted as the start of a rollout that this does not end. ``check`` raises if
        the service is not as expected; nobody changes it between that and this change.
        """
        service = self._checked(check)
        service.traffic = [_target(share) for share in shares]
        if good is not None:
            service.annotations[GOOD_REVISIONS] = good_text(good)
        service.annotations.pop(ROLLING_OUT_FROM, None)
        if before:
            service.annotations[ROLLING_OUT_FROM] = before
        self._update(service, ["traffic", "annotations"])

    def _checked(self, check: Check | None) -> run_v2.Service:
        service = self._read()
        if check is not None:
            check(_state(service))
        return service

    def _read(self) -> run_v2.Service:
        with _explained(self._service):
            return self._services.get_service(name=self._path, timeout=_CALL_S)

    def _update(self, service: run_v2.Service, fields: Sequence[str]) -> run_v2.Service:
        # The etag that was read goes along: a change that somebody made meanwhile is not undone.
        request = run_v2.UpdateServiceRequest(service=service, update_mask=",".join(fields))
        with _explained(self._service):
            operation = self._services.update_service(request=request, timeout=_CALL_S)
            updated: run_v2.Service = operation.result(  # type: ignore[no-untyped-call] # api-core is untyped here
                timeout=_OPERATION_S
            )
            return updated


def _state(service: run_v2.Service) -> ServiceState:
    latest = _short(service.latest_ready_revision)
    urls = {status.tag: status.uri for status in service.traffic_statuses if status.tag}
    shares = [
        Share(
            latest if target.type_ == _LATEST else _short(target.revision),
            target.percent,
            target.tag,
            urls.get(target.tag, ""),
        )
        for target in service.traffic
    ]
    return ServiceState(
        name=_short(service.name),
        url=service.uri,
        # No traffic target at all means the latest ready revision (Service.traffic's description).
        shares=tuple(shares) or (Share(latest, 100),),
        latest_ready=latest,
        good=good_of(service.annotations.get(GOOD_REVISIONS, "")),
        environment={each.name: each.value for each in service.template.containers[0].env},
        rolling_out_from=service.annotations.get(ROLLING_OUT_FROM, ""),
        follows_latest=any(target.type_ == _LATEST for target in service.traffic),
    )


def _target(share: Share) -> run_v2.TrafficTarget:
    return run_v2.TrafficTarget(
        type_=_REVISION, revision=share.revision, percent=share.percent, tag=share.tag
    )


def _set(container: run_v2.Container, name: str, value: str) -> None:
    for each in container.env:
        if each.name == name:
            each.value = value
            return
    container.env.append(run_v2.EnvVar(name=name, value=value))


def _is_ready(revision: run_v2.Revision) -> bool:
    succeeded = run_v2.Condition.State.CONDITION_SUCCEEDED
    return any(each.type_ == "Ready" and each.state == succeeded for each in revision.conditions)


def _short(name: str) -> str:
    return name.rpartition("/")[2]


@contextmanager
def _explained(service: str) -> Iterator[None]:
    try:
        yield
    except (GoogleAPIError, GoogleAuthError) as error:
        raise CloudRunFailed(_explanation(error, service)) from error


def _explanation(error: Exception, service: str) -> str:
    match error:
        case exceptions.NotFound():
            return words(
                f"There is no {service} in this project and region: {error.message}",
                f"このプロジェクトとリージョンに {service} はありません：{error.message}",
            )
        case exceptions.PermissionDenied() | exceptions.Forbidden():
            return words(
                f"You may not change {service}. Ask for the role roles/run.developer on it.",
                f"{service} を変更する権限がありません。ロール roles/run.developer の付与を"
                "依頼してください。",
            )
        case exceptions.Aborted() | exceptions.Conflict() | exceptions.FailedPrecondition():
            return words(
                f"Somebody else is changing {service} ({error.message}). Look, and try again.",
                f"ほかの人が {service} を変更しています（{error.message}）。"
                "状況を確認し、もう一度実行してください。",
            )
        case exceptions.GoogleAPICallError():
            return words(
                f"Cloud Run did not change {service}: {error.message}",
                f"Cloud Run は {service} を変更しませんでした：{error.message}",
            )
        case GoogleAuthError():
            return no_credentials()
    return words(
        f"Cloud Run could not be asked about {service} ({type(error).__name__}).",
        f"{service} について Cloud Run "
        f"に問い合わせることができませんでした（{type(error).__name__}）。",
    )
