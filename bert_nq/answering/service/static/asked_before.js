// What was asked before, the newest first. The list lasts as long as the tab, the answers, which hold
// whole pages, as long as the page is not loaded anew.
"use strict";
class AskedBefore {
  static MOST = 30;
  static NAME = "bert_nq.asked";

  // `chosen` is called with an entry that was clicked: {question, where, name, answer, key}.
  constructor(box, list, chosen) {
    this.box = box;
    this.list = list;
    this.chosen = chosen;
    this.responses = new Map();  // key -> response
    try {
      this.entries = JSON.parse(sessionStorage.getItem(AskedBefore.NAME)) || [];
    } catch (error) {
      this.entries = [];
    }
  }

  // Short, for a page may be long.
  static keyOf(text) {
    let value = 5381;
    for (let i = 0; i < text.length; i++) value = (value * 33 ^ text.charCodeAt(i)) >>> 0;
    return value.toString(36) + "." + text.length;
  }

  add(entry, response) {
    this.entries = [entry, ...this.entries.filter((other) => other.key !== entry.key)];
    this.responses.set(entry.key, response);
    for (const old of this.entries.splice(AskedBefore.MOST)) this.responses.delete(old.key);
    try {
      sessionStorage.setItem(AskedBefore.NAME, JSON.stringify(this.entries));
    } catch (error) {
      // Full or forbidden: the list is kept as long as this page is open.
    }
  }

  // The answer that was given, if it is still here.
  response(entry) {
    return this.responses.get(entry.key);
  }

  // Shows the list; the entry of `key` is marked.
  show(key) {
    const make = (name, text, classes) => Object.assign(document.createElement(name),
      {textContent: text, className: classes});
    this.list.replaceChildren(...this.entries.map((entry) => {
      const line = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      const what = make("span", "", "what");
      what.append(make("bdi", entry.question, ""));
      const below = entry.answer + (entry.where === "page" ? " · " + entry.name : "");
      button.append(what, make("span", below, "where soft"));
      button.setAttribute("aria-current", String(entry.key === key));
      button.addEventListener("click", () => this.chosen(entry));
      line.append(button);
      return line;
    }));
    this.box.hidden = this.entries.length === 0;
  }
}
