/** What the app suggests to ask it in its direct message; a click sends it, as in Slack. */

import { besideLine } from "./beside.js";
import { post } from "./connection.js";
import { h } from "./dom.js";
import { channel, emit, isBotIm, state } from "./state.js";

/** Draw the suggestions above the composer of the direct message. */
export function drawSuggestions() {
  const box = document.getElementById("suggestions");
  const { tab, channel: id } = state.route;
  const here = tab !== "home" && isBotIm(channel());
  const suggested = here ? state.suggested : null;
  const beside = here ? besideLine(drawSuggestions) : [];
  box.hidden = !suggested && !beside.length;
  box.replaceChildren(
    ...beside,
    h("span", {}, suggested?.title ?? ""),
    ...(suggested?.prompts ?? []).map(({ title, message }) =>
      h(
        "button",
        {
          type: "button",
          title: message,
          data: { testid: "suggestion" },
          onclick: async () => {
            const answer = await post("post", { channel: id, text: message });
            if (answer.ok) emit("sent", { inThread: false });
          },
        },
        title,
      ),
    ),
  );
}
