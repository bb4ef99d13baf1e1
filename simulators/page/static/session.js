/** A thread as a session of the app: whether it is at work there, under which title, and Slack's Stop. */

import { post } from "./connection.js";
import { h, icon } from "./dom.js";
import { bot, state, statusKey } from "./state.js";
import { t } from "./texts.js";

/** The session of a thread, or undefined. */
export const sessionOf = (channelId, threadTs) => state.sessions.get(statusKey(channelId, threadTs));

/** Below a thread while the app is at work in it: that it is, unless a status says so, and Stop. */
export function sessionLine(session, isTold) {
  return h(
    "div",
    { className: "session-line", data: { testid: "session" } },
    session.stoppable ? stopButton(session) : null,
    isTold ? null : h("span", {}, t("atWork", { name: bot().display_name })),
  );
}

/** The Stop stays pressed: it is the app that ends its work, and with it the button. */
function stopButton({ channel, thread_ts }) {
  const press = ({ currentTarget: button }) => {
    button.setAttribute("aria-busy", "true");
    button.disabled = true;
    post("stop", { channel, thread_ts }).then((answer) => {
      if (answer.ok !== false) return;
      button.removeAttribute("aria-busy");
      button.disabled = false;
    });
  };
  return h(
    "button",
    { type: "button", className: "bk-button stop", onclick: press, data: { testid: "stop" } },
    icon("stop"),
    t("stop"),
  );
}

/** What the open thread's head says of its session. */
export function sessionHead(session) {
  if (!session) return [];
  const status = t(session.status === "processing" ? "sessionWorking" : "sessionReady");
  return [
    session.title ? h("span", { className: "session-title" }, session.title) : null,
    h("span", { className: "session-status", data: { status: session.status } }, status),
  ].filter(Boolean);
}
