"""Resource names, by Google's rules.

Source: the "Resource names" section of the Pub/Sub basics and the comments of pubsub.proto.
"""

import re

from simulators.pubsub.errors import invalid

DELETED_TOPIC = "_deleted-topic_"

# Google asks for 6 to 30 characters in a project id. Local stacks use shorter ones ("local").
_PROJECT = r"[a-z][a-z0-9.:-]*"
_ID = r"(?!goog)[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}"
_RESOURCE = {
    kind: re.compile(rf"projects/{_PROJECT}/{kind}/{_ID}") for kind in ("topics", "subscriptions")
}
_PROJECT_NAME = re.compile(rf"projects/{_PROJECT}")


def check_topic_name(name: str) -> None:
    """Raise Rejected unless ``name`` is ``projects/PROJECT/topics/ID`` with a permitted id."""
    _check(name, "topics")


def check_subscription_name(name: str) -> None:
    """Raise Rejected unless ``name`` is ``projects/PROJECT/subscriptions/ID``, permitted."""
    _check(name, "subscriptions")


def check_project_name(name: str) -> None:
    """Raise Rejected unless ``name`` is ``projects/PROJECT``."""
    if not _PROJECT_NAME.fullmatch(name):
        raise invalid(f"Invalid project name given (name={name}): expected projects/PROJECT.")


def _check(name: str, kind: str) -> None:
    if not _RESOURCE[kind].fullmatch(name):
        raise invalid(
            f"Invalid resource name given (name={name}): expected projects/PROJECT/{kind}/ID, the "
            "ID 3 to 255 letters, digits or any of -_.~+%, starting with a letter and not "
            'with "goog".'
        )


def project_of(name: str) -> str:
    """The project id in a resource name."""
    return name.split("/")[1]


def short_id(name: str) -> str:
    """The last part of a resource name: the topic's or subscription's own id."""
    return name.rsplit("/", 1)[-1]
