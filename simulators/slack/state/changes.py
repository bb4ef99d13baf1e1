"""What can happen in a workspace; the app's events and the chat page's frames follow from it."""

from dataclasses import dataclass

from simulators.slack.state.model import JSON, Channel, Message, Status, View
from simulators.slack.state.sessions import Session


@dataclass(frozen=True)
class Posted:
    """A message everybody in the channel sees was posted."""

    message: Message


@dataclass(frozen=True)
class Edited:
    """A message was replaced; ``before`` is how Slack presented it until now."""

    message: Message
    before: JSON


@dataclass(frozen=True)
class Refreshed:
    """A message looks different without having been edited (a stream, reactions, replies)."""

    message: Message


@dataclass(frozen=True)
class Deleted:
    """A message is gone."""

    message: Message
    before: JSON


@dataclass(frozen=True)
class EphemeralPosted:
    """A message only its ``ephemeral_for`` sees was posted or replaced."""

    message: Message


@dataclass(frozen=True)
class EphemeralDeleted:
    """A message only one user saw is gone."""

    message: Message


@dataclass(frozen=True)
class Reacted:
    """A user added a reaction or took it back."""

    message: Message
    user: str
    name: str
    added: bool


@dataclass(frozen=True)
class StatusChanged:
    """The app's status in a thread changed."""

    status: Status


@dataclass(frozen=True)
class SessionChanged:
    """The app began or ended its work in a thread, or gave it another title."""

    session: Session


@dataclass(frozen=True)
class ChannelChanged:
    """A channel has a new member, or one less, or is new."""

    channel: Channel
    joined: str | None = None
    left: str | None = None


@dataclass(frozen=True)
class ModalShown:
    """A user sees this modal now; None: the last one closed."""

    user: str
    view: View | None


@dataclass(frozen=True)
class HomePublished:
    """The app published a user's App Home."""

    view: View


@dataclass(frozen=True)
class HomeOpened:
    """A user opened the app's Home (``home``) or its conversation (``messages``)."""

    user: str
    tab: str


@dataclass(frozen=True)
class LookedElsewhere:
    """A person has something else open beside the app's agent view."""

    user: str


@dataclass(frozen=True)
class PromptsSuggested:
    """The app suggests what to ask it in a direct message."""

    channel: Channel
    suggested: JSON


@dataclass(frozen=True)
class StreamStopped:
    """A user pressed Stop on a streaming message."""

    message: Message
    user: str


@dataclass(frozen=True)
class SessionStopped:
    """A user pressed Stop in a thread where the app is at work without streaming."""

    session: Session
    user: str


@dataclass(frozen=True)
class Notice:
    """Slack itself tells a user something, such as that a command failed."""

    user: str
    text: str


Change = (
    Posted
    | Edited
    | Refreshed
    | Deleted
    | EphemeralPosted
    | EphemeralDeleted
    | Reacted
    | StatusChanged
    | SessionChanged
    | ChannelChanged
    | ModalShown
    | HomePublished
    | HomeOpened
    | LookedElsewhere
    | PromptsSuggested
    | StreamStopped
    | SessionStopped
    | Notice
)
