/** The messages of a channel or a thread, kept up to date without redrawing what stays the same. */

import { h, icon } from "./dom.js";
import { listenToKeys, rove } from "./message_keys.js";
import { continueLink, isEditedIn, messageElement } from "./message.js";
import { sessionHead, sessionLine, sessionOf } from "./session.js";
import { channel, channelName, isBotIm, isDirect, messagesOf, state, statusKey } from "./state.js";
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
  const rows = isBotIm(it) ? withThreads(it.id) : items(messagesOf(it.id), "channel");
  update(box, it.id, [{ key: "intro", draw: () => intro(it) }, ...rows]);
}

/** Draw the open thread. */
export function drawThread() {
  const { channel: id, thread } = state.route;
  const box = document.getElementById("thread-messages");
  if (!thread) return;
  const rows = items(messagesOf(id, thread), "thread");
  if (!rows.length) rows.push(goneRow());
  update(box, `${id}:${thread}`, [...rows, ...statusRows(id, thread)]);
  document.getElementById("session-head")?.replaceChildren(...sessionHead(sessionOf(id, thread)));
}

/** The direct message with the app: each question with its thread below it, as Slack's agents have it. */
function withThreads(id) {
  const roots = messagesOf(id);
  return roots.flatMap((root, index) => {
    const thread = root.ephemeral ? [root] : messagesOf(id, root.ts);
    const rows = [
      ...dayRows(root, roots[index - 1]),
      ...thread.map((message, at) =>
        messageRow(message, at > 1 && follows(thread[at - 1], message), "inline"),
      ),
      ...statusRows(id, root.ts),
    ];
    if (thread.length > 1) rows.push(continueRow(root));
    return rows;
  });
}

/** A server that was started again knows nothing of the thread that is still open here. */
function goneRow() {
  const draw = () => h("p", { className: "empty" }, t("threadGone"));
  return { key: "gone", same: document.documentElement.lang, draw };
}

function continueRow(root) {
  return {
    key: `continue-${root.ts}`,
    same: document.documentElement.lang,
    draw: () => h("div", { className: "thread-foot" }, continueLink(root)),
  };
}

function statusRows(id, thread) {
  const status = state.statuses.get(statusKey(id, thread));
  const session = sessionOf(id, thread);
  const rows = [];
  if (status)
    rows.push({
      key: `status-${thread}`,
      same: status,
      draw: () => h("div", { className: "thread-foot" }, statusLine(status)),
    });
  if (session?.status === "processing")
    rows.push({
      key: `session-${thread}`,
      same: [session, Boolean(status)],
      draw: () => h("div", { className: "thread-foot" }, sessionLine(session, Boolean(status))),
    });
  return rows;
}

function items(messages, place) {
  const inThread = place === "thread";
  return messages.flatMap((message, index) => {
    const before = messages[index - 1];
    const days = inThread ? [] : dayRows(message, before);
    // What follows the question in its thread is another matter.
    const compact = before && !days.length && !(inThread && index === 1);
    const rows = [...days, messageRow(message, compact && follows(before, message), place)];
    if (inThread && index === 0 && messages.length > 1) rows.push(countRow(messages.length - 1));
    return rows;
  });
}

function dayRows(message, before) {
  if (before && day(before.ts) === day(message.ts)) return [];
  const draw = () =>
    h("div", { className: "day", role: "separator" }, h("span", {}, day(message.ts)));
  return [{ key: `day-${message.ts}`, same: day(message.ts), draw }];
}

function countRow(n) {
  const draw = () => h("div", { className: "day replies" }, h("span", {}, t("replies", { n })));
  return { key: "count", same: n, draw };
}

function follows(before, message) {
  return (
    before.user === message.user &&
    !before.ephemeral === !message.ephemeral &&
    !before.reply_count &&
    parseFloat(message.ts) - parseFloat(before.ts) < GROUP_S
  );
}

function messageRow(message, compact, place) {
  const key = `${message.channel}:${message.ts}`;
  const leads = place === "channel";
  const status = leads ? state.statuses.get(statusKey(message.channel, message.ts)) : null;
  const last =
    leads && message.reply_count ? messagesOf(message.channel, message.ts).at(-1)?.ts : null;
  // While it is being edited nothing may take the field away.
  const isEdited = isEditedIn(message, place);
  const marks = [compact, highlighted.has(key), last, state.me?.id].join("|");
  return {
    key,
    same: isEdited ? ["edited"] : [message, marks, status],
    grows: message.streaming,
    draw: () => messageElement(message, { compact, place, highlighted: highlighted.has(key) }),
  };
}

/** Bring the children of `box` to `rows`, keeping every node whose row is the same as before. */
function update(box, place, rows) {
  const moved = box.dataset.place !== place;
  if (moved) box.replaceChildren();
  box.dataset.place = place;
  if (moved) box.follows = jumpOf(box).hidden = true;
  const comes = rows.at(-1).key !== box.lastElementChild?.rowKey || rows.some((it) => it.grows);
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
  rove(box);
  // A conversation without a message is read from its beginning.
  if (rows.length === 1) box.scrollTop = 0;
  else if (box.follows) box.scrollTop = box.scrollHeight;
  else if (comes) jumpOf(box).hidden = false;
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

const jumpOf = (box) => box.parentElement.querySelector(".jump");
const BOXES = ["messages", "thread-messages"];

/**
 * Keep the newest message in view for whoever has it in view, also when the pane changes its size.
 * To others a button offers the way there, until they are.
 */
export function listenForScroll() {
  for (const box of BOXES.map((id) => document.getElementById(id))) {
    listenToKeys(box);
    const jump = jumpOf(box);
    const toEnd = () => (box.scrollTop = box.scrollHeight);
    jump.addEventListener("click", toEnd);
    Object.assign(box, { follows: true, lastTop: 0 });
    box.addEventListener(
      "scroll",
      () => {
        // A pane that gets narrower leaves its end without the reader having gone up.
        const wentUp = box.scrollTop < box.lastTop;
        const isNear = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_BOTTOM_PX;
        box.follows = isNear || (box.follows && !wentUp);
        box.lastTop = box.scrollTop;
        if (isNear) jump.hidden = true;
      },
      { passive: true },
    );
    const keepUp = () => box.follows && box.childElementCount > 1 && toEnd();
    new ResizeObserver(keepUp).observe(box);
    // An image has its height only once it is there; loads do not bubble.
    box.addEventListener("load", keepUp, true);
  }
}

/** Name the jump buttons in the reader's language. */
export function labelJump() {
  for (const jump of document.querySelectorAll(".jump"))
    jump.replaceChildren(icon("down"), t("newMessages"));
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
      t(isDirect(it) ? "startIm" : "start", { name }),
    ),
    h("p", {}, it.topic || t("startTopic")),
  );
}
