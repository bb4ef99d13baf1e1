/** The page's texts in Japanese and English, chosen by the user's locale. */

import { FAULTS_EN, FAULTS_JA } from "./texts_faults.js";
import { TRACE_EN, TRACE_JA } from "./texts_trace.js";

const JA = {
  workspace: "ローカルワークスペース",
  channels: "チャンネル",
  directMessages: "ダイレクトメッセージ",
  switchUser: "ユーザーを切り替える",
  online: "オンライン",
  offline: "オフライン",
  connected: "接続済み",
  reconnecting: "サーバーに接続し直しています…",
  botOffline: "Mechachang は接続していません",
  sockets: "ソケット {n} 本",
  theme: "明るさを切り替える",
  back: "戻る",
  close: "閉じる",
  jumpTo: "移動先を検索",
  jumpToHint: "チャンネルや相手の名前",
  nothingFound: "見つかりませんでした。",
  messagesTab: "メッセージ",
  homeTab: "ホーム",
  panel: "トレースと障害のパネル",
  notMember: "Mechachang はこのチャンネルに参加していません",
  composerChannel: "#{name} へのメッセージ",
  composerIm: "{name} へのメッセージ",
  composerThread: "返信する",
  send: "送信",
  sending: "送信しています…",
  attach: "ファイルを添付",
  mention: "メンション",
  command: "コマンド",
  composerHelp: "Enter で送信、Shift + Enter で改行",
  removeFile: "{name} を外す",
  uploading: "アップロード中…",
  dropHere: "ここにドロップして添付",
  commandHint: "コマンド",
  mentionHint: "メンション",
  thread: "スレッド",
  threadGone: "このスレッドは見つかりません。入力中の文章は下に残っています。",
  replies: "{n} 件の返信",
  openThread: "スレッドを開く",
  replyInThread: "スレッドで返信",
  continueInThread: "スレッドで続ける",
  react: "リアクションを付ける",
  edit: "編集",
  remove: "削除",
  moreActions: "その他の操作",
  forward: "{name} に転送して聞く",
  beside: "横に開いているチャンネル：#{name}",
  closeBeside: "#{name} を閉じる",
  newGroup: "グループで話す",
  groupHelp: "Mechachang と、選んだ人が参加します。後から人を加えることはできません。",
  startGroup: "始める",
  actionsOf: "{name}のメッセージの操作",
  tableScrolls: "表（横にスクロールできます）",
  table: "表",
  code: "コード",
  edited: "（編集済み）",
  onlyYou: "あなただけに表示されています",
  dismiss: "非表示にする",
  save: "保存",
  cancel: "キャンセル",
  editHelp: "Esc でキャンセル、Enter で保存",
  deleteTitle: "メッセージを削除しますか？",
  deleteText: "この操作は取り消せません。",
  app: "アプリ",
  you: "（あなた）",
  today: "今日",
  yesterday: "昨日",
  tomorrow: "明日",
  newMessages: "新しいメッセージ",
  stop: "停止",
  atWork: "{name} が作業中です",
  sessionWorking: "作業中",
  sessionReady: "待機中",
  task_pending: "未着手",
  task_in_progress: "進行中",
  task_complete: "完了",
  task_error: "失敗",
  taskSources: "出典",
  copy: "コピー",
  copied: "コピーしました",
  optional: "（任意）",
  required: "この項目を入力してください。",
  submit: "送信",
  emptyHome: "ホームタブにはまだ何も公開されていません。",
  thinking: "{name} {status}",
  start: "#{name} の始まりです",
  startIm: "{name} とのダイレクトメッセージの始まりです",
  startTopic: "ここから会話が始まります。",
  welcome: "Mechachang に質問してみましょう",
  welcomeText:
    "Slack も Gemini も、すべてこのマシンの中で動いています。次のどれかを試してみてください。",
  tryMention: "メンションして質問する",
  tryMentionText: "素数を判定する Python の関数を書いてください",
  tryDm: "ダイレクトメッセージで相談する",
  tryDmText: "1 対 1 で、続けて質問できます",
  tryCommand: "スラッシュコマンドを使う",
  tryCommandText: "リモート会議を短くするコツを教えてください",
  youAre: "いまは{name}さんとして使っています。",
  become: "Use it in {language}, as {name}",
  welcomeTip: "トレースのパネル（右上のボタン）では、質問がたどった道筋を確認したり、わざと障害を起こしたりできます。",
  ...TRACE_JA,
  ...FAULTS_JA,
  requestFailed: "うまくいきませんでした（{error}）。",
  serverGone: "サーバーに接続できないため、操作は反映されていません。起動しているか確認してください。",
  noThreadCommands: "スラッシュコマンドはスレッドの中では使えません。",
};

