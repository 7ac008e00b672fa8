/* The price calculator without a kernel. It computes what lambda_lab.cost computes, from the prices
   and bounds that the page carries, in whole numbers that lose no digit; a test compares the two. */
(() => {
  "use strict";

  const GB_S = 10n ** 13n;     // quantities are counted in parts of this,
  const PRICE = 10n ** 10n;    // prices in parts of this,
  const MILLION = 10n ** 6n;   // and amounts in parts of all three.
  const CENT = (GB_S * PRICE * MILLION) / 100n;
  const NUMBER = /^([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,3}))?$/;

  const up = (value, by) => (value + by - 1n) / by;
  const least = (a, b) => (a < b ? a : b);
  const most = (a, b) => (a > b ? a : b);
  const apart = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");

  // Returns a number in thousandths, or null where the text is none that is allowed.
  function parse(field, text) {
    const found = NUMBER.exec(text.replace(/[ ,_\u00a0\u202f]/g, ""));
    if (!found) return null;
    const [whole, fraction = ""] = found[2].split(".");
    let value = BigInt(whole + fraction) * (found[1] === "-" ? -1n : 1n);
    const shift = Number(found[3] || 0) - fraction.length + 3;
    const power = 10n ** BigInt(Math.abs(shift));
    if (shift < 0 && value % power !== 0n) return null;
    value = shift < 0 ? value / power : value * power;
    if (value < BigInt(field.least) * 1000n || value > BigInt(field.most) * 1000n) return null;
    return value % 10n ** BigInt(3 - field.places) === 0n ? value : null;
  }

  function refusal(field, text) {
    const characters = [...text];
    const short = characters.length <= 24 ? text : `${characters.slice(0, 23).join("")}…`;
    const given = /^[ \u00a0\u202f]*$/.test(text) ? "empty" : `“${short}”`;
    return `${field.label} is ${given}. ${field.allowed}`;
  }

  function meter(data, number) {
    const run = most(1n, up(number.duration_ms, 1000n));
    const coldRun = most(1n, up(number.duration_ms + number.init_ms, 1000n));
    const provisioned = number.provisioned / 1000n;
    const step = BigInt(data.step);
    const reserved = provisioned * up(number.provisioned_hours * 3600n, step * 1000n) * step;
    const requests = number.requests / 1000n;
    const ahead = least(requests, (reserved * 1000n) / run);
    const rest = requests - ahead;
    const cold = up(rest * number.cold_percent, 100000n);
    const onDemand = (rest - cold) * run + cold * coldRun;
    // A GB-second is 1,024 times 1,000 times a megabyte for a millisecond.
    const per = GB_S / 1024000n;
    const memory = number.memory_mb / 1000n;
    const storage = number.ephemeral_mb / 1000n - BigInt(data.storage);
    return {
      requests: requests * GB_S,
      onDemand: onDemand * memory * per,
      ahead: ahead * run * memory * per,
      reserved: reserved * memory * per * 1000n,
      storage: (onDemand + ahead * run) * storage * per,
    };
  }

  function lines(data, number, architecture, freeTier) {
    const used = meter(data, number);
    const kind = data.kinds[architecture];
    const free = freeTier && number.provisioned === 0n;
    const spared = (index, quantity) => (free ? least(quantity, BigInt(data.free[index]) * GB_S) : 0n);
    const [freeRequests, freeSeconds] = [spared(0, used.requests), spared(1, used.onDemand)];
    const left = used.onDemand - freeSeconds;
    const [first, second] = data.tiers[kind].map((tier) => BigInt(tier) * GB_S);
    const duration = `Duration, ${architecture}`;
    const each = "per GB-s";
    return [
      ["Requests, free every month", freeRequests, "", null],
      ["Requests", used.requests - freeRequests, "", "requests", "per million"],
      ["Duration, free every month", freeSeconds, " GB-s", null],
      [duration, least(left, first), " GB-s", `duration.${kind}`, each],
      [`${duration}, second tier`, least(most(left - first, 0n), second - first), " GB-s",
        `duration.${kind}.tier2`, each],
      [`${duration}, third tier`, most(left - second, 0n), " GB-s", `duration.${kind}.tier3`, each],
      ["Provisioned concurrency", used.reserved, " GB-s", `provisioned.${kind}`, each],
      ["Duration, provisioned", used.ahead, " GB-s", `provisioned.duration.${kind}`, each],
      ["Storage in /tmp", used.storage, " GB-s", "ephemeral", each],
    ].filter((line) => line[1] > 0n);
  }

  function counted(quantity) {
    if (quantity < GB_S / 1000n) return "under 0.001";
    const digits = String((quantity + GB_S / 2000n) / (GB_S / 1000n)).padStart(4, "0");
    const rest = digits.slice(-3).replace(/0+$/, "");
    return apart(digits.slice(0, -3)) + (rest ? `.${rest}` : "");
  }

  function dollars(amount) {
    if (amount === 0n || amount >= CENT) {
      const cents = String((amount + CENT / 2n) / CENT).padStart(3, "0");
      return `$${apart(cents.slice(0, -2))}.${cents.slice(-2)}`;
    }
    const cut = 10n ** BigInt(Math.max(0, String(amount).length - 3));
    const rounded = ((amount + cut / 2n) / cut) * cut;
    const places = String(CENT).length + 1;
    return `$0.${String(rounded).padStart(places, "0").replace(/0+$/, "")}`;
  }

  function answer(data, typed, architecture, freeTier) {
    const problems = {};
    const number = {};
    for (const field of data.fields) {
      const value = parse(field, typed[field.name]);
      if (value === null) problems[field.name] = refusal(field, typed[field.name]);
      else number[field.name] = value;
    }
    const wrong = Object.keys(problems).length;
    if (wrong) {
      const need = wrong === 1 ? "entry needs" : "entries need";
      return { problems, rows: [], words: `No bill yet: ${wrong} ${need} another look.` };
    }
    let total = 0n;
    const due = [];
    const rows = lines(data, number, architecture, freeTier).map(([what, quantity, unit, key, each]) => {
      const [price, text] = key ? data.prices[key] : ["0", ""];
      const amount = quantity * BigInt(price) * (each === "per million" ? 1n : MILLION);
      total += amount;
      if (amount) due.push(`${what[0].toLowerCase()}${what.slice(1)} ${dollars(amount)}`);
      return [what, counted(quantity) + unit, key ? `${text} ${each}` : "free", dollars(amount)];
    });
    rows.push(["Total", "", "", dollars(total)]);
    const parts = due.length ? due.join("; ") : "everything is free";
    return { problems, rows, words: `The bill is ${dollars(total)}: ${parts}.` };
  }

  function row([what, quantity, price, amount]) {
    const [line, term, value] = ["div", "dt", "dd"].map((name) => document.createElement(name));
    term.textContent = what;
    if (quantity) {
      const detail = document.createElement("small");
      detail.textContent = `${quantity}, ${price}`;
      term.append(detail);
    }
    value.textContent = amount;
    line.append(term, value);
    return line;
  }

  function prepare(form, place) {
    form.dataset.ready = "yes";
    const data = JSON.parse(form.dataset.model);
    const said = form.querySelector(".ll-calc-said");
    let later = 0;

    function mark(field, problem) {
      const input = form.elements[field.name];
      const message = input.closest(".ll-calc-field").querySelector(".ll-calc-problem");
      message.id = `ll-calc-${place}-${field.name}`;
      message.textContent = problem || "";
      if (problem) {
        input.setAttribute("aria-invalid", "true");
        input.setAttribute("aria-describedby", message.id);
        const folded = input.closest("details");
        if (folded) folded.open = true;
      } else {
        input.removeAttribute("aria-invalid");
        input.removeAttribute("aria-describedby");
      }
    }

    function draw() {
      const typed = Object.fromEntries(
        data.fields.map((field) => [field.name, form.elements[field.name].value]));
      const result = answer(data, typed, form.elements.architecture.value, form.elements.free.checked);
      for (const field of data.fields) mark(field, result.problems[field.name]);
      form.querySelector(".ll-calc-rows").replaceChildren(...result.rows.map(row));
      // A number that is being typed says its last word only: a screen reader reads every change.
      clearTimeout(later);
      later = setTimeout(() => { said.textContent = result.words; }, 400);
    }

    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", draw);
    form.querySelector("fieldset").disabled = false;
    draw();
  }

  globalThis.lambdaLabPrices = { answer };
  if (typeof document !== "undefined") {
    const ready = document.querySelectorAll("form.ll-calc[data-ready]").length;
    document.querySelectorAll("form.ll-calc:not([data-ready])")
      .forEach((form, index) => prepare(form, ready + index));
  }
})();
