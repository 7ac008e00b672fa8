/* Sphinx's search passes over words that are numbers; here 429, 502 and 202 are what people look for. */
(function () {
  "use strict";
  const parse = Search._parseQuery;
  Search._parseQuery = function (query) {
    const parts = parse(query);
    const [, wanted, , marked] = parts;
    for (const word of splitQuery(query.trim())) {
      if (!/^\d+$/.test(word)) continue;
      wanted.add(word);
      marked.add(word);
    }
    return parts;
  };
})();
