/** The field in which one's own message is edited in place. */

import { post } from "./connection.js";
import { converts, h } from "./dom.js";
import { state, user } from "./state.js";
import { t } from "./texts.js";

/** The editor for a message; `done` is called when it is saved or given up. */
export function editor(message, done) {
  const field = h("textarea", {
    className: "edit-field",
    rows: 1,
    aria: { label: t("edit") },
    data: { testid: "edit-field" },
  });
  field.value = asTyped(message.text);
  const save = async () => {
    const answer = await post("edit", {
      channel: message.channel,
      ts: message.ts,
      text: field.value,
    });
    if (answer.ok) done();
  };
  field.addEventListener("keydown", (event) => {
    if (converts(event)) return;
    if (event.key === "Escape") (event.preventDefault(), event.stopPropagation(), done());
    if (event.key === "Enter" && !event.shiftKey) (event.preventDefault(), save());
  });
  field.addEventListener("input", () => grow(field));
  // As soon as it stands in the page: what is typed before the next frame is meant for it.
  queueMicrotask(
    () => (
      grow(field),
      field.focus(),
      field.setSelectionRange(field.value.length, field.value.length)
    ),
  );
  return h(
    "div",
    { className: "edit-box" },
    field,
    h(
      "div",
      { className: "edit-foot" },
      h("small", {}, t("editHelp")),
      h("button", { type: "button", className: "bk-button", onclick: done }, t("cancel")),
      h("button", { type: "button", className: "bk-button primary", onclick: save }, t("save")),
    ),
  );
}

/** Let a text field be as high as its text. */
export function grow(field) {
  field.style.setProperty("height", "auto");
  field.style.setProperty("height", `${Math.min(field.scrollHeight + 2, innerHeight * 0.4)}px`);
}

/** Slack's escaped text as a person typed it. */
export function asTyped(text) {
  return text
    .replace(/<@(\w+)(?:\|[^>]*)?>/g, (_, id) => `@${user(id).display_name}`)
    .replace(/<#(\w+)(?:\|[^>]*)?>/g, (_, id) => `#${state.channels.get(id)?.name ?? id}`)
    .replace(/<!(\w+)(?:\|[^>]*)?>/g, "@$1")
    .replace(/<([^|>]+)(?:\|[^>]*)?>/g, "$1")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
