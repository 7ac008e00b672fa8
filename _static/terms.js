/* Shows a glossary word's definition on hover and on focus. It stays while the pointer is on it; Escape
   closes it (WCAG 2.2, success criterion 1.4.13). */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const terms = document.querySelectorAll("a.ll-term[data-definition]");
  if (terms.length === 0) return;
  const tip = document.createElement("div");
  tip.className = "ll-explain";
  tip.id = "ll-explain";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  let shown = null;
  let leaving = 0;

  const hide = () => {
    tip.hidden = true;
    shown?.removeAttribute("aria-describedby");
    shown = null;
  };
  const show = (term) => {
    clearTimeout(leaving);
    if (shown && shown !== term) hide();
    shown = term;
    tip.textContent = term.dataset.definition;
    tip.hidden = false;
    term.setAttribute("aria-describedby", tip.id);
    const box = term.getClientRects()[0];
    const room = document.documentElement.clientWidth - tip.offsetWidth - 16;
    const above = box.top - tip.offsetHeight - 8;
    const top = above > 70 ? above : box.bottom + 8;
    tip.style.left = `${Math.max(16, Math.min(box.left, room)) + scrollX}px`;
    tip.style.top = `${top + scrollY}px`;
  };
  const leave = () => {
    leaving = setTimeout(hide, 200);
  };
  for (const term of terms) {
    term.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") show(term);
    });
    term.addEventListener("pointerleave", leave);
    term.addEventListener("focus", () => show(term));
    term.addEventListener("blur", hide);
  }
  tip.addEventListener("pointerenter", () => clearTimeout(leaving));
  tip.addEventListener("pointerleave", leave);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
});
