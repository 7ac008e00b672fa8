/* Sorts and filters the tables that _ext/lambda_book/sheet.py makes. Without this script they are whole.
   Where they fold in groups, each group is sorted by itself, and opens for what a filter finds. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const compare = new Intl.Collator("en", { numeric: true }).compare;

  function prepare(sheet) {
    const form = sheet.querySelector("form");
    const bodies = [...sheet.querySelectorAll("tbody")].map((body) => [body, [...body.rows]]);
    const heads = [...sheet.querySelectorAll("thead th")];
    const rows = bodies.flatMap(([, own]) => own);
    const groups = [...sheet.querySelectorAll("details.ll-group")];
    const status = form.querySelector("[role=status]");
    let descending = false;
    let narrowed = false;

    function text(row, column) {
      const cell = row.cells[column];
      return cell.dataset.order || cell.textContent.trim();
    }

    function order() {
      const column = form.order.value;
      for (const [body, own] of bodies) {
        const sorted = [...own];
        if (column !== "") {
          sorted.sort((a, b) => compare(text(a, column), text(b, column)) * (descending ? -1 : 1));
        }
        body.append(...sorted);
      }
      heads.forEach((head) => {
        const chosen = column === String(head.cellIndex);
        if (chosen) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
    }

    function filter() {
      const { order: _order, words, ...choices } = Object.fromEntries(new FormData(form));
      const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const row of rows) {
        const said = row.textContent.toLowerCase();
        const fits = Object.entries(choices).every(([name, value]) => {
          return !value || row.dataset[name] === value;
        }) && wanted.every((word) => said.includes(word));
        row.hidden = !fits;
        if (fits) count += 1;
      }
      status.textContent = `${count} of ${rows.length} ${sheet.dataset.noun}`;
      const before = narrowed;
      narrowed = count < rows.length;
      for (const group of groups) {
        group.hidden = !group.querySelector("tbody tr:not([hidden])");
        if (narrowed || before) group.open = narrowed && !group.hidden;
      }
    }

    for (const head of heads) {
      const at = head.cellIndex;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.addEventListener("click", () => {
        descending = form.order.value === String(at) && !descending;
        form.order.value = String(at);
        order();
      });
      head.replaceChildren(button);
    }
    form.order.addEventListener("input", () => {
      descending = false;
      order();
    });
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    filter();

    // A link to a row must find it, whatever the filter hides.
    function reveal() {
      const row = rows.find((one) => one.id && one.id === window.location.hash.slice(1));
      if (!row || !row.hidden) return;
      form.reset();
      filter();
      order();
      const group = row.closest("details");
      if (group) group.open = true;
      row.scrollIntoView();
    }
    window.addEventListener("hashchange", reveal);
    reveal();
  }

  document.querySelectorAll(".ll-sheet").forEach(prepare);
});
