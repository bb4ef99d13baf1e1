/** What was typed and not sent yet, by author and place; a tab that is loaded again still has it. */

const drafts = new Map(JSON.parse(sessionStorage.getItem("drafts") ?? "[]"));

/** The draft that waits there: its text, and its files. */
export const draftAt = (key) => drafts.get(key) ?? { text: "", files: [] };

/** Keep a draft, or nothing where there is none; a file that is still under way waits in this page alone. */
export function keepDraft(key, { text, files }) {
  if (text.trim() || files.length) drafts.set(key, { text, files });
  else drafts.delete(key);
  const lasting = (name, value) => (name === "files" ? value.filter((it) => !it.pending) : value);
  sessionStorage.setItem("drafts", JSON.stringify([...drafts], lasting));
}
