/** What the trace tells of a journey: its steps on a line of time, its key figures, how it ended. */

import { endMs, errorOf, isError, nameOf, repetition, startMs, tookEffect } from "./entries.js";
import { startOf, wasStopped } from "./journeys.js";
import { stepOf } from "./steps.js";

const WRITES = /^chat\.(postMessage|update|startStream|appendStream|stopStream)$/;
const SIGNS = /^(chat\.(postMessage|postEphemeral|startStream)|assistant\.threads\.setStatus|response_url)$/;
const PRIVATE = /^(chat\.postEphemeral|response_url)$/;

/**
 * Lanes with bars in ms from the journey's start, key figures and state. `total` is when the answer
 * (or the notice instead of it) changed for the last time; what came later is beyond it.
 */
export function summary(journey) {
  const begin = envelopeStart(journey) ?? startOf(journey);
  const figures = figuresOf(journey, begin);
  const last = Math.max(...journey.entries.map((entry) => endMs(entry) - begin));
  const state = stateOf(journey, figures);
  const done = state === "running" ? null : (figures.answer ?? figures.notice);
  const total = Math.max(1, done ?? last);
  return { begin, total, lanes: lanes(journey, begin), figures, state };
}

/** The services' own spans, each below its parent: rows with their depth and bar in ms. */
export function spansOf(journey) {
  const known = new Map(journey.spans.map((entry) => [entry.detail.span_id, entry]));
  const children = Map.groupBy(known.values(), ({ detail }) =>
    known.has(detail.parent_id) ? detail.parent_id : "",
  );
  const begin = Math.min(...journey.spans.map((entry) => entry.detail.began * 1000));
  const rows = [];
  const add = (parent, depth) => {
    const below = [...(children.get(parent) ?? [])].sort((a, b) => a.detail.began - b.detail.began);
    for (const { actor, ms, detail } of below) {
      const start = detail.began * 1000 - begin;
      rows.push({ name: detail.name, actor, depth, start, end: start + ms, ms, error: detail.failed });
      add(detail.span_id, depth + 1);
    }
  };
  add("", 0);
  return { rows, total: Math.max(1, ...rows.map((row) => row.end)) };
}

function envelopeStart(journey) {
  const first = journey.entries.find((entry) => nameOf(entry) === "slack/envelope");
  return first && endMs(first);
}

function lanes(journey, begin) {
  const found = new Map();
  for (const entry of journey.entries) {
    const { key, label, full } = stepOf(entry, journey);
    if (!found.has(key))
      found.set(key, { label, full, actor: entry.actor, count: 0, bars: [], errors: [], repetitions: [] });
    const lane = found.get(key);
    // A request to the model and its end are one and the same call.
    if (nameOf(entry) !== "gemini/done") lane.count += 1;
    lane.bars.push({
      start: Math.max(0, startMs(entry) - begin),
      end: Math.max(0, endMs(entry) - begin),
      error: isError(entry),
      ms: entry.ms,
    });
    if (isError(entry)) lane.errors.push(errorOf(entry));
    if (repetition(entry)) lane.repetitions.push(repetition(entry));
  }
  return [...found.values()].sort(
    (a, b) => a.bars[0].start - b.bars[0].start || a.bars[0].end - b.bars[0].end,
  );
}

function figuresOf(journey, begin) {
  const ack = journey.entries.find((entry) => nameOf(entry) === "slack/ack");
  const calls = journey.entries.filter(
    (entry) => nameOf(entry) === "slack/api" && tookEffect(entry),
  );
  const from = (entry) => (entry ? Math.max(0, endMs(entry) - begin) : null);
  const sign = calls.find(({ detail }) => SIGNS.test(detail.method) && !detail.clears);
  return {
    ack: ack ? (ack.ms ?? from(ack)) : null,
    first: from(sign),
    answer: from(answerOf(journey, calls)),
    notice: from(calls.findLast((call) => isPart(call, journey, "notice"))),
  };
}

/** The call after which the answer stood there whole. */
function answerOf(journey, calls) {
  const whole = calls.findLast((call) => isPart(call, journey, "answer"));
  if (whole) return whole;
  // What only its reader sees carries no mark; it is the answer if the model had given one.
  const given = journey.entries.find((it) => nameOf(it) === "gemini/done" && !isError(it));
  return given && calls.findLast((it) => PRIVATE.test(it.detail.method) && it.at >= given.at);
}

/** A part of this journey's own answer or notice that is not still growing (`parts` is 0 then). */
function isPart({ detail }, journey, role) {
  const isOwn = journey.keys.has(`task:${detail.task}`);
  return WRITES.test(detail.method) && detail.role === role && detail.parts !== 0 && isOwn;
}

function stateOf(journey, { answer, notice }) {
  const names = journey.entries.map(nameOf);
  const troubled = journey.entries.some((entry) => isError(entry) || repetition(entry));
  if (names.includes("pubsub/dead_letter")) return "failed";
  const pushes = journey.entries.filter((entry) => nameOf(entry) === "pubsub/push");
  const finished = names.includes("pubsub/publish")
    ? pushes.some((entry) => !isError(entry))
    : names.includes("slack/ack");
  if (!finished)
    return names.includes("slack/ack_missed") && !names.includes("pubsub/publish")
      ? "failed"
      : "running";
  if (notice !== null && answer === null) return "noticed";
  if (wasStopped(journey)) return "stopped";
  return troubled ? "recovered" : "done";
}
