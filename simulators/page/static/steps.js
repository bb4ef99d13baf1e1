/** What people call the steps of a journey, and the journey itself. */

import { asTyped } from "./editor.js";
import { nameOf } from "./entries.js";
import { askedFor, questionOf, questionOfTask, wordsOf } from "./journeys.js";
import { state } from "./state.js";
import { t } from "./texts.js";

const EVENTS = {
  app_mention: "sMention",
  message: "sMessage",
  app_home_opened: "sHomeOpened",
  app_context_changed: "sLookedElsewhere",
  agent_session_stopped: "sStop",
  block_actions: "sPress",
  view_submission: "sForm",
  view_closed: "sForm",
  message_action: "sShortcut",
  reaction_added: "sReactionArrives",
};
const CALLS = {
  "chat.startStream": "sFirstWords",
  "chat.appendStream": "sMoreWords",
  "chat.postEphemeral": "sPrivateNote",
  "chat.delete": "sRemoved",
  "conversations.replies": "sThreadRead",
  "conversations.history": "sChannelRead",
  "conversations.info": "sChannelKnown",
  "conversations.members": "sMembersKnown",
  "conversations.open": "sDirectOpened",
  "users.conversations": "sChannelsListed",
  "usergroups.list": "sGroupsKnown",
  "reactions.add": "sReaction",
  "assistant.threads.setSuggestedPrompts": "sPrompts",
  "users.info": "sPersonKnown",
  "agents.sessions.setStatus": "sSession",
  "agents.sessions.rename": "sSessionTitle",
  "bots.info": "sTokenChecked",
  "auth.test": "sTokenChecked",
  "views.publish": "sHomeShown",
  "views.open": "sFormShown",
  "views.push": "sFormShown",
  "views.update": "sFormShown",
  "files.info": "sFileRead",
  "files.getUploadURLExternal": "sFileSent",
  "files.completeUploadExternal": "sFileSent",
  response_url: "sCommandReply",
};
const STEPS = {
  "slack/ack": "sAck",
  "slack/ack_missed": "sAckMissed",
  "pubsub/publish": "sPublish",
  "pubsub/dead_letter": "sDeadLetter",
  "gemini/first_token": "sFirstToken",
  "gemini/refused": "sRefused",
};
const WRITTEN = { answer: "sAnswer", question: "sQuestion", notice: "sNotice", file: "sFileSent" };

/** A step's place among the lanes (`key`), its name for people, and its technical one in full. */
export function stepOf(entry, journey) {
  const { method, command, event, type, subscription } = entry.detail;
  const full = method ?? event ?? entry.step.replaceAll("_", " ");
  switch (nameOf(entry)) {
    case "slack/envelope": {
      const known = EVENTS[event];
      const label = command ? t("sCommand", { command }) : known ? t(known) : (event ?? type);
      return { key: label ?? entry.step, label: label ?? entry.step, full: `${type}: ${command ?? event}` };
    }
    case "slack/api":
      return named(callOf(entry, journey), full);
    case "pubsub/push": {
      const isDead = String(subscription).endsWith("dead-letter-push");
      return named(isDead ? "sDeadPush" : "sPush", `push: ${subscription}`);
    }
    case "gemini/request":
    case "gemini/done": {
      const model = entry.detail.model ?? modelOf(entry, journey);
      return { key: model, label: model, full: `gemini: ${method ?? "done"}` };
    }
    default:
      return named(STEPS[nameOf(entry)], full);
  }
}

function named(text, full) {
  return text ? { key: text, label: t(text), full } : { key: full, label: full, full };
}

/** The name of what a call to Slack did, or undefined. */
function callOf({ detail }, journey) {
  const { method, clears, role, parts, task, steps } = detail;
  if (method === "assistant.threads.setStatus") return clears ? "sStatusCleared" : "sStatusShown";
  // Only the newest answer of a thread has buttons: the one before loses its own.
  if (role && task && !journey.keys.has(`task:${task}`)) return "sOlderAnswer";
  if (steps) return "sSteps";
  if (method === "chat.stopStream") return parts === 0 ? "sMoreWords" : "sAnswer";
  if (method === "chat.update" && parts === 0) return "sMoreWords";
  if (method === "chat.postMessage" && role === "answer" && parts === 0) return "sFirstWords";
  if (method === "chat.postMessage" || method === "chat.update") return WRITTEN[role] ?? "sPosted";
  return CALLS[method];
}

/** The model of the request that an entry belongs to: the last one asked until then. */
function modelOf(entry, { entries }) {
  const asked = entries.filter((it) => it.detail.model && it.seq <= entry.seq);
  return asked.at(-1)?.detail.model ?? "gemini";
}

/** What went wrong, for people: a connection's end is not told by a library's exception. */
export function errorName(error) {
  if (/Cannot connect/.test(error)) return t("eRefused");
  if (/Disconnected|Connection(Reset|Aborted)/.test(error)) return t("eLost");
  return error === "client_closed" ? t("eGivenUp") : error;
}

/** A question's words on one line, without the mention that every question begins with. */
function wordsIn(question) {
  const written = wordsOf(question).replace(`<@${state.botId}>`, "");
  return asTyped(written).replace(/\s+/g, " ").trim();
}

/** What a journey was about, in one line. */
export function titleOf(journey) {
  const { kind, source, wish, vote, of_task: ofTask } = askedFor(journey);
  const question = kind && kind !== "question" ? ofTask && questionOfTask(ofTask) : questionOf(journey);
  const words = question ? wordsIn(question) : "";
  const thumb = vote === "up" ? "👍" : "👎";
  if (kind === "home") return t("jHome");
  if (kind === "doctor") return t("jDoctor");
  if (kind === "cancel") return t(words ? "jStopOf" : "jStop", { words });
  if (kind === "feedback") return t(words ? "jVoteOn" : "jVote", { words, thumb });
  if (wish) return t(wish === "shorter" ? "jShorter" : "jLonger", { words });
  if (source === "button" || source === "retry") return t("jAgain", { words });
  if (source === "reaction") return t("jReaction", { words });
  if (source === "shortcut") return t("jShortcut", { words });
  return words || stepOf(journey.entries[0], journey).label;
}
