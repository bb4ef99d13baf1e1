"""Talking in the page: what is written arrives, what arrives is shown."""

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.support.workbenches.slack import Workbench

HOSTILE = '<img src=x onerror="window.hacked=1"> <script>window.hacked=1</script> &lt;b&gt;'


def composer(page: Page) -> Locator:
    return page.get_by_test_id("composer")


def messages(page: Page) -> Locator:
    return page.locator("#messages").get_by_test_id("message")


def replies(page: Page) -> Locator:
    return page.get_by_test_id("thread-pane").get_by_test_id("message")


async def write(field: Locator, text: str) -> None:
    await field.fill(text)
    await field.press("Enter")


async def test_enter_sends_and_shift_enter_starts_a_new_line(bench: Workbench, page: Page) -> None:
    await composer(page).fill("one")
    await composer(page).press("Shift+Enter")
    await composer(page).press_sequentially("two")
    await composer(page).press("Enter")
    await expect(messages(page)).to_have_count(1)
    await expect(composer(page)).to_have_value("")
    assert bench.slack.messages("#general")[0]["text"] == "one\ntwo"


async def test_a_mention_is_completed_and_becomes_a_real_one(bench: Workbench, page: Page) -> None:
    await composer(page).press_sequentially("hello @mech")
    await expect(page.get_by_test_id("completion").locator("li")).to_have_count(1)
    await composer(page).press("Tab")
    await composer(page).press_sequentially("how are you?")
    await composer(page).press("Enter")
    await expect(messages(page).locator(".mention")).to_have_text("@Mechachang")
    [posted] = bench.slack.messages("#general")
    assert posted["text"] == f"hello <@{bench.slack.workspace.bot.id}> how are you?"


async def test_the_enter_that_ends_a_japanese_conversion_does_not_send(
    bench: Workbench, page: Page
) -> None:
    await composer(page).fill("にほんご")
    await composer(page).dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    await expect(composer(page)).to_have_value("にほんご")
    await composer(page).press("Enter")
    await expect(messages(page)).to_have_count(1)
    assert [it["text"] for it in bench.slack.messages("#general")] == ["にほんご"]


async def test_an_answer_is_read_and_continued_in_its_thread(bench: Workbench, page: Page) -> None:
    await write(composer(page), "a question")
    await expect(messages(page)).to_have_count(1)
    [asked] = bench.slack.messages("#general")
    await bench.client.assistant_threads_setStatus(
        channel_id=bench.general, thread_ts=asked["ts"], status="is thinking…"
    )
    for place in (page.locator("#messages"), page.get_by_test_id("thread-pane")):
        await expect(place.get_by_test_id("status")).to_contain_text("Mechachang is thinking…")
    await bench.client.chat_postMessage(
        channel=bench.general, thread_ts=asked["ts"], markdown_text="an **answer**\n\n|a|\n|-|\n|b|"
    )
    await expect(page.get_by_test_id("status")).to_have_count(0)
    await expect(replies(page).nth(1).locator("strong", has_text="answer")).to_be_visible()
    await expect(replies(page).nth(1).locator("td")).to_have_text("b")
    await write(page.get_by_test_id("thread-composer"), "thank you")
    await expect(replies(page)).to_have_count(3)
    await expect(page.get_by_test_id("thread-link")).to_contain_text("2 replies")
    assert bench.slack.messages("#general")[2]["thread_ts"] == asked["ts"]
    await page.get_by_test_id("thread-composer").press("Escape")
    await expect(page.get_by_test_id("thread-pane")).to_be_hidden()


async def test_own_messages_can_be_edited_reacted_to_and_deleted(
    bench: Workbench, page: Page
) -> None:
    await write(composer(page), "frist & <b>")
    await expect(messages(page)).to_have_count(1)
    await composer(page).press("ArrowUp")
    field = page.get_by_test_id("edit-field")
    await expect(field).to_have_value("frist & <b>")
    await write(field, "first & <b>")
    await expect(messages(page)).to_contain_text("first & <b>(edited)")
    await messages(page).hover()
    await page.get_by_test_id("react").click()
    await page.locator('[data-reaction="gemini"]').click()
    await expect(page.get_by_test_id("reaction")).to_have_attribute("aria-pressed", "true")
    assert bench.slack.messages("#general")[0]["reactions"][0]["name"] == "gemini"
    await messages(page).hover()
    await page.get_by_test_id("delete").click()
    await page.get_by_test_id("ask").get_by_role("button", name="Delete").click()
    await expect(messages(page)).to_have_count(0)
    assert bench.slack.messages("#general") == []


