/* Filters the cards of the ledger. Without this script the page shows them all. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form.ll-claims-filter");
  if (!form) return;
  const cards = [...document.querySelectorAll(".ll-claim")];
  const sections = [...document.querySelectorAll("section")].filter((one) => {
    return one.querySelector(":scope > .ll-group");
  });
  const groups = [...document.querySelectorAll(".ll-group")];
  let narrowed = false;
  const status = form.querySelector("[role=status]");
  form.hidden = false;

  function show() {
    const { note, verdict, words } = Object.fromEntries(new FormData(form));
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const card of cards) {
      const text = card.textContent.toLowerCase();
      const fits = (!note || card.classList.contains(`ll-claim-note-${note}`))
        && (!verdict || card.classList.contains(`ll-claim-${verdict}`))
        && wanted.every((word) => text.includes(word));
      card.hidden = !fits;
      if (fits) count += 1;
    }
    for (const part of [...sections, ...groups]) {
      part.hidden = !part.querySelector(".ll-claim:not([hidden])");
    }
    const before = narrowed;
    narrowed = count < cards.length;
    if (narrowed || before) for (const group of groups) group.open = narrowed && !group.hidden;
    status.textContent = `${count} of ${cards.length} claims`;
  }

  // A link to a card must find it, whatever the filter hides.
  function reveal() {
    const card = document.getElementById(window.location.hash.slice(1));
    if (!card || !card.classList.contains("ll-claim") || !card.hidden) return;
    form.reset();
    show();
    card.closest("details").open = true;
    card.scrollIntoView();
  }

  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", reveal);
  show();
  reveal();
});
