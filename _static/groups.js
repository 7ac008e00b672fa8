/* Groups of rows or cards that fold. They open and close without this script; with it they open where a
   link or a search points, and on paper. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const groups = [...document.querySelectorAll("details.ll-group")];
  if (groups.length === 0) return;

  const all = document.createElement("button");
  all.type = "button";
  all.className = "ll-groups-all";
  const open = () => groups.some((group) => group.open);
  const say = () => {
    all.textContent = open() ? "Close every group" : "Open every group";
  };
  all.addEventListener("click", () => {
    const wanted = !open();
    for (const group of groups) group.open = wanted;
  });
  for (const group of groups) group.addEventListener("toggle", say);
  const form = document.querySelector("form:is(.ll-sheet-form, .ll-claims-filter)");
  if (form) form.after(all);
  else groups[0].before(all);
  say();

  // Browsers open what an address names, but not all of them, and not when a script had hidden it.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
    const group = target?.closest("details.ll-group");
    if (!group || group.open) return;
    group.open = true;
    target.scrollIntoView();
  }
  window.addEventListener("hashchange", reveal);
  reveal();

  // From the search: Sphinx has marked the words by now.
  window.addEventListener("load", () => {
    for (const group of groups) if (group.querySelector(".highlighted")) group.open = true;
  });

  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = groups.filter((group) => !group.open);
    for (const group of opened) group.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const group of opened) group.open = false;
  });
});
