// The labels to ask for: an adapter's own to choose from, and others for a model that takes any.
import { colour } from "../palette.js";
import { element } from "../element.js";
import { Refusal } from "../gateway.js";
import { say } from "../words/words.js";

const by = (id) => document.getElementById(id);
let asked = []; // the models chosen
const refused = new Set(); // of the adapters' labels
const free = new Map(); // name: description

/** Offer what `models` know. */
export function offer(models) {
  asked = models;
  const chips = known().map((label) => {
    const box = element("input", { type: "checkbox", value: label });
    box.checked = !refused.has(label);
    box.addEventListener("change", () => (box.checked ? refused.delete(label) : refused.add(label)));
    return coloured(label, "label", box, element("span", { text: label }));
  });
  const open = models.some(({ labels }) => labels === null);
  by("chips").replaceChildren(...chips, ...(open ? [...free].map(added) : []));
  by("all-or-none").hidden = !chips.length;
  by("open-labels").hidden = !open;
  by("open-hint").hidden = chips.length > 0 || free.size > 0;
}

/** The labels as `model` is to be asked for them; undefined: all that it knows. */
export function labelsFor(model) {
  const chosen = known().filter((label) => !refused.has(label));
  if (model.labels !== null) {
    const own = model.labels.filter((label) => chosen.includes(label));
    if (!own.length) throw new Refusal(model.name, { word: "pickOne" });
    return own.length === model.labels.length ? undefined : own;
  }
  const all = new Map([...chosen.map((label) => [label, ""]), ...free]);
  if (!all.size) return undefined;
  return [...all.values()].some(Boolean) ? Object.fromEntries(all) : [...all.keys()];
}

/** Add what is typed: "name: description", or names between commas. */
export function addTyped() {
  const field = by("new-label");
  const [, first, description] = field.value.match(/^([^:：]*)(?:[:：](.*))?$/s);
  const names = description === undefined ? first.split(/[,，、;；\n]/) : [first];
  for (const name of names) if (name.trim()) free.set(name.trim(), (description ?? "").trim());
  field.value = "";
  offer(asked);
}

/** Take the last of the free labels back into the field. */
export function takeBack() {
  const last = [...free].at(-1);
  if (!last) return;
  free.delete(last[0]);
  by("new-label").value = last.filter(Boolean).join(": ");
  offer(asked);
}

/** Choose all of the adapters' labels, or none. */
export function chooseAll(all) {
  refused.clear();
  if (!all) for (const label of known()) refused.add(label);
  offer(asked);
}

/** Put the choice into a link's state. */
export function link(state) {
  for (const label of refused) state.append("without", label);
  for (const [name, description] of free) state.append("label", description ? `${name}: ${description}` : name);
}

/** Take the choice out of a link's state. */
export function follow(state) {
  refused.clear();
  for (const label of state.getAll("without")) refused.add(label);
  free.clear();
  for (const one of state.getAll("label")) {
    const [name, ...description] = one.split(": ");
    free.set(name, description.join(": "));
  }
}

const known = () => [...new Set(asked.flatMap(({ labels }) => labels ?? []))];

function added([name, description]) {
  const remove = element("button", { type: "button", text: "×", "aria-label": say("remove", name) });
  remove.addEventListener("click", () => {
    free.delete(name);
    offer(asked);
    by("new-label").focus();
  });
  const chip = coloured(name, "span", element("span", { text: name }), remove);
  if (description) chip.title = description;
  return chip;
}

function coloured(label, kind, ...children) {
  const chip = element(kind, { kind: "chip" }, ...children);
  chip.style.setProperty("--c", colour(label));
  return chip;
}
