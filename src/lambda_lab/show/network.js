/* The network explorer without a kernel: it looks up what show/network_settings.py has answered. */
(() => {
  "use strict";

  function place(sizes, chosen) {
    return chosen.reduce((sum, one, i) => sum * sizes[i] + one, 0);
  }

  function sentence(data, row) {
    const reached = data.names.filter((_, i) => data.texts[row[i]][0]);
    return `Reached: ${reached.join(", ") || "nothing"}.`;
  }

  function prepare(form) {
    form.dataset.ready = "yes";
    const data = JSON.parse(form.dataset.model);
    const controls = [...form.querySelectorAll("select")];
    const rows = form.querySelectorAll(".ll-net-rows tbody tr");
    const said = form.querySelector(".ll-net-said");

    function draw() {
      const row = data.grid[place(data.sizes, controls.map((one) => Number(one.value)))];
      row.forEach((text, i) => {
        const [, verdict, mark, why] = data.texts[text];
        const bold = rows[i].querySelector("b");
        bold.className = mark;
        bold.textContent = verdict;
        rows[i].querySelector("td span").textContent = why;
      });
      said.textContent = sentence(data, row);
    }

    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", draw);
    form.querySelector("fieldset").disabled = false;
    draw();
  }

  globalThis.lambdaLabNetwork = { place, sentence };
  if (typeof document !== "undefined") {
    for (const form of document.querySelectorAll("form.ll-net:not([data-ready])")) prepare(form);
  }
})();
