// What is asked: the text, the models, the labels, how.
import { element } from "../element.js";
import { addWhatIsTyped, follow as followLabels, labelsFor, link as linkLabels, offer } from "./labels.js";
import { say } from "../words/words.js";

const by = (id) => document.getElementById(id);
const DEFAULTS = { constraint: "grounded", overlaps: "longest", scores: "calibrated" };
const SAID = { none: "free", all: "allOverlaps" }; // words that mean something else elsewhere
let known = new Map(); // models by name
let wanted = new URLSearchParams(); // a link's state, until the models are known

/** Offer these models, the gateway's default first; what is chosen already stays. */
export function offerModels(all, first) {
  const [model, other] = ["model", "other"].map((id) => by(id).value || wanted.get(id));
  known = all;
  const names = [...all.keys()];
  by("model").replaceChildren(...names.map((name) => new Option(name, name)));
  by("other").replaceChildren(new Option(say("nothing"), ""), ...names.map((name) => new Option(name, name)));
  by("model").value = all.has(model) ? model : first;
  by("other").value = all.has(other) ? other : "";
  modelsChanged();
  wanted = new URLSearchParams();
  return [model, other].filter((name) => name && !all.has(name));
}

/** Are there models to choose from? */
export const hasModels = () => known.size > 0;

/** The models chosen: one, or two to compare. */
export const chosen = () => [by("model").value, by("other").value].filter(Boolean).map((name) => known.get(name));

/** Say what is known of the models chosen, and offer their labels. */
export function modelsChanged() {
  by("other").options[0].textContent = say("nothing");
  for (const id of ["model", "other"]) by(`${id}-facts`).textContent = facts(known.get(by(id).value));
  const one = takingAny();
  by("own").hidden = !one || chosen().some(({ labels }) => labels === null);
  offer(chosen());
}

/** The model for labels of one's own: an open adapter, else a base model. */
const takingAny = () => [...known.values()].filter(({ labels }) => labels === null).sort((a, b) => (a.base === null) - (b.base === null))[0];

/** Choose it, to type a label. */
export function wantOwn() {
  by("model").value = takingAny().name;
  modelsChanged();
  by("new-label").focus();
}

function facts(model) {
  if (!model) return "";
  const stands = model.stands ? [say("aliasOf", model.stands)] : [];
  if (model.base === null) return [...stands, say("base")].join(" · ");
  const measured = model.evaluation.find(({ text_f1 }) => text_f1 !== null);
  const f1 = measured ? [say("f1", measured.text_f1.toFixed(3), measured.split)] : [];
  const any = model.labels === null ? [say("anyLabels")] : [];
  return [...stands, model.base, say("rank", model.rank), ...any, ...f1].join(" · ");
}

/** The request's body for each model; raises Refusal when no label is left for one. */
export function bodies() {
  addWhatIsTyped();
  const stream = by("stream").checked && { stream: true };
  return chosen().map((model) => ({ text: by("text").value, ...asked(model), offsets: "utf16", ...stream }));
}

/** A request of the first model without a text; raises Refusal as `bodies`. */
export function optionsOnly() {
  addWhatIsTyped();
  return asked(chosen()[0]);
}

function asked(model) {
  const labels = labelsFor(model);
  const options = Object.keys(DEFAULTS).map((name) => [name, by(name).value]);
  const changed = options.filter(([name, value]) => value !== DEFAULTS[name]);
  return { model: model.name, ...(labels && { labels }), ...Object.fromEntries(changed) };
}

/** The form's state, for a link. */
export function linkForm(state) {
  for (const id of ["text", "model", "other", ...Object.keys(DEFAULTS)]) {
    const { value } = by(id);
    if (value && value !== DEFAULTS[id]) state.set(id, value);
  }
  if (!by("stream").checked) state.set("stream", "no");
  linkLabels(state);
}

/** The form as a link says. */
export function followForm(state) {
  wanted = state;
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    by(name).value = state.get(name) ?? usual;
    if (!by(name).value) by(name).value = usual;
  }
  by("stream").checked = state.get("stream") !== "no";
  if (state.has("text")) by("text").value = state.get("text");
  followLabels(state);
  counted();
  if (!hasModels()) return;
  for (const id of ["model", "other"]) if (known.has(state.get(id))) by(id).value = state.get(id);
  if (!state.has("other")) by("other").value = "";
  modelsChanged();
}

/** Say how long the text is, in characters (code points). */
export function counted() {
  let characters = 0;
  for (const _ of by("text").value) characters++;
  by("count").textContent = characters ? say("characters", characters) : "";
}

/** Fill the choices of options in the page's language. */
export function sayOptions() {
  const words = { constraint: ["grounded", "schema", "none"], overlaps: ["longest", "all"], scores: ["calibrated", "raw"] };
  for (const [id, values] of Object.entries(words)) {
    const value = by(id).value || DEFAULTS[id];
    by(id).replaceChildren(...values.map((one) => element("option", { value: one, text: say(SAID[one] ?? one) })));
    by(id).value = value;
  }
}
