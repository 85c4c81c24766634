// Asks the service and shows the answer in its page. It makes text; the one markup that it shows is
// the page as the service has rebuilt it.
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const settings = JSON.parse(byId("settings").textContent);

  let file = null;      // {name, base64}
  let shown = null;     // the response that is shown
  let current = -1;     // the answer of it that is marked
  let pageShown = -1;   // the page of it that is shown
  let running = null;   // an AbortController

  function make(name, text, classes) {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (classes) element.className = classes;
    return element;
  }

  const percent = (p) => p >= 0.995 && p < 1 ? "> 99 %" : p > 0 && p < 0.005 ? "< 1 %"
    : Math.round(100 * p) + " %";

  function tell(id, text) {
    byId(id).textContent = text;
    byId(id).hidden = !text;
    if (text) byId(id).scrollIntoView({block: "nearest"});
  }

  // ---- where to look

  function where() {
    const chosen = document.querySelector("input[name=where]:checked");
    return chosen ? chosen.value : "page";
  }

  function showWhere() {
    byId("own").hidden = where() !== "page";
  }

  function setFile(next) {
    file = next;
    byId("clear").hidden = !file;
    byId("content").disabled = Boolean(file);
    byId("file-name").textContent = file ? file.name
      : "HTML, text or Markdown; it is read here and sent to this service alone";
    if (!file) byId("file").value = "";
  }

  function take(chosen) {
    if (!chosen) return;
    // Base64 needs four bytes for three.
    if (chosen.size * 4 / 3 > settings.bodyBytes) {
      tell("error", chosen.name + " is too large: a request may have " + settings.bodyWords
        + ". Give a smaller page.");
      return;
    }
    const reader = new FileReader();
    reader.onload = () => {
      setFile({name: chosen.name, base64: reader.result.slice(reader.result.indexOf(",") + 1)});
      tell("error", "");
      byId("question").focus();
    };
    reader.onerror = () => tell("error", chosen.name + " cannot be read: "
      + reader.error.message);
    reader.readAsDataURL(chosen);
  }

  // ---- asking

  function request(question) {
    const body = {question: question, show_pages: true};
    if (where() === "folder") return {body: body, where: "folder", name: ""};
    if (file) {
      return {body: Object.assign(body, {page_base64: file.base64, page_name: file.name}),
        where: "page", name: file.name};
    }
    const text = byId("content").value;
    if (!text.trim()) return null;
    return {body: Object.assign(body, {page: text, page_name: "pasted page"}), where: "page",
      name: "pasted page"};
  }

  // One question about one content is one key, so that an answer can be shown again.
  function keyOf(asked) {
    return AskedBefore.keyOf(JSON.stringify([asked.where, asked.body.question,
      asked.body.page_base64 || asked.body.page || ""]));
  }

  async function ask() {
    const question = byId("question").value.trim();
    if (!question) {
      tell("error", "Type a question first.");
      byId("question").focus();
      return;
    }
    const asked = request(question);
    if (!asked) {
      tell("error", "There is no page yet: paste text or HTML, or open a file.");
      byId("content").focus();
      return;
    }
    if (running) running.abort();
    const mine = running = new AbortController();
    busy(true);
    try {
      const response = await send(asked.body, mine.signal);
      const key = keyOf(asked);
      before.add({question: question, where: asked.where, name: asked.name, key: key,
        answer: response.answered ? wordsOf(response).slice(0, 120) : "no answer"}, response);
      show(response, key);
    } catch (error) {
      if (error.name !== "AbortError") tell("error", error.message);
    } finally {
      if (running === mine) {
        running = null;
        busy(false);
      }
    }
  }

  async function send(body, signal) {
    let answer;
    try {
      answer = await fetch("/ask", {method: "POST", signal: signal, body: JSON.stringify(body),
        headers: {"content-type": "application/json"}});
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Error("The service does not answer. Is it still running? Start it again, and ask "
        + "once more.");
    }
    let content;
    try {
      content = await answer.json();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Error("The service answered with status " + answer.status + " and nothing to read.");
    }
    if (!answer.ok) {
      throw new Error(sentence(content.error || "the service answered with status " + answer.status));
    }
    return content;
  }

  function sentence(text) {
    return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
  }

  function busy(is) {
    byId("go").setAttribute("aria-busy", String(is));
    byId("go").textContent = is ? "Reading …" : "Ask";
    if (is) {
      tell("error", "");
      tell("status", where() === "folder" ? "Searching the folder and reading its best pages …"
        : "Reading the page …");
    } else {
      tell("status", "");
    }
  }

  // ---- showing

  function wordsOf(item) {
    if (item.yes_no) return item.yes_no === "yes" ? "Yes" : "No";
    return item.short ? item.short.text : item.long ? item.long.text : "";
  }

  function nameOf(response, number) {
    const page = response.pages[number];
    return page.title && page.title !== page.page ? page.title + " (" + page.page + ")" : page.page;
  }

  function show(response, key) {
    shown = response;
    current = pageShown = -1;
    document.body.classList.add("has-answer");
    byId("intro").hidden = true;
    tell("error", response.faults.map(sentence).join(" "));
    byId("answer").replaceChildren(...answerParts(response));
    byId("answer").className = "card answer" + (response.answered ? "" : " none");
    byId("answer").hidden = false;
    const rest = response.others;
    byId("others-title").textContent = response.answered ? "All answers" : "Guesses";
    byId("list").replaceChildren(...rest.map(listed));
    byId("others").hidden = rest.length === 0;
    byId("shown").hidden = response.pages.length === 0;
    // Below one another, as on a phone, the answer itself comes into view, else its place.
    const beside = matchMedia("(min-width: 60rem)").matches;
    if (rest.length) select(0, response.answered && beside);
    else if (response.pages.length) showPage(0);
    if (!beside && !response.faults.length) byId("answer").scrollIntoView({block: "nearest"});
    before.show(key);
  }

  function answerParts(response) {
    const parts = [make("p", response.question, "question-asked")];
    const best = response.others[0];
    if (!response.pages.length) {
      parts.push(make("p", "No page has these words", "words"),
        make("p", "Try other words, or those that the page itself would use.", "paragraph"));
      return parts;
    }
    if (!response.answered) {
      parts.push(make("p", "No answer", "words"));
      const read = response.pages.length === 1 ? "The page does not seem"
        : "The " + response.pages.length + " pages that were read do not seem";
      parts.push(make("p", read + " to say." + (best ? " The best guess is below." : ""),
        "paragraph"));
      return parts;
    }
    const hasWords = response.short || response.yes_no;
    parts.push(make("p", wordsOf(response), hasWords ? "words" : "words long-only"));
    if (hasWords && response.long) parts.push(paragraph(response));
    parts.push(confidence(response.probability));
    const from = make("p", undefined, "from");
    from.append(make("span", "from ", "soft"), make("bdi", nameOf(response, 0)));
    const to = make("button", "Show it in the page", "to-page");
    to.type = "button";
    to.addEventListener("click", () => select(0, true));
    parts.push(from, to);
    return parts;
  }

  // The paragraph with the answer's words in bold, where they occur once: their place is exact in
  // the page itself.
  function paragraph(response) {
    const element = make("p", undefined, "paragraph");
    const text = response.long.text;
    const words = response.short ? response.short.text : "";
    const at = words ? text.indexOf(words) : -1;
    if (at < 0 || text.indexOf(words, at + 1) >= 0) {
      element.textContent = text;
      return element;
    }
    // The words stand within the first lines, which are all that is shown.
    const from = at > 300 ? text.lastIndexOf(" ", at - 120) + 1 : 0;
    element.append((from ? "… " : "") + text.slice(from, at), make("b", words),
      text.slice(at + words.length));
    return element;
  }

  function confidence(probability) {
    const row = make("div", undefined, "confidence");
    const meter = make("meter");
    meter.min = 0;
    meter.max = 1;
    meter.value = probability;
    meter.setAttribute("aria-label", "confidence");
    row.append(meter, make("span", percent(probability) + " sure", "number"));
    if (!settings.isCalibrated) {
      row.append(make("span", "by the model's own estimate, which is not calibrated", "soft remark"));
    }
    return row;
  }

  function listed(item, number) {
    const line = make("li");
    const button = make("button");
    button.type = "button";
    const words = wordsOf(item);
    const what = make("span", undefined, "what");
    what.append(make("bdi", words.length > 160 ? words.slice(0, 160) + " …" : words));
    button.append(what, make("span", percent(item.probability), "number soft"));
    const place = item.long && words !== item.long.text ? item.long.text.slice(0, 200) : "";
    const page = shown.pages.length > 1 ? shown.pages[item.page_number].title || item.page : "";
    const below = [page, place].filter(Boolean).join(" · ");
    if (below) button.append(make("span", below, "where soft"));
    button.addEventListener("click", () => select(number, true));
    line.append(button);
    return line;
  }

  function showPage(number) {
    if (pageShown === number) return;
    pageShown = number;
    byId("page-name").textContent = nameOf(shown, number);
    byId("page").innerHTML = shown.pages[number].html;
  }

  function select(number, scrolls) {
    const item = shown.others[number];
    current = number;
    showPage(item.page_number);
    for (const kind of ["long", "short"]) {
      const name = "a" + number + "-" + kind;
      for (const element of byId("page").querySelectorAll(".now." + kind)) {
        element.classList.remove("now", kind);
      }
      for (const element of byId("page").getElementsByClassName(name)) {
        element.classList.add("now", kind);
      }
    }
    [...byId("list").querySelectorAll("button")].forEach((button, i) =>
      button.setAttribute("aria-current", String(i === number)));
    const mark = byId("a" + number + "-short") || byId("a" + number + "-long");
    if (mark && scrolls) bringIntoView(mark);
  }

  function bringIntoView(mark) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    mark.scrollIntoView({block: "center", behavior: still ? "auto" : "smooth"});
  }

  function step(by) {
    if (!shown || !shown.others.length) return;
    const next = Math.min(shown.others.length - 1, Math.max(0, current + by));
    select(next, true);
    byId("list").children[next].scrollIntoView({block: "nearest"});
  }

  // ---- what was asked before

  const before = new AskedBefore(byId("before"), byId("history"), again);

  function again(entry) {
    byId("question").value = entry.question;
    const response = before.response(entry);
    if (response) {
      show(response, entry.key);
      return;
    }
    const choice = document.querySelector("input[name=where][value=" + entry.where + "]");
    if (choice) choice.checked = true;
    showWhere();
    if (entry.where === "folder" || byId("content").value.trim() || file) ask();
    else tell("error", "The page of this question (" + entry.name + ") is no longer here: give it "
      + "again, and ask.");
  }

  // ---- events

  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  for (const radio of document.querySelectorAll("input[name=where]")) {
    radio.addEventListener("change", showWhere);
  }
  byId("example").addEventListener("click", () => {
    const choice = document.querySelector("input[name=where][value=page]");
    if (choice) choice.checked = true;
    showWhere();
    setFile(null);
    byId("content").value = byId("example-text").textContent.trim();
    byId("question").value = byId("example").textContent;
    ask();
  });
  byId("file").addEventListener("change", () => take(byId("file").files[0]));
  byId("clear").addEventListener("click", () => {
    setFile(null);
    byId("content").focus();
  });
  const content = byId("content");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    content.addEventListener(kind, (event) => {
      event.preventDefault();
      content.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
      else if (kind === "drop") content.value = event.dataTransfer.getData("text/html")
        || event.dataTransfer.getData("text/plain");
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    const inQuestion = event.target === byId("question");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      byId("question").focus();
      byId("question").select();
    } else if (event.key === "Escape" && running) {
      running.abort();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (!typing || inQuestion)
        && shown && shown.others.length) {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    }
  });

  before.show(null);
  showWhere();
})();