# Looks at the page at the moment the first field stands there, before anything else may happen.
WATCH_FOR_THE_FIELD = """() => {
    window.editors = new Promise((tell) => {
        const look = () => {
            const fields = [...document.querySelectorAll(".edit-field")];
            if (!fields.length) return;
            watching.disconnect();
            tell(fields.map((it) => it === document.activeElement));
        };
        const watching = new MutationObserver(look);
        watching.observe(document.body, { childList: true, subtree: true });
    });
}"""


@pytest.mark.parametrize("place", ["#messages", "#thread-messages"])
async def test_a_message_shown_twice_is_edited_where_its_author_is_and_takes_the_keys_at_once(
    bench: Workbench, page: Page, place: str
) -> None:
    await write(composer(page), "frist")
    await expect(messages(page)).to_have_count(1)
    [asked] = bench.slack.messages("#general")
    await bench.client.chat_postMessage(
        channel=bench.general, thread_ts=asked["ts"], text="an answer"
    )
    await expect(replies(page)).to_have_count(2)
    await page.evaluate(WATCH_FOR_THE_FIELD)
    chosen = page.locator(place).get_by_test_id("message").first
    await chosen.hover()
    await chosen.get_by_test_id("edit").click()
    assert await page.evaluate("window.editors") == [True]
    await write(page.locator(place).get_by_test_id("edit-field"), "first")
    await expect(messages(page)).to_contain_text("first(edited)")
    await expect(page.get_by_test_id("edit-field")).to_have_count(0)
    assert bench.slack.messages("#general")[0]["text"] == "first"


async def test_hostile_text_stays_text(bench: Workbench, page: Page) -> None:
    await write(composer(page), HOSTILE)
    await bench.client.chat_postMessage(
        channel=bench.general,
        text="x",
        blocks=[
            {"type": "markdown", "text": HOSTILE + " [x](javascript:window.hacked=1)"},
            {"type": "section", "text": {"type": "mrkdwn", "text": HOSTILE}},
        ],
    )
    await expect(messages(page)).to_have_count(2)
    await expect(messages(page).first).to_contain_text('<img src=x onerror="window.hacked=1">')
    await expect(page.locator("#messages :is(script, img, [href^=javascript])")).to_have_count(0)
    assert await page.evaluate("window.hacked") is None


async def test_a_live_stream_grows_and_slacks_stop_ends_it_until_the_app_ends_its_work(
    bench: Workbench, page: Page
) -> None:
    asked = bench.slack.people.post("alice", "#general", "q")
    stream = await bench.client.chat_startStream(
        channel=bench.general,
        thread_ts=asked.ts,
        markdown_text="one ",
        recipient_user_id=asked.user,
        recipient_team_id=bench.slack.workspace.team_id,
    )
    await expect(replies(page).nth(1)).to_contain_text("one")
    await bench.client.chat_appendStream(
        channel=bench.general, ts=stream["ts"], markdown_text="**two**"
    )
    await expect(replies(page).nth(1).locator("strong", has_text="two")).to_be_visible()
    await expect(replies(page).nth(1).locator(".caret")).to_be_visible()
    await page.get_by_test_id("stop").click()
    await expect(replies(page).nth(1).locator(".caret")).to_have_count(0)
    message = bench.slack.workspace.message(bench.general, stream["ts"])
    assert message is not None
    assert message.stream is not None
    assert message.stream.state == "stopped"
    # Without a stream the app is at work all the same: it edits, and Slack offers its Stop.
    place = {"channel_id": bench.general, "thread_ts": asked.ts}
    change = "agents.sessions.setStatus"
    await bench.client.api_call(change, json={**place, "status": "active"})
    await expect(page.get_by_test_id("stop")).to_have_count(0)
    await expect(page.get_by_test_id("session-head")).to_contain_text("Ready")
    await bench.client.api_call("agents.sessions.rename", json={**place, "title": "Counting"})
    await bench.client.api_call(change, json={**place, "status": "processing"})
    await expect(page.get_by_test_id("session-head")).to_contain_text("CountingAt work")
    heads = "[...document.querySelectorAll('.pane-head')].map((it) => it.offsetHeight)"
    assert len({height for height in await page.evaluate(heads) if height}) == 1
    await expect(page.get_by_test_id("session")).to_contain_text("Mechachang is at work")
    await page.get_by_test_id("stop").click()
    await expect(page.get_by_test_id("stop")).to_be_disabled()
    await bench.client.api_call(change, json={**place, "status": "active"})
    await expect(page.get_by_test_id("session")).to_have_count(0)


