/** The app's modals and its Home tab. */

import { valueOf } from "./actions.js";
import { post } from "./connection.js";
import { complete } from "./content.js";
import { h, iconButton } from "./dom.js";
import { state } from "./state.js";
import { t } from "./texts.js";

let dialog = null;

/** Show, replace or (null) close the app's modal. */
export function showModal(view) {
  if (!view) return void dismiss();
  const kept = dialog?.dataset.viewId === view.id ? entered() : null;
  if (!dialog) {
    dialog = h("dialog", { className: "dialog modal", data: { testid: "modal" } });
    dialog.addEventListener("cancel", (event) => (event.preventDefault(), close()));
    document.body.append(dialog);
    dialog.showModal();
  }
  dialog.dataset.viewId = view.id;
  dialog.setAttribute("aria-label", view.title);
  dialog.replaceChildren(form(view));
  complete(dialog, { view_id: view.id });
  if (kept) restore(kept);
  showErrors(view.errors ?? {});
  if (!kept) dialog.querySelector(".modal-body :is(input, textarea, select)")?.focus();
}

function form(view) {
  const submit = (event) => (event.preventDefault(), send(view.id));
  return h(
    "form",
    { className: "modal-form", onsubmit: submit, novalidate: "" },
    h("header", {}, h("h2", {}, view.title), iconButton("close", t("close"), close)),
    h("p", { className: "modal-error bk-error", role: "alert", hidden: true }),
    h("div", { className: "modal-body blocks", html: view.html }),
    h(
      "footer",
      { className: "dialog-foot" },
      h(
        "button",
        { type: "button", className: "bk-button", onclick: close, data: { testid: "modal-close" } },
        view.close || t("cancel"),
      ),
      view.submit
        ? h(
            "button",
            { type: "submit", className: "bk-button primary", data: { testid: "modal-submit" } },
            view.submit,
          )
        : null,
    ),
  );
}

async function send(viewId) {
  const missing = blocks().filter((it) => !("optional" in it.dataset) && isEmpty(it));
  showErrors(Object.fromEntries(missing.map((it) => [it.dataset.inputBlock, t("required")])));
  if (missing.length) return;
  const submit = dialog.querySelector("[type=submit]");
  submit?.setAttribute("aria-busy", "true");
  const answer = await post("submit", { view_id: viewId, values: values() });
  submit?.removeAttribute("aria-busy");
  if (answer.errors) showErrors(answer.errors);
}

const blocks = () => [...(dialog?.querySelectorAll("[data-input-block]") ?? [])];
const controlOf = (block) => block.querySelector("[data-action-id]");

function isEmpty(block) {
  const control = controlOf(block);
  const value = control ? Object.values(valueOf(control))[0] : "";
  return value === null || (Array.isArray(value) && value.length === 0);
}

function values() {
  const collected = {};
  for (const control of dialog.querySelectorAll("[data-action-id]:not(button, a)")) {
    const { blockId, actionId, type } = control.dataset;
    (collected[blockId] ??= {})[actionId] = { type, ...valueOf(control) };
  }
  return collected;
}

function showErrors(errors) {
  const general = dialog.querySelector(".modal-error");
  general.textContent = errors[""] ?? "";
  general.hidden = !errors[""];
  for (const block of blocks()) {
    const text = errors[block.dataset.inputBlock] ?? "";
    const place = block.querySelector(".bk-error");
    place.textContent = text;
    place.hidden = !text;
    controlOf(block)?.setAttribute("aria-invalid", String(Boolean(text)));
  }
  const first = blocks().find((it) => errors[it.dataset.inputBlock]);
  if (first) (first.querySelector("input, textarea, select") ?? first).focus();
}

/** What was typed so far, by block, so that an update of the same view keeps it. */
function entered() {
  return new Map(
    blocks().map((it) => [
      it.dataset.inputBlock,
      [...it.querySelectorAll("input, textarea, select")].map((field) => [
        field.value,
        field.checked,
      ]),
    ]),
  );
}

function restore(kept) {
  for (const block of blocks()) {
    const fields = [...block.querySelectorAll("input, textarea, select")];
    kept.get(block.dataset.inputBlock)?.forEach(([value, isChecked], index) => {
      const field = fields[index];
      if (!field) return;
      if (field.type === "radio" || field.type === "checkbox") field.checked = isChecked;
      else field.value = value;
    });
  }
}

function close() {
  const viewId = dialog?.dataset.viewId;
  dismiss();
  if (viewId) post("close", { view_id: viewId });
}

function dismiss() {
  dialog?.close();
  dialog?.remove();
  dialog = null;
}

/** Draw the Home tab. */
export function drawHome() {
  const home = document.getElementById("home");
  const view = state.home;
  home.replaceChildren(
    view
      ? h("div", { className: "home-blocks blocks", html: view.html })
      : h("p", { className: "empty" }, t("emptyHome")),
  );
  if (!view) return;
  home.dataset.viewId = view.id;
  complete(home, { view_id: view.id });
}
