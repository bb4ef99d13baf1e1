/** Dialogs of the page itself: a question with two answers, and the channel switcher. */

import { converts, h, icon } from "./dom.js";
import { go } from "./route.js";
import { channelName, state } from "./state.js";
import { t } from "./texts.js";

/** Ask; resolves to whether it was confirmed. Esc is a no. */
export function ask({ title, text = "", confirm, deny = t("cancel"), danger = false }) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { className: "dialog small", aria: { label: title }, data: { testid: "ask" } },
      h("h2", {}, title),
      text ? h("p", {}, text) : null,
      h(
        "div",
        { className: "dialog-foot" },
        h(
          "button",
          { type: "button", className: "bk-button", onclick: () => dialog.close("") },
          deny,
        ),
        h(
          "button",
          {
            type: "button",
            className: `bk-button ${danger ? "danger" : "primary"}`,
            autofocus: true,
            onclick: () => dialog.close("yes"),
          },
          confirm,
        ),
      ),
    );
    show(dialog, () => resolve(dialog.returnValue === "yes"));
  });
}

/** The channel switcher: type a part of a name, choose with the arrow keys. */
export function openSwitcher() {
  if (document.querySelector("dialog[open]") || !state.me) return;
  let chosen = 0;
  const list = h("ul", { className: "switcher-list", role: "listbox", id: "switcher-list" });
  const input = h("input", {
    type: "text",
    className: "switcher-input",
    placeholder: t("jumpToHint"),
    role: "combobox",
    autocomplete: "off",
    data: { testid: "switcher-input" },
    aria: { label: t("jumpTo"), controls: "switcher-list", expanded: "true", autocomplete: "list" },
  });
  const dialog = h(
    "dialog",
    { className: "dialog switcher", aria: { label: t("jumpTo") } },
    h("div", { className: "switcher-field" }, icon("search"), input),
    list,
  );
  const matches = () =>
    [...state.channels.values()].filter((it) =>
      channelName(it).toLowerCase().includes(input.value.trim().toLowerCase()),
    );
  const choose = (it) => (dialog.close(), it && go(it.id));
  const draw = () => {
    const found = matches();
    chosen = Math.max(0, Math.min(chosen, found.length - 1));
    list.replaceChildren(
      ...found.map((it, index) =>
        h(
          "li",
          {
            role: "option",
            id: `switch-${index}`,
            aria: { selected: String(index === chosen) },
            onclick: () => choose(it),
          },
          icon(it.kind === "channel" ? "hash" : it.kind === "private" ? "lock" : "at"),
          channelName(it),
        ),
      ),
    );
    if (!found.length) list.append(h("li", { className: "none" }, t("nothingFound")));
    input.setAttribute("aria-activedescendant", found.length ? `switch-${chosen}` : "");
  };
  input.addEventListener("input", () => ((chosen = 0), draw()));
  input.addEventListener("keydown", (event) => {
    if (converts(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) (event.preventDefault(), (chosen += step), draw());
    if (event.key === "Enter") (event.preventDefault(), choose(matches()[chosen]));
  });
  draw();
  show(dialog);
  input.focus();
}

/** Show a dialog, take it away when it closes, close it by a click beside it. */
export function show(dialog, onClose = () => {}) {
  dialog.addEventListener("close", () => (dialog.remove(), onClose()));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close(""));
  document.body.append(dialog);
  dialog.showModal();
}
