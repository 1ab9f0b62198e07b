// The labels to ask for: an adapter's own to choose from, and others for a model that takes any.
import { addTyped, freeChips, freeLabels, prepareFree, putFreeLabels } from "./free_labels.js";
import { coloured } from "./chip.js";
import { element } from "../element.js";
import { Refusal } from "../gateway.js";
import { say } from "../words/words.js";

const by = (id) => document.getElementById(id);
let asked = []; // the models chosen
const refused = new Set(); // of the adapters' labels

/** Once, at the start. */
export function prepareLabels() {
  by("all").addEventListener("click", () => chooseAll(true));
  by("none").addEventListener("click", () => chooseAll(false));
  prepareFree(() => offer(asked));
}

/** Offer what `models` know. */
export function offer(models) {
  asked = models;
  const chips = known().map((label) => {
    const box = element("input", { type: "checkbox", value: label });
    box.checked = !refused.has(label);
    box.addEventListener("change", () => (box.checked ? refused.delete(label) : refused.add(label)));
    return coloured(label, "label", box, element("span", { text: label }));
  });
  by("chips").replaceChildren(...chips, ...(takesAny() ? freeChips() : []));
  by("all-or-none").hidden = !chips.length;
  by("open-labels").hidden = !takesAny();
  by("open-hint").hidden = chips.length > 0 || freeLabels().size > 0;
}

/** The labels as `model` is to be asked for them; undefined: all that it knows. */
export function labelsFor(model) {
  const chosen = known().filter((label) => !refused.has(label));
  if (model.labels !== null) {
    const own = model.labels.filter((label) => chosen.includes(label));
    if (!own.length) throw new Refusal(model.name, { word: "pickOne" });
    return own.length === model.labels.length ? undefined : own;
  }
  const all = new Map([...chosen.map((label) => [label, ""]), ...freeLabels()]);
  if (!all.size) return undefined;
  return [...all.values()].some(Boolean) ? Object.fromEntries(all) : [...all.keys()];
}

/** What is typed and not yet added is meant, too. */
export function addWhatIsTyped() {
  if (takesAny()) addTyped();
}

/** Put the choice into a link's state. */
export function link(state) {
  for (const label of refused) state.append("without", label);
  for (const [name, description] of freeLabels()) state.append("label", joined(name, description));
}

/** Take the choice out of a link's state. */
export function follow(state) {
  refused.clear();
  for (const label of state.getAll("without")) refused.add(label);
  putFreeLabels(state.getAll("label").map(parted));
}

// "name: description" or a name. A line break stands between them where the name has ": " itself:
// neither field can have one.
const joined = (name, description) =>
  name.includes(": ") ? `${name}\n${description}` : description ? `${name}: ${description}` : name;

function parted(label) {
  const [name, ...description] = label.split(label.includes("\n") ? "\n" : ": ");
  return [name, description.join(": ")];
}

function chooseAll(all) {
  refused.clear();
  if (!all) for (const label of known()) refused.add(label);
  offer(asked);
}

const takesAny = () => asked.some(({ labels }) => labels === null);
const known = () => [...new Set(asked.flatMap(({ labels }) => labels ?? []))];
