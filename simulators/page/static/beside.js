/** What stands beside the app's direct message: the channel read before, which Slack tells the app. */

import { post } from "./connection.js";
import { h, iconButton } from "./dom.js";
import { channel, channelName, isBotIm, state } from "./state.js";
import { t } from "./texts.js";

/** The reader has gone on: keep the channel that they came from open beside the app. */
export function keepBeside() {
  const it = channel();
  if (it && ["channel", "private"].includes(it.kind)) return void (state.beside = it.id);
  if (isBotIm(it) && state.besideTold !== state.beside) look(state.beside);
}

/** Name it, with a way to close it; nothing if there is none. */
export function besideLine(redraw) {
  const it = state.channels.get(state.beside);
  if (!it) return [];
  const close = () => (look(null), redraw());
  return [
    h(
      "span",
      { className: "beside", data: { testid: "beside" } },
      t("beside", { name: channelName(it) }),
      iconButton("close", t("closeBeside", { name: channelName(it) }), close),
    ),
  ];
}

function look(id) {
  state.beside = state.besideTold = id;
  post("look", id ? { channel: id } : {});
}
