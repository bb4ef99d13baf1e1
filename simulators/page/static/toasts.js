/** Short notices at the edge of the page, as Slack's client shows what went wrong. */

import { h, iconButton } from "./dom.js";
import { t } from "./texts.js";

const LIFETIME_MS = 8000;

/** Show `text` for a while; hovering or focusing keeps it. */
export function toast(text) {
  const box = document.getElementById("toasts");
  const item = h(
    "div",
    { className: "toast", data: { testid: "toast" } },
    h("p", {}, text),
    iconButton("close", t("close"), () => item.remove()),
  );
  let timer = setTimeout(() => item.remove(), LIFETIME_MS);
  item.addEventListener("pointerenter", () => clearTimeout(timer));
  item.addEventListener(
    "pointerleave",
    () => (timer = setTimeout(() => item.remove(), LIFETIME_MS / 2)),
  );
  box.append(item);
  while (box.children.length > 4) box.firstChild.remove();
}
