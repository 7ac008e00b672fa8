/* Flash cards one at a time, shuffled and marked. Without this script the page is a list of questions
   that open on their answers. Marks stay in this browser, or on this page where it keeps nothing. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".ll-cards").forEach(prepare);

  function prepare(deck) {
    const form = deck.querySelector("form");
    const list = deck.querySelector(".ll-deck");
    const turn = deck.querySelector(".ll-cards-turn");
    const status = form.querySelector("[role=status]");
    const cards = [...list.children];
    const marks = remembered();
    let order = [...cards];
    let chosen = [];
    let at = 0;

    const details = (card) => card.querySelector("details");
    const single = () => form.elements.view.value === "one";
    const keyOf = (card) => card.id.replace(/^card-/, "");

    function fits(card) {
      const { topic, exam, standing } = Object.fromEntries(new FormData(form));
      const mark = marks[keyOf(card)] || "";
      return (!topic || card.dataset.topic === topic)
        && (!exam || card.dataset.exams.split(" ").includes(exam))
        && (!standing || (standing === "open" ? mark !== "known" : mark === standing));
    }

    function choose() {
      chosen = order.filter(fits);
      at = 0;
      list.append(...order);
      for (const card of cards) details(card).open = false;
      show();
    }

    function show() {
      at = Math.max(0, Math.min(at, chosen.length - 1));
      for (const card of cards) {
        card.hidden = single() ? card !== chosen[at] : !chosen.includes(card);
        card.dataset.mark = marks[keyOf(card)] || "";
      }
      turn.hidden = !single() || chosen.length < 2;
      turn.querySelector("[name=previous]").disabled = at === 0;
      turn.querySelector("[name=next]").disabled = at >= chosen.length - 1;
      say();
    }

    function say() {
      const count = (mark) => chosen.filter((card) => marks[keyOf(card)] === mark).length;
      const place = single() && chosen.length ? `Card ${at + 1} of ${chosen.length}` : `${chosen.length} cards`;
      status.textContent = chosen.length
        ? `${place}: ${count("known")} known, ${count("again")} to repeat`
        : "No card fits. Change a choice above.";
    }

    function go(step) {
      const next = Math.max(0, Math.min(at + step, chosen.length - 1));
      if (next === at) return;
      at = next;
      details(chosen[at]).open = false;
      show();
      chosen[at].querySelector("summary").focus();
    }

    function mark(card, value) {
      marks[keyOf(card)] = value;
      keep(marks);
      if (!single()) {
        show();
        return;
      }
      // The card stays in this round, whatever the marks ask for; a change of choice begins anew.
      if (at < chosen.length - 1) go(1);
      else {
        show();
        status.textContent += ". That was the last card";
        card.querySelector("summary").focus();
      }
    }

    // The moment of the reader's click is the seed: each click deals anew, and one seed one order.
    function shuffled(seed) {
      const dealt = [...cards];
      let state = seed >>> 0;
      const draw = () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
      };
      for (let last = dealt.length - 1; last > 0; last -= 1) {
        const other = Math.floor(draw() * (last + 1));
        [dealt[last], dealt[other]] = [dealt[other], dealt[last]];
      }
      return dealt;
    }

    form.elements.shuffle.addEventListener("click", (event) => {
      order = shuffled(Math.floor(event.timeStamp * 1000));
      choose();
    });
    form.elements.sort.addEventListener("click", () => {
      order = [...cards];
      choose();
    });
    form.elements.forget.addEventListener("click", () => {
      for (const key of Object.keys(marks)) delete marks[key];
      keep(marks);
      choose();
    });
    form.addEventListener("input", choose);
    form.addEventListener("submit", (event) => event.preventDefault());
    turn.querySelector("[name=previous]").addEventListener("click", () => go(-1));
    turn.querySelector("[name=next]").addEventListener("click", () => go(1));
    for (const card of cards) {
      card.querySelector(".ll-card-act").hidden = false;
      for (const button of card.querySelectorAll(".ll-card-act button")) {
        button.addEventListener("click", () => mark(card, button.value));
      }
    }
    // Arrows turn cards while a card has the focus; elsewhere they keep their meaning.
    list.addEventListener("keydown", (event) => {
      if (!single() || event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === "ArrowRight") go(1);
      else if (event.key === "ArrowLeft") go(-1);
      else return;
      event.preventDefault();
    });

    // A link to a card must find it, whatever is chosen.
    function reveal() {
      const card = cards.find((one) => one.id === window.location.hash.slice(1));
      if (!card) return;
      if (!chosen.includes(card)) form.reset();
      choose();
      at = chosen.indexOf(card);
      show();
      card.scrollIntoView();
    }
    window.addEventListener("hashchange", reveal);

    // On paper every card of the choice is there, with its answer.
    let opened = [];
    window.addEventListener("beforeprint", () => {
      opened = cards.filter((card) => !details(card).open);
      for (const card of cards) {
        details(card).open = true;
        card.hidden = !chosen.includes(card);
      }
    });
    window.addEventListener("afterprint", () => {
      for (const card of opened) details(card).open = false;
      show();
    });

    form.hidden = false;
    choose();
    reveal();
  }

  function remembered() {
    try {
      const kept = JSON.parse(localStorage.getItem("lambda-lab-cards") || "{}");
      return Object.fromEntries(
        Object.entries(kept).filter(([, mark]) => mark === "known" || mark === "again"),
      );
    } catch {
      // Nothing kept, or not by us: begin without marks.
      return {};
    }
  }

  function keep(marks) {
    try {
      localStorage.setItem("lambda-lab-cards", JSON.stringify(marks));
    } catch {
      // A browser that keeps nothing still has the marks while the page is open.
    }
  }
});
