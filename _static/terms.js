/* Shows a glossary word's definition on hover, on focus and on a tap. It stays while the pointer is on it;
   Escape closes it (WCAG 2.2, success criterion 1.4.13). A finger cannot hover: the first tap on a word
   shows the definition, the second follows the link to the glossary. */
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
  let tapped = null;
  let finger = false;

  const hide = () => {
    clearTimeout(leaving);
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
    term.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") leave();
    });
    term.addEventListener("click", (event) => {
      // Enter clicks too, without a finger: it has no detail.
      if (!finger || event.detail === 0 || tapped === term) return;
      event.preventDefault();
      tapped = term;
      show(term);
    });
    term.addEventListener("focus", () => show(term));
    term.addEventListener("blur", hide);
  }
  tip.addEventListener("pointerenter", () => clearTimeout(leaving));
  tip.addEventListener("pointerleave", leave);
  // A tap elsewhere closes it; Safari gives a tapped link no focus, so there is no blur to wait for.
  document.addEventListener("pointerdown", (event) => {
    finger = event.pointerType === "touch";
    if (event.target === shown || shown?.contains(event.target) || tip.contains(event.target)) return;
    tapped = null;
    hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
});
