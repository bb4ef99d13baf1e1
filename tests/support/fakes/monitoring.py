"""Cloud Monitoring's configuration services in memory, over gRPC as Google's clients speak it.

Google fills in names, records and etags; so does this.
"""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import grpc
from google.cloud import monitoring_dashboard_v1 as dashboard_v1
from google.cloud import monitoring_v3 as monitoring
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]  # ships no types

PARENT = "projects/demo"


class Refused(Exception):
    """What Cloud Monitoring answers with INVALID_ARGUMENT."""


@dataclass
class CloudMonitoring:
    """What the project has; ``changes`` names each call that changed something."""

    policies: dict[str, monitoring.AlertPolicy] = field(default_factory=dict)
    dashboards: dict[str, dashboard_v1.Dashboard] = field(default_factory=dict)
    channels: dict[str, str] = field(
        default_factory=lambda: {
            f"{PARENT}/notificationChannels/1": "On call",
            f"{PARENT}/notificationChannels/2": "Operations in Slack",
        }
    )
    changes: list[str] = field(default_factory=list)
    denied: bool = False
    metrics: set[str] = field(default_factory=set)
    """The metrics that have data: a project begins without any of ours."""
    refuses: str = "nothing"
    """A part of the display name of what is refused."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def list_policies(self, request: Any) -> monitoring.ListAlertPoliciesResponse:
        assert request.name == PARENT
        return monitoring.ListAlertPoliciesResponse(alert_policies=list(self.policies.values()))

    def create_policy(self, request: Any) -> monitoring.AlertPolicy:
        policy = request.alert_policy
        assert request.name == PARENT
        assert not policy.name
        policy.name = f"{PARENT}/alertPolicies/{next(self._numbers)}"
        return self._keep_policy("create", policy)

    def update_policy(self, request: Any) -> monitoring.AlertPolicy:
        assert request.alert_policy.name in self.policies
        return self._keep_policy("update", request.alert_policy)

    def _keep_policy(self, verb: str, policy: monitoring.AlertPolicy) -> monitoring.AlertPolicy:
        self._check(policy)
        policy.creation_record = monitoring.MutationRecord(mutated_by="operator@example.com")
        for number, condition in enumerate(policy.conditions):
            condition.name = f"{policy.name}/conditions/{number}"
        self.policies[policy.name] = policy
        self.changes.append(f"{verb} {policy.display_name}")
        return policy

    def _check(self, policy: monitoring.AlertPolicy) -> None:
        """PromQL about a metric without data is refused, unless that is not looked at (AlertPolicy,
        ``disable_metric_validation``).
        """
        if self.refuses in policy.display_name:
            raise Refused("The policy is not valid.")
        of_logs = [each for each in policy.conditions if "condition_matched_log" in each]
        rate = policy.alert_strategy.notification_rate_limit
        if of_logs and (len(policy.conditions) > 1 or not rate.period):
            raise Refused("A log-based policy has one condition and a notification_rate_limit.")
        if not of_logs and rate.period:
            raise Refused("notification_rate_limit is for log-based policies only.")
        for condition in policy.conditions:
            asked = condition.condition_prometheus_query_language
            named = set(
                re.findall(r"mechachang_[a-z_]+|[a-z]+_googleapis_com:[a-z_]+", asked.query)
            )
            if not asked.disable_metric_validation and not named <= self.metrics:
                raise Refused(f"Unknown metric: {min(named - self.metrics)}")

    def delete_policy(self, request: Any) -> Empty:
        self.changes.append(f"delete {self.policies.pop(request.name).display_name}")
        return Empty()

    def list_dashboards(self, request: Any) -> dashboard_v1.ListDashboardsResponse:
        assert request.parent == PARENT
        return dashboard_v1.ListDashboardsResponse(dashboards=list(self.dashboards.values()))

    def create_dashboard(self, request: Any) -> dashboard_v1.Dashboard:
        request.dashboard.name = f"{PARENT}/dashboards/{next(self._numbers)}"
        return self._keep_dashboard("create", request.dashboard)

    def update_dashboard(self, request: Any) -> dashboard_v1.Dashboard:
        assert request.dashboard.name in self.dashboards
        return self._keep_dashboard("update", request.dashboard)

    def _keep_dashboard(
        self, verb: str, dashboard: dashboard_v1.Dashboard
    ) -> dashboard_v1.Dashboard:
        dashboard.etag = str(next(self._numbers))
        self.dashboards[dashboard.name] = dashboard
        self.changes.append(f"{verb} {dashboard.display_name}")
        return dashboard

    def delete_dashboard(self, request: Any) -> Empty:
        self.changes.append(f"delete {self.dashboards.pop(request.name).display_name}")
        return Empty()

    def list_channels(self, request: Any) -> monitoring.ListNotificationChannelsResponse:
        assert request.name == PARENT
        return monitoring.ListNotificationChannelsResponse(
            notification_channels=[
                monitoring.NotificationChannel(name=name, display_name=display_name)
                for name, display_name in self.channels.items()
            ]
        )


@contextmanager
def cloud_monitoring() -> Iterator[tuple[CloudMonitoring, str]]:
    """A server on this machine and its address."""
    fake = CloudMonitoring()
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    server.add_generic_rpc_handlers(
        [
            _service(
                fake,
                "google.monitoring.v3.AlertPolicyService",
                {
                    "ListAlertPolicies": (monitoring.ListAlertPoliciesRequest, fake.list_policies),
                    "CreateAlertPolicy": (monitoring.CreateAlertPolicyRequest, fake.create_policy),
                    "UpdateAlertPolicy": (monitoring.UpdateAlertPolicyRequest, fake.update_policy),
                    "DeleteAlertPolicy": (monitoring.DeleteAlertPolicyRequest, fake.delete_policy),
                },
            ),
            _service(
                fake,
                "google.monitoring.v3.NotificationChannelService",
                {
                    "ListNotificationChannels": (
                        monitoring.ListNotificationChannelsRequest,
                        fake.list_channels,
                    )
                },
            ),
            _service(
                fake,
                "google.monitoring.dashboard.v1.DashboardsService",
                {
                    "ListDashboards": (dashboard_v1.ListDashboardsRequest, fake.list_dashboards),
                    "CreateDashboard": (dashboard_v1.CreateDashboardRequest, fake.create_dashboard),
                    "UpdateDashboard": (dashboard_v1.UpdateDashboardRequest, fake.update_dashboard),
                    "DeleteDashboard": (dashboard_v1.DeleteDashboardRequest, fake.delete_dashboard),
                },
            ),
        ]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield fake, f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def _service(
    fake: CloudMonitoring, name: str, methods: dict[str, tuple[Any, Callable[[Any], Any]]]
) -> grpc.GenericRpcHandler:
    def handler(
        request_type: Any, method: Callable[[Any], Any]
    ) -> "grpc.RpcMethodHandler[Any, Any]":
        def call(request: Any, context: grpc.ServicerContext) -> Any:
            if fake.denied:
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "The caller lacks permission.")
            try:
                return method(request)
            except Refused as error:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))

        return grpc.unary_unary_rpc_method_handler(
            call, request_deserializer=request_type.deserialize, response_serializer=_serialised
        )

    return grpc.method_handlers_generic_handler(
        name, {method: handler(*typed) for method, typed in methods.items()}
    )


def _serialised(message: Any) -> bytes:
    if isinstance(message, Empty):
        return bytes(message.SerializeToString())
    return bytes(type(message).serialize(message))
