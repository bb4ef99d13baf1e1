/** Building the page's own elements. Text given here is always text, never HTML. */

const ICONS = {
  hash: "M6.5 3 5 17M13 3l-1.5 14M3.5 7.5h13.5M3 12.5h13.5",
  lock: "M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  send: "M3 4l14 6-14 6 3-6zM6 10h11",
  clip: "M14.5 9.5 9 15a3.2 3.2 0 0 1-4.5-4.5l6-6a2.2 2.2 0 0 1 3.1 3.1l-5.8 5.8a1 1 0 0 1-1.5-1.5l5-5",
  at: "M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0zm0-3v4.5a2 2 0 0 0 4 0V10a7 7 0 1 0-3 5.7",
  slash: "M12.5 3 7.5 17",
  close: "M5 5l10 10M15 5 5 15",
  back: "M12.5 4 6.5 10l6 6",
  smile: "M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0zM7 11.5c1.5 2.5 4.5 2.5 6 0M7.5 8v.01M12.5 8v.01",
  reply: "M4 4.5h12v8.5H9l-3.5 3v-3H4z",
  edit: "M4 16l.8-3.5L13 4.3l2.7 2.7-8.2 8.2z",
  trash: "M4.5 6h11M8 6V4h4v2M6 6l.7 10h6.6L14 6",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  moon: "M15.5 12.5A6.5 6.5 0 0 1 7.5 4.5a6.5 6.5 0 1 0 8 8z",
  sun: "M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM10 2v2M10 16v2M2 10h2M16 10h2M4.3 4.3l1.4 1.4M14.3 14.3l1.4 1.4M4.3 15.7l1.4-1.4M14.3 5.7l1.4-1.4",
  pulse: "M2.5 10.5h3l2.5-6 4 11 2.5-5h3",
  search: "M13.5 8.5a5 5 0 1 1-10 0 5 5 0 0 1 10 0zM12.2 12.2 17 17",
  eye: "M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5zM12 10a2 2 0 1 1-4 0 2 2 0 0 1 4 0z",
  stop: "M6 6h8v8H6z",
  copy: "M7.5 7.5H16V16H7.5zM12.5 7.5V4H4v8.5h3.5",
  check: "M4.5 10.5l3.5 3.5 7.5-8",
  chevron: "M5.5 8l4.5 4.5L14.5 8",
  down: "M10 4v12M5 11l5 5 5-5",
  file: "M5.5 3h6l3.5 3.5V17h-9.5zM11 3v4h4",
  positive:
    "M3.5 9H6v7H3.5zM6 9l3-6c1.5 0 2 1 1.7 2.5L10.2 8H15c1 0 1.7 1 1.4 2l-1.4 4.8c-.2.7-.8 1.2-1.5 1.2H6",
  negative:
    "M3.5 11H6V4H3.5zM6 11l3 6c1.5 0 2-1 1.7-2.5L10.2 12H15c1 0 1.7-1 1.4-2L15 5.2C14.8 4.5 14.2 4 13.5 4H6",
  plus: "M10 4v12M4 10h12",
};

/** An element with properties (`on*` are listeners, `data` and `aria` are maps) and children. */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "data")
      for (const [k, v] of Object.entries(value)) v != null && (element.dataset[k] = v);
    else if (key === "aria")
      for (const [k, v] of Object.entries(value)) v != null && element.setAttribute(`aria-${k}`, v);
    else if (key === "style")
      for (const [k, v] of Object.entries(value)) element.style.setProperty(k, v);
    else if (key === "html")
      element.innerHTML = value; // Only what the server has rendered.
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key === "className" ? "class" : key, value);
  }
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Put these children, as `h` takes them, into `parent` instead of what is there; the focus stays. */
export function fill(parent, ...children) {
  const { testid } = parent.contains(document.activeElement) ? document.activeElement.dataset : {};
  parent.replaceChildren(...h("div", {}, ...children).childNodes);
  if (testid)
    parent.querySelector(`[data-testid="${CSS.escape(testid)}"]`)?.focus({ preventScroll: true });
}

/** One of the page's line icons; it is decoration, the control around it has the name. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "svg-icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name] ?? ICONS.more);
  svg.append(path);
  return svg;
}

/** A button that shows only an icon and is named by its label. */
export function iconButton(name, label, onclick, more = {}) {
  return h(
    "button",
    { type: "button", className: "icon-button", title: label, aria: { label }, onclick, ...more },
    icon(name),
  );
}

/** A user's picture: the initial on their colour. */
export function avatar(user, size = "") {
  const face = h("span", {
    className: `avatar ${size} ${user?.is_bot ? "bot" : ""}`,
    aria: { hidden: "true" },
  });
  if (user?.is_bot) face.append(botFace());
  else face.append([...(user?.display_name || user?.name || "?")][0].toUpperCase());
  if (user?.color && !user.is_bot)
    face.style.setProperty("--user", `#${user.color.replace("#", "")}`);
  return face;
}

function botFace() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.innerHTML = `<path d="M16 11V7" stroke="currentColor" stroke-width="2.5"/><rect x="7" y="11" width="18" height="13" rx="4" fill="currentColor"/><circle class="eye" cx="12.5" cy="17.5" r="2"/><circle class="eye" cx="19.5" cy="17.5" r="2"/>`;
  return svg;
}

/**
 * Whether a key belongs to the conversion of Japanese words and is not meant for the page. Safari
 * tells of the key that ends one only afterwards, by its code (229).
 */
export const converts = (event) => event.isComposing || event.keyCode === 229;

/** Run `task` before the next frame, once, however often it is asked for. */
export function oncePerFrame(task) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      task();
    });
  };
}
