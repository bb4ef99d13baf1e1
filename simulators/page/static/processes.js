/** The processes of the stack, each with a button that kills it: something else starts it again. */

import { post } from "./connection.js";
import { h } from "./dom.js";
import { state } from "./state.js";
import { t } from "./texts.js";

/** The list of processes, or nothing where there is no stack. */
export function processes() {
  if (!state.processes.length) return null;
  return h(
    "section",
    { className: "processes" },
    h("h2", { className: "panel-title" }, t("processes")),
    h("p", { className: "panel-intro" }, t("processesIntro")),
    h("ul", {}, state.processes.map(row)),
  );
}

function row({ name, pid, killed }) {
  const kill = (event) => (
    event.currentTarget.setAttribute("aria-busy", "true"), post("kill", { name })
  );
  const away = state.outages.some((it) => it.name === name && it.on);
  const how = pid ? t("runsAs", { pid }) : t(away ? "isAway" : "isDown");
  return h(
    "li",
    { className: `process ${pid ? "" : "down"}`, data: { testid: `process-${name}` } },
    h("i", { className: "process-dot" }),
    h("span", {}, name, h("small", {}, killed ? `${how} · ${t("killedTimes", { n: killed })}` : how)),
    h(
      "button",
      {
        type: "button",
        className: "bk-button danger",
        disabled: !pid,
        aria: { label: t("killName", { name }) },
        onclick: kill,
        data: { testid: `kill-${name}` },
      },
      t("kill"),
    ),
  );
}
