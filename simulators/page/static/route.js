/** Where the reader is, kept in the address: #/CHANNEL, #/CHANNEL/THREAD_TS or #/CHANNEL/home. */

import { emit, markRead, state } from "./state.js";

/** Go to a channel, a thread in it, or a tab of it; `byItself`: not because the reader asked for it. */
export function go(channelId, { thread = null, tab = "messages", byItself = false } = {}) {
  const hash = `#/${channelId}${thread ? `/${thread}` : tab === "home" ? "/home" : ""}`;
  if (location.hash !== hash) history.pushState(null, "", hash);
  follow({ byItself });
}

/** Close the thread pane. */
export function closeThread() {
  if (state.route.thread) go(state.route.channel);
}

/** Show the list of channels (a phone shows one pane at a time). */
export function showList() {
  document.getElementById("app").dataset.view = "list";
}

/** Read the address; a channel that doesn't exist leads to the first one. */
export function follow({ byItself = false } = {}) {
  const [, id, rest] = location.hash.split("/");
  const known = state.channels.has(id) ? id : firstChannel();
  const thread = known === id && /^\d+\.\d+$/.test(rest ?? "") ? rest : null;
  state.route = { channel: known, thread, tab: rest === "home" ? "home" : "messages" };
  document.getElementById("app").dataset.view = thread ? "thread" : "channel";
  markRead(known);
  emit("route", { byItself });
}

function firstChannel() {
  const all = [...state.channels.values()];
  return (all.find((it) => it.name === "general") ?? all[0])?.id ?? null;
}

/** Follow the browser's own navigation from now on. */
export function listen() {
  window.addEventListener("popstate", () => follow());
}
