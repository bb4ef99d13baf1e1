/** The journal's entries joined into journeys: one question and every step it took. */

import { messageAt, state } from "./state.js";

const KEPT = 200;
const BEGINNINGS = new Set(["slack/envelope", "pubsub/publish", "gemini/request", "events/request"]);
const SIGNS = /^(chat\.(postMessage|postEphemeral|startStream)|assistant\.threads\.setStatus|agents\.sessions\.setStatus|response_url)$/;
const ANSWERS = /^(chat\.(postMessage|update|stopStream|postEphemeral)|response_url)$/;

const journeys = new Map();
const journeyOfKey = new Map();

/** Forget everything, before a snapshot. */
export function clearJourneys() {
  journeys.clear();
  journeyOfKey.clear();
}

/** Take in one entry; true if it changes what is shown. */
export function record(entry) {
  if (entry.step === "journey_merged") return merge(entry.detail.from, entry.journey);
  const journey = at(entry.journey);
  journey.entries.push(entry);
  journey.version += 1;
  for (const key of entry.keys ?? []) (journey.keys.add(key), journeyOfKey.set(key, entry.journey));
  if (journeys.size > KEPT) journeys.delete(journeys.keys().next().value);
  return true;
}

function at(number) {
  if (!journeys.has(number)) journeys.set(number, { number, entries: [], keys: new Set(), version: 0 });
  return journeys.get(number);
}

function merge(from, into) {
  const later = journeys.get(from);
  if (!later || from === into) return false;
  const journey = at(into);
  journey.entries = [...journey.entries, ...later.entries].sort((a, b) => a.at - b.at || a.seq - b.seq);
  journey.version += 1;
  for (const key of later.keys) (journey.keys.add(key), journeyOfKey.set(key, into));
  journeys.delete(from);
  return true;
}

/** The journeys of questions, newest first. */
export function questions() {
  const isQuestion = (it) => it.entries.some((entry) => BEGINNINGS.has(nameOf(entry)));
  return [...journeys.values()].filter(isQuestion).sort((a, b) => startOf(b) - startOf(a));
}

/** The journey a message belongs to: as its question, or as an answer by its task. */
export function journeyOf(message) {
  const task = message.metadata?.event_payload?.task_id;
  return journeyOfKey.get(`message:${message.channel}:${message.ts}`) ?? (task && journeyOfKey.get(`task:${task}`));
}

/** "channel:ts" of every message known to belong to a journey. */
export function messagesOfJourney(journey) {
  const found = [];
  for (const messages of state.messages.values())
    for (const message of messages.values()) if (journeyOf(message) === journey.number) found.push(`${message.channel}:${message.ts}`);
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
  const { ok, error, status } = entry.detail;
  if (entry.step === "ack_missed" || entry.step === "dead_letter") return true;
  return ok === false || Boolean(error) || (Number(status) >= 400);
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
  return { begin, total, lanes: lanes(journey, begin), figures: figures(journey, begin), state: stateOf(journey) };
}

function envelopeStart(journey) {
  const first = journey.entries.find((entry) => nameOf(entry) === "slack/envelope");
  return first && endMs(first);
}

function lanes(journey, begin) {
  const found = new Map();
  for (const entry of journey.entries) {
    const label = labelOf(entry);
    if (!found.has(label)) found.set(label, { label, actor: entry.actor, bars: [], errors: [], repetitions: [] });
    const lane = found.get(label);
    lane.bars.push({ start: Math.max(0, startMs(entry) - begin), end: Math.max(0, endMs(entry) - begin), error: isError(entry), ms: entry.ms });
    if (isError(entry)) lane.errors.push(errorOf(entry));
    if (repetition(entry)) lane.repetitions.push(repetition(entry));
  }
  return [...found.values()].sort((a, b) => a.bars[0].start - b.bars[0].start || a.bars[0].end - b.bars[0].end);
}

function labelOf(entry) {
  const { type, method, subscription, model } = entry.detail;
  switch (nameOf(entry)) {
    case "slack/envelope": return type ?? "envelope";
    case "slack/api": return String(method ?? "api").replace(/^(assistant\.threads|agents\.sessions)\./, "");
    case "pubsub/push": return String(subscription).endsWith("dead-letter-push") ? "dead-letter push" : "push";
    case "gemini/request": return model ?? "request";
    default: return entry.step.replaceAll("_", " ");
  }
}

function errorOf(entry) {
  const { error, status } = entry.detail;
  return String(error || status || entry.step.replaceAll("_", " "));
}

function figures(journey, begin) {
  const ack = journey.entries.find((entry) => nameOf(entry) === "slack/ack");
  const calls = journey.entries.filter((entry) => nameOf(entry) === "slack/api" && !isError(entry));
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
  const finished = names.includes("pubsub/publish") ? pushes.some((entry) => !isError(entry)) : names.includes("slack/ack");
  if (!finished) return names.includes("slack/ack_missed") && !names.includes("pubsub/publish") ? "failed" : "running";
  return troubled ? "recovered" : "done";
}
