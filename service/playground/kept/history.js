// What was asked, kept in the browser alone and only when that is switched on: each as the state
// that a link has. An answer is not kept; the same question has the same one.
import { read, watch, write } from "./store.js";
import { element } from "../element.js";
import { say, spoken } from "../words/words.js";

const MOST = 50;
const LONGEST = 20_000; // of one, in UTF-16 units
const ROOM = 500_000; // of all; browsers have some 5,000,000 for all that an address keeps

const by = (id) => document.getElementById(id);
let page = { tell: () => {}, open: () => {} };

/** Once, at the start: `page` has `tell(text)`, and `open(state)`, which fills the form. */
export function prepareHistory(given) {
  page = given;
  by("keep").addEventListener("change", () => {
    const on = by("keep").checked;
    const done = write("history", on ? [] : null);
    page.tell(say(!done ? "notKept" : on ? "keeps" : "cleared"));
    showHistory();
  });
  by("clear").addEventListener("click", () => {
    write("history", []);
    page.tell(say("cleared"));
    by("keep").focus();
    showHistory();
  });
  watch("history", showHistory);
}

/** Keep a question, if that is wanted: `state` are URLSearchParams, `found` entities came of it. */
export function remember(state, found) {
  const kept = entries();
  const asked = String(state);
  if (!kept || asked.length > LONGEST) return;
  const all = [{ state: asked, found, when: Date.now() }, ...kept.filter((one) => one.state !== asked)].slice(0, MOST);
  while (JSON.stringify(all).length > ROOM) all.pop();
  if (!write("history", all)) page.tell(say("notKept"));
  showHistory();
}

/** Show what is kept. */
export function showHistory() {
  const kept = entries();
  by("keep").checked = kept !== null;
  by("clear").hidden = !kept?.length;
  by("entries").replaceChildren(...(kept ?? []).map(shown));
}

/** The newest first; null while nothing is to be kept. What is none is passed over. */
function entries() {
  const kept = read("history");
  if (!Array.isArray(kept)) return null;
  return kept.filter((one) => typeof one?.state === "string" && Number.isFinite(one.found) && Number.isFinite(one.when));
}

function shown({ state, found, when }) {
  const asked = new URLSearchParams(state);
  const start = [...(asked.get("text") ?? "")].slice(0, 60).join("");
  const button = element("button", { type: "button", kind: "plain" }, element("bdi", { text: start }));
  button.addEventListener("click", () => page.open(new URLSearchParams(state)));
  const time = new Date(when).toLocaleString(spoken(), { dateStyle: "short", timeStyle: "short" });
  const facts = [asked.get("model") ?? "", say("found", found), time].filter(Boolean).join(" · ");
  return element("li", {}, button, " ", element("small", { text: facts }));
}
