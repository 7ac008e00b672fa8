/* Checks a quiz on the page. The reasons are taken from the list of answers that the page carries. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  for (const quiz of document.querySelectorAll("form.ll-quiz")) prepare(quiz);

  // Nothing can be checked on paper, so there the answers follow the question.
  const lists = [...document.querySelectorAll(".ll-quiz-answers")];
  const listed = (shown) => {
    for (const list of lists) [list.hidden, list.open] = [!shown, shown];
  };
  window.addEventListener("beforeprint", () => listed(true));
  window.addEventListener("afterprint", () => listed(false));

  function prepare(quiz) {
    const choices = [...quiz.querySelectorAll(".ll-quiz-choice")];
    const listed = [...quiz.querySelectorAll(".ll-quiz-answers > ol > li")];
    const verdict = quiz.querySelector(".ll-quiz-verdict");
    quiz.querySelector(".ll-quiz-answers").hidden = true;
    quiz.querySelector(".ll-quiz-act").hidden = false;

    quiz.addEventListener("submit", (event) => {
      event.preventDefault();
      clear();
      const picked = choices.filter((choice) => choice.querySelector("input").checked);
      if (picked.length === 0) {
        say("Choose an answer first.", "none");
        return;
      }
      let wrong = 0;
      choices.forEach((choice, index) => {
        const right = listed[index].dataset.correct === "true";
        if (choice.querySelector("input").checked) {
          if (!right) wrong += 1;
          mark(choice, listed[index], right);
        }
      });
      const missing = listed.filter((item, index) => {
        return item.dataset.correct === "true" && !choices[index].querySelector("input").checked;
      }).length;
      if (wrong === 0 && missing === 0) say("Right.", "right");
      else if (wrong === 0) say("Right so far, and not complete: another answer is right too.", "wrong");
      else say("Not yet. Read the reason, choose again.", "wrong");
    });
    quiz.addEventListener("reset", clear);
    quiz.addEventListener("change", clear);

    function mark(choice, item, right) {
      choice.dataset.outcome = right ? "right" : "wrong";
      const reason = document.createElement("div");
      const input = choice.querySelector("input");
      reason.className = "ll-quiz-reason";
      reason.id = `${input.id}-why`;
      const word = document.createElement("p");
      word.className = "ll-quiz-mark";
      word.textContent = right ? "Right" : "Not right";
      const box = document.createElement("div");
      if (!right) word.style.color = "var(--ll-bad)";
      for (const node of item.querySelector(".ll-quiz-why").childNodes) box.append(node.cloneNode(true));
      reason.append(word, box);
      choice.append(reason);
      input.setAttribute("aria-describedby", reason.id);
    }

    function clear() {
      say("", "");
      for (const choice of choices) {
        delete choice.dataset.outcome;
        choice.querySelector(".ll-quiz-reason")?.remove();
        choice.querySelector("input").removeAttribute("aria-describedby");
      }
    }

    function say(text, outcome) {
      verdict.dataset.outcome = outcome;
      verdict.textContent = text;
    }
  }
});
