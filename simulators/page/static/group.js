/** A group direct message with the app: who is in it is chosen once, as Slack's client has it. */

import { post } from "./connection.js";
import { show } from "./dialogs.js";
import { avatar, h } from "./dom.js";
import { go } from "./route.js";
import { on, state } from "./state.js";
import { t } from "./texts.js";

// The server tells of the new conversation by itself, before or after its answer.
let wanted = null;
on("channels", arrive);

function arrive() {
  if (!wanted || !state.channels.has(wanted)) return;
  const id = wanted;
  wanted = null;
  go(id);
}

/** Choose people, and go to the conversation with them. */
export function openGroup() {
  if (document.querySelector("dialog[open]") || !state.me) return;
  const people = [...state.users.values()].filter((it) => !it.is_bot && it.id !== state.me.id);
  const boxes = people.map((it) => h("input", { type: "checkbox", value: it.id }));
  const start = h(
    "button",
    { type: "submit", className: "bk-button primary", disabled: true, data: { testid: "group-go" } },
    t("startGroup"),
  );
  const chosen = () => boxes.filter((it) => it.checked).map((it) => it.value);
  const submit = async (event) => {
    event.preventDefault();
    const answer = await post("open_group", { people: chosen() });
    if (!answer.ok) return;
    dialog.close("");
    wanted = answer.channel;
    arrive();
  };
  const dialog = h(
    "dialog",
    { className: "dialog small", aria: { label: t("newGroup") }, data: { testid: "group" } },
    h("h2", {}, t("newGroup")),
    h("p", {}, t("groupHelp")),
    h(
      "form",
      { onsubmit: submit, onchange: () => (start.disabled = chosen().length < 1) },
      people.map((it, at) =>
        h("label", { className: "group-person" }, boxes[at], avatar(it, "tiny"), it.display_name),
      ),
      h(
        "div",
        { className: "dialog-foot" },
        h(
          "button",
          { type: "button", className: "bk-button", onclick: () => dialog.close("") },
          t("cancel"),
        ),
        start,
      ),
    ),
  );
  show(dialog);
}
