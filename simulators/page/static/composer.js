/** Where messages are written: text, files, slash commands, mentions. */

import { Completion } from "./completion.js";
import { post, upload } from "./connection.js";
import { converts, h, icon, iconButton } from "./dom.js";
import { draftAt, keepDraft } from "./drafts.js";
import { grow } from "./editor.js";
import { startEditing } from "./message.js";
import { channelName, emit, isDirect, messagesOf, state } from "./state.js";
import { t } from "./texts.js";

// Whoever waits longer for what they have sent wants to know that it is under way.
const SLOW_MS = 500;

/** A composer in `slot`; `inThread` says whether it writes into the open thread. */
export class Composer {
  constructor(slot, inThread) {
    this.inThread = inThread;
    this.files = [];
    this.field = h("textarea", {
      rows: 1,
      className: "composer-field",
      data: { testid: inThread ? "thread-composer" : "composer" },
      enterkeyhint: "send",
    });
    this.hint = h("div", {
      className: "usage-hint",
      aria: { live: "polite" },
      data: { testid: inThread ? "thread-usage-hint" : "usage-hint" },
    });
    this.chips = h("div", { className: "chips" });
    this.picker = h("input", {
      type: "file",
      multiple: true,
      hidden: true,
      data: { testid: inThread ? "thread-file" : "file-input" },
    });
    this.buttons = h("div", { className: "composer-bar" });
    this.box = h(
      "div",
      { className: "composer" },
      this.field,
      this.chips,
      this.buttons,
      this.picker,
    );
    this.completion = new Completion(this.field, () => this.changed(), inThread);
    addEventListener("pagehide", () => this.keepDraft());
    slot.replaceChildren(this.completion.list, this.hint, this.box);
    this.listen();
  }

