/** The thread of one's own question opens by itself as soon as the app begins to answer in it. */

import { journeyOf, askerOf } from "./journeys.js";
import { go } from "./route.js";
import { isBotIm, messageAt, on, state } from "./state.js";

const FRESH_S = 300;
// Each thread opens by itself once: whoever closes it wants it closed.
const offered = new Set();
let opened = null;

/** Open such threads from now on; `mayReplace` says whether the pane's reader may lose their place. */
export function watchOwnAnswers(mayReplace) {
  on("messages", (change) => {
    const { channel, thread } = state.route;
    const ts = threadOfAnswer(change);
    const place = `${change.channel}:${ts}`;
    if (!ts || change.channel !== channel || offered.has(place) || !isOwn(channel, ts)) return;
    if (state.route.tab === "home" || isBotIm(state.channels.get(channel))) return;
    if (thread ? thread === ts || opened !== `${channel}:${thread}` || !mayReplace(thread) : !mayReplace(null)) return;
    offered.add(place);
    opened = place;
    go(channel, { thread: ts, byItself: true });
  });
}

/** The thread in which the app shows a sign with this change, or null. */
function threadOfAnswer({ thread_ts: threadTs, ts, status, is_bot: isBot, deleted }) {
  if (deleted || !threadTs || ts === threadTs) return null;
  return status || isBot ? threadTs : null;
}

function isOwn(channelId, ts) {
  const root = messageAt(channelId, ts);
  if (!root || Date.now() / 1000 - parseFloat(ts) > FRESH_S) return false;
  // The app asks on behalf of whoever typed a command; only the trace knows who that was.
  return root.user === state.me.id || (root.is_bot && askerOf(journeyOf(root)) === state.me.id);
}
