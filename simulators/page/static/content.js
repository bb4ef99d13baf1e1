/** What the page adds to the HTML that the server rendered: colours, copy buttons, marks, carets. */

import { writeDates } from "./dates.js";
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
  writeDates(root);
  levelHeadings(root);
  for (const it of root.querySelectorAll(".code-block")) it.append(copyButton(it));
  for (const it of root.querySelectorAll(".table-scroll, .code-block > pre")) showScroll(it);
  for (const it of root.querySelectorAll(".bk-task > .task-dot"))
    it.setAttribute("aria-label", t(`task_${it.parentElement.dataset.status}`));
  for (const it of root.querySelectorAll(".task-sources")) it.setAttribute("aria-label", t("taskSources"));
  for (const it of root.querySelectorAll(".bk-overflow")) it.setAttribute("aria-label", t("moreActions"));
  for (const it of root.querySelectorAll("[data-optional] > .bk-label"))
    it.append(h("span", { className: "bk-optional" }, ` ${t("optional")}`));
  for (const it of root.querySelectorAll(".bk-input")) nameControls(it);
  for (const it of root.querySelectorAll("button[aria-pressed]"))
    it.setAttribute("aria-pressed", String(pressed(where, it)));
}

/** Headings in an answer follow the pane's, one level at a time, whatever the author began with. */
function levelHeadings(root) {
  const headings = [...root.querySelectorAll("h3, h4, h5, h6")];
  const levels = [...new Set(headings.map((it) => it.localName))].sort();
  for (const it of headings) it.setAttribute("aria-level", String(3 + levels.indexOf(it.localName)));
}

/** Fade the edge beyond which a wide table or code goes on, and say to whoever cannot see it. */
function showScroll(box) {
  const isTable = box.matches(".table-scroll");
  const frame = isTable ? h("div", { className: "scroll-frame" }) : box.parentElement;
  if (isTable) (box.replaceWith(frame), frame.append(box));
  frame.classList.add("fades");
  const update = () => {
    const beyond = box.scrollWidth - box.clientWidth;
    frame.classList.toggle("more-left", box.scrollLeft > 1);
    frame.classList.toggle("more-right", beyond - box.scrollLeft > 1);
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", t(isTable ? (beyond > 1 ? "tableScrolls" : "table") : "code"));
    // Only what scrolls needs the keyboard.
    box.tabIndex = beyond > 1 ? 0 : -1;
  };
  box.addEventListener("scroll", update, { passive: true });
  new ResizeObserver(update).observe(box);
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
