/** What the page adds to the HTML that the server rendered: colours, copy buttons, marks, carets. */

import { h, icon } from "./dom.js";
import { state } from "./state.js";
import { t } from "./texts.js";
import { pressed } from "./actions.js";

/** Complete server-rendered HTML inside `root`; `where` names the message or view it stands in. */
export function complete(root, where) {
  for (const it of root.querySelectorAll("[data-color]"))
    it.style.setProperty("--bar", it.dataset.color);
  for (const it of root.querySelectorAll(".icon[data-icon]"))
    it.replaceChildren(icon(it.dataset.icon));
  for (const it of root.querySelectorAll(".mention[data-user-id]"))
    it.classList.toggle("me", it.dataset.userId === state.me?.id);
  for (const it of root.querySelectorAll(".code-block")) it.append(copyButton(it));
  for (const it of root.querySelectorAll("[data-optional] > .bk-label"))
    it.append(h("span", { className: "bk-optional" }, ` ${t("optional")}`));
  for (const it of root.querySelectorAll(".bk-input")) nameControls(it);
  for (const it of root.querySelectorAll("button[aria-pressed]"))
    it.setAttribute("aria-pressed", String(pressed(where, it)));
}

function nameControls(block) {
  const label = block.querySelector(".bk-label")?.textContent ?? "";
  for (const control of block.querySelectorAll("[data-action-id]"))
    control.setAttribute("aria-label", label);
}

function copyButton(block) {
  const button = h(
    "button",
    { type: "button", className: "copy", title: t("copy"), aria: { label: t("copy") } },
    icon("copy"),
  );
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code").textContent);
    button.replaceChildren(icon("check"));
    setTimeout(() => button.replaceChildren(icon("copy")), 1500);
  });
  return button;
}

/** Put the caret of a live stream behind the last words. */
export function addCaret(root) {
  let place = root;
  while (
    place.lastElementChild &&
    !place.lastElementChild.matches("button, a, code, strong, em, del, s, br, .mention")
  )
    place = place.lastElementChild;
  place.append(h("span", { className: "caret", aria: { hidden: "true" } }));
}
