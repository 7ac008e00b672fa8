/* The retry explorer without a kernel. It computes what show/whatif_model.py computes, from the
   waits and ages that the page carries; a test compares the two for every setting. */
(() => {
  "use strict";

  function shares(weights, events) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const found = weights.map((weight) => Math.floor((events * weight) / total));
    const order = weights.map((weight, i) => [(events * weight) % total, i]);
    order.sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    const left = events - found.reduce((sum, share) => sum + share, 0);
    for (const [, i] of order.slice(0, left)) found[i] += 1;
    return found;
  }

  function fates(data, retries, age, percent) {
    let tries = 1, now = 0, expired = false;
    while (tries <= retries) {
      const wait = data.waits[tries - 1];
      if (wait >= age - now) {
        expired = true;
        break;
      }
      now += wait;
      tries += 1;
    }
    const weights = [];
    for (let k = 0; k < tries; k += 1) {
      weights.push((100 - percent) * percent ** k * 100 ** (tries - 1 - k));
    }
    weights.push(percent ** tries);
    const counts = shares(weights, data.events);
    const rest = counts.pop();
    const runs = counts.reduce((sum, count, k) => sum + count * (k + 1), tries * rest);
    while (counts.length <= data.waits.length) counts.push(0);
    return { counts: [...counts, expired ? 0 : rest, expired ? rest : 0], runs };
  }

  function sentence(data, { counts, runs }) {
    const parts = data.labels.map((label, i) => `${counts[i]} ${label}`).filter((_, i) => counts[i]);
    return `Of ${data.events} events, ${parts.join("; ")}. The handler runs ${runs} times.`;
  }

  function prepare(form) {
    form.dataset.ready = "yes";
    const data = JSON.parse(form.dataset.model);
    const [age, rate] = [form.elements.age, form.elements.rate];
    const said = form.querySelector(".ll-whatif-said");
    const cells = form.querySelectorAll(".ll-whatif-cells > span");
    const rows = form.querySelectorAll(".ll-whatif-rows > div");
    let later = 0;

    function draw() {
      const seconds = data.ages[Number(age.value)][0];
      const result = fates(data, Number(form.elements.retries.value), seconds, Number(rate.value));
      const ageText = data.ages[Number(age.value)][1];
      age.setAttribute("aria-valuetext", ageText);
      age.parentElement.querySelector("output").textContent = ageText;
      rate.setAttribute("aria-valuetext", `${rate.value} %`);
      rate.parentElement.querySelector("output").textContent = `${rate.value} %`;
      let cell = 0;
      result.counts.forEach((count, i) => {
        rows[i].classList.toggle("ll-none", count === 0);
        rows[i].querySelector("dd").textContent = count;
        for (let n = 0; n < count; n += 1, cell += 1) {
          cells[cell].className = `ll-fate-${i}`;
          cells[cell].textContent = data.signs[i];
        }
      });
      // A slider that is dragged says its last word only: a screen reader reads every change out.
      clearTimeout(later);
      later = setTimeout(() => { said.textContent = sentence(data, result); }, 150);
    }

    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", draw);
    form.querySelector("fieldset").disabled = false;
    draw();
  }

  globalThis.lambdaLabRetries = { fates, sentence };
  if (typeof document !== "undefined") {
    for (const form of document.querySelectorAll("form.ll-whatif:not([data-ready])")) prepare(form);
  }
})();
