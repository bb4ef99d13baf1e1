/** Ready-made faults: what each is called, and the rule or the outage that it stands for. */

export const UNTIL_OFF = -1;

/** How many operations a rule may be for. */
export const TIMES = [1, 2, 3, 5, 10, UNTIL_OFF];

/**
 * `times` is the number chosen at first; `seconds`: how long is chosen too. Operations are patterns:
 * an answer is a stream here and a post there, so faults of Slack are for every way to write.
 */
export const PRESETS = [
  {
    id: "gemini-503",
    text: "fGemini503",
    target: "gemini",
    operation: "*",
    fault: { kind: "error", status: 503, error: "UNAVAILABLE" },
    times: 2,
  },
  {
    id: "gemini-slow",
    text: "fGeminiSlow",
    target: "gemini",
    operation: "*",
    fault: { kind: "delay", seconds: 5 },
    times: UNTIL_OFF,
    seconds: true,
  },
  {
    id: "gemini-hang",
    text: "fGeminiHang",
    target: "gemini",
    operation: "*",
    fault: { kind: "hang" },
    times: 1,
  },
  {
    id: "gemini-cut",
    text: "fGeminiCut",
    target: "gemini",
    operation: "streamGenerateContent",
    fault: { kind: "disconnect", detail: { after_chunks: 3 } },
    times: 1,
  },
  {
    id: "slack-429",
    text: "fSlack429",
    target: "slack",
    operation: "chat.*",
    fault: { kind: "error", status: 429, error: "ratelimited", detail: { retry_after: 2 } },
    times: 2,
  },
  {
    id: "slack-drop",
    text: "fSlackDrop",
    target: "slack",
    operation: "chat.*",
    fault: { kind: "drop_after" },
    times: 1,
  },
  { id: "pubsub", text: "fPubsubDown", outage: "pubsub" },
  {
    id: "push-twice",
    text: "fPushTwice",
    target: "push",
    operation: "*",
    fault: { kind: "duplicate" },
    times: 1,
  },
  { id: "redis", text: "fRedisLost", outage: "redis" },
  {
    id: "socket",
    text: "fSocket",
    target: "socket",
    operation: "envelope",
    fault: { kind: "disconnect" },
    times: 1,
  },
];

/** Whether a rule, in force or used up, is the one of this preset. */
export function isRuleOf(rule, it) {
  const { target, operation, fault } = it;
  return rule.target === target && rule.operation === operation && rule.fault.kind === fault?.kind;
}
