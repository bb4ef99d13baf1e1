/** The page's texts in Japanese and English, chosen by the user's locale. */

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
  replies: "{n} 件の返信",
  openThread: "スレッドを開く",
  replyInThread: "スレッドで返信",
  continueInThread: "スレッドで続ける",
  react: "リアクションを付ける",
  edit: "編集",
  remove: "削除",
  moreActions: "その他の操作",
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
  newMessages: "新しいメッセージ",
  stop: "停止",
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
  welcomeTip: "右のパネルでは、質問がたどった道筋を確認したり、わざと障害を起こしたりできます。",
  trace: "トレース",
  faults: "障害",
  traceEmpty: "質問すると、その道筋がここにミリ秒単位で表示されます。",
  traceFirst: "最初の合図",
  traceAck: "応答確認",
  traceAnswer: "回答",
  running: "処理中",
  failed: "失敗",
  recovered: "回復",
  done: "完了",
  showMessage: "メッセージを表示",
  showTrace: "トレースを表示",
  waterfall: "{name} のステップ",
  spans: "両サービスのスパン（{n} 件）",
  redelivery: "再配送 {n} 回目",
  attempt: "{n} 回目の配送",
  total: "合計",
  mergedSteps: "×{n}",
  faultIntro:
    "スイッチを入れると、次の操作から実際に障害が起きます。回答がどうなるか確かめてください。",
  inForce: "有効な障害",
  noFaults: "いまは何も壊れていません。",
  clearAll: "すべて解除",
  untilOff: "解除するまで",
  timesLeft: "残り {n} 回",
  times: "回",
  seconds: "秒",
  removeRule: "この障害を解除",
  fGemini503: "Gemini が 503 を返す",
  fGemini503Text: "混雑時のエラー。再試行と予備のモデルで乗り切ります。",
  fGeminiSlow: "Gemini が遅い",
  fGeminiSlowText: "最初の文字までに時間がかかります。",
  fGeminiCut: "Gemini が途中で切れる",
  fGeminiCutText: "回答の途中で接続が失われます。",
  fSlack429: "Slack が 429 を返す",
  fSlack429Text: "投稿の制限（chat.postMessage）に達した状態です。",
  fSlackDrop: "投稿は成功、応答は消失",
  fSlackDropText: "Slack は受け取ったのに、接続が切れます。二重投稿にならないことを確認できます。",
  fPubsubDown: "Pub/Sub が停止",
  fPubsubDownText: "質問を受け付けられません。Slack が再送します。",
  fPushTwice: "Pub/Sub が二重に配送",
  fPushTwiceText: "同じ質問が 2 回届きます。回答は 1 つのままです。",
  fSocket: "ソケットを切断",
  fSocketText: "次のイベントの直前に Slack との接続が切れます。",
  requestFailed: "うまくいきませんでした（{error}）。",
  serverGone: "サーバーに接続できません。起動しているか確認してください。",
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
  replies: "{n} replies",
  openThread: "Open the thread",
  replyInThread: "Reply in thread",
  continueInThread: "Continue in the thread",
  react: "Add a reaction",
  edit: "Edit",
  remove: "Delete",
  moreActions: "More actions",
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
  newMessages: "New messages",
  stop: "Stop",
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
    "The panel on the right shows the way each question took, and lets you break things on purpose.",
  trace: "Trace",
  faults: "Faults",
  traceEmpty: "Ask something: the way it takes appears here, by the millisecond.",
  traceFirst: "first sign",
  traceAck: "ack",
  traceAnswer: "answer",
  running: "running",
  failed: "failed",
  recovered: "recovered",
  done: "done",
  showMessage: "Show the message",
  showTrace: "Show the trace",
  waterfall: "Steps of {name}",
  spans: "Spans of both services ({n})",
  redelivery: "redelivery {n}",
  attempt: "delivery {n}",
  total: "total",
  mergedSteps: "×{n}",
  faultIntro: "A switch takes effect with the next operation. See what becomes of the answer.",
  inForce: "In force",
  noFaults: "Nothing is broken at the moment.",
  clearAll: "Clear all",
  untilOff: "until switched off",
  timesLeft: "{n} left",
  times: "×",
  seconds: "s",
  removeRule: "Remove this fault",
  fGemini503: "Gemini answers 503",
  fGemini503Text: "Overloaded. Retries and the fallback model carry on.",
  fGeminiSlow: "Gemini is slow",
  fGeminiSlowText: "The first token takes its time.",
  fGeminiCut: "Gemini breaks off",
  fGeminiCutText: "The connection is lost in the middle of an answer.",
  fSlack429: "Slack answers 429",
  fSlack429Text: "The limit of chat.postMessage is reached.",
  fSlackDrop: "Posted, but no response",
  fSlackDropText: "Slack takes the post, then the connection drops. Nothing is posted twice.",
  fPubsubDown: "Pub/Sub is down",
  fPubsubDownText: "Questions can't be accepted; Slack sends them again.",
  fPushTwice: "Pub/Sub delivers twice",
  fPushTwiceText: "The same question arrives two times. There is still one answer.",
  fSocket: "Socket disconnects",
  fSocketText: "The connection to Slack is lost right before the next event.",
  requestFailed: "That did not work ({error}).",
  serverGone: "The server can't be reached. Is it running?",
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

/** "14:03" of a message's ts. */
export function clock(ts) {
  return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" }).format(dateOf(ts));
}

/** The date and time of a message in full. */
export function fullDate(ts) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium" }).format(
    dateOf(ts),
  );
}

/** The day of a message: today, yesterday or its date. */
export function day(ts) {
  const days = Math.round((startOfDay(new Date()) - startOfDay(dateOf(ts))) / 86_400_000);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
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
