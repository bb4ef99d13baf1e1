"""What the services tell each other through Slack, byte for byte as it stands there for years.

Golden files hold what messages of ours carry; the first ones were written by a version that had no
models of it. Whoever changes one breaks the buttons below every answer that stands in Slack.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from command_service.payloads.buttons import (
    IN_A_MODAL,
    is_genuine,
    read_choice,
    read_edited,
    read_regenerate,
    read_retry,
)
from command_service.payloads.changes import Edited, read_edit
from command_service.payloads.model import Click, QuestionContent, SideTask
from command_service.payloads.presses import Voted, read_reasons, read_share, read_stop, read_vote
from command_service.slack.message_reader import SlackMessages
from command_service.texts.feedback_modal import reasons_modal
from command_service.use_cases.changes import take_edit
from command_service.use_cases.follow_ups import FollowUpDeps
from processor_service.ports.answers import Answer
from processor_service.rendering.footer import answer_footer, stop_button
from processor_service.rendering.messages import render_notice
from processor_service.rendering.question_metadata import question_payload
from processor_service.texts.failures import Failure
from shared.actions import (
    AskAgain,
    Carried,
    CastVote,
    ExplainVote,
    ShareAnswer,
    ShownQuestion,
    StopAnswer,
)
from shared.ledger import Mark
from shared.signing import signed_blocks, signed_view
from shared.slack.message import MessageRef
from shared.task import (
    Cancel,
    Feedback,
    FeedbackReason,
    Mode,
    Purpose,
    Share,
    Source,
    Subject,
    Task,
    Vote,
    Wish,
    task_id_of_edit,
)
from tests.support.fakes.command.history import FakeHistory
from tests.support.fakes.command.payloads import IDENTITY, a_click
from tests.support.fakes.command.world import World
from tests.support.signed import LEDGER, SIGNING, metadata
from tests.support.tasks import NOON, a_task
from tests.unit.command.use_cases.test_command_edits import an_edit

GOLDEN = Path(__file__).parent / "actions"
TASK = "0123456789abcdef0123456789abcdef"
THREAD, TS = "1700000000.000100", "1700000000.000200"
PLACE = MessageRef("C1", THREAD, TS)
SUBJECT = Subject(
    purpose=Purpose.TRANSLATE,
    channel_id="C9",
    message_ts="1700000000.000300",
    thread_ts="1700000000.000100",
    by="U9",
    permalink="https://acme.example/archives/C9/p1700000000000300",
)
CODE = ShownQuestion(prompt="x", mode=Mode.CODE)
BESIDE = Subject(
    purpose=Purpose.CATCH_UP,
    channel_id="C9",
    message_ts=TS,
    since="1699913600.000200",
    beside=True,
)
ALONE = Subject(purpose=Purpose.SUMMARISE, channel_id="C9", message_ts="1700000000.000300")


def golden(name: str) -> str:
    return (GOLDEN / f"{name}.json").read_text().rstrip("\n")


def values(part: Any) -> Iterator[str]:
    """Each value in these blocks, in order."""
    if isinstance(part, dict):
        for name, each in part.items():
            if name == "value":
                yield each
            else:
                yield from values(each)
    elif isinstance(part, list):
        for each in part:
            yield from values(each)


def carried(blocks: Any) -> list[str]:
    return list(values(signed_blocks(blocks, "C1", SIGNING)))


def a_command(**changes: Any) -> Task:
    return a_task(source=Source.SLASH_COMMAND, mode=Mode.AUTO, **changes)


def below_an_answer() -> list[str]:
    answer = Answer("x", "m", mode=Mode.CODE)
    return carried(answer_footer(a_command(), answer, PLACE, cached=False))


def below_an_answer_on_what_is_beside() -> list[str]:
    task = a_task(source=Source.DM, subject=BESIDE)
    return carried(answer_footer(task, Answer("x", "m"), PLACE, cached=False))[:1]


def below_a_private_answer() -> list[str]:
    answer, place = Answer("x", "m", mode=Mode.CODE), MessageRef("D1", THREAD, TS)
    blocks = answer_footer(a_command(private=True), answer, place, cached=False)
    row = next(block for block in blocks if block["type"] == "actions")
    shares = [each for each in row["elements"] if each["action_id"] == "share"]
    return list(values(signed_blocks([{**row, "elements": shares}], "C1", SIGNING)))


def below_a_notice() -> list[str]:
    task = a_command(wish=Wish.SHORTER)
    return carried(render_notice(Failure("model_silent"), task, PLACE).blocks)


async def below_an_edit() -> list[str]:
    world = World()
    edited = read_edit(an_edit("<@UBOT> a prime", "<@UBOT> a prime?"), IDENTITY, False)
    assert isinstance(edited, Edited)
    await take_edit(edited, FollowUpDeps(world.submit_deps, FakeHistory(), LEDGER))
    await world.settle()
    return [each for blocks in world.replies.blocks for each in carried(blocks)]


def in_the_modal(**container: Any) -> str:
    click = a_click(golden("vote_down"), "feedback", trigger_id="1.2.t")
    voted = read_vote({**click, "container": {**click["container"], **container}}, NOON)
    assert isinstance(voted, Voted)
    view = reasons_modal(voted, "en", asks_words=True)
    signed: str = signed_view(view, IN_A_MODAL, SIGNING)["private_metadata"]
    return signed


def beside_a_question(task: Task) -> str:
    mark = Mark(task.task_id, "question")
    return json.dumps(metadata(mark, "C1", **question_payload(task)), ensure_ascii=False)


async def test_what_we_post_is_what_we_have_always_posted() -> None:
    posted = {
        **dict(
            zip(
                ("regenerate", "shorter", "longer", "mode_general", "mode_data", "mode_creative"),
                below_an_answer(),
                strict=False,
            )
        ),
        **dict(zip(("vote_up", "vote_down"), below_an_answer()[-2:], strict=True)),
        **dict(zip(("retry",), below_a_notice(), strict=True)),
        **dict(zip(("regenerate_beside",), below_an_answer_on_what_is_beside(), strict=True)),
        **dict(zip(("ask_edited",), await below_an_edit(), strict=True)),
        **dict(zip(("share",), below_a_private_answer(), strict=True)),
        **dict(zip(("stop",), carried([stop_button(a_task())]), strict=True)),
        "explain_vote": in_the_modal(),
        "explain_vote_in_a_channel": in_the_modal(thread_ts=None),
        "question": beside_a_question(a_command()),
        "private_question": beside_a_question(a_command(asked_in="C9")),
        "shortcut": beside_a_question(a_task(text="訳して", subject=SUBJECT)),
        "shortcut_on_a_long_message": beside_a_question(a_task(text="長" * 9_000, subject=ALONE)),
    }
    assert posted == {path.stem: golden(path.stem) for path in sorted(GOLDEN.glob("*.json"))}


def clicked(name: str, action_id: str, **changes: Any) -> dict[str, Any]:
    return a_click(golden(name), action_id, **changes)


def chosen(name: str) -> dict[str, Any]:
    body = clicked(name, "mode")
    body["actions"][0]["selected_option"] = {"value": body["actions"][0].pop("value")}
    return body


def submitted(name: str) -> dict[str, Any]:
    reason = {"flaw": {"flaw": {"selected_option": {"value": "outdated"}}}}
    view = {"id": "V1", "private_metadata": golden(name), "state": {"values": reason}}
    return {"team": {"id": "T1"}, "user": {"id": "U2"}, "view": view}


@pytest.mark.parametrize(
    ("read", "mode", "wish"),
    [
        (lambda: read_regenerate(clicked("regenerate", "regenerate")), Mode.AUTO, None),
        (lambda: read_retry(clicked("retry", "retry")), Mode.AUTO, Wish.SHORTER),
        (lambda: read_choice(clicked("shorter", "shorter")), Mode.AUTO, Wish.SHORTER),
        (lambda: read_choice(clicked("longer", "longer")), Mode.AUTO, Wish.LONGER),
        (lambda: read_choice(chosen("mode_general")), Mode.GENERAL, None),
        (lambda: read_choice(chosen("mode_data")), Mode.DATA, None),
        (lambda: read_choice(chosen("mode_creative")), Mode.CREATIVE, None),
    ],
    ids=["regenerate", "retry", "shorter", "longer", "general", "data", "creative"],
)
def test_a_button_asks_the_question_that_it_has_always_asked(
    read: Any, mode: Mode, wish: Wish | None
) -> None:
    click = read()
    assert isinstance(click, Click)
    assert (click.place, click.mode, click.wish) == (PLACE, mode, wish)


def test_the_button_of_an_edit_names_the_edit() -> None:
    click = read_edited(clicked("ask_edited", "ask_edited"))
    assert isinstance(click, Click)
    assert click.place == MessageRef("C1", THREAD, THREAD)
    assert click.task_id == task_id_of_edit("T1", "C1", THREAD, "1700000060.000000")


def test_stop_is_for_the_asker_of_its_task() -> None:
    stop = read_stop(clicked("stop", "stop"), NOON)
    assert isinstance(stop, SideTask)
    assert (stop.task.cancel, stop.only_for) == (Cancel(task_id=TASK), "U1")


def test_share_is_for_the_asker_of_its_answer() -> None:
    share = read_share(clicked("share", "share"), NOON)
    assert isinstance(share, SideTask)
    assert share.task.share == Share(task_id=TASK, channel_id="C1", mode=Mode.CODE)
    assert share.only_for == "U1"
    assert (share.task.thread_ts, share.task.message_ts) == (THREAD, "1700000009.000900")


@pytest.mark.parametrize("vote", list(Vote))
def test_a_vote_names_its_answer(vote: Vote) -> None:
    voted = read_vote(clicked(f"vote_{vote}", "feedback", trigger_id="1.2.t"), NOON)
    assert isinstance(voted, Voted)
    assert voted.side_task.task.feedback == Feedback(task_id=TASK, vote=vote, mode=Mode.CODE)


@pytest.mark.parametrize(
    ("name", "thread_ts"), [("explain_vote", THREAD), ("explain_vote_in_a_channel", None)]
)
def test_a_reason_names_the_vote_that_it_explains(name: str, thread_ts: str | None) -> None:
    reasons = read_reasons(submitted(name), NOON)
    assert isinstance(reasons, SideTask)
    assert reasons.task.feedback == Feedback(
        task_id=TASK, vote=Vote.DOWN, mode=Mode.CODE, flaw=FeedbackReason.OUTDATED
    )
    assert (reasons.task.channel_id, reasons.task.thread_ts) == ("C1", thread_ts)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("question", QuestionContent("素数とは何ですか", Mode.AUTO)),
        ("earlier/question", QuestionContent("素数とは何ですか", Mode.AUTO)),
        ("private_question", QuestionContent("素数とは何ですか", Mode.AUTO, asked_in="C9")),
        ("shortcut", QuestionContent("訳して", Mode.CHAT, subject=SUBJECT)),
        ("shortcut_on_a_long_message", QuestionContent("", Mode.CHAT, subject=ALONE)),
    ],
)
def test_a_question_that_we_show_is_read_again(name: str, content: QuestionContent) -> None:
    questions = SlackMessages(None, LEDGER)  # type: ignore[arg-type]  # nothing is called
    shown = {"bot_id": "BBOT", "metadata": json.loads(golden(name))}
    assert questions._asked(shown, "C1") == content


def test_all_that_can_be_pressed_is_known_to_be_ours() -> None:
    pressed = [path.stem for path in GOLDEN.glob("*.json") if '"v":1' in path.read_text()]
    assert len(pressed) == 15
    for name in pressed:
        is_kept = name.startswith("explain")
        body = submitted(name) if is_kept else clicked(name, "regenerate")
        assert is_genuine(body, SIGNING), name


@pytest.mark.parametrize("model", [AskAgain, StopAnswer, ShareAnswer, CastVote, ExplainVote])
def test_of_a_version_that_we_do_not_know_nothing_is_read(model: type[Carried]) -> None:
    names = ("regenerate", "stop", "vote_up", "explain_vote", "share")
    ours = [name for name in names if model.decode(golden(name)) is not None]
    assert len(ours) == (2 if model in {CastVote, StopAnswer} else 1)
    [*_, value] = [json.loads(golden(name)) for name in ours]
    assert model.decode(json.dumps({**value, "new_field": 1}))
    assert model.decode(json.dumps({**value, "v": 2})) is None
    assert model.decode(json.dumps({**value, "v": None})) is None
    del value["v"]
    assert model.decode(json.dumps(value)) is None


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ({"prompt": "x", "mode": "telepathy"}, ShownQuestion(prompt="x")),
        (
            {"prompt": "x", "mode": "code", "subject": "{"},
            ShownQuestion(prompt="x", mode=Mode.CODE),
        ),
        ({"prompt": "x", "subject": '{"purpose": "sing"}'}, ShownQuestion(prompt="x")),
        ({"prompt": 7}, ShownQuestion()),
        ({}, ShownQuestion()),
    ],
)
def test_a_shown_question_is_read_without_what_only_a_newer_version_knows(
    kept: dict[str, Any], shown: ShownQuestion
) -> None:
    assert ShownQuestion.of_fields(kept) == shown
