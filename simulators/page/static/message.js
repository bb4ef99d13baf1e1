/** One message: its head, what the server rendered, files, reactions, and what can be done with it. */

import { post } from "./connection.js";
import { addCaret, complete } from "./content.js";
import { ask } from "./dialogs.js";
import { avatar, h, icon, iconButton } from "./dom.js";
import { editor } from "./editor.js";
import { menu } from "./menu.js";
import { go } from "./route.js";
import { bot, emit, isBotIm, messagesOf, state, statusKey, user } from "./state.js";
import { clock, fullDate, t } from "./texts.js";
import { statusLine } from "./status.js";

const REACTIONS = {
  "+1": "👍",
  heart: "❤️",
  tada: "🎉",
  eyes: "👀",
  white_check_mark: "✅",
  pray: "🙏",
  joy: "😂",
  thinking_face: "🤔",
  robot_face: "🤖",
  gemini: "✨",
};

// The message being edited, as "channel:ts", and where: it may stand in the open thread as well.
const editing = { key: null, inThread: false };

/** Whether the message is being edited in this place. */
export function isEditedIn(message, place) {
  const isHere = editing.inThread === (place === "thread");
  return isHere && editing.key === `${message.channel}:${message.ts}`;
}

/**
 * The element of a message; `compact` leaves out the head. `place` is "channel", "thread" (the pane)
 * or "inline" (a thread shown within the conversation): only in a channel it leads to its thread.
 */
export function messageElement(message, { compact, place, highlighted }) {
  const author = user(message.user);
  const isEdited = isEditedIn(message, place);
  const classes = [
    "message",
    compact && "compact",
    message.ephemeral && "ephemeral",
    message.streaming && "streaming",
    highlighted && "highlighted",
  ];
  const element = h(
    "article",
    {
      className: classes.filter(Boolean).join(" "),
      tabindex: "-1",
      aria: {
        busy: message.streaming ? "true" : null,
        label: `${author.display_name} ${clock(message.ts)}`,
      },
      data: { testid: "message", channel: message.channel, ts: message.ts },
    },
    h("div", { className: "gutter" }, compact ? time(message, "hover-time") : avatar(author)),
    h(
      "div",
      { className: "message-main" },
      message.ephemeral ? ephemeralLabel(message) : null,
      compact ? null : head(message, author),
      isEdited ? editor(message, finishEditing) : body(message),
      files(message),
      reactions(message),
      place === "channel" ? threadLink(message) : null,
    ),
    isEdited ? null : toolbar(message, place === "thread"),
  );
  return element;
}

/** Give up what is being edited. */
export function stopEditing() {
  editing.key = null;
}

function finishEditing() {
  stopEditing();
  emit("messages", {});
}

function ephemeralLabel(message) {
  const dismiss = () => post("delete", { channel: message.channel, ts: message.ts });
  return h(
    "div",
    { className: "ephemeral-label" },
    icon("eye"),
    h("span", {}, t("onlyYou")),
    h("button", { type: "button", className: "link", onclick: dismiss }, t("dismiss")),
  );
}

function head(message, author) {
  return h(
    "div",
    { className: "message-head" },
    h("strong", { className: "author" }, author.display_name),
    message.is_bot ? h("span", { className: "app-label" }, t("app")) : null,
    time(message),
  );
}

function time(message, className = "time") {
  return h("time", { className, title: fullDate(message.ts) }, clock(message.ts));
}

function body(message) {
  const content = h("div", { className: "message-body blocks", html: message.html });
  complete(content, { channel: message.channel, message_ts: message.ts });
  if (message.streaming) addCaret(content);
  if (message.edited) content.append(h("span", { className: "edited" }, t("edited")));
  return content;
}

function files(message) {
  if (!message.files?.length) return null;
  return h(
    "div",
    { className: "files" },
    message.files.map((file) =>
      h(
        "a",
        {
          className: `file ${file.is_image ? "image" : ""}`,
          href: file.url,
          target: "_blank",
          rel: "noopener",
          data: { testid: "file" },
        },
        file.is_image ? h("img", { src: file.url, alt: file.name, loading: "lazy" }) : icon("file"),
        h(
          "span",
          {},
          h("span", { className: "file-name" }, file.name),
          h("small", {}, size(file.size)),
        ),
      ),
    ),
  );
}

function size(bytes) {
  return bytes < 1024
    ? `${bytes} B`
    : bytes < 1_048_576
      ? `${Math.round(bytes / 1024)} KB`
      : `${(bytes / 1_048_576).toFixed(1)} MB`;
}