  listen() {
    this.field.addEventListener("input", () => this.changed());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("paste", (event) => {
      if (event.clipboardData.files.length)
        (event.preventDefault(), this.attach(event.clipboardData.files));
    });
    this.picker.addEventListener(
      "change",
      () => (this.attach(this.picker.files), (this.picker.value = "")),
    );
    const pane = this.box.closest("main, aside");
    pane.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      pane.classList.add("dropping");
    });
    pane.addEventListener(
      "dragleave",
      (event) => pane.contains(event.relatedTarget) || pane.classList.remove("dropping"),
    );
    pane.addEventListener("drop", (event) => {
      event.preventDefault();
      pane.classList.remove("dropping");
      this.attach(event.dataTransfer.files);
    });
  }

  /** Show the draft of where the reader is now. */
  open() {
    const { channel, thread } = state.route;
    const place = this.inThread ? `${channel}:${thread}` : channel;
    if (place === this.place && this.author === state.me.id) return this.label();
    this.keepDraft();
    Object.assign(this, { place, author: state.me.id });
    const { text, files } = draftAt(this.draftKey());
    this.field.value = text;
    this.files = files;
    this.label();
    this.changed();
  }

  draftKey() {
    return `${this.author} ${this.place}`;
  }

  keepDraft() {
    keepDraft(this.draftKey(), { text: this.field.value, files: this.files });
  }

  label() {
    const it = state.channels.get(state.route.channel);
    const name = channelName(it);
    const label = this.inThread
      ? t("composerThread")
      : t(isDirect(it) ? "composerIm" : "composerChannel", { name });
    this.field.placeholder = label;
    this.field.setAttribute("aria-label", label);
    this.sendButton = iconButton("send", t("send"), () => this.send(), {
      className: "icon-button send",
      data: { testid: this.inThread ? "thread-send" : "send" },
    });
    this.buttons.replaceChildren(
      iconButton("clip", t("attach"), () => this.picker.click()),
      iconButton("at", t("mention"), () => this.insert("@")),
      this.inThread ? "" : iconButton("slash", t("command"), () => this.insert("/")),
      h("small", {}, t("composerHelp")),
      this.sendButton,
    );
    this.enable();
  }

  /** Whether nothing waits here to be sent. */
  isEmpty() {
    return !this.field.value.trim() && !this.files.length;
  }

  /** Put `text` at the cursor (a command at the start) and go on there. */
  insert(text) {
    if (text === "/") this.field.setRangeText("/", 0, 0, "end");
    else this.field.setRangeText(text, this.field.selectionStart, this.field.selectionEnd, "end");
    this.field.focus();
    this.changed();
  }

  /** Put `text` instead of what is there. */
  fill(text) {
    this.field.value = text;
    this.field.focus();
    this.changed();
    this.completion.close();
  }

  changed() {
    grow(this.field);
    this.completion.update();
    this.showUsage();
    this.drawChips();
    this.enable();
  }

  enable() {
    if (this.sendButton)
      this.sendButton.disabled = this.isEmpty() || this.files.some((it) => it.pending);
  }

  showUsage() {
    const [, name] = this.field.value.match(/^(\/\S+)\s/) ?? [];
    const command = state.commands.find((it) => it.command === name);
    this.hint.replaceChildren(
      ...(command
        ? [
            h("code", {}, command.command),
            h("span", { className: "usage" }, command.usage_hint),
            h("span", {}, this.inThread ? t("noThreadCommands") : command.description),
          ]
        : []),
    );
  }

  key(event) {
    if (converts(event)) return;
    if (this.completion.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) (event.preventDefault(), this.send());
    if (event.key === "ArrowUp" && !this.field.value) this.editLast(event);
  }

  editLast(event) {
    const { channel, thread } = state.route;
    const own = messagesOf(channel, this.inThread ? thread : null).filter(
      (it) => it.user === state.me.id && !it.ephemeral,
    );
    if (own.length) (event.preventDefault(), startEditing(own.at(-1), this.inThread));
  }

  async attach(list) {
    // The list is emptied while the first file is under way.
    for (const file of [...list]) {
      const chip = { name: file.name || "image.png", pending: true };
      this.files.push(chip);
      this.changed();
      const answer = await upload(file);
      if (answer.ok) Object.assign(chip, answer.file, { pending: false });
      else this.files = this.files.filter((it) => it !== chip);
      this.changed();
    }
  }

  drawChips() {
    this.chips.replaceChildren(
      ...this.files.map((file) =>
        h(
          "span",
          { className: "chip", data: { testid: "chip" } },
          icon("file"),
          file.pending ? t("uploading") : file.name,
          iconButton(
            "close",
            t("removeFile", { name: file.name }),
            () => ((this.files = this.files.filter((it) => it !== file)), this.changed()),
          ),
        ),
      ),
    );
  }

  async send() {
    const text = this.field.value.trim();
    const files = this.files;
    if ((!text && !files.length) || files.some((it) => it.pending)) return;
    const { channel, thread } = state.route;
    const key = this.draftKey();
    this.field.value = "";
    this.files = [];
    this.changed();
    const waiting = setTimeout(() => this.hint.replaceChildren(t("sending")), SLOW_MS);
    const answer = await this.deliver(
      channel,
      thread,
      text,
      files.map((it) => it.id),
    );
    clearTimeout(waiting);
    this.showUsage();
    if (answer.ok) emit("sent", { inThread: this.inThread });
    else this.giveBack(key, { text, files });
  }

  /** Put what was not taken before what was typed since, wherever the reader is now. */
  giveBack(key, refused) {
    this.keepDraft();
    const since = draftAt(key);
    const text = [refused.text, since.text].filter(Boolean).join("\n");
    const files = [...refused.files, ...since.files];
    keepDraft(key, { text, files });
    if (key === this.draftKey()) ((this.files = files), this.fill(text));
  }

  /** Send `text` to where it belongs, a command as such; a refusal is told to the reader. */
  deliver(channel, thread, text, fileIds = []) {
    const slash = text.match(/^(\/[^\s/]+)(?:\s+([\s\S]*))?$/);
    if (slash && this.inThread) return (emit("notice", t("noThreadCommands")), { ok: false });
    if (slash) return post("slash", { channel, command: slash[1], text: slash[2] ?? "" });
    const where = this.inThread ? { thread_ts: thread } : {};
    return post("post", {
      channel,
      text,
      ...where,
      ...(fileIds.length ? { file_ids: fileIds } : {}),
    });
  }
}
