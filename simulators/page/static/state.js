/** What the page knows, changed only by the server's frames and by where the reader is. */

export const state = {
  me: null,
  botId: null,
  users: new Map(),
  channels: new Map(),
  commands: [],
  shortcuts: [],
  messages: new Map(),
  statuses: new Map(),
  sessions: new Map(),
  faults: [],
  processes: [],
  outages: [],
  home: null,
  suggested: null,
  beside: null,
  besideTold: null,
  sockets: 0,
  online: false,
  unread: new Map(),
  route: { channel: null, thread: null, tab: "messages" },
};

const listeners = new Map();

/** Call `listener` whenever something of `topic` changes. */
export function on(topic, listener) {
  if (!listeners.has(topic)) listeners.set(topic, []);
  listeners.get(topic).push(listener);
}

/** Tell the listeners of `topic`. */
export function emit(topic, detail) {
  for (const listener of listeners.get(topic) ?? []) listener(detail);
}

export const user = (id) => state.users.get(id) ?? { id, name: id, display_name: id };
export const bot = () => user(state.botId);
export const channel = () => state.channels.get(state.route.channel);
export const isBotIm = (it) => it?.kind === "im";
/** Whether it has people instead of a name: with the app alone, or with others, too. */
export const isDirect = (it) => ["im", "mpim"].includes(it?.kind);
export const statusKey = (channelId, threadTs) => `${channelId}:${threadTs}`;

/** The name a channel goes by in the page. */
export function channelName(it) {
  if (it?.kind === "mpim") return it.people.map((id) => user(id).display_name).join(", ");
  return it?.kind === "im" ? bot().display_name : (it?.name ?? "");
}

/** A channel's messages, oldest first: all of a thread, or what stands in the channel itself. */
export function messagesOf(channelId, threadTs = null) {
  const all = [...(state.messages.get(channelId)?.values() ?? [])].sort(byTs);
  if (!threadTs) return all.filter((it) => !it.thread_ts || it.thread_ts === it.ts || it.broadcast);
  return all.filter((it) => it.ts === threadTs || it.thread_ts === threadTs);
}

/** One message, or undefined. */
export function messageAt(channelId, ts) {
  return state.messages.get(channelId)?.get(ts);
}

const byTs = (a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0);

/** Take over one frame of the server. */
export function apply(frame) {
  FRAMES[frame.type]?.(frame);
}

const FRAMES = {
  snapshot(frame) {
    state.me = frame.me;
    state.botId = frame.bot_user_id;
    state.users = new Map(frame.users.map((it) => [it.id, it]));
    state.channels = new Map(frame.channels.map((it) => [it.id, it]));
    state.commands = frame.commands ?? [];
    state.shortcuts = frame.shortcuts ?? [];
    state.messages = new Map(
      Object.entries(frame.messages).map(([id, list]) => [
        id,
        new Map(list.map((it) => [it.ts, it])),
      ]),
    );
    state.statuses = new Map(
      (frame.statuses ?? []).map((it) => [statusKey(it.channel, it.thread_ts), it]),
    );
    state.sessions = new Map(
      (frame.sessions ?? []).map((it) => [statusKey(it.channel, it.thread_ts), it]),
    );
    takeFaults(frame.faults);
    state.home = frame.home;
    state.suggested = frame.prompts;
    state.besideTold = null;
    state.sockets = frame.bot?.sockets ?? 0;
    emit("snapshot", frame);
  },
  message({ message }) {
    const isNew = store(message);
    if (isNew) countUnread(message);
    emit("messages", message);
  },
  message_deleted({ channel: id, ts }) {
    state.messages.get(id)?.delete(ts);
    emit("messages", { channel: id, ts, deleted: true });
  },
  ephemeral({ message }) {
    store({ ...message, ephemeral: true });
    countUnread(message);
    emit("messages", message);
  },
  ephemeral_deleted({ channel: id, ts }) {
    FRAMES.message_deleted({ channel: id, ts });
  },
  status(frame) {
    const key = statusKey(frame.channel, frame.thread_ts);
    if (frame.status) state.statuses.set(key, frame);
    else state.statuses.delete(key);
    emit("messages", frame);
  },
  session(frame) {
    state.sessions.set(statusKey(frame.channel, frame.thread_ts), frame);
    emit("messages", { channel: frame.channel, thread_ts: frame.thread_ts });
  },
  channel({ channel: it }) {
    state.channels.set(it.id, it);
    emit("channels");
  },
  faults(frame) {
    takeFaults(frame);
    emit("faults");
  },
  bot({ sockets }) {
    state.sockets = sockets;
    emit("channels");
  },
  home({ view }) {
    state.home = view;
    emit("home");
  },
  prompts({ suggested }) {
    state.suggested = suggested;
    emit("suggestions");
  },
  modal: ({ view }) => emit("modal", view),
  journal: ({ entry }) => emit("journal", entry),
  notice: ({ text }) => emit("notice", text),
};

function takeFaults({ rules, processes, outages }) {
  Object.assign(state, { faults: rules, processes, outages });
}

function store(message) {
  if (!state.messages.has(message.channel)) state.messages.set(message.channel, new Map());
  const messages = state.messages.get(message.channel);
  const isNew = !messages.has(message.ts);
  messages.set(message.ts, message);
  return isNew;
}

function countUnread(message) {
  const here = message.channel === state.route.channel && document.hasFocus();
  if (here || message.user === state.me?.id) return;
  state.unread.set(message.channel, (state.unread.get(message.channel) ?? 0) + 1);
  emit("channels");
}

/** The reader has seen what is in this channel. */
export function markRead(channelId) {
  if (state.unread.delete(channelId)) emit("channels");
}
