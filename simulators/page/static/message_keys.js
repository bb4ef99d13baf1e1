/** The keyboard in a conversation: one stop for the Tab key, arrow keys from message to message. */

import { converts } from "./dom.js";
import { startEditing } from "./message.js";
import { go } from "./route.js";
import { messageAt, state } from "./state.js";

const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

const messagesIn = (box) => [...box.querySelectorAll(":scope > .message")];

/** Let one message of `box` be reached by Tab: the one that was last, else the newest. */
export function rove(box) {
  const all = messagesIn(box);
  const current = all.find((it) => it.dataset.ts === box.dataset.current) ?? all.at(-1);
  for (const it of all) it.tabIndex = it === current ? 0 : -1;
  // Without a message the keyboard scrolls the box itself.
  box.tabIndex = current ? -1 : 0;
}

/** Listen to the keys of the messages in `box`. */
export function listenToKeys(box) {
  box.addEventListener("focusin", ({ target }) => {
    const message = target.closest(".message");
    if (!message || message.dataset.ts === box.dataset.current) return;
    box.dataset.current = message.dataset.ts;
    rove(box);
  });
  box.addEventListener("keydown", (event) => {
    if (converts(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const message = event.target.closest(".message");
    if (!message) return;
    const isTaken = event.target === message ? onMessage(event, box, message) : inToolbar(event, message);
    if (isTaken) event.preventDefault();
  });
}

function onMessage({ key }, box, message) {
  const all = messagesIn(box);
  if (key in STEPS) {
    const at = Math.max(0, Math.min(all.length - 1, all.indexOf(message) + STEPS[key]));
    all[at].focus();
    all[at].scrollIntoView({ block: "nearest" });
    return true;
  }
  const { channel, ts } = message.dataset;
  const shown = messageAt(channel, ts);
  if (key === "ArrowRight") return focusFirst(message);
  const inThread = Boolean(box.closest(".thread"));
  if (key === "Enter" && shown && !shown.ephemeral && !inThread)
    return (go(channel, { thread: shown.thread_ts || ts }), true);
  if (key === "e" && shown?.user === state.me.id) return (startEditing(shown, inThread), true);
  if (key === "r") return press(message, "react");
  return false;
}

function inToolbar({ key, target }, message) {
  const bar = target.closest(".toolbar");
  if (!bar) return false;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  const buttons = [...bar.children];
  const next = buttons[buttons.indexOf(target) + step];
  if (key === "Escape" || (step && !next && step < 0)) return (message.focus(), true);
  if (next) next.focus();
  return Boolean(step);
}

function focusFirst(message) {
  const first = message.querySelector(".toolbar button");
  first?.focus();
  return Boolean(first);
}

function press(message, testid) {
  const button = message.querySelector(`[data-testid="${testid}"]`);
  button?.click();
  return Boolean(button);
}
