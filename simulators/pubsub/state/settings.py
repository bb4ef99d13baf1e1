"""What a topic or subscription may be: Google's bounds, and Google's defaults filled in.

Sources: the field comments of pubsub.proto, "Subscription properties" and "Quotas and limits". What
real Pub/Sub offers beyond this is refused with UNIMPLEMENTED, never silently ignored.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import grpc

from simulators.pubsub.errors import Rejected, invalid, unsupported
from simulators.pubsub.state import names
from simulators.pubsub.state.filters import parse_filter
from simulators.pubsub.wire import Proto, Subscription, Topic, copy_of, seconds

MINUTE_S = 60
DAY_S = 24 * 60 * MINUTE_S
MAX_BACKOFF_S = 600
MAX_LABELS = 64

_LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_UNSIMULATED_TOPIC = (
    "message_storage_policy",
    "kms_key_name",
    "schema_settings",
    "ingestion_data_source_settings",
    "message_transforms",
)
_UNSIMULATED_SUBSCRIPTION = (
    "bigquery_config",
    "cloud_storage_config",
    "bigtable_config",
    "message_transforms",
    "retain_acked_messages",
)


def checked_topic(request: Proto) -> Proto:
    """The topic as it will be stored; raises Rejected if Google would refuse it."""
    topic = copy_of(request)
    names.check_topic_name(topic.name)
    _refuse_unsimulated(topic, _UNSIMULATED_TOPIC)
    _check_labels(topic.labels)
    if topic.HasField("message_retention_duration"):
        _within("message_retention_duration", topic, 10 * MINUTE_S, 31 * DAY_S)
    topic.state = Topic.DESCRIPTOR.enum_types_by_name["State"].values_by_name["ACTIVE"].number
    return topic


def checked_subscription(request: Proto) -> Proto:
    """The subscription as it will be stored; raises Rejected if Google would refuse it.

    Whether its topics exist is not looked at here.
    """
    subscription = copy_of(request)
    names.check_subscription_name(subscription.name)
    if subscription.topic != names.DELETED_TOPIC:
        names.check_topic_name(subscription.topic)
    _refuse_unsimulated(subscription, _UNSIMULATED_SUBSCRIPTION)
    _check_labels(subscription.labels)
    _check_ack_deadline(subscription)
    _check_lifetimes(subscription)
    _check_retry_policy(subscription)
    _check_dead_letter_policy(subscription)
    check_push_config(subscription.push_config)
    _check_exactly_once(subscription)
    if subscription.filter:
        parse_filter(subscription.filter)
    states = Subscription.DESCRIPTOR.enum_types_by_name["State"].values_by_name
    subscription.state = states["ACTIVE"].number
    return subscription


def check_push_config(push: Proto) -> None:
    """Raise Rejected unless messages can be pushed like this; fills in the format's version."""
    if not push.push_endpoint:
        if push.HasField("oidc_token"):
            raise invalid("push_config has an oidc_token but no push_endpoint to send it to.")
        return
    endpoint = urlsplit(push.push_endpoint)
    # Google takes only https. A laptop's endpoint has no certificate, so that http is taken too.
    if endpoint.scheme not in {"http", "https"} or not endpoint.hostname:
        raise invalid(f"Invalid push endpoint given (endpoint={push.push_endpoint}): not a URL.")
    if push.HasField("no_wrapper"):
        raise unsupported("Push without a wrapper (no_wrapper)")
    if push.HasField("oidc_token") and "@" not in push.oidc_token.service_account_email:
        raise invalid(
            "oidc_token needs the service_account_email in whose name tokens are made, got "
            f"{push.oidc_token.service_account_email!r}."
        )
    for key, value in push.attributes.items():
        if key != "x-goog-version" or value not in {"v1", "v1beta2"}:
            raise unsupported(f"The push attribute {key}={value}")
    push.attributes["x-goog-version"] = "v1"


def _refuse_unsimulated(resource: Proto, fields: tuple[str, ...]) -> None:
    present = {field.name for field, _ in resource.ListFields()}
    for name in fields:
        if name in present:
            raise unsupported(f"{name}")


def _check_labels(labels: Mapping[str, str]) -> None:
    if len(labels) > MAX_LABELS:
        raise invalid(f"{len(labels)} labels: at most {MAX_LABELS} are allowed.")
    for key, value in labels.items():
        if not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            raise invalid(
                f"Invalid label {key!r}={value!r}: lower-case letters, digits, _ and - only, at "
                "most 63 of them, the key starting with a letter."
            )


def _check_ack_deadline(subscription: Proto) -> None:
    deadline = subscription.ack_deadline_seconds or 10
    if not 10 <= deadline <= 600:
        raise invalid(
            f"Invalid ack deadline given (ack_deadline_seconds={deadline}): it must be between 10 "
            "and 600 seconds."
        )
    subscription.ack_deadline_seconds = deadline


def _check_lifetimes(subscription: Proto) -> None:
    if not subscription.HasField("message_retention_duration"):
        subscription.message_retention_duration.seconds = 7 * DAY_S
    _within("message_retention_duration", subscription, 10 * MINUTE_S, 31 * DAY_S)
    if not subscription.HasField("expiration_policy"):
        subscription.expiration_policy.ttl.seconds = 31 * DAY_S
    elif subscription.expiration_policy.HasField("ttl"):
        _within("ttl", subscription.expiration_policy, DAY_S)


def _check_retry_policy(subscription: Proto) -> None:
    if not subscription.HasField("retry_policy"):
        return
    policy = subscription.retry_policy
    for name, default_s in (("minimum_backoff", 10), ("maximum_backoff", MAX_BACKOFF_S)):
        if not policy.HasField(name):
            getattr(policy, name).seconds = default_s
        _within(name, policy, 0, MAX_BACKOFF_S)
    if seconds(policy.maximum_backoff) < seconds(policy.minimum_backoff):
        raise invalid(
            f"maximum_backoff ({seconds(policy.maximum_backoff):g} s) is smaller than "
            f"minimum_backoff ({seconds(policy.minimum_backoff):g} s)."
        )


def _check_dead_letter_policy(subscription: Proto) -> None:
    if not subscription.HasField("dead_letter_policy"):
        return
    policy = subscription.dead_letter_policy
    policy.max_delivery_attempts = policy.max_delivery_attempts or 5
    if not 5 <= policy.max_delivery_attempts <= 100:
        raise Rejected(
            grpc.StatusCode.OUT_OF_RANGE,
            f"max_delivery_attempts must be between 5 and 100, got {policy.max_delivery_attempts}.",
        )


def _check_exactly_once(subscription: Proto) -> None:
    if not subscription.enable_exactly_once_delivery:
        return
    if subscription.push_config.push_endpoint:
        raise invalid("Exactly-once delivery is for pull subscriptions, not for push.")
    raise unsupported("Exactly-once delivery")


def _within(field: str, holder: Proto, low_s: int, high_s: int | None = None) -> None:
    value_s = seconds(getattr(holder, field))
    if value_s < low_s or (high_s is not None and value_s > high_s):
        bounds = f"at least {low_s} s" if high_s is None else f"between {low_s} s and {high_s} s"
        raise invalid(f"{field} must be {bounds}, got {value_s:g} s.")
