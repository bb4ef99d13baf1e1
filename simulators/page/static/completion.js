/** The list over the composer: commands after "/", people after "@", channels after "#". */

import { avatar, h, icon } from "./dom.js";
import { isDirect, state } from "./state.js";
import { t } from "./texts.js";

let lists = 0;

/** Completion for a text field; `changed` is called when it has put something in. */
export class Completion {
  constructor(field, changed, inThread) {
    Object.assign(this, { field, changed, inThread, items: [], chosen: 0 });
    this.id = `completion-${(lists += 1)}`;
    this.list = h("ul", {
      className: "completion",
      role: "listbox",
      id: this.id,
      hidden: true,
      data: { testid: inThread ? "thread-completion" : "completion" },
    });
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.id);
    field.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    this.draw();
  }

  /** Look at what stands before the cursor. */
  update() {
    const before = this.field.value.slice(0, this.field.selectionStart);
    const found = this.commands(before) ?? this.names(before);
    this.items = found?.items ?? [];
    this.start = found?.start ?? 0;
    this.chosen = 0;
    this.draw();
  }

  commands(before) {
    if (this.inThread || !/^\/\S*$/.test(before)) return null;
    const items = state.commands.filter((it) => it.command.startsWith(before));
    return {
      start: 0,
      items: items.map((it) => ({
        text: `${it.command} `,
        shown: [
          icon("slash"),
          h("strong", {}, it.command),
          h("span", { className: "usage" }, it.usage_hint),
          h("small", {}, it.description),
        ],
      })),
    };
  }

  names(before) {
    const match = before.match(/(?:^|[\s(（「、。])([@#])([^\s@#]*)$/);
    if (!match) return null;
    const typed = match[2].toLowerCase();
    const start = before.length - match[2].length - 1;
    return { start, items: match[1] === "@" ? people(typed) : channels(typed) };
  }

  draw() {
    const open = this.items.length > 0;
    this.list.hidden = !open;
    this.list.replaceChildren(
      ...this.items.map((item, index) =>
        h(
          "li",
          {
            role: "option",
            id: `${this.id}-${index}`,
            aria: { selected: String(index === this.chosen) },
            onpointerdown: (event) => (event.preventDefault(), this.take(index)),
          },
          item.shown,
        ),
      ),
    );
    this.field.setAttribute("aria-expanded", String(open));
    this.field.setAttribute("aria-activedescendant", open ? `${this.id}-${this.chosen}` : "");
    this.list.setAttribute(
      "aria-label",
      this.items[0]?.text.startsWith("/") ? t("commandHint") : t("mentionHint"),
    );
  }

  /** Handle a key; true if it was meant for the list. */
  key(event) {
    if (this.list.hidden) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.chosen = (this.chosen + step + this.items.length) % this.items.length;
    else if (event.key === "Escape") this.close();
    else if (event.key === "Tab" || (event.key === "Enter" && !this.isComplete()))
      this.take(this.chosen);
    else return false;
    if (step) this.draw();
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  isComplete() {
    return (
      this.field.value.trim() === this.items[this.chosen].text.trim() &&
      this.field.value.startsWith("/")
    );
  }

  take(index) {
    this.field.setRangeText(this.items[index].text, this.start, this.field.selectionStart, "end");
    this.close();
    this.changed();
  }

  close() {
    this.items = [];
    this.draw();
  }
}

function people(typed) {
  const fits = (it) =>
    it.id !== state.me.id &&
    [it.display_name, it.name].some((name) => name.toLowerCase().startsWith(typed));
  const found = [...state.users.values()]
    .filter(fits)
    .sort((a, b) => Number(b.is_bot) - Number(a.is_bot));
  return found.map((it) => ({
    text: `@${it.display_name} `,
    shown: [avatar(it, "tiny"), h("strong", {}, it.display_name), h("span", {}, `@${it.name}`)],
  }));
}

function channels(typed) {
  const found = [...state.channels.values()].filter(
    (it) => !isDirect(it) && it.name.startsWith(typed),
  );
  return found.map((it) => ({
    text: `#${it.name} `,
    shown: [icon(it.kind === "private" ? "lock" : "hash"), h("strong", {}, it.name)],
  }));
}
