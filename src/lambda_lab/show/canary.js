/* The canary explorer without a kernel. It computes what show/canary_model.py computes, in the same
   order of operations; a test compares the two for every setting. */
(() => {
  "use strict";

  const known = new Map();

  function first(parts, share) {
    let reached = 0;
    for (let k = 0; k < parts.length; k += 1) {
      reached += parts[k];
      if (reached >= share) return k;
    }
    return parts.length - 1;
  }

  function usual(calls, weight, tail) {
    if (weight === 0) return [0, 0];
    if (weight === 100) return [calls, calls];
    const rest = 100 - weight;
    const middle = Math.floor(((calls + 1) * weight) / 100);
    const parts = new Array(calls + 1).fill(0);
    parts[middle] = 1;
    for (let k = middle; k > 0; k -= 1) {
      parts[k - 1] = (parts[k] * k * rest) / ((calls - k + 1) * weight);
    }
    for (let k = middle; k < calls; k += 1) {
      parts[k + 1] = (parts[k] * (calls - k) * weight) / ((k + 1) * rest);
    }
    const total = parts.reduce((sum, part) => sum + part, 0);
    return [first(parts, total * tail), first(parts, total * (1 - tail))];
  }

  function remembered(calls, weight, tail) {
    const key = `${calls} ${weight}`;
    if (!known.has(key)) known.set(key, usual(calls, weight, tail));
    return known.get(key);
  }

  function seen(calls, weight, failing) {
    let good = 1, base = 1 - (weight * failing) / 10000;
    for (let left = calls; left; left = Math.floor(left / 2)) {
      if (left % 2) good *= base;
      base *= base;
    }
    return 1 - good;
  }

  function prospects(data, weight, failing) {
    const tail = (1 - data.sure / 100) / 2;
    return data.calls.map((calls) => {
      const [low, high] = remembered(calls, weight, tail);
      return { calls, low, high, seen: seen(calls, weight, failing) };
    });
  }

  const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  const spoken = (low, high) => (low === high ? grouped(low) : `${grouped(low)} to ${grouped(high)}`);

  function shareOf(chance) {
    const percent = Math.floor(chance * 100 + 0.5);
    if (percent === 100) return "over 99 %";
    return percent === 0 ? "under 1 %" : `${percent} %`;
  }

  function sentence(data, weight, failing) {
    const row = prospects(data, weight, failing)[data.busy];
    const bad = (weight * failing) / 10000;
    const until = bad === 1 ? 1 : Math.ceil(Math.log(1 - data.sure / 100) / Math.log(1 - bad));
    return `At a weight of ${weight} %, ${grouped(row.calls)} calls bring the new version `
      + `${spoken(row.low, row.high)}, in ${data.sure} of 100 runs. If ${failing} of 100 calls `
      + `to it fail, a failure is among them with a chance of ${shareOf(row.seen)}; `
      + `${grouped(until)} calls make it ${data.sure} %.`;
  }

  function axisEnd(found, ran) {
    const shares = found.map((one) => one.high / one.calls);
    for (const [calls, count] of Object.entries(ran)) shares.push(count / Number(calls));
    const steps = Math.round(((Math.max(...shares) * 100) / 5) * 1e9) / 1e9;
    return Math.min(100, 5 * Math.ceil(steps));
  }

  function prepare(form) {
    form.dataset.ready = "yes";
    const data = JSON.parse(form.dataset.model);
    const { weight, failing } = form.elements;
    const said = form.querySelector(".ll-canary-said");
    const axis = form.querySelector(".ll-canary-axis").lastElementChild;
    const rows = form.querySelectorAll(".ll-canary-rows tbody tr");
    let later = 0;

    function label(control, text) {
      control.setAttribute("aria-valuetext", text);
      control.parentElement.querySelector("output").textContent = text;
    }

    function show(row, one, share, ran, end) {
      const place = (part) => `${((part * 10000) / end).toFixed(1)}%`;
      const bar = row.querySelector(".ll-canary-bar");
      const [low, high] = [one.low / one.calls, one.high / one.calls];
      bar.querySelector("i").style.left = place(low);
      bar.querySelector("i").style.width = place(high - low);
      bar.querySelector("u").style.left = place(share / 100);
      let dot = bar.querySelector("b");
      if (ran === undefined) {
        dot?.remove();
      } else {
        dot ??= bar.appendChild(document.createElement("b"));
        dot.style.left = place(ran / one.calls);
      }
      const told = ran === undefined ? "" : `; run: ${grouped(ran)}`;
      row.querySelector(".ll-canary-range").textContent = spoken(one.low, one.high) + told;
      row.lastElementChild.textContent = shareOf(one.seen);
    }

    function draw() {
      const share = data.weights[Number(weight.value)];
      const bad = data.failing[Number(failing.value)];
      const ran = share === data.run.weight ? data.run.counts : {};
      const found = prospects(data, share, bad);
      const end = axisEnd(found, ran);
      label(weight, `${share} %`);
      label(failing, `${bad} %`);
      axis.textContent = `${end} %`;
      found.forEach((one, i) => show(rows[i], one, share, ran[one.calls], end));
      // A slider that is dragged says its last word only: a screen reader reads every change out.
      clearTimeout(later);
      later = setTimeout(() => { said.textContent = sentence(data, share, bad); }, 150);
    }

    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", draw);
    form.querySelector("fieldset").disabled = false;
    draw();
  }

  globalThis.lambdaLabCanary = { prospects, sentence, shareOf, axisEnd };
  if (typeof document !== "undefined") {
    for (const form of document.querySelectorAll("form.ll-canary:not([data-ready])")) prepare(form);
  }
})();
