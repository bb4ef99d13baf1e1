"""Colleagues, channels and groups are names, not ids: to the model and in its answers."""

from itertools import pairwise

import pytest

from processor_service.ports.conversations import ThreadMessage
from processor_service.prompt.names import beside_ids, growing_with_names, instead_of_ids, mentioned
from shared.slack.message_text import plain_text
from shared.task import Purpose, Subject
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

THANKS = "<@U0USER0005> さんへのお礼を書いて"
NAMES = {"U0USER0005": "山田太郎", "C0GENERAL00": "general", "S0TEAM": "kaihatsu"}


def world_saying(text: str) -> World:
    world = World(model=FakeModel([saying(text)]))
    world.people.names = {"U0USER0005": "山田太郎", "U9": "健二"}
    world.channels.names = {"C0GENERAL00": "general", "C0SECRET000": "secret"}
    world.channels.hidden = {"C0SECRET000"}
    world.groups.names = {"S0TEAM": "kaihatsu"}
    return world


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "edited"])
@pytest.mark.parametrize(
    "said", ["<@U0USER0005>さん、ありがとう", "<@U0USER0005|山田太郎>さん、ありがとう"]
)
async def test_a_colleague_in_a_question_is_named_to_the_model_and_in_the_answer(
    said: str, streams: bool
) -> None:
    world = world_saying(said)
    world.conversation.can_stream = streams
    await world.answer(a_task(text=THANKS))
    [(prompt, _)] = world.model.asked
    assert prompt.text == "<@U0USER0005|山田太郎> さんへのお礼を書いて"
    assert "名前だけを書いてください" in prompt.system
    assert world.conversation.texts() == ["@山田太郎さん、ありがとう"]
    assert "U0USER0005" not in str(world.conversation.messages)


async def test_a_colleague_whom_a_thread_mentions_is_named_too() -> None:
    world = world_saying("<@U0USER0005> の担当です")
    world.conversation.said = [ThreadMessage("person", "U9", "これは <@U0USER0005> の担当です")]
    await world.answer(a_task(thread_ts="90.000001"))
    [(prompt, _)] = world.model.asked
    assert "これは <@U0USER0005|山田太郎> の担当です" in prompt.turns[0].text
    assert world.conversation.texts() == ["@山田太郎 の担当です"]


async def test_a_colleague_in_a_message_that_a_shortcut_is_used_on_is_named_too() -> None:
    world = world_saying("担当は <@U0USER0005> です")
    world.threads.said = (ThreadMessage("person", "U9", "<@U0USER0005> お願いします"),)
    subject = Subject(purpose=Purpose.EXPLAIN, channel_id="C1", message_ts="9.1", by="U9")
    await world.answer(a_task(subject=subject, text="x", thread_ts="9.2", message_ts="9.2"))
    [(prompt, _)] = world.model.asked
    assert "<@U0USER0005|山田太郎> お願いします" in prompt.turns[0].text
    assert world.conversation.texts() == ["担当は @山田太郎 です"]


async def test_groups_and_public_channels_have_names_and_private_channels_have_none() -> None:
    text = plain_text("<!subteam^S0TEAM> は <#C0GENERAL00|> と <#C0SECRET000|> の担当?", "UBOT")
    world = world_saying("<!subteam^S0TEAM> は #C0GENERAL00 と #C0SECRET000 です")
    await world.answer(a_task(text=text))
    [(prompt, _)] = world.model.asked
    assert prompt.text.startswith("<!subteam^S0TEAM|kaihatsu> は <#C0GENERAL00|general> と #C0S")
    assert "secret" not in str(world.model.asked)
    assert world.conversation.texts() == ["@kaihatsu は #general と #C0SECRET000 です"]


async def test_somebody_whose_name_is_not_known_is_asked_about_all_the_same() -> None:
    world = world_saying("<@U0NOBODY> さん")
    await world.answer(a_task(text="<@U0NOBODY> は?"))
    [(prompt, _)] = world.model.asked
    assert prompt.text == "<@U0NOBODY> は?"
    assert world.conversation.texts() == ["<\u200b@U0NOBODY> さん"]


async def test_a_plain_question_asks_for_no_names() -> None:
    world = world_saying("答え")
    world.people.names_of = None  # type: ignore[method-assign,assignment]  # nobody calls it
    await world.answer(a_task())
    assert world.conversation.texts() == ["答え"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("channel", "@\u200bchannel"),
        ("*太字*", "@\\*太字\\*"),
        ("[x](https://evil.example)", "@(x)(https://evil.example)"),
        ("<!channel>", "@!channel"),
        ("taro_yamada", "@taro_yamada"),
        ("_taro_", "@\\_taro\\_"),
        ("@花", "@花"),
        ("a\nb", "@a b"),
    ],
)
def test_a_name_is_neither_a_ping_nor_a_layout(name: str, shown: str) -> None:
    assert instead_of_ids("<@U5>", {"U5": name}) == shown


def test_a_name_cannot_close_its_mention_before_the_model() -> None:
    assert beside_ids("<@U5>", {"U5": "a> <@U6|b"}) == "<@U5|a @U6b>"


def test_what_grows_only_ever_gets_longer_whatever_it_is_cut_at() -> None:
    text = (
        "a < b、<@U0USER0005>と<!subteam^S0TEAM|x>は#C0GENERAL00と<#C0GENERAL00>で # 見出し #Cです"
    )
    shown = [growing_with_names(text[:end], NAMES) for end in range(len(text) + 1)]
    assert all(later.startswith(earlier) for earlier, later in pairwise(shown))
    assert shown[-1] == instead_of_ids(text, NAMES)
    assert shown[-1] == "a < b、@山田太郎と@kaihatsuは#generalと#generalで # 見出し #Cです"


def test_of_very_many_mentions_the_last_hundred_are_looked_up() -> None:
    found = mentioned(f"<@U{number:04d}>" for number in range(1_000))
    assert (len(found), found[-1]) == (100, "U0999")
