/** The journal's entries joined into journeys: one question and every step it took. */

import { messageAt, state } from "./state.js";

const KEPT = 200;
// What Pub/Sub takes as an acknowledgement (cloud.google.com/pubsub/docs/push).
const ACCEPTED = new Set([102, 200, 201, 202, 204]);
const BEGINNINGS = new Set([
  "slack/envelope",
  "pubsub/publish",
  "gemini/request",
  "events/request",
]);
const SIGNS =
  /^(chat\.(postMessage|postEphemeral|startStream)|assistant\.threads\.setStatus|response_url)$/;
const POSTS = /^chat\.(postMessage|startStream)$/;
const ANSWERS = /^(chat\.(postMessage|update|stopStream|postEphemeral)|response_url)$/;

const journeys = new Map();
const journeyOfKey = new Map();
const journeyOfPost = new Map();

/** Forget everything, before a snapshot. */
export function clearJourneys() {
  journeys.clear();
  journeyOfKey.clear();
  journeyOfPost.clear();
}

/** Take in one entry; true if it changes what is shown. */
export function record(entry) {
  if (entry.step === "journey_merged") return merge(entry.detail.from, entry.journey);
  const journey = at(entry.journey);
  journey.version += 1;
  if (entry.step === "span") {
    journey.spans.push(entry);
    return true;
  }
  journey.entries.push(entry);
  for (const key of entry.keys ?? []) (journey.keys.add(key), journeyOfKey.set(key, entry.journey));
  const { method, channel, ts } = entry.detail;
  if (ts && POSTS.test(method)) journeyOfPost.set(`${channel}:${ts}`, entry.journey);
  if (journeys.size > KEPT) journeys.delete(journeys.keys().next().value);
  return true;
}

function at(number) {
  if (!journeys.has(number))
    journeys.set(number, { number, entries: [], spans: [], keys: new Set(), version: 0 });
  return journeys.get(number);
}

function merge(from, into) {
  const later = journeys.get(from);
  if (!later || from === into) return false;
  const journey = at(into);
  journey.entries = [...journey.entries, ...later.entries].sort(
    (a, b) => a.at - b.at || a.seq - b.seq,
  );
  journey.spans.push(...later.spans);
  journey.version += 1;
  for (const key of later.keys) (journey.keys.add(key), journeyOfKey.set(key, into));
  for (const [key, number] of journeyOfPost) if (number === from) journeyOfPost.set(key, into);
  journeys.delete(from);
  return true;
}

/** The journeys of questions, newest first; events the app only took note of are left out. */
export function questions() {
  const isQuestion = (it) =>
    it.entries.some((entry) => BEGINNINGS.has(nameOf(entry))) && !onlyTakenNoteOf(it);
  return [...journeys.values()].filter(isQuestion).sort((a, b) => startOf(b) - startOf(a));
}

function onlyTakenNoteOf({ entries }) {
  const isEvent = (entry) =>
    entry.detail.type === "events_api" &&
    (nameOf(entry) === "slack/ack" || (nameOf(entry) === "slack/envelope" && !repetition(entry)));
  return entries.every(isEvent) && entries.some((entry) => entry.step === "ack");
}

/** The journey a message belongs to: as its question, or as what was posted in it. */
export function journeyOf(message) {
  const place = `${message.channel}:${message.ts}`;
  const task = message.metadata?.event_payload?.task_id;
  return (
    journeyOfKey.get(`message:${place}`) ??
    journeyOfPost.get(place) ??
    (task && journeyOfKey.get(`task:${task}`))
  );
}

/** The id of whoever typed the command or pressed the button that began a journey, if one is known. */
export function askerOf(number) {
  const entries = journeys.get(number)?.entries ?? [];
  return entries.find((entry) => nameOf(entry) === "slack/envelope")?.detail.user;
}

/** "channel:ts" of every message known to belong to a journey. */
export function messagesOfJourney(journey) {
  const found = [];
  for (const messages of state.messages.values())
    for (const message of messages.values())
      if (journeyOf(message) === journey.number) found.push(`${message.channel}:${message.ts}`);
  return found;
}

