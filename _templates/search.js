{#- The search of the book, on the index and the stemmer that Sphinx makes. Sphinx's own order takes the best
    word of a page and then the alphabet, drops numbers, and fetches every page it lists for an excerpt. #}
(function () {
  "use strict";
  // What people type, and what the book writes out.
  const WRITTEN_OUT = {
    "6x": "six times", db: "database", dlq: "dead-letter queue", env: "environment", esm: "event source mapping",
    vars: "variables",
  };
  // Words of a question, which nearly every page has.
  const ASKED = ["can", "do", "does", "how", "i", "many", "much", "my", "what", "when", "why"];
  // These name nearly everything once, so they come after the pages that explain.
  const LISTS = /\/(cheat-sheet|claims-ledger|exam-map|fidelity-ledger|flash-cards|glossary|whats-new)$/;
  const TITLE = 4, HEADING = 2.5, TEXT = 1, PART = 0.6, EXCERPT = 240;
  const stemmer = new Stemmer();
  const stem = (word) => stemmer.stemWord(word.toLowerCase());
  const stems = (text) => splitQuery(text).map(stem);
  const listOf = (value) => (value === undefined ? [] : [].concat(value));

  /* How well one word stands among others: as it is, as a part of a longer one, or not at all. */
  function standing(word, among) {
    if (among.includes(word)) return 1;
    return word.length > 2 && among.some((one) => one.includes(word)) ? PART : 0;
  }

  function together(words, among) {
    return words.length > 1 && ` ${among.join(" ")} `.includes(` ${words.join(" ")} `);
  }

  /* Files that have the word, each with how well. */
  function filesOf(word, index) {
    const found = new Map();
    const note = (files, worth) => {
      for (const file of listOf(files)) found.set(file, Math.max(worth, found.get(file) ?? 0));
    };
    for (const terms of [index.terms, index.titleterms]) {
      if (Object.hasOwn(terms, word)) note(terms[word], TEXT);
      else if (word.length > 2) {
        for (const term of Object.keys(terms)) if (term.includes(word)) note(terms[term], TEXT * PART);
      }
    }
    return found;
  }

  function distance(a, b) {
    let before = Array.from({ length: b.length + 1 }, (_, at) => at);
    for (let i = 1; i <= a.length; i += 1) {
      const row = [i];
      for (let j = 1; j <= b.length; j += 1) {
        row[j] = Math.min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      }
      before = row;
    }
    return before[b.length];
  }

  /* The word of the index that is spelt most like this one, or nothing. */
  function nearest(word, index) {
    if (word.length < 5) return null;
    let best = null, least = word.length > 7 ? 3 : 2;
    for (const term of Object.keys(index.terms)) {
      if (Math.abs(term.length - word.length) >= least || term[0] !== word[0]) continue;
      const far = distance(word, term);
      if (far < least) [best, least] = [term, far];
    }
    return best;
  }

  /* The words to look for; those that no page has are mended or left out, and told. */
  function wanted(query, index) {
    const typed = splitQuery(query).flatMap((word) => splitQuery(WRITTEN_OUT[word.toLowerCase()] ?? word));
    const light = [...stopwords, ...ASKED];
    const weighty = typed.filter((word) => !light.includes(word.toLowerCase()));
    const words = [], beginnings = [], told = [];
    for (const word of weighty.length > 0 ? weighty : typed) {
      let looked = stem(word);
      if (filesOf(looked, index).size === 0) {
        const like = nearest(looked, index);
        told.push(like ? `No page has “${word}”; these have a word spelt much like it.` : `No page has “${word}”.`);
        looked = like;
      }
      if (!looked || words.includes(looked)) continue;
      words.push(looked);
      // What a word and its stem have in common is what a text has of it: "visib" of "visibility".
      const typing = word.toLowerCase();
      let same = 0;
      while (same < looked.length && looked[same] === typing[same]) same += 1;
      beginnings.push(same > 2 ? looked.slice(0, same) : looked);
    }
    return [words, beginnings, told];
  }

  function headingsOf(index) {
    const byFile = index.docnames.map(() => []);
    for (const [title, places] of Object.entries(index.alltitles)) {
      // A heading of many pages, such as "Cost", tells none from another.
      if (places.length > 5) continue;
      const parts = stems(title);
      for (const [file, id] of places) byFile[file].push({ title, id, parts });
    }
    return byFile;
  }

  function pagesWith(words, index) {
    const having = words.map((word) => filesOf(word, index));
    const rare = having.map((files) => Math.log(1 + index.docnames.length / files.size));
    const headings = headingsOf(index);
    const results = [];
    index.docnames.forEach((name, file) => {
      if (!having.every((files) => files.has(file))) return;
      const own = stems(index.titles[file]);
      const path = stems(name);
      let score = 0;
      words.forEach((word, at) => {
        const best = Math.max(0, ...headings[file].map((one) => HEADING * standing(word, one.parts)));
        const named = Math.max(TITLE * standing(word, own), HEADING * standing(word, path), best);
        score += rare[at] * Math.max(named, having[at].get(file));
      });
      const whole = (one) => one.id && words.every((word) => standing(word, one.parts) > 0);
      const section = headings[file].filter(whole).sort((a, b) => a.parts.length - b.parts.length)[0];
      if (words.every((word) => standing(word, own) > 0)) score += TITLE * (together(words, own) ? 2 : 1);
      else if (section) score += HEADING * (together(words, section.parts) ? 2 : 1) + 2 / section.parts.length;
      if (LISTS.test(name)) score *= PART;
      results.push({ name, title: index.titles[file], section, score });
    });
    return results;
  }

  /* The index keeps its entries in small letters; their anchors are written as the words are. */
  function cased(entry, id) {
    const written = id.replace(/^term-/, "");
    return [...entry].map((one, at) => (written[at]?.toLowerCase() === one ? written[at] : one)).join("");
  }

  /* Entries of the glossary: one that is just these words comes first. */
  function entriesWith(words, index) {
    const results = [];
    for (const [entry, places] of Object.entries(index.indexentries)) {
      const parts = stems(entry);
      if (parts.length > 2 * words.length || !words.every((word) => parts.includes(word))) continue;
      for (const [file, id] of places) {
        const score = parts.length === words.length ? 1000 : 8 / parts.length;
        const section = { title: cased(entry, id), id };
        results.push({ name: index.docnames[file], title: index.titles[file], section, score });
      }
    }
    return results;
  }

  /* The part of the text that has the most of the words, and how many. */
  function excerpt(text, words) {
    const lower = text.toLowerCase();
    const places = [];
    for (const word of words) {
      for (let at = lower.indexOf(word), n = 0; at >= 0 && n < 50; at = lower.indexOf(word, at + 1), n += 1) {
        places.push([at, word]);
      }
    }
    let from = 0, most = 0;
    for (const [start] of places) {
      const near = places.filter(([at]) => at >= start && at < start + EXCERPT - 60);
      const many = new Set(near.map(([, word]) => word)).size;
      if (many > most) [from, most] = [start, many];
    }
    from = from < 60 ? 0 : text.indexOf(" ", from - 60) + 1;
    const end = text.lastIndexOf(" ", from + EXCERPT);
    const to = from + EXCERPT >= text.length || end <= from ? text.length : end;
    return [(from > 0 ? "… " : "") + text.slice(from, to) + (to < text.length ? " …" : ""), most];
  }

  function marked(text, words) {
    const line = document.createElement("p");
    line.className = "context";
    if (words.length === 0) return line;
    // A beginning stands for the words that begin with it.
    const any = new RegExp(`((?:${words.map(_escapeRegExp).join("|")})[\\p{Letter}\\p{Number}]*)`, "iu");
    text.split(any).forEach((part, at) => {
      const node = document.createElement(at % 2 ? "mark" : "span");
      node.textContent = part;
      line.append(node);
    });
    return line;
  }

  async function explain(item, result, words) {
    const answer = await fetch(`${result.name}.html`).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const one of page.querySelectorAll(".headerlink, script, style, summary, h1, form, .ll-eyebrow, .ll-labstrip")) {
      one.remove();
    }
    let place = (result.section && page.getElementById(result.section.id)) || page.querySelector("article");
    if (place?.tagName === "DT") place = place.nextElementSibling;
    place?.querySelector("h2, h3, h4")?.remove();
    const read = () => (place?.textContent ?? "").replace(/\s+/g, " ").trim();
    // Prose reads better than code, unless the words stand only there.
    const [whole, most] = excerpt(read(), words);
    for (const one of place?.querySelectorAll(".cell, pre") ?? []) one.remove();
    const [prose, many] = excerpt(read(), words);
    const text = many >= most && prose ? prose : whole;
    if (text) item.append(marked(text, words));
  }

  function show(query) {
    const index = Search._index;
    Search._parseQuery(query); // Keeps the words, which the page that is opened marks.
    const [words, beginnings, told] = wanted(query.trim(), index);
    const results = words.length === 0 ? [] : [...pagesWith(words, index), ...entriesWith(words, index)];
    results.sort((a, b) => b.score - a.score || a.title.localeCompare(b.title, "en", { numeric: true }));

    const list = document.createElement("ul");
    list.className = "search";
    const near = new IntersectionObserver((seen) => {
      for (const one of seen) {
        if (!one.isIntersecting) continue;
        near.unobserve(one.target);
        explain(one.target, results[[...list.children].indexOf(one.target)], beginnings);
      }
    }, { rootMargin: "200px" });
    for (const result of results) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = `${result.name}.html${result.section ? `#${result.section.id}` : ""}`;
      // A title of the index is HTML: it may hold code.
      link.innerHTML = result.section ? `${result.title} › ${result.section.title}` : result.title;
      item.append(link);
      list.append(item);
      near.observe(item);
    }
    document.getElementById("search-results").replaceChildren(list);
    const found = results.length === 1 ? "1 place found." : `${results.length} places found.`;
    const none = told.length > 0 ? "" : "No page has all of these words.";
    const status = [...told, results.length > 0 ? found : none].join(" ").trim();
    document.getElementById("search-progress").textContent = status;
    document.getElementById("search-nothing").hidden = results.length > 0;
    document.title = `${query} - ${document.title}`;
  }

  Search.performSearch = (query) => {
    document.getElementById("search-progress").textContent = "Searching…";
    if (Search.hasIndex()) show(query);
    else Search.deferQuery(query);
  };
  Search.query = show;
})();
