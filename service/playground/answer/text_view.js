// One answer in its text, and what is not in it: what was dropped, failed, or scores too little.
import { element } from "../element.js";
import { show } from "./marks.js";
import { steps } from "../tabs.js";
import { spokenOf, tips } from "./tip.js";
import { languageOf, say } from "../words/words.js";

const SIGNS = { label: "≠", span: "↔", only: "＋" };
const MOST_ROWS = 200;

/** `verdicts` are by entity how the other answer has it, null with one answer. */
export function textView({ body, answer, done, stopped, error }, below, verdicts) {
  const marked = element("div", { kind: "marked", dir: "auto", role: "group", "aria-label": say("moves") });
  marked.lang = languageOf(body.text);
  marked.classList.toggle("compared", verdicts !== null);
  show(marked, body.text, answer.entities, (entity) => look(entity, below, verdicts?.get(entity)));
  tips(marked, (entity) => told(verdicts?.get(entity)));
  walk(marked);
  if (!done) return [marked, element("p", { text: say("working"), kind: "quiet" })];
  const nothing = answer.entities.length || stopped || error ? [] : [element("p", { text: say("noEntities"), kind: "quiet" })];
  if (stopped) nothing.push(element("p", { text: say("stopped"), kind: "warning" }));
  return [marked, ...nothing, ...warnings(answer), ...belowList(answer.entities, below), ...droppedList(answer.dropped)];
}

function look(entity, below, verdict) {
  const kind = [below.has(entity) ? "below" : "", verdict && verdict.kind !== "same" ? "differs" : ""].filter(Boolean).join(" ");
  return { kind, sign: verdict ? (SIGNS[verdict.kind] ?? "") : "", said: spokenOf(entity, told(verdict)) };
}

/** A verdict in words. */
export function told(verdict) {
  if (!verdict) return "";
  const { kind, other } = verdict;
  return { same: () => say("same"), only: () => say("only"), label: () => say("otherLabel", other.label), span: () => say("otherSpan", other.text) }[kind]();
}

/** One stop for Tab in the whole text; arrow keys go from tag to tag. */
function walk(marked) {
  const all = [...marked.querySelectorAll(".tag")];
  (all[0] ?? marked).tabIndex = 0; // a long text scrolls, by keyboard too
  steps(marked, () => all, (next) => {
    for (const one of all) if (one.tabIndex === 0) one.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}

function warnings({ truncated, chunks = [] }) {
  const said = truncated ? [element("p", { text: say("truncated"), kind: "warning" })] : [];
  if (!chunks.length) return said;
  const parts = chunks.map(({ start, end, error }) => element("li", { text: `${start}–${end}: ${error.message}` }));
  return [...said, element("div", { kind: "warning" }, element("p", { text: say("partial") }), element("ul", {}, ...parts))];
}

function belowList(entities, below) {
  const rows = entities.filter((entity) => below.has(entity));
  return list("below", rows, ({ label, text, score }) => [label, text, score.toFixed(2)]);
}

function droppedList(dropped) {
  return list("dropped", dropped, ({ label, text, reason }) => [label ?? "?", text, say(reason), element("code", { text: reason })]);
}

function list(name, rows, cells) {
  if (!rows.length) return [];
  const items = rows.slice(0, MOST_ROWS).map((row) => {
    const [label, text, why, ...more] = cells(row);
    return element("li", {}, element("b", { text: label }), element("q", { text, dir: "auto" }), element("span", { text: why }), ...more);
  });
  if (rows.length > MOST_ROWS) items.push(element("li", { text: say("more", rows.length - MOST_ROWS) }));
  return [element("h3", { text: say("counted", say(name), rows.length) }), element("ul", { kind: `list ${name}` }, ...items)];
}
