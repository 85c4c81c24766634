// The list of questions: filters, search and order. It makes text, never markup.
"use strict";
(function () {
  const SHOWN = 100;
  const ERRORS = ["wrong", "missed", "false_alarm"];
  const FIELDS = ["q", "verdict", "kind", "yesno", "sort"];
  const byId = (id) => document.getElementById(id);

  const rows = [];
  for (const element of document.querySelectorAll("script.rows")) {
    for (const row of JSON.parse(element.textContent)) rows.push(row);
    element.remove();
  }
  // [href, id, question, title, yes or no, long, short]; long and short:
  // [verdict, gold, predicted, score, counts]
  const texts = rows.map((row) => [row[1], row[2], row[3], row[5][1], row[5][2], row[6][1],
    row[6][2]].join("\n").toLowerCase());
  const names = {};
  for (const option of byId("verdict").options) names[option.value] = option.textContent;

  let page = 0;
  let found = [];

  function readAddress() {
    const values = new URLSearchParams(location.hash.slice(1));
    for (const field of FIELDS) {
      const element = byId(field);
      element.value = values.get(field) || "";
      if (element.selectedIndex === -1) element.selectedIndex = 0;
    }
    page = Math.max(0, (parseInt(values.get("page"), 10) || 1) - 1);
  }

  function writeAddress() {
    const values = new URLSearchParams();
    for (const field of FIELDS) if (byId(field).value) values.set(field, byId(field).value);
    if (page > 0) values.set("page", String(page + 1));
    // Not a step in the browser's history: its button leads back to where one came from.
    history.replaceState(null, "", "#" + values);
  }

  function filter() {
    const words = byId("q").value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdict = byId("verdict").value;
    const wanted = verdict === "error" ? ERRORS : [verdict];
    const kinds = {"": [5, 6], long: [5], short: [6]}[byId("kind").value];
    const yesNo = byId("yesno").value === "1";
    found = [];
    rows.forEach((row, i) => {
      if (verdict && !kinds.some((kind) => wanted.includes(row[kind][0]))) return;
      if (yesNo && !row[4]) return;
      if (!words.every((word) => texts[i].includes(word))) return;
      found.push(row);
    });
    const order = {long: 5, short: 6}[byId("sort").value];
    if (order) found.sort((a, b) => Number(b[order][3]) - Number(a[order][3]));
  }

  function make(name, text, classes) {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (classes) element.className = classes;
    return element;
  }

  function verdictCell(kind) {
    const cell = make("td");
    cell.append(make("span", names[kind[0]], "verdict " + kind[0]),
      make("span", " score " + kind[3], "soft number"));
    return cell;
  }

  function answerCell(kind) {
    const cell = make("td");
    const gold = make("div", undefined, "gold-word");
    gold.append(make("span", "gold: ", "soft"), make("bdi", kind[1] || "none"));
    const predicted = make("div", undefined, "predicted-word" + (kind[4] ? "" : " unanswered"));
    predicted.append(make("span", "predicted: ", "soft"), make("bdi", kind[2] || "none"));
    if (kind[2] && !kind[4]) predicted.append(make("span", " (below the threshold)", "soft"));
    cell.append(gold, predicted);
    return cell;
  }

  function tableRow(row) {
    const line = make("tr");
    const question = make("td");
    const link = make("a");
    link.append(make("bdi", row[2] || "(no question)"));
    link.href = row[0];
    question.append(link, make("div", undefined, "soft"));
    question.lastChild.append(make("bdi", row[3]));
    line.append(question, verdictCell(row[5]), answerCell(row[5]), verdictCell(row[6]),
      answerCell(row[6]));
    return line;
  }

  function show() {
    const pages = Math.max(1, Math.ceil(found.length / SHOWN));
    page = Math.min(page, pages - 1);
    byId("list").replaceChildren(
      ...found.slice(page * SHOWN, (page + 1) * SHOWN).map(tableRow));
    byId("status").textContent =
      found.length.toLocaleString("en") + " of " + rows.length.toLocaleString("en") + " questions";
    byId("place").textContent = "page " + (page + 1) + " of " + pages;
    byId("back").disabled = page === 0;
    byId("forth").disabled = page === pages - 1;
  }

  function update() {
    page = 0;
    filter();
    show();
    writeAddress();
  }

  function turn(by) {
    page = Math.max(0, page + by);
    show();
    writeAddress();
    window.scrollTo(0, 0);
  }

  function fromAddress() {
    readAddress();
    filter();
    show();
  }

  let waiting;
  byId("q").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(update, 120);
  });
  for (const field of FIELDS.slice(1)) byId(field).addEventListener("change", update);
  byId("filters").addEventListener("submit", (event) => {
    event.preventDefault();
    update();
  });
  byId("back").addEventListener("click", () => turn(-1));
  byId("forth").addEventListener("click", () => turn(1));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === "/") {
      event.preventDefault();
      byId("q").focus();
    } else if (event.key === "n" && !byId("forth").disabled) turn(1);
    else if (event.key === "p" && !byId("back").disabled) turn(-1);
  });
  window.addEventListener("hashchange", () => {
    fromAddress();
    // A count in the table above leads to its questions, which may lie below the window.
    byId("filters").scrollIntoView();
  });
  fromAddress();
})();
