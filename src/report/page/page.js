(function () {
  "use strict";
  var list = document.getElementById("list");
  var body = list.tBodies[0];
  var rows = Array.prototype.slice.call(body.querySelectorAll("tr[data-of]"));
  var heads = Array.prototype.slice.call(list.querySelectorAll("th[data-sort]"));
  var filter = document.getElementById("filter");
  var narrowed = document.getElementById("narrowed");
  var shown = document.getElementById("shown");
  var collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  function key(row, column) {
    var cell = row.cells[column];
    return cell.hasAttribute("data-key") ? cell.getAttribute("data-key") : cell.textContent.trim();
  }

  // What is looked through, once: with hundreds of rows, reading them anew for each letter would be felt.
  var known = rows.map(function (row) {
    return {
      row: row,
      article: document.getElementById(row.getAttribute("data-of")),
      text: row.textContent.toLowerCase(),
      leads: row.getAttribute("data-leads").toLowerCase().split(" ")
    };
  });

  // A word with an arrow in it is a branch and the one that it leads to.
  function narrow(text) {
    var words = text.toLowerCase().split(/\s+/).filter(Boolean);
    var count = 0;
    known.forEach(function (one) {
      var fits = words.every(function (word) {
        return one.leads.indexOf(word) >= 0 || one.text.indexOf(word) >= 0;
      });
      one.row.hidden = !fits;
      if (one.article) { one.article.hidden = !fits; }
      if (fits) { count += 1; }
    });
    shown.textContent = words.length ? count + " of " + rows.length + " shown" : rows.length + " in all";
    narrowed.hidden = !words.length;
    narrowed.textContent = "Only " + count + " of " + rows.length + " references are shown here and below: filtered by \u201c" +
      words.join(" ") + "\u201d.";
  }

  function sort(head, direction) {
    var column = heads.indexOf(head);
    var sign = direction === "descending" ? -1 : 1;
    heads.forEach(function (other) { other.setAttribute("aria-sort", other === head ? direction : "none"); });
    rows.map(function (row, place) { return { row: row, place: place, key: key(row, column) }; })
      .sort(function (one, two) { return sign * collator.compare(one.key, two.key) || one.place - two.place; })
      .forEach(function (sorted) { body.appendChild(sorted.row); });
  }

  heads.forEach(function (head) {
    var button = document.createElement("button");
    button.type = "button";
    while (head.firstChild) { button.appendChild(head.firstChild); }
    head.appendChild(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", function () {
      sort(head, head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending");
    });
  });

  function follow() {
    if (location.hash.indexOf("=") < 0) { return; }
    var asked = new URLSearchParams(location.hash.slice(1));
    if (asked.has("filter")) { filter.value = asked.get("filter"); narrow(filter.value); }
    var head = heads.filter(function (one) { return one.getAttribute("data-sort") === asked.get("sort"); })[0];
    if (head) { sort(head, asked.get("order") === "descending" ? "descending" : "ascending"); }
  }

  filter.parentNode.hidden = false;
  filter.addEventListener("input", function () { narrow(filter.value); });
  window.addEventListener("hashchange", function () {
    follow();
    if (location.hash.indexOf("=") >= 0) { document.getElementById("references").scrollIntoView(); }
  });
  narrow("");
  follow();
})();
