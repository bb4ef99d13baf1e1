"""The modal that asks what was wrong with an answer."""

from command_service.payloads.presses import COMMENT, FLAW, REASONS, Voted
from command_service.texts import replies
from shared.slack.blocks import Block, plain, section
from shared.task import Locale

_COMMENT_CHARS = 1_000


def reasons_modal(voted: Voted, locale: Locale, *, asks_words: bool) -> Block:
    """Common reasons to choose from, and a comment field if comments are kept; all optional."""
    blocks = [section(replies.FEEDBACK_INTRO[locale]), _flaws(locale)]
    if asks_words:
        blocks.append(_comment(locale))
    return {
        "type": "modal",
        "callback_id": REASONS,
        "private_metadata": voted.kept.encode(),
        "title": plain(replies.FEEDBACK_TITLE[locale]),
        "submit": plain(replies.FEEDBACK_SUBMIT[locale]),
        "close": plain(replies.FEEDBACK_CLOSE[locale]),
        "blocks": blocks,
    }


def _flaws(locale: Locale) -> Block:
    options = [{"text": plain(text[locale]), "value": flaw} for flaw, text in replies.FLAWS.items()]
    select = {
        "type": "static_select",
        "action_id": FLAW,
        "placeholder": plain(replies.FLAW_PLACEHOLDER[locale]),
        "options": options,
    }
    return _input(FLAW, replies.FLAW_LABEL[locale], select)


def _comment(locale: Locale) -> Block:
    field = {
        "type": "plain_text_input",
        "action_id": COMMENT,
        "multiline": True,
        "max_length": _COMMENT_CHARS,
    }
    hint = plain(replies.COMMENT_HINT[locale])
    return {**_input(COMMENT, replies.COMMENT_LABEL[locale], field), "hint": hint}


def _input(block_id: str, label: str, element: Block) -> Block:
    return {
        "type": "input",
        "block_id": block_id,
        "optional": True,
        "label": plain(label),
        "element": element,
    }
