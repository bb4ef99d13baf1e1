/** The list of conversations, who one is, and the head of the channel. */

import { avatar, fill, h, icon, iconButton } from "./dom.js";
import { openSwitcher } from "./dialogs.js";
import { openGroup } from "./group.js";
import { go, showList } from "./route.js";
import { bot, channel, channelName, emit, isDirect, state } from "./state.js";
import { languageOf, t } from "./texts.js";

const KINDS = [
  ["channels", (it) => !isDirect(it)],
  ["directMessages", isDirect],
];

/** Draw the sidebar. */
export function drawSidebar() {
  if (!state.me) return;
  const groups = KINDS.map(([title, fits]) => [
    title,
    [...state.channels.values()].filter(fits).sort(byName),
  ]);
  fill(
    document.getElementById("sidebar"),
    h(
      "div",
      { className: "side-head" },
      h(
        "div",
        { className: "brand" },
        avatar({ is_bot: true }, "small"),
        h("div", {}, h("strong", {}, "Mechachang"), h("small", {}, t("workspace"))),
      ),
    ),
    h(
      "button",
      {
        type: "button",
        className: "search",
        onclick: openSwitcher,
        data: { testid: "switcher-open" },
      },
      icon("search"),
      t("jumpTo"),
      h("kbd", {}, shortcut()),
    ),
    h(
      "div",
      { className: "side-scroll" },
      groups.map(([title, items]) =>
        h("section", {}, sectionHead(title), h("ul", {}, items.map(channelItem))),
      ),
    ),
    userMenu(),
  );
}

function sectionHead(title) {
  const head = h("h2", {}, t(title));
  if (title !== "directMessages") return head;
  const open = iconButton("plus", t("newGroup"), openGroup, { data: { testid: "group-open" } });
  return h("div", { className: "side-section" }, head, open);
}

function shortcut() {
  return /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘K" : "Ctrl K";
}

function byName(a, b) {
  if (a.name === "general") return -1;
  if (b.name === "general") return 1;
  return channelName(a).localeCompare(channelName(b));
}

function channelItem(it) {
  const current = it.id === state.route.channel;
  const unread = state.unread.get(it.id);
  return h(
    "li",
    {},
    h(
      "a",
      {
        href: `#/${it.id}`,
        className: `channel ${unread ? "unread" : ""}`,
        aria: { current: current ? "page" : null },
        data: { testid: `channel-${it.kind === "im" ? bot().name : it.name}`, channel: it.id },
        onclick: (event) => (event.preventDefault(), go(it.id)),
      },
      glyph(it),
      h("span", { className: "channel-name" }, channelName(it)),
      unread ? h("span", { className: "badge" }, String(unread)) : null,
    ),
  );
}

function glyph(it) {
  const icons = { private: "lock", mpim: "at" };
  if (it.kind !== "im") return h("span", { className: "glyph" }, icon(icons[it.kind] ?? "hash"));
  return h("span", { className: "glyph with-presence" }, avatar(bot(), "tiny"), presence());
}

function presence() {
  const online = state.sockets > 0;
  const label = online ? t("online") : t("offline");
  return h("span", {
    className: `presence ${online ? "on" : ""}`,
    role: "img",
    aria: { label },
    title: `${label} · ${t("sockets", { n: state.sockets })}`,
    data: { testid: "presence" },
  });
}

function userMenu() {
  const humans = [...state.users.values()].filter((it) => !it.is_bot);
  const select = h(
    "select",
    {
      aria: { label: t("switchUser") },
      data: { testid: "user-switch" },
      onchange: (event) => emit("become", event.target.value),
    },
    humans.map((it) =>
      h(
        "option",
        { value: it.id, selected: it.id === state.me.id },
        `${it.display_name} · ${languageOf(it.locale)}`,
      ),
    ),
  );
  return h(
    "div",
    { className: "side-foot" },
    h(
      "label",
      { className: "user-switch", title: t("switchUser") },
      avatar(state.me, "small"),
      select,
      icon("chevron"),
    ),
    iconButton("moon", t("theme"), toggleTheme, {
      className: "icon-button theme",
      data: { testid: "theme" },
    }),
  );
}

function toggleTheme() {
  const dark =
    document.documentElement.dataset.theme ??
    (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const theme = dark === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
}

/** Draw the head of the channel: its name, the tabs of the bot's direct message, the panel switch. */
export function drawHead(panelOpen, onPanel) {
  const it = channel();
  if (!it) return;
  document.title = `${isDirect(it) ? "" : "#"}${channelName(it)} · Mechachang`;
  fill(
    document.getElementById("channel-head"),
    iconButton("back", t("back"), showList, {
      className: "icon-button only-phone",
      data: { testid: "back" },
    }),
    h("div", { className: "head-title" }, h("h1", {}, glyph(it), h("span", {}, channelName(it))), subtitle(it)),
    it.kind === "im" ? tabs(it) : null,
    h(
      "button",
      {
        type: "button",
        className: "panel-switch",
        title: t("panel"),
        aria: { pressed: String(panelOpen), label: t("panel"), controls: "panel" },
        onclick: onPanel,
        data: { testid: "panel-toggle" },
      },
      icon("pulse"),
      h("span", {}, t("trace")),
    ),
  );
}

function subtitle(it) {
  if (state.sockets === 0) return h("p", { className: "warn" }, t("botOffline"));
  if (it.kind !== "im" && it.bot_is_member === false) return h("p", {}, t("notMember"));
  return it.topic ? h("p", {}, it.topic) : null;
}

function tabs(it) {
  const tab = (name, label) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${name}`,
        aria: { selected: String(state.route.tab === name) },
        data: { testid: `tab-${name}` },
        onclick: () => go(it.id, { tab: name }),
      },
      label,
    );
  return h(
    "div",
    { className: "tabs", role: "tablist" },
    tab("messages", t("messagesTab")),
    tab("home", t("homeTab")),
  );
}
