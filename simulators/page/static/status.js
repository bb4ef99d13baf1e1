/** "Mechachang is thinking…": what the app says it is doing in a thread. */

import { h } from "./dom.js";
import { bot } from "./state.js";
import { t } from "./texts.js";

const TURN_MS = 2500;

/** The line for a status; several loading messages take turns in its place. */
export function statusLine(status) {
  const texts = status.loading_messages?.length
    ? status.loading_messages
    : [t("thinking", { name: bot().display_name, status: status.status })];
  const text = h(
    "span",
    { className: "status-text", data: { texts: JSON.stringify(texts) } },
    texts[0],
  );
  return h(
    "span",
    { className: "status-line", data: { testid: "status" } },
    h("span", { className: "dots", aria: { hidden: "true" } }, h("i"), h("i"), h("i")),
    text,
  );
}

/** Let the loading messages on the page take turns. */
export function rotateStatuses() {
  setInterval(() => {
    for (const line of document.querySelectorAll(".status-text")) {
      const texts = JSON.parse(line.dataset.texts);
      if (texts.length > 1)
        line.textContent = texts[(texts.indexOf(line.textContent) + 1) % texts.length];
    }
  }, TURN_MS);
}
