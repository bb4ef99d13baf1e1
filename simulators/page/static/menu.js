/** Small menus under buttons. */

import { h } from "./dom.js";

/** A small menu under a button; a choice, Esc or a click elsewhere closes it. */
export function menu(anchor, className, items) {
  document.querySelector(".menu")?.remove();
  const box = h("div", { className: `menu ${className}`, role: "menu", popover: "auto" }, items);
  anchor.closest(".message").append(box);
  box.addEventListener("toggle", (event) => event.newState === "closed" && box.remove());
  box.addEventListener("click", () => (box.hidePopover(), anchor.focus()));
  box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step)
      (event.preventDefault(),
        items.at((items.indexOf(document.activeElement) + step) % items.length).focus());
  });
  box.showPopover();
  place(box, anchor.getBoundingClientRect());
  items[0]?.focus();
}

function place(box, at) {
  box.style.setProperty(
    "left",
    `${Math.max(8, Math.min(at.right, innerWidth - 8) - box.offsetWidth)}px`,
  );
  const below = at.bottom + 4 + box.offsetHeight < innerHeight;
  box.style.setProperty("top", `${below ? at.bottom + 4 : at.top - 4 - box.offsetHeight}px`);
}
