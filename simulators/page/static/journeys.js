/** The journal's entries joined into journeys: one question and every step it took. */

import { nameOf, repetition, startMs } from "./entries.js";
import { messageAt, state } from "./state.js";

const KEPT = 200;
const BEGINNINGS = new Set([
  "slack/envelope",
  "pubsub/publish",
  "gemini/request",
  "events/request",
]);
const ASKING_EVENTS = new Set(["app_mention", "message"]);
const POSTS = /^chat\.(postMessage|startStream)$/;

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
  for (const key of entry.keys ?? []) own(key, journey);
  const { method, channel, ts } = entry.detail;
  if (ts && POSTS.test(method)) journeyOfPost.set(`${channel}:${ts}`, entry.journey);
  if (journeys.size > KEPT) journeys.delete(journeys.keys().next().value);
  return true;
}

/**
 * A key stays with the journey that had it first, and a journey has one task: who asks a message
 * again begins another one, and an older answer that is changed meanwhile stays with its own.
 */
function own(key, { number, keys }) {
  if (key.startsWith("task:") && [...keys].some((it) => it.startsWith("task:") && it !== key)) return;
  if (!journeyOfKey.has(key)) journeyOfKey.set(key, number);
  if (journeyOfKey.get(key) === number) keys.add(key);
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

/** Journeys, newest first: the questions, or with `all` everything else that was done, too. */
export function shownJourneys({ all = false } = {}) {
  const begun = (it) => it.entries.some((entry) => BEGINNINGS.has(nameOf(entry)));
  return [...journeys.values()]
    .filter((it) => begun(it) && !onlyTakenNoteOf(it) && (all || isQuestion(it)))
    .sort((a, b) => startOf(b) - startOf(a));
}

/** What the app was asked to do: the task's kind, source, place; empty until it is in the queue. */
export function askedFor(journey) {
  return journey.entries.find((entry) => nameOf(entry) === "pubsub/publish")?.detail.asks ?? {};
}

/** Whether somebody has stopped its answer, which is a journey of its own. */
export function wasStopped({ keys }) {
  return [...journeys.values()].map(askedFor).some((asks) => {
    return asks.kind === "cancel" && keys.has(`task:${asks.of_task}`);
  });
}

/** Whether somebody asked the model something; until it is in the queue, whether they may have. */
function isQuestion(journey) {
  const { kind } = askedFor(journey);
  if (kind) return kind === "question";
  const names = journey.entries.map(nameOf);
  if (names.includes("pubsub/publish") || names.includes("gemini/request")) return true;
  const begun = journey.entries.find((entry) => nameOf(entry) === "slack/envelope")?.detail;
  // Only what a person has written is told with its message: no edit, and nothing of the app.
  const isWritten = [...journey.keys].some((it) => it.startsWith("message:"));
  return Boolean(begun?.command) || (isWritten && ASKING_EVENTS.has(begun?.event));
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
  const { channel, message } = askedFor(journey);
  const key = [...journey.keys].find((it) => it.startsWith("message:"));
  const asked = key && messageAt(...split(key.slice("message:".length)));
  const again = message && messageAt(channel, message);
  if (asked || again) return asked || again;
  const first = messagesOfJourney(journey).sort()[0];
  return first && messageAt(...split(first));
}

/** The question whose answer a task is about: the one voted on, or stopped. */
export function questionOfTask(task) {
  const journey = journeys.get(journeyOfKey.get(`task:${task}`));
  return journey && questionOf(journey);
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

export const startOf = (journey) => Math.min(...journey.entries.map(startMs));
