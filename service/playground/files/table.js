// The rows as a table: where each text is from, how it begins, what was found, or what went wrong.
import { colour } from "../palette.js";
import { element } from "../element.js";
import { say } from "../words/words.js";

const MOST_ROWS = 500;
const MOST_ENTITIES = 30;
const START = 120; // code points of a text
const cells = new WeakMap(); // row: the cells that its answer changes

/** A table of `rows`; `look(row)` when one is chosen, `said(error)` puts an error into words. */
export function rowsTable(rows, look, said) {
  const heads = ["source", "text", "entities", "state"].map((name) => element("th", { text: say(name), scope: "col" }));
  const body = rows.slice(0, MOST_ROWS).map((row) => {
    const own = { entities: element("td"), state: element("td") };
    cells.set(row, own);
    const made = element("tr", {}, element("th", { scope: "row" }, from(row, look)), element("td", {}, start(row)), own.entities, own.state);
    fill(row, said);
    return made;
  });
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...body));
  const more = rows.length > MOST_ROWS ? [element("p", { text: say("moreRows", rows.length - MOST_ROWS), kind: "quiet" })] : [];
  return element("div", { kind: "scrolls", tabindex: 0, role: "group", "aria-label": say("files") }, table, ...more);
}

/** Show what has come of a row. */
export function fill(row, said) {
  const own = cells.get(row);
  if (!own) return;
  const entities = row.answer?.entities ?? [];
  const shown = entities.slice(0, MOST_ENTITIES).flatMap((entity) => [found(entity), " "]);
  if (entities.length > MOST_ENTITIES) shown.push(element("span", { text: `+${entities.length - MOST_ENTITIES}`, kind: "quiet" }));
  own.entities.replaceChildren(...shown);
  own.state.textContent = state(row, said);
  own.state.className = row.error ? "bad" : "quiet";
}

function state({ answer, error }, said) {
  if (error) return said(error);
  if (!answer) return "–";
  const parts = [say("found", answer.entities.length)];
  if (answer.dropped.length) parts.push(say("lost", answer.dropped.length));
  if (answer.partial) parts.push(say("partly"));
  if (answer.truncated) parts.push(say("cutShort"));
  return parts.join(say("comma"));
}

function from(row, look) {
  const name = row.line === null ? row.file : `${row.file}:${row.line}`;
  if (row.text === null) return element("bdi", { text: name });
  const button = element("button", { type: "button", kind: "plain", title: say("look") }, element("bdi", { text: name }));
  button.addEventListener("click", () => look(row));
  return button;
}

function start({ text }) {
  if (text === null) return "";
  const first = [...text.slice(0, 2 * START)].slice(0, START).join("");
  return element("bdi", { text: first.length < text.length ? `${first}…` : first });
}

function found({ label, text }) {
  const made = element("span", { kind: "swatch found", title: label }, element("bdi", { text }), " ", element("small", { text: label }));
  made.style.setProperty("--c", colour(label));
  return made;
}
