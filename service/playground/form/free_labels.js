// Labels of one's own, each with a description or without, for a model that takes any.
import { coloured } from "./chip.js";
import { element } from "../element.js";
import { say } from "../words/words.js";

const by = (id) => document.getElementById(id);
const free = new Map(); // name: description
let changed = () => {};

/** Once, at the start: `then()` after each change. */
export function prepareFree(then) {
  changed = then;
  by("add").addEventListener("click", () => { addTyped(); by("new-label").focus(); });
  by("new-label").addEventListener("keydown", typed);
  by("new-description").addEventListener("keydown", typed);
}

/** A copy of them, as a Map of name to description. */
export const freeLabels = () => new Map(free);

/** These instead. */
export function putFreeLabels(labels) {
  free.clear();
  for (const [name, description] of labels) free.set(name, description);
  changed();
}

/** Their chips: the name takes a label back into the fields, the cross takes it away. */
export const freeChips = () => [...free].map(([name, description]) => {
  const edit = element("button", { type: "button", kind: "name", "aria-label": say("edit", name) }, element("span", { text: name }));
  if (description) edit.append(" ", element("small", { text: description }));
  edit.addEventListener("click", () => takeBack(name));
  const remove = element("button", { type: "button", text: "×", "aria-label": say("remove", name) });
  remove.addEventListener("click", () => {
    free.delete(name);
    changed();
    by("new-label").focus();
  });
  return coloured(name, "span", edit, remove);
});

/** Add what is typed: a name and its description, "name: description", or names between commas. */
export function addTyped() {
  const [typedName, typedDescription] = [by("new-label").value, by("new-description").value.trim()];
  const [, first, inline] = typedName.match(/^([^:：]*)(?:[:：](.*))?$/s);
  const description = typedDescription || (inline ?? "").trim();
  const names = description ? [typedDescription ? typedName : first] : first.split(/[,，、;；\n]/);
  const found = names.map((name) => name.trim()).filter(Boolean);
  for (const name of found) free.set(name, description);
  // A description without a name stays, and waits for one.
  if (found.length || !typedDescription) by("new-label").value = by("new-description").value = "";
  changed();
}

/** Take a label back into the fields, the last one if none is named. */
function takeBack(name = [...free.keys()].at(-1)) {
  if (name === undefined) return;
  if (by("new-label").value.trim()) addTyped(); // what was being typed
  by("new-label").value = name;
  by("new-description").value = free.get(name) ?? "";
  free.delete(name);
  changed();
  by("new-label").focus();
}

function typed(event) {
  if (event.isComposing || event.ctrlKey || event.metaKey) return;
  const [name, description] = [by("new-label"), by("new-description")];
  // In a description a comma is a comma.
  const between = event.target === name && !description.value && /^[,，、;；]$/.test(event.key) && !/[:：]/.test(name.value);
  if (event.key === "Enter" || between) {
    event.preventDefault();
    addTyped();
    if (event.key === "Enter") name.focus();
  } else if (event.key === "Backspace" && event.target === name && !name.value && !description.value) {
    event.preventDefault();
    takeBack();
  }
}
