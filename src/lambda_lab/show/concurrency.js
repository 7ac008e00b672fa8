/* The concurrency explorer without a kernel. It simulates what lambda_lab.simulate simulates and
   draws what show/concurrency_model.py draws; a test compares the two. Times are nanoseconds. */
(() => {
  "use strict";

  const MILLI = 1000, SECOND = 1e9, MILLION = 1e6;
  const below = (n, by) => Math.floor(n / by);

  function* drawn(data) {
    let state = data.seed;
    for (;;) {
      state = (state ^ (state << 13)) >>> 0;
      state ^= state >>> 17;
      state = (state ^ (state << 5)) >>> 0;
      yield data.draws[state >>> 22];
    }
  }

  function requests(data, { rate, duration }) {
    const times = drawn(data), arrivals = [], durations = [];
    let now = 0;
    for (let n = 0; n < data.requests; n += 1) {
      now += below(times.next().value * MILLI, rate);
      arrivals.push(now * MILLI);
      durations.push(Math.max(1, below(times.next().value * duration, MILLI)) * MILLI);
    }
    return { arrivals, durations };
  }

  function insert(ends, end) {
    let low = 0, high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] > end) low = middle + 1; else high = middle;
    }
    ends.splice(low, 0, end); // the next to end is the last
  }

  const leave = (ends, now, left) => {
    while (ends.length && ends[ends.length - 1] <= now) left(ends.pop());
  };
  const full = (begun, most, now) => begun.length >= most && now - begun[begun.length - most] < SECOND;

  /* What becomes of each request: one letter each; Warm, Cold, Provisioned, Spillover, Throttled. */
  function run(data, given, { keep = data.keep, reserved = Infinity, provisioned = 0 }) {
    const busy = [], idle = [], held = [], begun = [], ahead = [];
    const [most, mostAhead] = [reserved * data.each, provisioned * data.each];
    return given.arrivals.map((now, n) => {
      const end = now + given.durations[n];
      leave(busy, now, (one) => idle.push(one));
      if (provisioned) {
        leave(held, now, () => {});
        if (held.length < provisioned && !full(ahead, mostAhead, now)) {
          insert(held, end);
          ahead.push(now);
          return "P";
        }
      }
      if (busy.length >= reserved || full(begun, most, now)) return "T";
      const warm = idle.length > 0 && now - idle.pop() <= keep;
      if (!warm) idle.length = 0;
      insert(busy, end);
      begun.push(now);
      if (provisioned) return "S";
      return warm ? "W" : "C";
    });
  }

  const judged = (data, outcomes, letter) => {
    const last = outcomes.slice(data.requests - data.judged);
    return last.filter((one) => one === letter).length / data.judged;
  };

  function erlang(limit, load) {
    let blocked = 1;
    for (let n = 1; n <= limit; n += 1) blocked = (load * blocked) / (n + load * blocked);
    return blocked;
  }

  // -- texts ---------------------------------------------------------------------------------------

  const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

  function numberText(value) {
    const part = String(value % MILLI).padStart(3, "0").replace(/0+$/, "");
    return grouped(below(value, MILLI)) + (part && `.${part}`);
  }

  function shareText(share) {
    const tenths = Math.floor(share * 1000 + 0.5), part = tenths % 10;
    return `${below(tenths, 10)}${part ? `.${part}` : ""} %`;
  }

  function timeText(seconds) {
    for (const [unit, name] of [[3600, "h"], [60, "min"]]) {
      if (seconds >= 5 * unit) return `${grouped(below(seconds, unit))} ${name}`;
    }
    return `${seconds} s`;
  }

  function saidLoad({ rate, duration }) {
    const rounded = below(rate * duration + MILLI / 2, MILLI);
    return `Rate times duration is ${rounded ? numberText(rounded) : "under 0.001"}.`;
  }

  function tooFast(data, values, setting) {
    const served = data.each * setting;
    if (values.rate <= served * MILLI) return "";
    return ` ${grouped(setting)} can begin ${grouped(served)} requests a second at most; `
      + "more than that come.";
  }

  // -- pictures ------------------------------------------------------------------------------------

  function roundUp(most) {
    for (let power = 1; ; power *= 10) {
      for (const factor of [2, 4, 10]) if (power * factor > most) return power * factor;
    }
  }

  function windows(data, { arrivals, durations }, outcomes) {
    const start = arrivals[0];
    const over = arrivals.map((now, n) => (outcomes[n] === "T" ? now : now + durations[n]));
    const end = over.reduce((last, one) => Math.max(last, one), 0);
    const step = Math.max(1, Math.ceil((end - start) / data.windows));
    const peaks = new Array(Math.max(1, Math.ceil((end - start) / step))).fill(0);
    const busy = [];
    let window = 0, refused = 0;
    function reach(now) { // windows that begin at or before now know what is in flight there
      while (window + 1 < peaks.length && start + (window + 1) * step <= now) {
        window += 1;
        leave(busy, start + window * step, () => {});
        peaks[window] = busy.length;
      }
    }
    arrivals.forEach((now, n) => {
      reach(now);
      if (outcomes[n] === "T") {
        refused += 1;
        return;
      }
      leave(busy, now, () => {});
      insert(busy, over[n]);
      peaks[window] = Math.max(peaks[window], busy.length);
    });
    reach(Infinity);
    return { peaks, refused, span: below(end - start, SECOND) };
  }

  function overTime(data, values) {
    const limit = below(values.limit, MILLI), given = requests(data, values);
    const outcomes = run(data, given, { reserved: limit });
    const { peaks, refused, span } = windows(data, given, outcomes);
    const peak = Math.max(...peaks), top = roundUp(Math.max(peak, limit));
    const corners = peaks.flatMap((one, n) => [n, n + 1].map((at) => [at / peaks.length, one / top]));
    return {
      lines: [corners, [[0, limit / top], [1, limit / top]]],
      mark: null,
      across: [[0, "0"], [0.5, timeText(below(span, 2))], [1, timeText(span)]],
      up: [[0, "0"], [0.5, grouped(below(top, 2))], [1, grouped(top)]],
      words: `${saidLoad(values)} Of ${grouped(data.requests)} requests, ${grouped(peak)} are in `
        + `flight at most; the limit of ${grouped(limit)} refuses `
        + `${shareText(refused / data.requests)} of them.${tooFast(data, values, limit)}`,
    };
  }

  function shares(data, lines, mark, across, words) {
    const highest = Math.max(...lines.flat().map(([, share]) => share));
    const top = data.tops.find((one) => one >= highest);
    return {
      lines: lines.map((line) => line.map(([x, share]) => [x, share / top])),
      mark: [mark[0], Math.min(1, mark[1] / top)],
      across,
      up: [[0, "0 %"], [0.5, shareText(top / 2)], [1, shareText(top)]],
      words,
    };
  }

  function overKeepAlive(data, values) {
    const given = requests(data, values), chosen = below(values["keep-alive"], MILLI);
    const cold = (seconds) => judged(data, run(data, given, { keep: seconds * SECOND }), "C");
    const place = (seconds) => Math.log(seconds) / Math.log(data.kept[data.kept.length - 1]);
    const share = cold(chosen);
    return shares(
      data,
      [data.kept.map((seconds) => [place(seconds), cold(seconds)])],
      [place(chosen), share],
      data.keptLabels.map(([seconds, label]) => [place(seconds), label]),
      `${saidLoad(values)} If an idle environment is kept for ${timeText(chosen)}, `
        + `${shareText(share)} of the requests start cold.`,
    );
  }

  function overASetting(data, values, name, letter, verb) {
    const given = requests(data, values), chosen = below(values[name], MILLI);
    const refused = (units) =>
      (units ? judged(data, run(data, given, { [name]: units }), letter) : 1);
    const load = (values.rate * values.duration) / MILLION;
    const most = Math.max(chosen, Math.ceil(2 * load) + 2);
    const step = Math.ceil(most / data.places), end = step * Math.ceil(most / step);
    const units = Array.from({ length: end / step + 1 }, (_, n) => n * step);
    const share = refused(chosen);
    return shares(
      data,
      [refused, (one) => erlang(one, load)].map((of) => units.map((one) => [one / end, of(one)])),
      [chosen / end, share],
      [[0, chosen * 10 > end ? "0" : ""], [chosen / end, grouped(chosen)]],
      `${saidLoad(values)} With ${grouped(chosen)} ${name}, ${shareText(share)} of the requests `
        + `${verb}; Erlang's formula B says ${shareText(erlang(chosen, load))}.`
        + tooFast(data, values, chosen),
    );
  }

  const pictures = {
    limit: overTime,
    "keep-alive": overKeepAlive,
    reserved: (data, values) => overASetting(data, values, "reserved", "T", "are throttled"),
    provisioned: (data, values) => overASetting(data, values, "provisioned", "S", "spill over"),
  };
  const picture = (data, values) => pictures[data.kind](data, values);

  // -- what is typed -------------------------------------------------------------------------------

  function parse(field, text) {
    const typed = text.trim();
    const found = /^(\d+)(?:\.(\d+))?$/.exec(typed.replace(/^-/, ""));
    if (!found) return { problem: `${field.label}: type a number in digits, such as 12.` };
    const [, whole, part = ""] = found;
    const value = Number(whole.slice(-15)) * MILLI + Number(part.slice(0, 3).padEnd(3, "0"));
    if (typed.startsWith("-") || (value === 0 && /^0*$/.test(part))) {
      return { problem: `${field.label}: must be above 0.` };
    }
    const digits = whole.replace(/^0+/, "").length;
    if (digits > String(field.most).length || value > field.most * MILLI) {
      return { problem: `${field.label}: at most ${grouped(field.most)}.` };
    }
    if (part.replace(/0+$/, "").length > field.places) {
      const kept = field.places ? `at most ${field.places} decimals` : "a whole number";
      return { problem: `${field.label}: ${kept}, please.` };
    }
    return { value };
  }

  function checked(data, typed) {
    const values = {}, problems = {};
    for (const field of data.fields) {
      const { value, problem } = parse(field, typed[field.name]);
      if (problem) problems[field.name] = problem; else values[field.name] = value;
    }
    const none = Object.keys(problems).length === 0;
    if (none && values.rate * values.duration > data.load * MILLION) {
      problems.duration = `Rate times duration may be ${data.load} at most here; `
        + "take fewer or shorter requests.";
    }
    return { values, problems };
  }

  // -- the page ------------------------------------------------------------------------------------

  function prepare(form) {
    form.dataset.ready = "yes";
    const data = JSON.parse(form.dataset.model), { left, right, top, base } = data.frame;
    const said = form.querySelector(".ll-conc-said"), shown = form.querySelector(".ll-conc-shown");
    const x = (share) => (left + (right - left) * share).toFixed(1);
    const y = (share) => (base - (base - top) * share).toFixed(1);
    let later = 0;

    function draw(found) {
      const lines = shown.querySelectorAll("polyline"), dot = shown.querySelector("circle");
      found.lines.forEach((line, n) => {
        lines[n].setAttribute("points", line.map(([a, b]) => `${x(a)},${y(b)}`).join(" "));
      });
      if (found.mark) {
        dot.setAttribute("cx", x(found.mark[0]));
        dot.setAttribute("cy", y(found.mark[1]));
      }
      for (const [name, ticks] of [["across", found.across], ["up", found.up]]) {
        shown.querySelectorAll(`.ll-conc-${name}`).forEach((text, n) => {
          text.textContent = ticks[n][1];
          if (name === "across") text.setAttribute("x", x(ticks[n][0]));
        });
      }
    }

    function change() {
      const typed = Object.fromEntries(data.fields.map(({ name }) => [name, form.elements[name].value]));
      const { values, problems } = checked(data, typed);
      for (const { name } of data.fields) {
        const control = form.elements[name], told = control.closest("label").querySelector("b");
        const problem = problems[name] ?? "";
        if (told.textContent !== problem) told.textContent = problem;
        control.setAttribute("aria-invalid", problem ? "true" : "false");
      }
      clearTimeout(later);
      const wrong = Object.keys(problems).length > 0;
      shown.classList.toggle("ll-conc-old", wrong);
      if (wrong) {
        said.textContent = data.nothing;
        return;
      }
      // Typing goes on: a screen reader reads every change out, and a run takes a moment.
      later = setTimeout(() => {
        const found = picture(data, values);
        draw(found);
        said.textContent = found.words;
      }, 150);
    }

    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", change);
    form.querySelector("fieldset").disabled = false;
  }

  globalThis.lambdaLabConcurrency = { checked, picture };
  if (typeof document !== "undefined") {
    for (const form of document.querySelectorAll("form.ll-conc:not([data-ready])")) prepare(form);
  }
})();
