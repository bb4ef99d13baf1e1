"""The page on a phone, by keyboard, in the dark, and when the server goes away."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.support.workbenches.slack import Workbench

PHONE = {"width": 390, "height": 844}


async def test_a_phone_shows_one_pane_at_a_time(bench: Workbench, open_page: OpenPage) -> None:
    asked = bench.slack.people.post("alice", "#general", "q")
    await bench.client.chat_postMessage(
        channel=bench.general, thread_ts=asked.ts, text="`" + "wide " * 200 + "`"
    )
    page = await open_page(bench.running.base_url, **PHONE, has_touch=True)
    await expect(page.get_by_test_id("sidebar")).to_be_hidden()
    await expect(page.get_by_test_id("panel")).to_be_hidden()
    await page.get_by_test_id("thread-link").tap()
    await expect(page.get_by_test_id("thread-composer")).to_be_visible()
    await expect(page.get_by_test_id("composer")).to_be_hidden()
    await page.go_back()
    await page.get_by_test_id("back").tap()
    await expect(page.get_by_test_id("sidebar")).to_be_visible()
    await page.get_by_test_id("channel-random").tap()
    await expect(page.get_by_role("heading", name="random", exact=True)).to_be_visible()
    await page.get_by_test_id("panel-toggle").tap()
    await expect(page.get_by_test_id("panel")).to_be_visible()
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(overflow) == 0


@pytest.mark.parametrize("user", ["alice", "hana"])
async def test_a_phone_shows_the_whole_name_beside_the_tabs(
    bench: Workbench, open_page: OpenPage, user: str
) -> None:
    page = await open_page(bench.running.base_url, user=user, **PHONE, has_touch=True)
    await page.get_by_test_id("back").tap()
    await page.get_by_test_id("channel-mechachang").tap()
    name = page.get_by_role("heading", level=1).get_by_text("Mechachang", exact=True)
    await expect(name).to_be_visible()
    assert await name.evaluate("it => it.scrollWidth - it.clientWidth") == 0


async def test_the_buttons_of_an_edit_keep_their_words_whole_on_a_phone(
    bench: Workbench, open_page: OpenPage
) -> None:
    bench.slack.people.post("hana", "#general", "会議")
    page = await open_page(bench.running.base_url, user="hana", **PHONE, has_touch=True)
    await page.get_by_test_id("composer").press("ArrowUp")
    lines = """it => {
      const words = document.createRange();
      words.selectNodeContents(it);
      return words.getClientRects().length;
    }"""
    for name in ("キャンセル", "保存"):
        button = page.get_by_role("button", name=name, exact=True)
        assert await button.evaluate(lines) == 1


async def test_the_panel_covers_nothing_on_a_small_laptop(
    bench: Workbench, open_page: OpenPage
) -> None:
    asked = bench.slack.people.post("tom", "#general", "q")
    bench.slack.people.post("tom", "#general", "a", thread_ts=asked.ts)
    page = await open_page(bench.running.base_url, width=1024, height=768)
    await page.get_by_test_id("channel-mechachang").click()
    await page.get_by_test_id("panel-toggle").click()
    await page.get_by_test_id("tab-home").click()
    await page.get_by_test_id("channel-general").click()
    await page.get_by_test_id("thread-link").click()
    await page.get_by_test_id("composer").click()
    await page.get_by_test_id("thread-composer").fill("beside the panel")
    await page.get_by_test_id("thread-send").click()
    await expect(page.get_by_test_id("thread-pane")).to_contain_text("beside the panel")
    await page.get_by_test_id("thread-close").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("panel")).to_be_visible()
    await page.get_by_test_id("panel-toggle").click()
    await expect(page.get_by_test_id("panel")).to_be_hidden()


async def test_the_columns_of_a_wide_table_stay_readable(bench: Workbench, page: Page) -> None:
    remark = "メモリーに保持し、ディスクにスナップショットを書き出します"
    rows = (
        ["製品", "読み取り（毎秒）", "書き込み（毎秒）", "備考"],
        ["-"] * 4,
        ["Redis", "1", "2", remark],
    )
    table = "\n".join(f"|{'|'.join(cells)}|" for cells in rows)
    asked = bench.slack.people.post("tom", "#general", "q")
    await bench.client.chat_postMessage(
        channel=bench.general,
        thread_ts=asked.ts,
        text="x",
        blocks=[{"type": "markdown", "text": table}],
    )
    await page.get_by_test_id("thread-link").click()
    cell = page.get_by_test_id("thread-pane").get_by_role("cell", name=remark)
    lines = "it => it.clientHeight / parseFloat(getComputedStyle(it).lineHeight)"
    assert await cell.evaluate(lines) < 4


async def test_the_keyboard_reaches_everything(bench: Workbench, page: Page) -> None:
    await page.keyboard.press("Control+k")
    await page.get_by_test_id("switcher-input").fill("plan")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="planning", exact=True)).to_be_visible()
    await page.keyboard.press("Control+k")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("switcher-input")).to_have_count(0)
    reached = set()
    await page.evaluate("document.activeElement.blur()")
    for _ in range(40):
        await page.keyboard.press("Tab")
        reached.add(await page.evaluate("document.activeElement.dataset.testid ?? ''"))
    wanted = {"switcher-open", "channel-general", "user-switch", "panel-toggle", "composer"}
    assert wanted | {"panel-tab-faults"} <= reached


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_keeps_its_contrast_in_either_scheme(
    bench: Workbench, open_page: OpenPage, scheme: str
) -> None:
    bench.slack.people.post("tom", "#general", "hello `code` @alice")
    page = await open_page(bench.running.base_url, color_scheme=scheme)
    await page.get_by_test_id("panel-tab-faults").click()
    poor = await page.evaluate(CONTRAST)
    assert poor == []


async def test_the_theme_can_be_chosen_and_is_kept(bench: Workbench, page: Page) -> None:
    await page.get_by_role("button", name="Switch between light and dark").click()
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_the_page_reconnects_and_catches_up(bench: Workbench, page: Page) -> None:
    # Kept where an expectation can read it: the page's policy allows no evaluation while one waits.
    await page.evaluate(
        """() => new MutationObserver(
          () => document.body.dataset.states =
            `${document.body.dataset.states ?? ""} ${document.body.dataset.online}`.trim(),
        ).observe(document.body, { attributes: true, attributeFilter: ["data-online"] })"""
    )
    body = page.locator("body")
    await bench.slack.page.close()
    await expect(body).to_have_attribute("data-states", re.compile("^false"))
    bench.slack.people.post("tom", "#general", "while you were away")
    await expect(page.locator("#messages")).to_contain_text("while you were away")
    await expect(page.get_by_test_id("connection")).to_be_empty()
    await expect(body).to_have_attribute("data-states", "false true")


# WCAG 2.2, 1.4.3: the contrast of every visible text with the nearest opaque background.
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (byte) => {
    const v = byte / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  };
  const luminance = (color) => {
    const [x, y, z] = color.map(linear);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (it) => {
    for (; it; it = it.parentElement) {
      const color = rgba(getComputedStyle(it).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const it = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim().slice(0, 30);
    if (!text || !it.checkVisibility({ opacityProperty: true })) continue;
    if (it.closest(":disabled, option, noscript")) continue;
    const both = [rgba(getComputedStyle(it).color), behind(it)].map(luminance);
    const ratio = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${it.className || it.tagName}: ${text}`);
  }
  return poor;
}"""
