/** The panel beside the conversation: the trace and the faults. */

import { drawFaults, faultCount } from "./faults.js";
import { h, iconButton, oncePerFrame } from "./dom.js";
import { emit, state } from "./state.js";
import { t } from "./texts.js";
import { drawTrace } from "./trace.js";

const WIDE = matchMedia("(min-width: 1280px)");
const panel = { open: WIDE.matches, tab: "trace" };

export const panelIsOpen = () => panel.open;

/** Open or close the panel. */
export function togglePanel(open = !panel.open) {
  panel.open = open;
  drawPanel();
  emit("panel");
}

/** Open the panel at one of its tabs. */
export function showTab(name) {
  panel.tab = name;
  togglePanel(true);
}

/** Draw the panel with its tabs. */
export function drawPanel() {
  const box = document.getElementById("panel");
  box.hidden = !panel.open;
  document.getElementById("app").classList.toggle("with-panel", panel.open);
  if (!panel.open || !state.me) return;
  box.setAttribute("aria-label", t("panel"));
  const focused = box.contains(document.activeElement)
    ? document.activeElement.dataset.testid
    : null;
  const before = document.getElementById("panel-body");
  const top = before?.dataset.tab === panel.tab ? before.scrollTop : 0;
  box.replaceChildren(
    h(
      "header",
      { className: "pane-head" },
      h(
        "div",
        { className: "tabs", role: "tablist" },
        tab("trace", t("trace")),
        tab("faults", t("faults")),
      ),
      iconButton("close", t("close"), () => togglePanel(false), {
        data: { testid: "panel-close" },
      }),
    ),
    h("div", {
      className: "scroll panel-body",
      id: "panel-body",
      role: "tabpanel",
      tabindex: "0",
      data: { tab: panel.tab },
      aria: { labelledby: `panel-tab-${panel.tab}` },
    }),
  );
  drawBody();
  document.getElementById("panel-body").scrollTop = top;
  if (focused) box.querySelector(`[data-testid="${focused}"]`)?.focus({ preventScroll: true });
}

function tab(name, label) {
  const count =
    name === "faults" && faultCount()
      ? h("span", { className: "badge" }, String(faultCount()))
      : null;
  return h(
    "button",
    {
      type: "button",
      role: "tab",
      id: `panel-tab-${name}`,
      aria: { selected: String(panel.tab === name) },
      data: { testid: `panel-tab-${name}` },
      onclick: () => showTab(name),
    },
    label,
    count,
  );
}

function drawBody() {
  const body = document.getElementById("panel-body");
  if (!body || !panel.open) return;
  if (panel.tab === "trace") drawTrace(body);
  else drawFaults(body);
}

/** Bring the trace up to date, at most once a frame; faults tell themselves when they change. */
export const refreshPanel = oncePerFrame(() => panel.tab === "trace" && drawBody());
