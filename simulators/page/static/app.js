/** The chat page: wires the server's frames, the address and the keyboard to what is drawn. */

import { listenForActions } from "./actions.js";
import { keepBeside } from "./beside.js";
import { Composer } from "./composer.js";
import { connect, post } from "./connection.js";
import { drawChannel, drawThread, labelJump, listenForScroll } from "./conversation.js";
import { openSwitcher } from "./dialogs.js";
import { converts, h, iconButton, oncePerFrame } from "./dom.js";
import { clearJourneys, record } from "./journeys.js";
import { watchOwnAnswers } from "./own_answers.js";
import { stopEditing } from "./message.js";
import { drawPanel, panelIsOpen, refreshPanel, showTab, togglePanel } from "./panel.js";
import { closeThread, follow, go, listen } from "./route.js";
import { drawHead, drawSidebar } from "./sidebar.js";
import { channel, channelName, isDirect, markRead, on, state } from "./state.js";
import { rotateStatuses } from "./status.js";
import { drawSuggestions } from "./suggestions.js";
import { t, useLocale } from "./texts.js";
import { toast } from "./toasts.js";
import { clearTrace, findTrace } from "./trace.js";
import { drawHome, showModal } from "./views.js";

const part = (id) => document.getElementById(id);
const composer = new Composer(part("composer"), false);
const threadComposer = new Composer(part("thread-composer"), true);
let opened = null;
let reader = null;
// On a phone the keyboard would hide what there is to read.
const TYPES = matchMedia("(hover: hover) and (min-width: 701px)");

const drawNavigation = () => {
  drawSidebar();
  drawHead(panelIsOpen(), () => togglePanel());
};
const drawMessages = oncePerFrame(() => {
  drawChannel();
  drawThread();
});

/** Be this person from now on: in this tab, and in those opened later. */
function become(userId) {
  sessionStorage.setItem("user", userId);
  localStorage.setItem("user", userId);
  // What the address said at first no longer holds.
  history.replaceState(null, "", location.pathname + location.hash);
  connect(userId);
}

on("snapshot", (frame) => {
  useLocale(state.me.locale);
  clearJourneys();
  clearTrace();
  frame.journal.forEach(record);
  labelJump();
  if (reader !== state.me.id) turnOver();
  reader = state.me.id;
  // A server that was started again has to publish Home anew.
  if (!state.home) opened = null;
  follow();
  drawPanel();
});

/** Put away what was somebody else's; to the same person a lost connection costs nothing. */
function turnOver() {
  part("messages").replaceChildren();
  part("thread-messages").replaceChildren();
  stopEditing();
  showModal(null);
  state.unread.clear();
}

on("route", ({ byItself }) => {
  const { channel: id, thread, tab } = state.route;
  drawNavigation();
  part("thread").hidden = !thread;
  part("app").classList.toggle("with-thread", Boolean(thread));
  for (const name of ["messages", "composer"]) part(name).hidden = tab === "home";
  part("home").hidden = tab !== "home";
  if (tab === "home") part("main").querySelector(".jump").hidden = true;
  part("messages").setAttribute("aria-label", channelName(channel()));
  if (tab === "home") drawHome();
  keepBeside();
  drawSuggestions();
  if (channel()?.kind === "im") openApp(id, tab);
  else opened = null;
  const isElsewhere = composer.place !== id;
  composer.open();
  if (thread) openThread(byItself);
  else if (isElsewhere && tab === "messages" && TYPES.matches) composer.field.focus();
  drawChannel();
  drawThread();
});
on("messages", drawMessages);
on("messages", refreshPanel);
on("channels", drawNavigation);
on("panel", drawNavigation);
on("faults", drawPanel);
on("trace", refreshPanel);
on("journal", (entry) => record(entry) && refreshPanel());
on("home", drawHome);
on("suggestions", drawSuggestions);
on("modal", showModal);
on("notice", toast);
on("connection", () => {
  const box = part("connection");
  box.textContent = state.online ? "" : t("reconnecting");
  box.classList.toggle("lost", !state.online);
  document.body.dataset.online = String(state.online);
});
on("sent", ({ inThread }) => {
  const box = part(inThread ? "thread-messages" : "messages");
  box.scrollTop = box.scrollHeight;
});
// Beside a narrow screen's thread there is no channel to go on typing in.
const mayOpen = (thread) =>
  thread
    ? threadComposer.isEmpty()
    : composer.isEmpty() || matchMedia("(min-width: 961px)").matches;
watchOwnAnswers(mayOpen);
on("become", become);
on("ask", ({ channel: id, text }) => composer.deliver(id, null, text));
on("find-trace", (message) => {
  showTab("trace");
  findTrace(message);
});

/** Tell the app which tab of its own was opened, as Slack does. */
function openApp(id, tab) {
  if (opened === `${id}/${tab}`) return;
  opened = `${id}/${tab}`;
  post("open_home", { tab });
}

/** Show the open thread; one that opened by itself leaves the reader where they type. */
function openThread(byItself) {
  part("thread-head").replaceChildren(
    iconButton("back", t("back"), closeThread, { className: "icon-button only-phone" }),
    h(
      "div",
      { className: "head-title" },
      h("h2", {}, t("thread")),
      h(
        "p",
        { className: "thread-place" },
        h("span", {}, `${isDirect(channel()) ? "" : "#"}${channelName(channel())}`),
        h("span", { id: "session-head", className: "session-head", data: { testid: "session-head" } }),
      ),
    ),
    iconButton("close", t("close"), closeThread, {
      className: "icon-button not-phone",
      data: { testid: "thread-close" },
    }),
  );
  part("thread").setAttribute("aria-label", t("thread"));
  const isNew = threadComposer.place !== `${state.route.channel}:${state.route.thread}`;
  threadComposer.open();
  if (isNew && !byItself && TYPES.matches) threadComposer.field.focus();
}

document.addEventListener("keydown", (event) => {
  if (converts(event)) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k")
    (event.preventDefault(), openSwitcher());
  const tab = event.target.closest?.("[role=tab]");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (tab && step) {
    const all = [...tab.parentElement.children];
    all.at((all.indexOf(tab) + step) % all.length).focus();
  }
  if (
    event.key === "Escape" &&
    !event.defaultPrevented &&
    !document.querySelector("dialog[open], .menu:popover-open")
  ) {
    if (state.route.thread) (closeThread(), composer.field.focus());
    else if (panelIsOpen() && matchMedia("(max-width: 960px)").matches) togglePanel(false);
  }
});
document.addEventListener("click", (event) => {
  const message = event.target.closest(".message");
  for (const it of document.querySelectorAll(".message.touched"))
    if (it !== message) it.classList.remove("touched");
  message?.classList.add("touched");
  const link = event.target.closest("a.mention[data-channel-id]");
  if (link) (event.preventDefault(), go(link.dataset.channelId));
});
window.addEventListener("focus", () => markRead(state.route.channel));

if (localStorage.getItem("theme"))
  document.documentElement.dataset.theme = localStorage.getItem("theme");
listen();
listenForActions();
listenForScroll();
rotateStatuses();
connect(
  new URLSearchParams(location.search).get("user") ??
    sessionStorage.getItem("user") ??
    localStorage.getItem("user"),
);
