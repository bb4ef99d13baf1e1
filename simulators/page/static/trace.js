/** The trace: the way of each question as a small waterfall. */

import { h, iconButton } from "./dom.js";
import { highlight } from "./conversation.js";
import { asTyped } from "./editor.js";
import { go } from "./route.js";
import {
  journeyOf,
  messagesOfJourney,
  questionOf,
  questions,
  spansOf,
  summary,
  wordsOf,
} from "./journeys.js";
import { emit, state } from "./state.js";
import { duration, t } from "./texts.js";

const SHOWN = 50;
// What a span's place and colour tell already; its tooltip has the whole name.
const OBVIOUS = /^(generate_content |slack ((assistant\.threads|conversations|chat)\.)?)/;
const opened = new Map();
const unfolded = new Set();
let chosen = null;

/** Forget which journey is chosen. */
export function clearTrace() {
  chosen = null;
  opened.clear();
  unfolded.clear();
}

/** Draw the journeys into `box`. */
export function drawTrace(box) {
  const all = questions().slice(0, SHOWN);
  if (!all.length)
    return box.replaceChildren(
      h(
        "div",
        { className: "panel-empty" },
        h("div", { className: "ghost", aria: { hidden: "true" } }, h("i"), h("i"), h("i")),
        h("p", {}, t("traceEmpty")),
      ),
    );
  const known = new Map([...box.children].map((node) => [node.journey, node]));
  const nodes = all.map((journey, index) => {
    const open = opened.get(journey.number) ?? index === 0;
    const question = questionOf(journey);
    const mark = [
      journey.version,
      open,
      chosen === journey.number,
      question?.text,
      document.documentElement.lang,
    ].join("|");
    const before = known.get(journey.number);
    return before?.mark === mark
      ? before
      : Object.assign(row(journey, question, open), { journey: journey.number, mark });
  });
  if (
    nodes.length !== box.children.length ||
    nodes.some((node, index) => node !== box.children[index])
  )
    swap(box, nodes);
}

function swap(box, nodes) {
  const focused = box.contains(document.activeElement)
    ? document.activeElement.closest("[data-journey]")?.dataset.journey
    : null;
  box.replaceChildren(...nodes);
  if (focused)
    box.querySelector(`[data-journey="${focused}"] .trace-head`)?.focus({ preventScroll: true });
}

function row(journey, question, open) {
  const { lanes, total, figures, state: outcome } = summary(journey);
  const title = question
    ? asTyped(wordsOf(question)).replace(/\s+/g, " ")
    : (lanes[0]?.label ?? "");
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

function keyFigures({ ack, first, answer }) {
  const figure = (label, ms) =>
    ms === null ? null : h("div", {}, h("dt", {}, label), h("dd", {}, duration(ms)));
  return h(
    "dl",
    { className: "figures" },
    figure(t("traceAck"), ack),
    figure(t("traceFirst"), first),
    figure(t("traceAnswer"), answer),
  );
}

function waterfall(title, lanes, total) {
  return h(
    "ol",
    { className: "lanes", aria: { label: t("waterfall", { name: title }) } },
    lanes.map((it) => lane(it, total)),
  );
}

function lane(it, total) {
  const last = it.bars.at(-1);
  const spent = it.bars.reduce((sum, bar) => sum + (bar.ms ?? 0), 0);
  const marks = [
    ...it.errors.slice(0, 3).map((error) => h("b", { className: "mark error" }, error)),
    ...it.repetitions
      .slice(-1)
      .map(({ kind, n }) => h("b", { className: "mark again" }, t(kind, { n }))),
  ];
  return h(
    "li",
    { className: `lane ${it.actor} ${it.errors.length ? "error" : ""}` },
    h(
      "span",
      { className: "lane-label", title: `${it.actor}: ${it.full}` },
      h("i", { className: "lane-dot" }),
      h("span", {}, it.label),
      it.count > 1 ? h("small", {}, t("mergedSteps", { n: it.count })) : null,
    ),
    h(
      "span",
      { className: "lane-track" },
      it.bars.map((bar) => barElement(bar, total)),
    ),
    h(
      "span",
      { className: "lane-time" },
      h("span", {}, `+${duration(last.end)}`),
      spent ? h("small", {}, duration(spent)) : null,
    ),
    marks.length ? h("span", { className: "lane-marks" }, marks) : null,
  );
}

/** What the services say themselves: their spans, folded away until somebody wants to know. */
function spans(journey) {
  if (!journey.spans.length) return null;
  const { rows, total } = spansOf(journey);
  const { number } = journey;
  return h(
    "details",
    {
      className: "spans",
      data: { testid: "spans" },
      open: unfolded.has(number),
      ontoggle: ({ target }) => (target.open ? unfolded.add(number) : unfolded.delete(number)),
    },
    h("summary", {}, t("spans", { n: rows.length })),
    h(
      "ol",
      { className: "lanes" },
      rows.map((row) => spanRow(row, total)),
    ),
  );
}

function spanRow(row, total) {
  return h(
    "li",
    {
      className: `lane ${row.actor.startsWith("command") ? "command" : "processor"} ${row.error ? "error" : ""}`,
    },
    h(
      "span",
      {
        className: "lane-label",
        title: `${row.actor}: ${row.name}`,
        style: { "padding-left": `${row.depth * 10}px` },
      },
      h("i", { className: "lane-dot" }),
      h("span", {}, row.name.replace(OBVIOUS, "")),
    ),
    h("span", { className: "lane-track" }, barElement(row, total)),
    h("span", { className: "lane-time" }, duration(row.ms)),
  );
}

function barElement(bar, total) {
  const width = ((bar.end - bar.start) / total) * 100;
  return h("i", {
    className: `bar ${bar.error ? "error" : ""} ${width < 0.8 ? "point" : ""}`,
    style: { left: `${(bar.start / total) * 100}%`, width: `${width}%` },
  });
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
  const journey = questions().find((it) => it.number === number);
  if (!journey) return false;
  opened.set(number, true);
  choose(number, messagesOfJourney(journey));
  requestAnimationFrame(() =>
    document.querySelector(`[data-journey="${number}"]`)?.scrollIntoView({ block: "nearest" }),
  );
  return true;
}
