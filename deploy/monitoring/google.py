"""Cloud Monitoring's alert policies, dashboards and notification channels."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import grpc
from google.api_core import exceptions
from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud.monitoring_dashboard_v1 import Dashboard, DashboardsServiceClient
from google.cloud.monitoring_dashboard_v1.services.dashboards_service.transports import (
    DashboardsServiceGrpcTransport,
)
from google.cloud.monitoring_v3 import (
    AlertPolicy,
    AlertPolicyServiceClient,
    NotificationChannelServiceClient,
)
from google.cloud.monitoring_v3.services.alert_policy_service.transports import (
    AlertPolicyServiceGrpcTransport,
)
from google.cloud.monitoring_v3.services.notification_channel_service.transports import (
    NotificationChannelServiceGrpcTransport,
)
from google.protobuf import json_format  # type: ignore[import-untyped]  # it ships no types

from deploy.errors import MonitoringFailed
from deploy.google_access import no_credentials
from deploy.language import words
from deploy.monitoring.changes import Change, Found, Kind, Verb
from deploy.monitoring.files import OWNER

_TIMEOUT_S: Final = 30.0
_MESSAGES: Final[dict[Kind, Any]] = {Kind.POLICY: AlertPolicy, Kind.DASHBOARD: Dashboard}


def normalised(kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
    """``fields`` as Google would write them; raises MonitoringFailed for unknown ones."""
    try:
        message = json_format.ParseDict(fields, _MESSAGES[kind].pb(_MESSAGES[kind]()))
    except json_format.ParseError as error:
        raise MonitoringFailed(
            words(f"That is no {kind}: {error}", f"形式が正しくありません（{kind}）：{error}")
        ) from error
    return _as_dict(message)


class GoogleMonitoring:
    """One project; ``channel`` leads to a stand-in. Every method raises MonitoringFailed."""

    def __init__(self, project: str, channel: grpc.Channel | None = None) -> None:
        self._parent = f"projects/{project}"
        if channel is None:
            with _explained():
                self._policies = AlertPolicyServiceClient()
                self._dashboards = DashboardsServiceClient()
                self._channels = NotificationChannelServiceClient()
        else:
            self._policies = AlertPolicyServiceClient(
                transport=AlertPolicyServiceGrpcTransport(channel=channel)
            )
            self._dashboards = DashboardsServiceClient(
                transport=DashboardsServiceGrpcTransport(channel=channel)
            )
            self._channels = NotificationChannelServiceClient(
                transport=NotificationChannelServiceGrpcTransport(channel=channel)
            )

    def channel_named(self, name: str) -> str:
        """The resource name of a notification channel, by that or by its display name."""
        with _explained():
            there = list(
                self._channels.list_notification_channels(name=self._parent, timeout=_TIMEOUT_S)
            )
        matching = [each.name for each in there if name in (each.name, each.display_name)]
        if len(matching) != 1:
            names = ", ".join(each.display_name or each.name for each in there)
            raise MonitoringFailed(
                words(
                    f"{len(matching)} notification channels are called {name!r}. "
                    f"There are: {names or 'none'}.",
                    f"「{name}」という通知チャンネルは {len(matching)} 個あります。"
                    f"登録されているもの：{names or 'なし'}",
                )
            )
        return str(matching[0])

    def found(self, kind: Kind) -> list[Found]:
        """The resources that carry our label."""
        with _explained():
            there = (
                self._policies.list_alert_policies(name=self._parent, timeout=_TIMEOUT_S)
                if kind is Kind.POLICY
                else self._dashboards.list_dashboards(
                    request={"parent": self._parent}, timeout=_TIMEOUT_S
                )
            )
            listed = [_found(kind, each) for each in there]
        return [each for each in listed if OWNER.items() <= each.labels.items()]

    def apply(self, change: Change) -> None:
        """Do one step."""
        with _explained():
            if change.kind is Kind.POLICY:
                self._apply_policy(change)
            else:
                self._apply_dashboard(change)

    def _apply_policy(self, change: Change) -> None:
        if change.verb is Verb.DELETE:
            self._policies.delete_alert_policy(name=change.resource, timeout=_TIMEOUT_S)
            return
        policy = _message(change)
        if change.verb is Verb.CREATE:
            self._policies.create_alert_policy(
                name=self._parent, alert_policy=policy, timeout=_TIMEOUT_S
            )
        else:
            # Without a mask the whole policy is replaced (AlertPolicyService.UpdateAlertPolicy).
            self._policies.update_alert_policy(alert_policy=policy, timeout=_TIMEOUT_S)

    def _apply_dashboard(self, change: Change) -> None:
        if change.verb is Verb.DELETE:
            self._dashboards.delete_dashboard(request={"name": change.resource}, timeout=_TIMEOUT_S)
            return
        dashboard = _message(change)
        if change.verb is Verb.CREATE:
            self._dashboards.create_dashboard(
                request={"parent": self._parent, "dashboard": dashboard}, timeout=_TIMEOUT_S
            )
        else:
            # Without an etag the last writer wins, and the files are meant to win.
            self._dashboards.update_dashboard(request={"dashboard": dashboard}, timeout=_TIMEOUT_S)


def _message(change: Change) -> Any:
    kind = _MESSAGES[change.kind]
    named = {**(change.fields or {}), **({"name": change.resource} if change.resource else {})}
    return kind(json_format.ParseDict(named, kind.pb(kind())))


def _found(kind: Kind, message: Any) -> Found:
    labels = message.user_labels if kind is Kind.POLICY else message.labels
    return Found(message.name, dict(labels), _as_dict(type(message).pb(message)))


def _as_dict(message: Any) -> dict[str, Any]:
    fields: dict[str, Any] = json_format.MessageToDict(message)
    return fields


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (GoogleAPIError, GoogleAuthError) as error:
        raise MonitoringFailed(_explanation(error)) from error


def _explanation(error: Exception) -> str:
    match error:
        case exceptions.PermissionDenied():
            return words(
                "You may not change Cloud Monitoring there. Ask for the roles "
                "roles/monitoring.alertPolicyEditor, roles/monitoring.dashboardEditor and, for the "
                "alerts of the log, roles/logging.configWriter.",
                "Cloud Monitoring を変更する権限がありません。"
                "ロール roles/monitoring.alertPolicyEditor と "
                "roles/monitoring.dashboardEditor、ログのアラートには roles/logging.configWriter の"
                "付与を依頼してください。",
            )
        case exceptions.GoogleAPICallError():
            return words(
                f"Cloud Monitoring refused: {error.message}",
                f"Cloud Monitoring に拒否されました：{error.message}",
            )
        case GoogleAuthError():
            return no_credentials()
    return words(
        f"Cloud Monitoring could not be asked ({type(error).__name__}).",
        f"Cloud Monitoring に問い合わせることができませんでした（{type(error).__name__}）。",
    )
