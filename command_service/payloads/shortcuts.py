"""Message shortcuts: a message, and the purpose it is used for."""

from collections.abc import Mapping
from typing import Any, Final

from command_service.payloads.buttons import is_from_outside, team_of
from command_service.payloads.messages import moment
from command_service.payloads.model import EphemeralTarget, Identity, NotAQuestion, Question
from command_service.payloads.well_formed import id_in, message_in, never_raising, text_or_none
from shared.slack.message import permalink
from shared.slack.reading.said import said_in
from shared.task import Mode, Purpose, Source, Subject, task_id_of_shortcut

SHORTCUTS: Final[Mapping[str, Purpose]] = {
    "summarise_thread": Purpose.SUMMARISE,
    "translate_message": Purpose.TRANSLATE,
    "explain_message": Purpose.EXPLAIN,
}
"""By the ``callback_id`` in the app's manifest."""


@never_raising
def read_shortcut(body: Mapping[str, Any], identity: Identity) -> Question | NotAQuestion:
    """The question of a ``message_action`` payload (docs.slack.dev, message shortcuts).

    Its message may be where the bot is no member: the payload brings the words.
    """
    team_id, message = team_of(body), message_in(body["message"])
    channel_id, message_ts = id_in(body["channel"]["id"]), str(body["message_ts"])
    callback_id, action_ts = str(body["callback_id"]), str(body["action_ts"])
    user_id, response_url = id_in(body["user"]["id"]), text_or_none(body.get("response_url"))
    said = said_in(message, identity.our_bot)
    return Question(
        task_id=task_id_of_shortcut(team_id, channel_id, message_ts, callback_id, action_ts),
        source=Source.SHORTCUT,
        team_id=team_id,
        channel_id=channel_id,
        user_id=user_id,
        text=said.text,
        quoted=said.quoted,
        mode=Mode.CHAT,
        occurred_at=moment(action_ts),
        recipient=EphemeralTarget(channel_id, user_id, response_url=response_url),
        response_url=response_url,
        private=True,
        external=is_from_outside(body),
        subject=subject_of(SHORTCUTS[callback_id], channel_id, message_ts, message, identity),
    )


def subject_of(
    purpose: Purpose,
    channel_id: str,
    message_ts: str,
    message: Mapping[str, Any],
    identity: Identity,
) -> Subject:
    """The subject of a question about this message."""
    thread_ts, app = message.get("thread_ts"), message.get("bot_id")
    profile = message.get("bot_profile") or {}
    name_of_app = str(message.get("username") or profile.get("name") or app)
    return Subject(
        purpose=purpose,
        channel_id=channel_id,
        message_ts=message_ts,
        thread_ts=thread_ts,
        by=name_of_app if app else str(message.get("user") or ""),
        by_app=bool(app),
        permalink=permalink(identity.url, channel_id, message_ts, thread_ts),
    )
