/** A journey on a line of time: key figures, the steps seen on the wire, the services' own spans. */

import { h } from "./dom.js";
import { spansOf } from "./measures.js";
import { errorName } from "./steps.js";
import { duration, t } from "./texts.js";

// What a span's place and colour tell already; its tooltip has the whole name.
const OBVIOUS = /^(generate_content |slack ((assistant\.threads|conversations|chat)\.)?)/;
const unfolded = new Set();

/** Forget whose spans are unfolded. */
export function foldSpans() {
  unfolded.clear();
}

/** The key figures of a journey. */
export function keyFigures({ ack, first, answer, notice }) {
  const figure = (label, ms) =>
    ms === null ? null : h("div", {}, h("dt", {}, label), h("dd", {}, duration(ms)));
  return h(
    "dl",
    { className: "figures" },
    figure(t("traceAck"), ack),
    figure(t("traceFirst"), first),
    figure(t("traceAnswer"), answer),
    answer === null ? figure(t("traceNotice"), notice) : null,
  );
}

/** Its steps, each on its own line of the journey's time. */
export function waterfall(title, lanes, total) {
  return h(
    "ol",
    { className: "lanes", aria: { label: t("waterfall", { name: title }) } },
    lanes.map((it) => lane(it, total)),
  );
}

function lane(it, total) {
  const last = it.bars.at(-1);
  const late = it.bars[0].start > total;
  const spent = it.bars.reduce((sum, bar) => sum + (bar.ms ?? 0), 0);
  const marks = [
    ...[...new Set(it.errors.map(errorName))].slice(0, 3).map((error) => h("b", { className: "mark error" }, error)),
    ...it.repetitions
      .slice(-1)
      .map(({ kind, n }) => h("b", { className: "mark again" }, t(kind, { n }))),
  ];
  return h(
    "li",
    {
      className: `lane ${it.actor} ${it.errors.length ? "error" : ""} ${late ? "late" : ""}`,
      title: late ? t("after") : null,
    },
    h(
      "span",
      { className: "lane-label", title: `${it.label} (${it.actor}: ${it.full})` },
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
export function spans(journey) {
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
  // What came after the answer stands at its end: it does not make the answer look late.
  const start = Math.min(bar.start, total);
  const width = ((Math.min(bar.end, total) - start) / total) * 100;
  return h("i", {
    className: `bar ${bar.error ? "error" : ""} ${width < 0.8 ? "point" : ""}`,
    style: { left: `${(start / total) * 100}%`, width: `${width}%` },
  });
}
