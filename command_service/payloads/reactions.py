"""Reactions that ask about a message: a pure function, without that message's words."""

from command_service.payloads.messages import moment
from command_service.payloads.model import (
    AskingReaction,
    EphemeralTarget,
    Identity,
    NotAQuestion,
    Question,
    RejectReason,
)
from command_service.payloads.well_formed import id_in, never_raising, text_or_none
from shared.slack.message import Payload, is_ts
from shared.task import Mode, Purpose, Source, Subject, task_id_of_reaction


@never_raising
def read_reaction(
    body: Payload, identity: Identity, asking: AskingReaction | None, *, redelivered: bool
) -> Question | NotAQuestion:
    """The question of a ``reaction_added`` event (docs.slack.dev), which names the message only.

    Our own messages have buttons and a thread to ask in, and our own reactions ask nothing.
    """
    event = body["event"]
    # A skin tone follows the name: "wave::skin-tone-3".
    if asking is None or str(event["reaction"]).partition("::")[0] != asking.emoji:
        return NotAQuestion(RejectReason.OTHER_REACTION)
    item, user_id = event["item"], id_in(event["user"])
    if item.get("type") != "message" or not is_ts(item.get("ts")):
        return NotAQuestion(RejectReason.NOT_A_QUESTION)
    if identity.bot_user_id in {user_id, event.get("item_user")}:
        return NotAQuestion(RejectReason.OWN_MESSAGE)
    channel_id, message_ts = id_in(item["channel"]), str(item["ts"])
    return Question(
        task_id=task_id_of_reaction(identity.team_id, channel_id, message_ts, user_id),
        source=Source.REACTION,
        team_id=str(body["team_id"]),
        channel_id=channel_id,
        user_id=user_id,
        text="",
        mode=Mode.CHAT,
        occurred_at=moment(str(event["event_ts"])),
        recipient=EphemeralTarget(channel_id, user_id),
        private=not asking.in_thread,
        event_id=text_or_none(body.get("event_id")),
        external=bool(body.get("is_ext_shared_channel")),
        redelivered=redelivered,
        subject=Subject(purpose=Purpose.ASK, channel_id=channel_id, message_ts=message_ts),
    )
