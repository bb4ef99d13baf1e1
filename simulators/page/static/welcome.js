/** The first thing a newcomer reads: what to try. */

import { avatar, h, icon } from "./dom.js";
import { go } from "./route.js";
import { bot, emit, state } from "./state.js";
import { languageOf, t } from "./texts.js";

/** The card at the top of #general. */
export function welcome(it) {
  const im = [...state.channels.values()].find((other) => other.kind === "im");
  const command = state.commands[0]?.command ?? "/gemini";
  const ask = (text) => emit("ask", { channel: it.id, text });
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
        ask,
      ),
      suggestion("slash", t("tryCommand"), `${command} ${t("tryCommandText")}`, "try-command", ask),
      im ? suggestion("reply", t("tryDm"), t("tryDmText"), "try-dm", () => go(im.id)) : null,
    ),
    identity(),
    h("p", { className: "tip" }, icon("pulse"), t("welcomeTip")),
  );
}

/** Who one is here, and the first person with another language: one click, one language. */
function identity() {
  const { me, users } = state;
  const language = languageOf(me.locale);
  const other = [...users.values()].find((it) => !it.is_bot && languageOf(it.locale) !== language);
  return h(
    "p",
    { className: "identity" },
    h("span", {}, t("youAre", { name: me.display_name })),
    other
      ? h(
          "button",
          {
            type: "button",
            className: "link",
            lang: other.locale,
            onclick: () => emit("become", other.id),
            data: { testid: "other-language" },
          },
          // Said in the language that it leads to, for whoever cannot read this one.
          t("become", { language: languageOf(other.locale), name: other.display_name }),
        )
      : null,
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
