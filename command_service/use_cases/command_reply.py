"""The reply to a slash command: the ack itself, which only its user sees and nothing can remove.

Through a command's response URL an app can neither replace nor delete its earlier replies
(github.com/slackapi/bolt-js/issues/2287), so a question that is about to be shown in the channel,
or in its user's direct messages, gets no reply: the reply would stay for good.
"""

from typing import Any, Final

from command_service.payloads.model import NotAQuestion, Question, RejectReason, Typed
from command_service.texts.replies import (
    COMMAND_ACCEPTED,
    PRIVATE_TO_BE_SURE,
    TYPED,
)
from command_service.use_cases.submit import (
    Accepted,
    SubmitDeps,
    SubmitOutcome,
    locale_to_tell,
    refusal_texts,
)
from shared.slack.blocks import context, preformatted, section

Reply = dict[str, Any]
"""The payload of an ack; empty: Slack shows nothing."""

# All blocks of a message hold some 13,200 characters (github.com/slackapi/bolt-js/issues/2509).
_TYPED_CHARS: Final = 8_000
_NOTHING_TO_COPY: Final = frozenset({RejectReason.HELP_ASKED, RejectReason.EMPTY_PROMPT})


async def reply_to(
    typed: Typed, asked: Question | NotAQuestion, outcome: SubmitOutcome, deps: SubmitDeps
) -> Reply:
    """The reply to a command with this outcome; a refusal gives back the user's text."""
    match outcome:
        case Accepted(task) if task.private and isinstance(asked, Question) and not asked.private:
            return {"text": PRIVATE_TO_BE_SURE[await locale_to_tell(task.user_id, deps)]}
        case Accepted(task) if task.private or not deps.channel_facts.is_absent(task.channel_id):
            return {}
        case Accepted(task):
            return {"text": COMMAND_ACCEPTED[await locale_to_tell(task.user_id, deps)]}
    option = asked.option if isinstance(asked, NotAQuestion) else ""
    return await refuse(typed, outcome.reason, deps, option)


async def refuse(typed: Typed, reason: RejectReason, deps: SubmitDeps, option: str = "") -> Reply:
    """Why the command was not taken, and the user's text: Slack shows that nowhere."""
    locale = await locale_to_tell(typed.user_id, deps)
    text = refusal_texts(reason, deps, option)[locale]
    if reason in _NOTHING_TO_COPY or len(typed.text) > _TYPED_CHARS:
        return {"text": text}
    given_back = context(TYPED[locale]), preformatted(typed.text)
    return {"text": text, "blocks": [section(text), *given_back]}
