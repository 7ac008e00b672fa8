/* The frame of the page: light or dark, the contents on a phone, a key for the search. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const root = document.documentElement;
  themeButton(root);
  contentsDrawer(root);
  searchKey();
  scrollableTables();
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

/* A wide table scrolls in a box of its own, which the keyboard can reach. */
function scrollableTables() {
  for (const table of document.querySelectorAll("article table")) {
    if (table.closest(".ll-scroll, .cell_output")) continue;
    const box = document.createElement("div");
    box.className = "ll-scroll";
    table.replaceWith(box);
    box.append(table);
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", table.caption?.textContent.trim() || "Wide table");
    }
  }
}
