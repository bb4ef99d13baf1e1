/** The first thing a newcomer reads: what to try. */

import { avatar, h, icon } from "./dom.js";
import { go } from "./route.js";
import { bot, emit, state } from "./state.js";
import { t } from "./texts.js";

/** The card at the top of #general. */
export function welcome(it) {
  const im = [...state.channels.values()].find((other) => other.kind === "im");
  const command = state.commands[0]?.command ?? "/gemini";
  const put = (text) => emit("compose", { channel: it.id, text });
  return h(
    "section",
    { className: "welcome", data: { testid: "welcome" } },
    h(
      "div",
      { className: "welcome-head" },
      avatar(bot(), "large"),
      h("div", {}, h("h2", {}, t("welcome")), h("p", {}, t("welcomeText"))),
    ),
    h(
      "div",
      { className: "tries" },
      suggestion(
        "at",
        t("tryMention"),
        `@${bot().display_name} ${t("tryMentionText")}`,
        "try-mention",
        put,
      ),
      suggestion("slash", t("tryCommand"), `${command} ${t("tryCommandText")}`, "try-command", put),
      im ? suggestion("reply", t("tryDm"), t("tryDmText"), "try-dm", () => go(im.id)) : null,
    ),
    h("p", { className: "tip" }, icon("pulse"), t("welcomeTip")),
  );
}

function suggestion(glyph, title, text, testid, act) {
  return h(
    "button",
    { type: "button", className: "try", onclick: () => act(text), data: { testid } },
    icon(glyph),
    h("span", {}, h("strong", {}, title), h("span", {}, text)),
  );
}
