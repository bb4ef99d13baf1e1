/** Moments in messages, written for the reader: in their language and their time zone. */

import { day, inLocale } from "./texts.js";

const DATES = {
  date_num: (at) => new Intl.DateTimeFormat("sv-SE").format(at),
  date: (at) => inLocale(at, { dateStyle: "long" }),
  date_short: (at) => inLocale(at, { dateStyle: "medium" }),
  date_long: (at) => inLocale(at, { dateStyle: "full" }),
  time: (at) => inLocale(at, { timeStyle: "short" }),
  time_secs: (at) => inLocale(at, { timeStyle: "medium" }),
};

/** Write every moment below `root` as Slack's client does (docs.slack.dev: formatting dates). */
export function writeDates(root) {
  for (const it of root.querySelectorAll("time[data-at]")) {
    const at = new Date(Number(it.dataset.at) * 1000);
    it.textContent = it.dataset.form.replace(/\{(\w+)\}/g, (written, name) => {
      const plain = name.replace(/_pretty$/, "");
      const near = plain === name ? null : day(it.dataset.at, { near: true });
      return near ?? DATES[plain]?.(at) ?? written;
    });
    it.title = inLocale(at, { dateStyle: "full", timeStyle: "long" });
  }
}
