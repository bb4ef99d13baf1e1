/** The fault panel: processes to kill, ready-made faults as switches, and every rule in force. */

import { post, remove } from "./connection.js";
import { fill, h, iconButton } from "./dom.js";
import { isRuleOf, PRESETS, TIMES, UNTIL_OFF } from "./presets.js";
import { processes } from "./processes.js";
import { state } from "./state.js";
import { t } from "./texts.js";

const chosen = new Map();

const inForce = () => state.faults.filter((it) => it.times !== 0);
const away = () => state.outages.filter((it) => it.on);

/** How many faults there are at the moment. */
export const faultCount = () => inForce().length + away().length;

/** Draw the processes, the presets and the rules into `box`. */
export function drawFaults(box) {
  const possible = PRESETS.filter((it) => !it.outage || outageOf(it));
  fill(
    box,
    processes(),
    h("h2", { className: "panel-title" }, t("faultsTitle")),
    h("p", { className: "panel-intro" }, t("faultIntro")),
    h("ul", { className: "presets" }, possible.map(preset)),
    rules(),
  );
}

function rules() {
  const clear = () => remove("faults");
  return h(
    "section",
    { className: "in-force", aria: { live: "polite" } },
    h(
      "div",
      { className: "in-force-head" },
      h("h2", {}, t("inForce")),
      faultCount()
        ? h(
            "button",
            { type: "button", className: "link", onclick: clear, data: { testid: "fault-clear" } },
            t("clearAll"),
          )
        : null,
    ),
    faultCount()
      ? h("ul", {}, inForce().map(rule), away().map(outage))
      : h("p", { className: "muted" }, t("noFaults")),
  );
}

const outageOf = (it) => state.outages.find(({ name }) => name === it.outage);
const ruleOf = (it) => inForce().find((rule) => isRuleOf(rule, it));

function preset(it) {
  const active = it.outage ? outageOf(it).on : Boolean(ruleOf(it));
  const label = t(it.text);
  const status = it.outage ? "" : statusOf(it);
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
        aria: { checked: String(active), label },
        onclick: () => toggle(it, active),
        data: { testid: `fault-${it.id}` },
      },
      h("i"),
    ),
    h("span", { className: "preset-text" }, t(`${it.text}Text`)),
    it.outage ? null : amounts(it, label, active),
    status
      ? h("span", { className: "preset-status", data: { testid: `fault-${it.id}-status` } }, status)
      : null,
  );
}

function toggle(it, active) {
  if (it.outage) return post("outage", { name: it.outage, on: !active });
  return active ? remove(`faults/${ruleOf(it).id}`) : post("faults", request(it));
}

/** Whether the newest rule of a preset was hit, and how often. */
function statusOf(it) {
  const newest = state.faults.findLast((rule) => isRuleOf(rule, it));
  return newest ? hits(newest) : "";
}

function hits({ times, hits: n }) {
  if (times === 0) return t("usedUp", { n });
  const left = times === UNTIL_OFF ? t("untilOff") : t("timesLeft", { n: times });
  return `${n ? t("hits", { n }) : t("noHits")} · ${left}`;
}

function amounts(it, label, active) {
  const now = { times: it.times, seconds: it.fault.seconds, ...chosen.get(it.id) };
  const keep = (change) => chosen.set(it.id, { ...now, ...change });
  return h(
    "span",
    { className: "amounts" },
    it.seconds ? seconds(label, now.seconds, active, keep) : null,
    h(
      "select",
      {
        disabled: active,
        aria: { label: `${label}: ${t("howOften")}` },
        data: { testid: `fault-${it.id}-times` },
        onchange: ({ target }) => keep({ times: Number(target.value) }),
      },
      TIMES.map((n) =>
        h(
          "option",
          { value: String(n), selected: n === now.times },
          n === UNTIL_OFF ? t("untilOff") : t("nTimes", { n }),
        ),
      ),
    ),
  );
}

function seconds(label, value, active, keep) {
  const input = h("input", {
    type: "number",
    min: "1",
    max: "99",
    value: String(value),
    disabled: active,
    aria: { label: `${label}: ${t("seconds")}` },
    onchange: () => keep({ seconds: Math.max(1, Math.min(99, Number(input.value) || 1)) }),
  });
  return h("label", { className: "amount" }, input, h("span", {}, t("seconds")));
}

function request(it) {
  const { times = it.times, seconds: long } = chosen.get(it.id) ?? {};
  const fault = it.seconds && long ? { ...it.fault, seconds: long } : it.fault;
  return { target: it.target, operation: it.operation, fault, times };
}

function rule(it) {
  const known = PRESETS.find((candidate) => isRuleOf(it, candidate));
  const name = known ? t(known.text) : `${it.target} ${it.operation}: ${it.fault.kind}`;
  return broken(name, hits(it), () => remove(`faults/${it.id}`));
}

function outage({ name }) {
  const { text } = PRESETS.find((it) => it.outage === name);
  return broken(t(text), t("untilOff"), () => post("outage", { name, on: false }));
}

function broken(name, how, end) {
  return h(
    "li",
    { className: "rule", data: { testid: "fault-rule" } },
    h("span", {}, name, h("small", {}, how)),
    iconButton("close", t("removeRule"), end),
  );
}
