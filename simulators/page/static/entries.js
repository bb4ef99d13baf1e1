/** One entry of the journal: when it was, whether it failed, whether it is a repetition. */

// What Pub/Sub takes as an acknowledgement (cloud.google.com/pubsub/docs/push).
const ACCEPTED = new Set([102, 200, 201, 202, 204]);

export const nameOf = (entry) => `${entry.actor}/${entry.step}`;
export const endMs = (entry) => entry.at * 1000;
export const startMs = (entry) => endMs(entry) - (entry.ms ?? 0);

/** Whether an entry is of something that went wrong. */
export function isError(entry) {
  const { ok, error, fault, status, outcome } = entry.detail;
  if (entry.step === "ack_missed" || entry.step === "dead_letter") return true;
  if (nameOf(entry) === "pubsub/push") return !ACCEPTED.has(Number(status));
  if (nameOf(entry) === "gemini/done" && outcome) return outcome !== "answered";
  return ok === false || Boolean(error || fault) || Number(status) >= 400;
}

/** What went wrong, in a word. */
export function errorOf(entry) {
  const { error, fault, reason, status, outcome } = entry.detail;
  return String(error || fault || reason || status || outcome || entry.step.replaceAll("_", " "));
}

/** Whether the user saw its effect: a call whose answer was lost has still shown something. */
export function tookEffect(entry) {
  return !isError(entry) || entry.detail.fault === "drop_after";
}

/** Which delivery this was, if it was not the first: {kind, n}, else null. */
export function repetition(entry) {
  const { retry_attempt: retry, attempt } = entry.detail;
  if (Number(retry) > 0) return { kind: "redelivery", n: Number(retry) };
  return Number(attempt) > 1 ? { kind: "attempt", n: Number(attempt) } : null;
}
