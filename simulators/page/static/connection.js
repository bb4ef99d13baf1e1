/** The page's line to the server: a WebSocket that reconnects, and requests that never throw. */

import { apply, emit, state } from "./state.js";
import { t } from "./texts.js";

let socket = null;
let attempt = 0;
let timer = null;

/** Connect as this user; null: as one who reads the browser's language. Ends an earlier connection. */
export function connect(userId) {
  clearTimeout(timer);
  socket?.close();
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const query = new URLSearchParams(userId ? { user: userId } : { languages: navigator.languages });
  const own = (socket = new WebSocket(`${scheme}://${location.host}/page/ws?${query}`));
  own.onmessage = ({ data }) => {
    if (own !== socket) return;
    attempt = 0;
    setOnline(true);
    apply(JSON.parse(data));
  };
  own.onclose = () => {
    if (own !== socket) return;
    setOnline(false);
    attempt += 1;
    timer = setTimeout(() => connect(state.me?.id ?? userId), Math.min(5000, 250 * 2 ** attempt));
  };
}

function setOnline(online) {
  if (state.online === online) return;
  state.online = online;
  emit("connection");
}

/** POST to the page's API as the current user; a refusal is told to the reader and returned. */
export function post(path, body = {}) {
  return request("POST", path, JSON.stringify({ user: state.me.id, ...body }), {
    "content-type": "application/json",
  });
}

/** DELETE on the page's API. */
export function remove(path) {
  return request("DELETE", path);
}

/** Upload one file; the answer has its `file`. */
export function upload(file) {
  const form = new FormData();
  form.append("user", state.me.id);
  form.append("file", file, file.name || "pasted.png");
  return request("POST", "upload", form);
}

async function request(method, path, body, headers = {}) {
  try {
    const response = await fetch(`/page/api/${path}`, { method, body, headers });
    const answer = response.ok ? await response.json() : { ok: false, error: response.status };
    if (answer.ok === false)
      emit("notice", answer.text || t("requestFailed", { error: answer.error }));
    return answer;
  } catch {
    emit("notice", t("serverGone"));
    return { ok: false, error: "unreachable" };
  }
}