const EN = {
  workspace: "Local workspace",
  channels: "Channels",
  directMessages: "Direct messages",
  switchUser: "Switch user",
  online: "online",
  offline: "offline",
  connected: "Connected",
  reconnecting: "Reconnecting to the server…",
  botOffline: "Mechachang is not connected",
  sockets: "{n} sockets",
  theme: "Switch between light and dark",
  back: "Back",
  close: "Close",
  jumpTo: "Jump to…",
  jumpToHint: "Name of a channel or person",
  nothingFound: "Nothing found.",
  messagesTab: "Messages",
  homeTab: "Home",
  panel: "Trace and fault panel",
  notMember: "Mechachang is not in this channel",
  composerChannel: "Message #{name}",
  composerIm: "Message {name}",
  composerThread: "Reply…",
  send: "Send",
  sending: "Sending…",
  attach: "Attach a file",
  mention: "Mention",
  command: "Command",
  composerHelp: "Enter sends, Shift + Enter starts a new line",
  removeFile: "Remove {name}",
  uploading: "Uploading…",
  dropHere: "Drop to attach",
  commandHint: "Commands",
  mentionHint: "Mentions",
  thread: "Thread",
  threadGone: "This thread is gone. What you were typing is still below.",
  replies: "{n} replies",
  openThread: "Open the thread",
  replyInThread: "Reply in thread",
  continueInThread: "Continue in the thread",
  react: "Add a reaction",
  edit: "Edit",
  remove: "Delete",
  moreActions: "More actions",
  forward: "Forward to {name}",
  beside: "Open beside this: #{name}",
  closeBeside: "Close #{name}",
  newGroup: "Start a group message",
  groupHelp: "Mechachang and the people you choose are in it. Nobody can be added later.",
  startGroup: "Start",
  actionsOf: "Actions for the message of {name}",
  tableScrolls: "Table (scrolls sideways)",
  table: "Table",
  code: "Code",
  edited: "(edited)",
  onlyYou: "Only visible to you",
  dismiss: "Dismiss",
  save: "Save",
  cancel: "Cancel",
  editHelp: "Esc cancels, Enter saves",
  deleteTitle: "Delete this message?",
  deleteText: "This cannot be undone.",
  app: "APP",
  you: "(you)",
  today: "Today",
  yesterday: "Yesterday",
  tomorrow: "Tomorrow",
  newMessages: "New messages",
  stop: "Stop",
  atWork: "{name} is at work",
  sessionWorking: "At work",
  sessionReady: "Ready",
  task_pending: "Not begun",
  task_in_progress: "In progress",
  task_complete: "Done",
  task_error: "Failed",
  taskSources: "Sources",
  copy: "Copy",
  copied: "Copied",
  optional: "(optional)",
  required: "Please complete this field.",
  submit: "Submit",
  emptyHome: "Nothing has been published to the Home tab yet.",
  thinking: "{name} {status}",
  start: "This is the beginning of #{name}",
  startIm: "This is the beginning of your conversation with {name}",
  startTopic: "The conversation starts here.",
  welcome: "Ask Mechachang something",
  welcomeText: "Slack, Gemini and everything between them run on this machine. Try one of these:",
  tryMention: "Ask by mentioning it",
  tryMentionText: "Write a Python function that tests whether a number is prime",
  tryDm: "Talk in a direct message",
  tryDmText: "One to one, with follow-up questions",
  tryCommand: "Use the slash command",
  tryCommandText: "How can we keep remote meetings short?",
  youAre: "You are {name}.",
  become: "{language}で使う（{name}として）",
  welcomeTip:
    "The trace panel (button at the top right) shows the way each question took, and lets you break things on purpose.",
  ...TRACE_EN,
  ...FAULTS_EN,
  requestFailed: "That did not work ({error}).",
  serverGone: "The server can't be reached, so nothing was changed. Is it running?",
  noThreadCommands: "Slash commands can't be used in threads.",
};

let texts = EN;
let locale = "en";

/** Use the texts for a user's Slack locale, such as "ja-JP". */
export function useLocale(userLocale) {
  locale = userLocale || "en";
  texts = locale.startsWith("ja") ? JA : EN;
  document.documentElement.lang = locale.startsWith("ja") ? "ja" : "en";
}

/** A language by its own name: "日本語" for "ja-JP". */
export function languageOf(userLocale) {
  const language = userLocale.split("-")[0];
  return new Intl.DisplayNames([language], { type: "language" }).of(language);
}

/** The text named `key`, with `{name}` replaced by the values. */
export function t(key, values = {}) {
  const text =
    key === "replies" && values.n === 1 && texts === EN
      ? "1 reply"
      : (texts[key] ?? EN[key] ?? key);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** A moment in the reader's language and time zone; `form` is what Intl.DateTimeFormat takes. */
export function inLocale(at, form) {
  return new Intl.DateTimeFormat(locale, form).format(at);
}

/** "14:03" of a message's ts. */
export function clock(ts) {
  return inLocale(dateOf(ts), { timeStyle: "short" });
}

/** The date and time of a message in full. */
export function fullDate(ts) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium" }).format(
    dateOf(ts),
  );
}

/** The day of a message: today, yesterday or its date; with `near` null instead of a date. */
export function day(ts, { near = false } = {}) {
  const days = Math.round((startOfDay(new Date()) - startOfDay(dateOf(ts))) / 86_400_000);
  const named = { 0: "today", 1: "yesterday", [-1]: near ? "tomorrow" : null }[days];
  if (named) return t(named);
  if (near) return null;
  return new Intl.DateTimeFormat(locale, {
    month: "long",
    day: "numeric",
    weekday: "short",
  }).format(dateOf(ts));
}

/** Milliseconds for people: "12 ms", "1.84 s". */
export function duration(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 60_000).toFixed(1)} min`;
}

function dateOf(ts) {
  return new Date(parseFloat(ts) * 1000);
}

function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
