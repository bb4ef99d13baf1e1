/** The trace: the way of each question as a small waterfall. */

import { h, iconButton } from "./dom.js";
import { highlight } from "./conversation.js";
import { go } from "./route.js";
import { journeyOf, messagesOfJourney, questionOf, shownJourneys } from "./journeys.js";
import { summary } from "./measures.js";
import { titleOf } from "./steps.js";
import { emit, state } from "./state.js";
import { duration, t } from "./texts.js";
import { foldSpans, keyFigures, spans, waterfall } from "./waterfall.js";

const SHOWN = 50;
const opened = new Map();
let chosen = null;
let all = false;

/** Forget which journey is chosen. */
export function clearTrace() {
  chosen = null;
  opened.clear();
  foldSpans();
}

/** Draw the journeys into `box`. */
export function drawTrace(box) {
  const shown = shownJourneys({ all }).slice(0, SHOWN);
  const known = new Map([...box.children].map((node) => [node.journey, node]));
  const rows = shown.length ? journeyRows(shown, known) : [known.get("none") ?? nothingYet()];
  const nodes = [known.get("filter") ?? filter(box), ...rows];
  if (
    nodes.length !== box.children.length ||
    nodes.some((node, index) => node !== box.children[index])
  )
    swap(box, nodes);
}

function nothingYet() {
  const ghost = h("div", { className: "ghost", aria: { hidden: "true" } }, h("i"), h("i"), h("i"));
  const note = h("div", { className: "panel-empty" }, ghost, h("p", {}, t("traceEmpty")));
  return Object.assign(note, { journey: "none" });
}

/** The switch that also shows what was no question: Home, votes, Stop. */
function filter(box) {
  const input = h("input", {
    type: "checkbox",
    checked: all,
    data: { testid: "trace-all" },
    onchange: () => ((all = input.checked), drawTrace(box)),
  });
  const row = h("label", { className: "trace-filter" }, input, h("span", {}, t("allTasks")));
  return Object.assign(row, { journey: "filter" });
}

function journeyRows(shown, known) {
  return shown.map((journey, index) => {
    const open = opened.get(journey.number) ?? index === 0;
    const question = questionOf(journey);
    const title = titleOf(journey);
    const mark = [
      journey.version,
      open,
      chosen === journey.number,
      title,
      document.documentElement.lang,
    ].join("|");
    const before = known.get(journey.number);
    return before?.mark === mark
      ? before
      : Object.assign(row(journey, { question, title, open }), { journey: journey.number, mark });
  });
}

function swap(box, nodes) {
  const focused = box.contains(document.activeElement) ? document.activeElement : null;
  const journey = focused?.closest("[data-journey]")?.dataset.journey;
  box.replaceChildren(...nodes);
  const again = focused?.isConnected
    ? focused
    : box.querySelector(`[data-journey="${journey}"] .trace-head`);
  if (focused) again?.focus({ preventScroll: true });
}

function row(journey, { question, title, open }) {
  const { lanes, total, figures, state: outcome } = summary(journey);
  const toggle = () => (
    opened.set(journey.number, !open),
    choose(open ? null : journey.number, open ? [] : messagesOfJourney(journey))
  );
  return h(
    "article",
    {
      className: `trace ${outcome} ${chosen === journey.number ? "chosen" : ""}`,
      data: { testid: "trace-row", journey: journey.number, state: outcome },
    },
    h(
      "div",
      { className: "trace-top" },
      h(
        "button",
        {
          type: "button",
          className: "trace-head",
          aria: { expanded: String(open) },
          onclick: toggle,
        },
        h("span", { className: "trace-title" }, title),
        h(
          "span",
          { className: "trace-state" },
          outcome === "running"
            ? t("running")
            : outcome === "done"
              ? duration(total)
              : `${t(outcome)} · ${duration(total)}`,
        ),
      ),
      question ? iconButton("reply", t("showMessage"), () => show(journey, question)) : null,
    ),
    open
      ? h("div", { className: "trace-body" }, keyFigures(figures), waterfall(title, lanes, total), spans(journey))
      : null,
  );
}

function show(journey, question) {
  choose(journey.number, messagesOfJourney(journey));
  const thread =
    question.thread_ts && question.thread_ts !== question.ts
      ? question.thread_ts
      : state.route.thread;
  go(question.channel, { thread: question.channel === state.route.channel ? thread : null });
  const place = document.querySelector(`.message[data-ts="${question.ts}"]`);
  place?.scrollIntoView({ block: "center" });
  place?.focus({ preventScroll: true });
}

function choose(number, keys) {
  chosen = number;
  highlight(keys);
  emit("messages", {});
  emit("trace");
}

/** Show the journey a message belongs to; false if none is known. */
export function findTrace(message) {
  const number = journeyOf(message);
  const journey = shownJourneys({ all: true }).find((it) => it.number === number);
  if (!journey) return false;
  if (!shownJourneys().includes(journey)) all = true;
  opened.set(number, true);
  choose(number, messagesOfJourney(journey));
  requestAnimationFrame(() =>
    document.querySelector(`[data-journey="${number}"]`)?.scrollIntoView({ block: "nearest" }),
  );
  return true;
}
