/** The messages of a channel or a thread, kept up to date without redrawing what stays the same. */

import { h, icon } from "./dom.js";
import { editing, messageElement } from "./message.js";
import { bot, channel, channelName, messagesOf, state, statusKey } from "./state.js";
import { day, t } from "./texts.js";
import { statusLine } from "./status.js";
import { welcome } from "./welcome.js";

const GROUP_S = 300;
const NEAR_BOTTOM_PX = 80;
let highlighted = new Set();

/** Mark these messages ("channel:ts") as belonging to the chosen journey. */
export function highlight(keys) {
  highlighted = new Set(keys);
}

/** Draw the channel's messages. */
export function drawChannel() {
  const it = channel();
  const box = document.getElementById("messages");
  if (!it) return;
  update(box, it.id, [{ key: "intro", draw: () => intro(it) }, ...items(messagesOf(it.id), false)]);
}

/** Draw the open thread. */
export function drawThread() {
  const { channel: id, thread } = state.route;
  const box = document.getElementById("thread-messages");
  if (!thread) return;
  const rows = items(messagesOf(id, thread), true);
  const status = state.statuses.get(statusKey(id, thread));
  if (status)
    rows.push({
      key: "status",
      same: status,
      draw: () => h("div", { className: "thread-foot" }, statusLine(status)),
    });
  update(box, `${id}:${thread}`, rows);
}

function items(messages, inThread) {
  const rows = [];
  messages.forEach((message, index) => {
    const before = messages[index - 1];
    const newDay = !before || day(before.ts) !== day(message.ts);
    if (newDay && !inThread)
      rows.push({
        key: `day-${message.ts}`,
        same: day(message.ts),
        draw: () =>
          h("div", { className: "day", role: "separator" }, h("span", {}, day(message.ts))),
      });
    rows.push(messageRow(message, !newDay && follows(before, message, inThread), inThread));
    if (inThread && index === 0 && messages.length > 1)
      rows.push({
        key: "count",
        same: messages.length,
        draw: () =>
          h(
            "div",
            { className: "day replies" },
            h("span", {}, t("replies", { n: messages.length - 1 })),
          ),
      });
  });
  return rows;
}

function follows(before, message, inThread) {
  if (inThread && before.ts === message.thread_ts) return false;
  return (
    before.user === message.user &&
    !before.ephemeral === !message.ephemeral &&
    !before.reply_count &&
    parseFloat(message.ts) - parseFloat(before.ts) < GROUP_S
  );
}

function messageRow(message, compact, inThread) {
  const key = `${message.channel}:${message.ts}`;
  const status = inThread ? null : state.statuses.get(statusKey(message.channel, message.ts));
  const last =
    inThread || !message.reply_count ? null : messagesOf(message.channel, message.ts).at(-1)?.ts;
  // While it is being edited nothing may take the field away.
  const isEdited = editing.key === key;
  const marks = [compact, highlighted.has(key), last, state.me?.id].join("|");
  return {
    key,
    same: isEdited ? ["edited"] : [message, marks, status],
    draw: () => messageElement(message, { compact, inThread, highlighted: highlighted.has(key) }),
  };
}

/** Bring the children of `box` to `rows`, keeping every node whose row is the same as before. */
function update(box, place, rows) {
  const moved = box.dataset.place !== place;
  if (moved) box.replaceChildren();
  box.dataset.place = place;
  const atBottom = moved || box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_BOTTOM_PX;
  const known = new Map([...box.children].map((node) => [node.rowKey, node]));
  let cursor = box.firstChild;
  for (const row of rows) {
    let node = known.get(row.key);
    known.delete(row.key);
    if (!node || !sameRow(node.rowSame, row.same)) {
      const fresh = replaced(node, row);
      if (node && node === cursor) cursor = fresh;
      node = fresh;
    }
    if (node === cursor) cursor = cursor.nextSibling;
    else box.insertBefore(node, cursor);
  }
  for (const node of known.values()) node.remove();
  if (atBottom) box.scrollTop = box.scrollHeight;
  else offerJump(box);
}

function sameRow(before, now) {
  if (!Array.isArray(before) || !Array.isArray(now)) return before === now;
  return before.length === now.length && before.every((value, index) => value === now[index]);
}

function replaced(node, row) {
  const fresh = row.draw();
  Object.assign(fresh, { rowKey: row.key, rowSame: row.same });
  if (!node) return fresh;
  const focus = focusPath(node);
  node.replaceWith(fresh);
  if (focus) (fresh.querySelector(focus) ?? fresh).focus({ preventScroll: true });
  return fresh;
}

/** How to find the focused control again after its message is drawn anew. */
function focusPath(node) {
  const focused = document.activeElement;
  if (!focused || !node.contains(focused)) return null;
  const { actionId, value, testid } = focused.dataset;
  if (actionId)
    return `[data-action-id="${CSS.escape(actionId)}"]${value ? `[data-value="${CSS.escape(value)}"]` : ""}`;
  return testid ? `[data-testid="${CSS.escape(testid)}"]` : "*";
}

function offerJump(box) {
  if (box.id === "messages") document.getElementById("jump").hidden = false;
}

/** Let the jump button lead to the newest message and go when it is reached. */
export function listenForScroll() {
  const box = document.getElementById("messages");
  const jump = document.getElementById("jump");
  jump.addEventListener("click", () => (box.scrollTop = box.scrollHeight));
  box.addEventListener(
    "scroll",
    () => {
      if (box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_BOTTOM_PX) jump.hidden = true;
    },
    { passive: true },
  );
}

/** Name the jump button in the reader's language. */
export function labelJump() {
  document.getElementById("jump").replaceChildren(icon("down"), t("newMessages"));
}

function intro(it) {
  if (it.name === "general") return welcome(it);
  const name = channelName(it);
  return h(
    "div",
    { className: "intro" },
    h(
      "h2",
      {},
      it.kind === "im" ? t("startIm", { name: bot().display_name }) : t("start", { name }),
    ),
    h("p", {}, it.topic || t("startTopic")),
  );
}
