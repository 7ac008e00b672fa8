/* The lanes explorer without a kernel. It simulates what lambda_lab.simulate simulates and draws
   what show/lanes_drawing.py draws, in whole numbers; a test compares the two. Times are ms. */
(() => {
  "use strict";

  const below = (n, by) => Math.floor(n / by);
  const half = (n) => below(n, 2);

  // -- what becomes of the calls -------------------------------------------------------------------

  /* So few calls meet neither the rate of requests nor the scaling rate: concurrency alone binds. */
  function picture(data, { callers, gap, run, init, keep, reserved }) {
    const most = reserved === data.none ? Infinity : reserved;
    const rows = [], refused = [];
    let busy = [], idle = [], end = 0, peak = 0;
    for (let n = 0; n < callers * data.frame.rounds; n += 1) {
      const now = below(n, callers) * gap;
      const over = busy.filter((one) => one.until <= now);
      over.sort((a, b) => a.until - b.until || a.number - b.number);
      busy = busy.filter((one) => one.until > now);
      idle.push(...over); // the last is the one used last
      end = Math.max(end, now);
      if (busy.length >= most) {
        if (refused.length && refused[refused.length - 1][0] === now) {
          refused[refused.length - 1][1].push(n + 1);
        } else {
          refused.push([now, [n + 1]]);
        }
        continue;
      }
      let taken = idle.pop(), begins = now;
      if (taken && now - taken.until <= keep) {
        if (taken.until < now) {
          taken.spans.push({ phase: "frozen", start: taken.until, end: now, call: 0 });
        }
      } else {
        idle = [];
        taken = { number: rows.length, spans: [] };
        rows.push(taken);
        begins += init;
        taken.spans.push({ phase: "init", start: now, end: begins, call: 0 });
      }
      taken.until = begins + run;
      taken.spans.push({ phase: "run", start: begins, end: taken.until, call: n + 1 });
      busy.push(taken);
      peak = Math.max(peak, busy.length);
      end = Math.max(end, taken.until);
    }
    for (const row of rows) {
      const gone = row.until + keep;
      row.ended = gone <= end ? gone : null;
      if (row.until < end) {
        row.spans.push({ phase: "frozen", start: row.until, end: Math.min(gone, end), call: 0 });
      }
    }
    return { rows, refused, end, words: words(data, rows, refused, { callers, keep, peak }) };
  }

  // -- texts ---------------------------------------------------------------------------------------

  function timeText(ms) {
    if (ms === 0) return "0";
    if (ms < 1000) return `${ms} ms`;
    if (ms < 60000) return `${ms / 1000} s`;
    const seconds = below(ms + 500, 1000);
    const parts = [[below(seconds, 3600), "h"], [below(seconds, 60) % 60, "min"], [seconds % 60, "s"]];
    return parts.filter(([count]) => count).map((part) => part.join(" ")).join(" ");
  }

  function dialText(data, dial, value) {
    if (dial.timed) return timeText(value);
    return value === data.none ? "none" : String(value);
  }

  function ranges(numbers) {
    const runs = [];
    for (const one of numbers) {
      const last = runs[runs.length - 1];
      if (last && last[last.length - 1] === one - 1) last.push(one); else runs.push([one]);
    }
    const parts = runs.flatMap((run) => (run.length > 2 ? [`${run[0]} to ${run[run.length - 1]}`] : run));
    const most = parts.slice(0, -1).join(", ");
    return [most, ...parts.slice(-1)].filter((part) => part !== "").join(" and ");
  }

  function counted(calls, one, many) {
    if (!calls.length) return `none ${one}`;
    return `${calls.length} ${calls.length === 1 ? one : many} (${ranges(calls)})`;
  }

  function words(data, rows, refused, { callers, keep, peak }) {
    const cold = rows.map((row) => row.spans[1].call);
    const throttled = refused.flatMap(([, calls]) => calls);
    const total = data.frame.rounds * callers, warm = total - cold.length - throttled.length;
    const told = [
      `Of ${total} calls, ${counted(cold, "starts cold", "start cold")}, ${warm || "none"} `
        + `${warm > 1 ? "are" : "is"} warm and ${counted(throttled, "is throttled", "are throttled")}.`
        + (peak ? ` Never do more than ${peak} run at once.` : ""),
    ];
    rows.forEach((row, n) => {
      const [first, ...more] = row.spans.map((span) => span.call).filter(Boolean);
      const then = more.length ? `, then call${more.length > 1 ? "s" : ""} ${ranges(more)} warm` : "";
      const left = row.ended === null
        ? "It stays frozen." : `After ${timeText(keep)} without a call it is shut down.`;
      told.push(`Environment ${n + 1} runs call ${first} after its init${then}. ${left}`);
    });
    if (throttled.length === 1) {
      told.push(`Call ${throttled[0]} is throttled: it is refused with status 429 and does not run.`);
    } else if (throttled.length) {
      told.push(`Calls ${ranges(throttled)} are throttled: they are refused with status 429 and do `
        + "not run.");
    }
    return told;
  }

  // -- where a moment lies -------------------------------------------------------------------------

  function stretches(found) {
    const work = found.rows.flatMap((row) => row.spans.filter((span) => span.phase !== "frozen"));
    work.sort((a, b) => a.start - b.start || a.end - b.end);
    const busy = [];
    for (const { start, end } of work) {
      const last = busy[busy.length - 1];
      if (last && start <= last[1]) last[1] = Math.max(last[1], end); else busy.push([start, end]);
    }
    if (!busy.length) return [[0, found.end, false]];
    const total = busy.reduce((sum, [start, end]) => sum + end - start, 0), pieces = [];
    let now = 0;
    for (const [start, end] of busy) {
      if (start > now) pieces.push([now, start, start - now > 2 * total]);
      pieces.push([start, end, false]);
      now = end;
    }
    return pieces;
  }

  function placed({ frame }, found) {
    const all = stretches(found), left = found.refused.length ? frame.wide : frame.gutter;
    const cuts = all.filter(([, , cut]) => cut).length;
    const room = frame.width - frame.margin - frame.tail - left - frame.cut * cuts;
    const drawn = all.reduce((sum, [start, end, cut]) => sum + (cut ? 0 : end - start), 0);
    let done = 0, x = left;
    return all.map(([start, end, cut]) => {
      const before = x;
      if (cut) {
        x += frame.cut;
      } else {
        x += below(room * (done + end - start), drawn) - below(room * done, drawn);
        done += end - start;
      }
      return { start, end, left: before, right: x, cut };
    });
  }

  function at(pieces, moment) {
    const piece = pieces.find((one) => moment <= one.end);
    if (!piece) return pieces[pieces.length - 1].right;
    const width = piece.right - piece.left;
    return piece.left + below(width * (moment - piece.start), piece.end - piece.start);
  }

  // -- the drawing ---------------------------------------------------------------------------------

  const text = (x, y, content, anchor, kind) =>
    `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}" `
    + `dominant-baseline="central">${content}</text>`;

  function grid({ frame }, { gap }, pieces, bottom) {
    const y = bottom + 6, tip = frame.width - frame.margin;
    let drawn = "", free = 0;
    for (let n = 0; n < frame.rounds; n += 1) {
      const x = at(pieces, n * gap), label = timeText(n * gap);
      drawn += `<line class="ll-rule" stroke-dasharray="2 4" x1="${x}" x2="${x}" `
        + `y1="${frame.margin}" y2="${y}"/>`;
      const wide = half(frame.letter * label.length);
      if (x - wide >= free && x + wide <= tip) {
        drawn += `<line class="ll-arrow" x1="${x}" x2="${x}" y1="${y}" y2="${y + 5}"/>`
          + text(x, y + 18, label, "middle", "ll-soft");
        free = x + wide + frame.letter;
      }
    }
    return `${drawn}<line class="ll-arrow" x1="${pieces[0].left}" x2="${tip}" y1="${y}" y2="${y}"/>`
      + `<path class="ll-head" d="M${tip},${y} l-9,-4 v8 Z"/>`;
  }

  function bar({ frame }, span, number, x, y, width, height) {
    const what = span.call ? `runs call ${span.call}` : span.phase;
    const inset = span.phase === "frozen" ? below(height, 4) : 0;
    const tint = span.call ? ` ll-shade-${((span.call - 1) % frame.shades) + 1}` : "";
    let drawn = `<g><title>environment ${number + 1}: ${what}, ${timeText(span.end - span.start)}`
      + `</title><rect class="ll-${span.phase}${tint}" x="${x}" y="${y + inset}" width="${width}" `
      + `height="${height - 2 * inset}" rx="2"/>`;
    if (span.phase === "init") {
      let strokes = "";
      for (let on = x + 3; on < x + width - 5; on += 6) {
        strokes += `M${on},${y + height - 3} l4,-${height - 6} `;
      }
      if (strokes) drawn += `<path class="ll-grain" d="${strokes}"/>`;
    }
    if (span.call && width >= frame.letter * String(span.call).length + 2) {
      drawn += text(x + half(width), y + half(height), span.call, "middle", "ll-on-run");
    }
    return `${drawn}</g>`;
  }

  function lane(data, row, number, pieces, y, height) {
    const { frame } = data;
    const tail = row.ended === null ? frame.tail : 0, last = row.spans[row.spans.length - 1];
    let drawn = text(frame.margin, y + half(height), `env ${number + 1}`, "start", "");
    for (const span of row.spans) {
      const x = at(pieces, span.start), width = Math.max(2, at(pieces, span.end) - x);
      const longer = span === last && span.phase === "frozen" ? tail : 0;
      drawn += bar(data, span, number, x, y, width + longer, height);
    }
    if (row.ended !== null) {
      return `${drawn}<g><title>environment ${number + 1} is shut down</title>`
        + `<rect class="ll-shutdown" x="${at(pieces, row.ended)}" y="${y}" width="4" `
        + `height="${height}"/></g>`;
    }
    if (last.phase === "frozen") return drawn;
    const inset = below(height, 4);
    return `${drawn}<rect class="ll-frozen" x="${pieces[pieces.length - 1].right}" y="${y + inset}" `
      + `width="${tail}" height="${height - 2 * inset}"/>`;
  }

  function cut(piece, top, bottom) {
    const middle = half(piece.left + piece.right);
    let strip = `<rect class="ll-gap" x="${middle - 8}" y="${top - 2}" width="16" `
      + `height="${bottom - top + 4}"/>`, steps = "";
    for (let n = 0; n < below(bottom - top, 8); n += 1) steps += ` l${n % 2 ? -5 : 5},8`;
    for (const x of [middle - 8, middle + 8]) {
      strip += `<path class="ll-break" d="M${x - 2},${top}${steps}"/>`;
    }
    return strip;
  }

  function refusals({ frame }, found, pieces) {
    if (!found.refused.length) return "";
    const y = frame.margin + half(frame.row) - 2, groups = [];
    for (const [moment, calls] of found.refused) {
      const x = at(pieces, moment), last = groups[groups.length - 1];
      if (last && x - last[0] < 44) last[1].push(...calls); else groups.push([x, [...calls]]);
    }
    return text(frame.margin, y, "throttled", "start", "") + groups.map(([x, calls]) =>
      `<g><title>throttled: ${calls.length}</title>`
      + `<path class="ll-throttled" d="M${x},${y + 6} l7,-13 l7,13 Z"/>`
      + text(x + 18, y, calls.length === 1 ? calls[0] : `×${calls.length}`, "start", "ll-halo")
      + "</g>").join("");
  }

  function drawing(data, values, found) {
    const { frame } = data, pieces = placed(data, found), few = found.rows.length <= frame.few;
    const [height, pitch] = few ? [frame.bar, frame.pitch] : [frame.thin, frame.close];
    const top = frame.margin + (found.refused.length ? frame.row : 0);
    const bottom = top + pitch * found.rows.length, tall = bottom + 42;
    const lanes = found.rows.map((row, n) =>
      lane(data, row, n, pieces, top + pitch * n + half(pitch - height), height));
    const cuts = pieces.filter((piece) => piece.cut).map((piece) => cut(piece, top, bottom));
    return `<svg class="ll-svg" viewBox="0 0 ${frame.width} ${tall}" width="${frame.width}" `
      + `height="${tall}">${grid(data, values, pieces, bottom)}${lanes.join("")}${cuts.join("")}`
      + `${refusals(data, found, pieces)}</svg>`;
  }

  // -- the page ------------------------------------------------------------------------------------

  function prepare(form) {
    form.dataset.ready = "yes";
    const data = JSON.parse(form.dataset.model);
    const said = form.querySelector(".ll-lanes-said"), shown = form.querySelector(".ll-lanes-shown");
    const told = form.querySelector(".ll-words ol");
    let later = 0;

    function change() {
      const values = {};
      for (const dial of data.dials) {
        const control = form.elements[dial.name], value = dial.offered[Number(control.value)];
        const label = dialText(data, dial, value);
        values[dial.name] = value;
        control.setAttribute("aria-valuetext", label);
        control.parentElement.querySelector("output").textContent = label;
      }
      const found = picture(data, values);
      shown.innerHTML = drawing(data, values, found); // numbers and our own words, nothing typed
      told.replaceChildren(...found.words.map((sentence) => {
        const item = document.createElement("li");
        item.textContent = sentence;
        return item;
      }));
      // A slider that is dragged says its last word only: a screen reader reads every change out.
      clearTimeout(later);
      later = setTimeout(() => { [said.textContent] = found.words; }, 150);
    }

    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", change);
    form.querySelector("fieldset").disabled = false;
    change();
  }

  globalThis.lambdaLabLanes = { picture, drawing, dialText };
  if (typeof document !== "undefined") {
    for (const form of document.querySelectorAll("form.ll-lanes:not([data-ready])")) prepare(form);
  }
})();
