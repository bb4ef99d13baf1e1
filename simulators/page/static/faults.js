/** The fault panel: ready-made faults as switches, and every rule that is in force. */

import { post, remove } from "./connection.js";
import { fill, h, iconButton } from "./dom.js";
import { state } from "./state.js";
import { t } from "./texts.js";

const UNTIL_OFF = -1;

/** Each preset: what it is called, the rule it stands for, and the number a person may choose. */
const PRESETS = [
  {
    id: "gemini-503",
    text: "fGemini503",
    target: "gemini",
    operation: "*",
    fault: { kind: "error", status: 503, error: "UNAVAILABLE" },
    times: 2,
    choose: "times",
  },
  {
    id: "gemini-slow",
    text: "fGeminiSlow",
    target: "gemini",
    operation: "*",
    fault: { kind: "delay", seconds: 5 },
    times: UNTIL_OFF,
    choose: "seconds",
  },
  {
    id: "gemini-cut",
    text: "fGeminiCut",
    target: "gemini",
    operation: "streamGenerateContent",
    fault: { kind: "disconnect", detail: { after_chunks: 3 } },
    times: 1,
    choose: "times",
  },
  {
    id: "slack-429",
    text: "fSlack429",
    target: "slack",
    operation: "chat.postMessage",
    fault: { kind: "error", status: 429, error: "ratelimited", detail: { retry_after: 2 } },
    times: 2,
    choose: "times",
  },
  {
    id: "slack-drop",
    text: "fSlackDrop",
    target: "slack",
    operation: "chat.postMessage",
    fault: { kind: "drop_after" },
    times: 1,
    choose: "times",
  },
  {
    id: "pubsub-down",
    text: "fPubsubDown",
    target: "pubsub",
    operation: "Publish",
    fault: { kind: "error", status: 503, error: "UNAVAILABLE" },
    times: UNTIL_OFF,
  },
  {
    id: "push-twice",
    text: "fPushTwice",
    target: "push",
    operation: "*",
    fault: { kind: "duplicate" },
    times: 1,
    choose: "times",
  },
  {
    id: "socket",
    text: "fSocket",
    target: "socket",
    operation: "envelope",
    fault: { kind: "disconnect" },
    times: 1,
    choose: "times",
  },
];

const chosen = new Map();

/** Draw the presets and the rules into `box`. */
export function drawFaults(box) {
  fill(
    box,
    h("p", { className: "panel-intro" }, t("faultIntro")),
    h("ul", { className: "presets" }, PRESETS.map(preset)),
    h(
      "section",
      { className: "in-force", aria: { live: "polite" } },
      h(
        "div",
        { className: "in-force-head" },
        h("h3", {}, t("inForce")),
        state.faults.length
          ? h(
              "button",
              {
                type: "button",
                className: "link",
                onclick: () => remove("faults"),
                data: { testid: "fault-clear" },
              },
              t("clearAll"),
            )
          : null,
      ),
      state.faults.length
        ? h("ul", {}, state.faults.map(rule))
        : h("p", { className: "muted" }, t("noFaults")),
    ),
  );
}

function ruleOf(it) {
  return state.faults.find(
    (rule) =>
      rule.target === it.target &&
      rule.operation === it.operation &&
      rule.fault.kind === it.fault.kind,
  );
}

function preset(it) {
  const active = ruleOf(it);
  const label = t(it.text);
  const toggle = () => (active ? remove(`faults/${active.id}`) : post("faults", request(it)));
  return h(
    "li",
    { className: `preset ${active ? "on" : ""}` },
    h("strong", {}, label),
    h(
      "button",
      {
        type: "button",
        className: "switch",
        role: "switch",
        aria: { checked: String(Boolean(active)), label },
        onclick: toggle,
        data: { testid: `fault-${it.id}` },
      },
      h("i"),
    ),
    h("span", { className: "preset-text" }, t(`${it.text}Text`)),
    it.choose ? amount(it, label, active) : null,
  );
}

function amount(it, label, active) {
  const unit = t(it.choose);
  const value = chosen.get(it.id) ?? (it.choose === "times" ? it.times : it.fault.seconds);
  const input = h("input", {
    type: "number",
    min: "1",
    max: "99",
    value: String(value),
    disabled: Boolean(active),
    aria: { label: `${label}: ${unit}` },
    onchange: (event) =>
      chosen.set(it.id, Math.max(1, Math.min(99, Number(event.target.value) || 1))),
  });
  return h("label", { className: "amount" }, input, h("span", {}, unit));
}

function request(it) {
  const value = chosen.get(it.id);
  const fault = it.choose === "seconds" && value ? { ...it.fault, seconds: value } : it.fault;
  return {
    target: it.target,
    operation: it.operation,
    fault,
    times: it.choose === "times" && value ? value : it.times,
  };
}

function rule(it) {
  const known = PRESETS.find((candidate) => ruleOf(candidate) === it);
  const left = it.times === UNTIL_OFF ? t("untilOff") : t("timesLeft", { n: it.times });
  return h(
    "li",
    { className: "rule", data: { testid: "fault-rule" } },
    h(
      "span",
      {},
      known ? t(known.text) : `${it.target} ${it.operation}: ${it.fault.kind}`,
      h("small", {}, left),
    ),
    iconButton("close", t("removeRule"), () => remove(`faults/${it.id}`)),
  );
}