async def test_a_task_card_turns_while_it_is_at_work_and_then_shows_its_sources(
    bench: Workbench, page: Page
) -> None:
    asked = bench.slack.people.post("alice", "#general", "q")
    card = {"type": "task_update", "id": "search", "title": "調べています", "status": "in_progress"}
    stream = await bench.client.chat_startStream(
        channel=bench.general,
        thread_ts=asked.ts,
        chunks=[card],
        recipient_user_id=asked.user,
        recipient_team_id=bench.slack.workspace.team_id,
    )
    shown = replies(page).nth(1)
    await expect(shown.get_by_role("img", name="In progress")).to_be_visible()
    page_read = {"type": "url", "url": "https://a.example/", "text": "素数の話"}
    ended = {**card, "title": "調べました", "status": "complete", "sources": [page_read]}
    await bench.client.chat_stopStream(
        channel=bench.general,
        ts=stream["ts"],
        chunks=[ended, {"type": "markdown_text", "text": "答え"}],
    )
    await expect(shown.get_by_role("img", name="Done")).to_be_visible()
    await expect(shown.get_by_text("調べました")).to_be_visible()
    await expect(shown.get_by_role("link", name="素数の話")).to_be_visible()
    await expect(shown).to_contain_text("答え")


async def test_an_ephemeral_message_says_so_and_can_be_dismissed(
    bench: Workbench, page: Page, open_page: OpenPage
) -> None:
    other = await open_page(bench.running.base_url, user="tom")
    alice = bench.slack.people.user("alice").id
    await bench.client.chat_postEphemeral(channel=bench.general, user=alice, text="psst")
    await expect(messages(page)).to_contain_text("Only visible to you")
    await expect(messages(page)).to_contain_text("psst")
    await bench.client.chat_postMessage(channel=bench.general, text="for all")
    await expect(messages(other)).to_have_count(1)
    await page.get_by_role("button", name="Dismiss").click()
    await expect(messages(page)).to_have_count(1)


async def test_a_file_is_attached_to_a_message(bench: Workbench, page: Page) -> None:
    note = FilePayload(name="note.txt", mimeType="text/plain", buffer=b"hello")
    await page.get_by_test_id("file-input").set_input_files(note)
    await expect(page.get_by_test_id("chip")).to_contain_text("note.txt")
    await write(composer(page), "see this")
    await expect(messages(page).get_by_test_id("file")).to_contain_text("note.txt")
    [posted] = bench.slack.messages("#general")
    assert posted["files"][0]["size"] == 5


async def test_another_user_reads_the_page_in_their_own_language(
    bench: Workbench, page: Page
) -> None:
    await expect(page.get_by_test_id("welcome")).to_contain_text("Ask Mechachang something")
    await page.get_by_test_id("user-switch").select_option(label="山田 花 · 日本語")
    await expect(page.get_by_test_id("welcome")).to_contain_text("質問してみましょう")
    assert await page.get_attribute("html", "lang") == "ja"
    await write(composer(page), "こんにちは")
    await expect(messages(page)).to_contain_text("山田 花")
    assert bench.slack.messages("#general")[0]["user"] == bench.slack.people.user("hana").id
