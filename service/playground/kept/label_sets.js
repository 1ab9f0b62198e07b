// Sets of labels of one's own, kept in the browser under a name.
import { read, watch, write } from "./store.js";
import { element } from "../element.js";
import { freeLabels, putFreeLabels } from "../form/free_labels.js";
import { say } from "../words/words.js";

const MOST = 50;
const by = (id) => document.getElementById(id);
const text = (value) => typeof value === "string";

/** Once, at the start: `tell(text)` says what was done. */
export function labelSets(tell) {
  by("set").addEventListener("change", choose);
  by("keep-set").addEventListener("click", () => tell(keep()));
  by("drop-set").addEventListener("click", () => tell(drop()));
  by("set-name").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    tell(keep());
  });
  watch("sets", offerSets);
}

/** Offer what is kept; what is chosen already stays. */
export function offerSets() {
  const chosen = by("set").value;
  const names = [...kept().keys()];
  const none = element("option", { value: "", text: say(names.length ? "chooseSet" : "noSets") });
  by("set").replaceChildren(none, ...names.map((name) => new Option(name, name)));
  by("set").value = names.includes(chosen) ? chosen : "";
  by("drop-set").hidden = !by("set").value;
}

/** The sets as a Map of name to a Map of label to description; what is none is passed over. */
function kept() {
  const sets = Object.entries(read("sets") ?? {}).map(([name, labels]) => [name, Object.entries(labels ?? {})]);
  return new Map(sets.filter(([, labels]) => labels.every(([, description]) => text(description))).map(([name, labels]) => [name, new Map(labels)]));
}

const keptAs = (sets) => write("sets", Object.fromEntries([...sets].map(([name, labels]) => [name, Object.fromEntries(labels)])));

function choose() {
  const labels = kept().get(by("set").value);
  by("drop-set").hidden = !labels;
  if (!labels) return;
  by("set-name").value = by("set").value;
  putFreeLabels(labels);
}

function keep() {
  const name = by("set-name").value.trim();
  const labels = freeLabels();
  if (!name || !labels.size) {
    by(name ? "new-label" : "set-name").focus();
    return say(name ? "emptySet" : "nameSet");
  }
  const sets = kept();
  if (!sets.has(name) && sets.size >= MOST) return say("manySets", MOST);
  if (!keptAs(sets.set(name, labels))) return say("notKept");
  offerSets();
  by("set").value = name;
  by("drop-set").hidden = false;
  return say("setKept", name);
}

function drop() {
  const name = by("set").value;
  const sets = kept();
  sets.delete(name);
  if (!keptAs(sets)) return say("notKept");
  by("set").value = "";
  by("set").focus();
  offerSets();
  return say("setDropped", name);
}
