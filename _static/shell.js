/* The frame of the page: light or dark, the contents on a phone, a key for the search. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const root = document.documentElement;
  themeButton(root);
  contentsDrawer(root);
  searchKey();
  boxedTables();
  scrollingBoxes();
});

function themeButton(root) {
  const button = document.getElementById("ll-theme");
  if (!button) return;
  const say = () => {
    const other = root.dataset.theme === "dark" ? "light" : "dark";
    button.querySelector(".ll-hear").textContent = `Change to the ${other} page`;
    button.title = `Change to the ${other} page`;
  };
  button.addEventListener("click", () => {
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("lambda-lab-theme", root.dataset.theme);
    } catch {
      // A browser that keeps nothing still changes this page.
    }
    say();
  });
  button.hidden = false;
  say();
}

/* Without this script the button is a link to the contents, which then stand under the text. */
function contentsDrawer(root) {
  const button = document.getElementById("ll-menu");
  const contents = document.getElementById("ll-contents");
  const veil = document.getElementById("ll-veil");
  const behind = [document.getElementById("ll-text"), document.querySelector(".ll-footer")];
  if (!button || !contents || !veil) return;
  button.setAttribute("role", "button");
  button.setAttribute("aria-controls", contents.id);
  const show = (open) => {
    root.dataset.menu = open ? "open" : "closed";
    button.setAttribute("aria-expanded", String(open));
    for (const element of behind) if (element) element.inert = open;
    if (open) contents.querySelector("a")?.focus({ preventScroll: true });
  };
  const isOpen = () => root.dataset.menu === "open";
  show(false);
  button.addEventListener("click", (event) => {
    event.preventDefault();
    show(!isOpen());
  });
  button.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    show(!isOpen());
  });
  veil.addEventListener("click", () => show(false));
  contents.addEventListener("click", (event) => {
    if (event.target.closest("a")) show(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    show(false);
    button.focus();
  });
  matchMedia("(min-width: 56.01rem)").addEventListener("change", () => show(false));
}

function searchKey() {
  const field = document.getElementById("ll-find");
  if (!field) return;
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (field.offsetParent === null) return;
    event.preventDefault();
    field.focus();
  });
}

/* A wide table scrolls in a box of its own. */
function boxedTables() {
  for (const table of document.querySelectorAll("article table")) {
    if (table.closest(".ll-scroll, .ll-sheet, .cell_output")) continue;
    const box = document.createElement("div");
    box.className = "ll-scroll";
    table.replaceWith(box);
    box.append(table);
  }
}

/* The keyboard reaches whatever scrolls sideways, and nothing that does not: WCAG 2.2, 2.1.1. */
function scrollingBoxes() {
  const boxes = document.querySelectorAll("article :is(pre, .cell_output, .ll-scroll, .ll-formula)");
  const mark = () => {
    // First look, then change: each change would make the browser lay the page out again.
    const wide = [...boxes].map((box) => box.scrollWidth > box.clientWidth);
    boxes.forEach((box, at) => {
      if (!wide[at]) {
        box.removeAttribute("tabindex");
        box.removeAttribute("role");
        box.removeAttribute("aria-label");
        return;
      }
      box.tabIndex = 0;
      if (!box.matches(".ll-scroll")) return;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", nameOf(box));
    });
  };
  const nameOf = (box) => {
    const caption = box.querySelector("caption")?.textContent.trim();
    const heading = box.closest("section")?.querySelector(":scope > :is(h1, h2, h3, h4)");
    return caption || `Wide table: ${heading?.firstChild.textContent.trim() ?? document.title}`;
  };
  mark();
  window.addEventListener("resize", mark);
  // What is folded has no width until it is opened. This event does not bubble.
  document.addEventListener("toggle", mark, true);
}