/** The message that asked, or the app's own one that repeats the question of a command. */
export function questionOf(journey) {
  const key = [...journey.keys].find((it) => it.startsWith("message:"));
  const asked = key && messageAt(...split(key.slice("message:".length)));
  if (asked) return asked;
  const first = messagesOfJourney(journey).sort()[0];
  return first && messageAt(...split(first));
}

/** The words of a question; the app's own message quotes those of a command. */
export function wordsOf(question) {
  const quoted = question.is_bot
    ? question.text
        .split(/\n(?:>|&gt;) ?/)
        .slice(1)
        .join(" ")
    : "";
  return quoted || question.text;
}

function split(key) {
  const cut = key.lastIndexOf(":");
  return [key.slice(0, cut), key.slice(cut + 1)];
}

export const nameOf = (entry) => `${entry.actor}/${entry.step}`;
const endMs = (entry) => entry.at * 1000;
const startMs = (entry) => endMs(entry) - (entry.ms ?? 0);
const startOf = (journey) => Math.min(...journey.entries.map(startMs));

/** Whether an entry is of something that went wrong. */
export function isError(entry) {
  const { ok, error, fault, status, outcome } = entry.detail;
  if (entry.step === "ack_missed" || entry.step === "dead_letter") return true;
  if (nameOf(entry) === "pubsub/push") return !ACCEPTED.has(Number(status));
  if (nameOf(entry) === "gemini/done" && outcome) return outcome !== "answered";
  return ok === false || Boolean(error || fault) || Number(status) >= 400;
}

/** Which delivery this was, if it was not the first: {kind, n}, else null. */
export function repetition(entry) {
  const { retry_attempt: retry, attempt } = entry.detail;
  if (Number(retry) > 0) return { kind: "redelivery", n: Number(retry) };
  return Number(attempt) > 1 ? { kind: "attempt", n: Number(attempt) } : null;
}

/** What the panel shows of a journey: lanes with bars in ms from its start, and its key figures. */
export function summary(journey) {
  const begin = envelopeStart(journey) ?? startOf(journey);
  const total = Math.max(1, ...journey.entries.map((entry) => endMs(entry) - begin));
  return {
    begin,
    total,
    lanes: lanes(journey, begin),
    figures: figures(journey, begin),
    state: stateOf(journey),
  };
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
  let model = "gemini";
  for (const entry of journey.entries) {
    model = entry.detail.model ?? model;
    const label = labelOf(entry, model);
    if (!found.has(label))
      found.set(label, {
        label,
        full: entry.detail.method ?? label,
        actor: entry.actor,
        count: 0,
        bars: [],
        errors: [],
        repetitions: [],
      });
    const lane = found.get(label);
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

function labelOf(entry, model) {
  const { type, event, command, method, subscription } = entry.detail;
  switch (nameOf(entry)) {
    case "slack/envelope":
      return command ?? event ?? type ?? "envelope";
    case "slack/api":
      return String(method ?? "api").replace(
        /^(assistant\.threads|conversations|chat)\./,
        "",
      );
    case "pubsub/push":
      return String(subscription).endsWith("dead-letter-push") ? "dead-letter push" : "push";
    case "gemini/request":
    case "gemini/done":
      return model;
    default:
      return entry.step.replaceAll("_", " ");
  }
}

function errorOf(entry) {
  const { error, fault, reason, status, outcome } = entry.detail;
  return String(error || fault || reason || status || outcome || entry.step.replaceAll("_", " "));
}

/** A call whose answer was lost has still shown the user something. */
function tookEffect(entry) {
  return !isError(entry) || entry.detail.fault === "drop_after";
}

function figures(journey, begin) {
  const ack = journey.entries.find((entry) => nameOf(entry) === "slack/ack");
  const calls = journey.entries.filter(
    (entry) => nameOf(entry) === "slack/api" && tookEffect(entry),
  );
  const sign = calls.find((entry) => SIGNS.test(entry.detail.method));
  const answer = calls.filter((entry) => ANSWERS.test(entry.detail.method)).at(-1);
  const from = (entry) => (entry ? Math.max(0, endMs(entry) - begin) : null);
  return { ack: ack ? (ack.ms ?? from(ack)) : null, first: from(sign), answer: from(answer) };
}

function stateOf(journey) {
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
  return troubled ? "recovered" : "done";
}