function reactions(message) {
  if (!message.reactions?.length) return null;
  return h(
    "div",
    { className: "reactions" },
    message.reactions.map((it) =>
      h(
        "button",
        {
          type: "button",
          className: "reaction",
          aria: { pressed: String(it.me), label: `:${it.name}: ${it.count}` },
          title: `:${it.name}:`,
          data: { testid: "reaction" },
          onclick: () => react(message, it.name),
        },
        REACTIONS[it.name] ?? `:${it.name}:`,
        h("span", {}, String(it.count)),
      ),
    ),
  );
}

function react(message, name) {
  return post("react", { channel: message.channel, ts: message.ts, name });
}

function threadLink(message) {
  const status = state.statuses.get(statusKey(message.channel, message.ts));
  const open = () => go(message.channel, { thread: message.ts });
  const line = status
    ? h("button", { type: "button", className: "thread-status", onclick: open }, statusLine(status))
    : null;
  return message.reply_count ? [repliesLink(message, open), line] : line;
}

/** What leads into the thread that is shown below its question. */
export function continueLink(message) {
  return h(
    "button",
    {
      type: "button",
      className: "thread-link continue",
      onclick: () => go(message.channel, { thread: message.ts }),
      data: { testid: "thread-link" },
    },
    icon("reply"),
    h("span", { className: "count" }, t("continueInThread")),
  );
}

function repliesLink(message, open) {
  const replies = messagesOf(message.channel, message.ts).slice(1);
  const people = [...new Set(replies.map((it) => it.user))]
    .slice(0, 3)
    .map((id) => avatar(user(id), "tiny"));
  const last = replies.at(-1);
  return h(
    "button",
    {
      type: "button",
      className: "thread-link",
      title: t("openThread"),
      tabindex: "-1",
      onclick: open,
      data: { testid: "thread-link" },
    },
    h("span", { className: "faces" }, people),
    h("span", { className: "count" }, t("replies", { n: message.reply_count })),
    last ? h("span", { className: "last" }, clock(last.ts)) : null,
  );
}

function toolbar(message, inThread) {
  if (message.ephemeral) return null;
  const mine = message.user === state.me?.id;
  const bar = h(
    "div",
    {
      className: "toolbar",
      role: "toolbar",
      aria: { label: t("actionsOf", { name: user(message.user).display_name }) },
    },
    iconButton("smile", t("react"), (event) => pickReaction(event.currentTarget, message), {
      data: { testid: "react" },
    }),
    inThread
      ? null
      : iconButton(
          "reply",
          t("replyInThread"),
          () => go(message.channel, { thread: message.thread_ts || message.ts }),
          { data: { testid: "reply" } },
        ),
    iconButton("pulse", t("showTrace"), () => emit("find-trace", message), {
      data: { testid: "show-trace" },
    }),
    mine
      ? iconButton("edit", t("edit"), () => startEditing(message, inThread), { data: { testid: "edit" } })
      : null,
    mine
      ? iconButton("trash", t("remove"), () => removeMessage(message), {
          data: { testid: "delete" },
        })
      : null,
    iconButton("more", t("moreActions"), (event) => pickMore(event.currentTarget, message), {
      data: { testid: "more" },
    }),
  );
  // The arrow keys lead here from the message, which is one stop for the Tab key.
  for (const button of bar.children) button.tabIndex = -1;
  return bar;
}

/** Put the message into an editor, in the open thread or in its conversation. */
export function startEditing(message, inThread) {
  Object.assign(editing, { key: `${message.channel}:${message.ts}`, inThread });
  emit("messages", {});
}

async function removeMessage(message) {
  const sure = await ask({
    title: t("deleteTitle"),
    text: t("deleteText"),
    confirm: t("remove"),
    danger: true,
  });
  if (sure) post("delete", { channel: message.channel, ts: message.ts });
}

function pickReaction(anchor, message) {
  menu(
    anchor,
    "reaction-menu",
    Object.entries(REACTIONS).map(([name, character]) =>
      h(
        "button",
        {
          type: "button",
          role: "menuitem",
          title: `:${name}:`,
          data: { reaction: name },
          onclick: () => react(message, name),
        },
        character,
      ),
    ),
  );
}

function pickMore(anchor, message) {
  const { channel, ts } = message;
  const shortcuts = state.shortcuts.map((it) =>
    choice(it.name, () =>
      post("shortcut", { channel, message_ts: ts, callback_id: it.callback_id }),
    ),
  );
  const forwarding = choice(t("forward", { name: bot().display_name }), () => forward(message));
  menu(anchor, "shortcut-menu", [...shortcuts, forwarding]);
}

function choice(name, onclick) {
  return h("button", { type: "button", role: "menuitem", onclick }, name);
}

/** Forward the message to the bot's direct messages, and go there. */
async function forward({ channel, ts }) {
  const to = [...state.channels.values()].find(isBotIm)?.id;
  if (!to) return;
  await post("forward", { channel, message_ts: ts, to });
  go(to);
}
