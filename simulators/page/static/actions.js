/** Clicks and choices on the app's interactive elements, sent as the actions that Slack would send. */

import { ask } from "./dialogs.js";
import { post } from "./connection.js";
import { state } from "./state.js";

const INSTANT = new Set(["SELECT", "INPUT"]);
const choices = new Map();

/** Listen for clicks and changes on every element with a `data-action-id`. */
export function listenForActions() {
  document.addEventListener("click", (event) => {
    const control = event.target.closest("button[data-action-id], a[data-action-id]");
    if (control && !control.closest("[data-preview]"))
      act(control, { value: control.dataset.value });
  });
  document.addEventListener("change", (event) => {
    const control = event.target.closest("[data-action-id]");
    const input = control?.closest(".bk-input");
    if (!control || (input && !("dispatch" in input.dataset)) || !INSTANT.has(event.target.tagName))
      return;
    act(control, valueOf(control));
  });
}

async function act(control, value) {
  const { type, actionId, blockId, confirm } = control.dataset;
  if (confirm && !(await confirmed(confirm))) return;
  const where = contextOf(control);
  control.setAttribute("aria-busy", "true");
  const answer = await post("action", {
    ...where,
    action: { type, action_id: actionId, block_id: blockId, ...value },
  });
  control.removeAttribute("aria-busy");
  if (!answer.ok) return;
  if (control.hasAttribute("aria-pressed")) press(control, where);
  control.classList.add("sent");
  setTimeout(() => control.classList.remove("sent"), 1200);
  if (type === "overflow") control.value = "";
}

async function confirmed(json) {
  const { title, text, confirm, deny } = JSON.parse(json);
  return ask({ title, text, confirm: confirm || "OK", deny: deny || undefined });
}

function contextOf(control) {
  const view = control.closest("[data-view-id]");
  if (view) return { view_id: view.dataset.viewId };
  const message = control.closest("[data-ts]");
  return {
    channel: message?.dataset.channel ?? state.route.channel,
    message_ts: message?.dataset.ts,
  };
}

function press(control, where) {
  choices.set(choiceKey(where, control), control.dataset.value);
  for (const it of control.closest(".feedback")?.querySelectorAll("[aria-pressed]") ?? [])
    it.setAttribute("aria-pressed", String(it === control));
}

/** Whether this button is the one that was pressed last among its kind. */
export function pressed(where, control) {
  return choices.get(choiceKey(where, control)) === control.dataset.value;
}

function choiceKey(where, control) {
  return [where.view_id ?? `${where.channel}:${where.message_ts}`, control.dataset.actionId].join(
    "/",
  );
}

/** What a control has chosen, in the form of Slack's `state.values`. */
export function valueOf(control) {
  switch (control.dataset.type) {
    case "static_select":
    case "overflow":
      return { selected_option: control.value ? optionOf(control.selectedOptions[0]) : null };
    case "multi_static_select":
      return { selected_options: [...control.selectedOptions].map(optionOf) };
    case "radio_buttons":
      return { selected_option: checked(control)[0] ?? null };
    case "checkboxes":
      return { selected_options: checked(control) };
    case "datepicker":
      return { selected_date: control.value || null };
    case "timepicker":
      return { selected_time: control.value || null };
    default:
      return { value: control.value === "" ? null : control.value };
  }
}

function optionOf(option) {
  return {
    text: { type: "plain_text", text: option.textContent, emoji: true },
    value: option.value,
  };
}

function checked(group) {
  return [...group.querySelectorAll("input:checked")].map((it) => ({
    text: {
      type: "plain_text",
      text: it.parentElement.querySelector(".choice-text").textContent,
      emoji: true,
    },
    value: it.value,
  }));
}
