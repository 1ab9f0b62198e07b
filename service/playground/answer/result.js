// The answers, side by side, in the view that is chosen.
import { compare, differences } from "./differences.js";
import { choose, tabs } from "../tabs.js";
import { differencesView, tableView } from "./table_view.js";
import { element } from "../element.js";
import { jsonView, requestView } from "./code_view.js";
import { leaveRedacted, redactedView } from "./redacted_view.js";
import { problem } from "../problem.js";
import { say } from "../words/words.js";
import { textView } from "./text_view.js";
import { close } from "./tip.js";
import { entitiesAt } from "./marks.js";
import { colour } from "../palette.js";

const by = (id) => document.getElementById(id);
const VIEWS = ["text", "table", "differences", "redacted", "json", "request"];
let runs = [];
let view = "text";
let page = { key: () => "", tell: () => {}, again: () => {} };
let painting = 0;
let waiting = 0;
let rested = 0; // when the page has had time for other things since it was painted

/** Once, at the start: `page` is what the views need of the rest. */
export function prepare(given) {
  page = given;
  tabs(by("views"), (wanted) => {
    view = wanted;
    paint();
  });
  by("score").addEventListener("input", () => {
    page.tell(summary());
    changed();
  });
}

/** Show these runs; none: nothing. */
export function showRuns(some) {
  if (some !== runs) leaveRedacted();
  runs = some;
  came();
}

/** Something of the runs has changed: paint at the next frame, once for all changes until then. */
export function changed() {
  if (!painting) painting = requestAnimationFrame(paint);
}

/** As changed, while entities stream in: most of the time is left to the reader. */
function came() {
  if (performance.now() >= rested || runs.every(({ done }) => done)) {
    // Nothing is painted again later, under the reader's selection.
    clearTimeout(waiting);
    waiting = 0;
    changed();
  } else if (!waiting) waiting = setTimeout(() => { waiting = 0; changed(); }, rested - performance.now());
}

/** How many entities and dropped mentions there are, as a sentence for each run. */
export function summary() {
  return runs.filter(({ error }) => !error).map((run) => {
    const below = belowOf(run).size;
    const parts = [say("found", run.answer.entities.length - below)];
    if (below) parts.push(say("under", below));
    if (run.answer.dropped.length) parts.push(say("lost", run.answer.dropped.length));
    const said = parts.join(say("comma"));
    return runs.length > 1 ? say("of", run.answer.model, said) : said;
  }).join(say("semicolon"));
}

/** The view and the score, for a link. */
export function linkResult(state) {
  if (view !== "text") state.set("view", view);
  if (by("score").value !== "0") state.set("score", by("score").value);
}

/** The view and the score as a link says. */
export function followResult(state) {
  view = VIEWS.includes(state.get("view")) ? state.get("view") : "text";
  by("score").value = state.get("score") ?? "0";
  changed();
}

function paint() {
  const since = performance.now();
  cancelAnimationFrame(painting);
  painting = 0;
  const two = runs.length === 2 && runs.every(({ done, error }) => done && !error);
  by("result").hidden = !runs.length;
  by("tab-differences").hidden = !two;
  const now = view === "differences" && !two ? "text" : view;
  choose(by("views"), now);
  by("panel").setAttribute("aria-labelledby", `tab-${now}`);
  paintScore(now);
  paintLegend(now);
  const back = place();
  by("panel").replaceChildren(...(now === "differences" ? differing() : panes(two, now)));
  back();
  rested = performance.now() + 4 * (performance.now() - since);
}

/** Where the reader is, in the panel; called later, what is returned goes back there. */
function place() {
  const scrolled = [...by("panel").querySelectorAll(".marked")].map(({ scrollTop }) => scrollTop);
  const focused = document.activeElement?.matches(".tag") ? entitiesAt(document.activeElement).entities[0] : null;
  const chosen = [...by("panel").querySelectorAll("select")].indexOf(document.activeElement);
  close();
  return () => {
    by("panel").querySelectorAll("select")[chosen]?.focus();
    by("panel").querySelectorAll(".marked").forEach((one, place) => (one.scrollTop = scrolled[place] ?? 0));
    if (!focused) return;
    const tag = [...by("panel").querySelectorAll(".tag")].find((one) => entitiesAt(one).entities[0] === focused);
    tag?.focus({ preventScroll: true });
  };
}

function paintScore(now) {
  const scored = runs.some(({ answer }) => answer.entities.some(({ score }) => score !== null));
  const found = runs.some(({ answer }) => answer.entities.length);
  by("score").disabled = !scored;
  by("least").textContent = scored ? Number(by("score").value).toFixed(2) : "";
  by("why").textContent = found && !scored ? say("noScores") : "";
  by("score-row").hidden = !found || !["text", "table", "differences"].includes(now);
}

function paintLegend(now) {
  const counts = new Map();
  for (const { answer } of runs)
    for (const { label } of answer.entities) counts.set(label, (counts.get(label) ?? 0) + 1);
  const items = [...counts].map(([label, count]) => {
    const item = element("li", {}, element("span", { text: label, kind: "swatch" }), ` ${count}`);
    item.style.setProperty("--c", colour(label));
    return item;
  });
  by("legend").replaceChildren(...items);
  by("legend").hidden = now !== "text" || !items.length;
}

const least = () => Number(by("score").value);
const belowOf = ({ answer }) => new Set(answer.entities.filter(({ score }) => score !== null && score < least()));

function kept(run) {
  const below = belowOf(run);
  return run.answer.entities.filter((entity) => !below.has(entity));
}

function panes(two, now) {
  const made = runs.map((run, place) => {
    const verdicts = two ? compare(kept(run), kept(runs[1 - place])) : null;
    const pane = element("article", { "aria-label": run.answer.model }, element("h2", { text: run.answer.model }));
    if (!run.error || hasCome(run) || now === "request") pane.append(...inside(now, run, verdicts));
    if (run.error) pane.append(element("div", { kind: "problem" }, ...problem(run.error, page.again)));
    return pane;
  });
  return two && ["text", "table"].includes(now) ? [agreement(now), ...made] : made;
}

function inside(now, run, verdicts) {
  const views = {
    text: () => [...textView(run, belowOf(run), verdicts), figures(run)],
    table: () => tableView(run, belowOf(run), verdicts),
    redacted: () => redactedView(run, { ...page, changed }),
    json: () => jsonView(run, page.tell),
    request: () => requestView(run, page.key() !== "", page.tell, changed),
  };
  return views[now]();
}

function agreement(now) {
  const verdicts = [...compare(kept(runs[0]), kept(runs[1])).values()];
  const same = verdicts.filter(({ kind }) => kind === "same").length;
  const rows = differences(kept(runs[0]), kept(runs[1]));
  const said = element("p", { kind: "wide agreement" }, element("b", { text: rows.length ? say("sum", same, rows.length) : say("agree") }));
  if (now === "text" && rows.length) said.append(element("span", { text: say("signs"), kind: "quiet" }));
  return said;
}

function differing() {
  const [here, there] = runs;
  const rows = differences(kept(here), kept(there));
  return [element("div", { kind: "wide" }, agreement(), ...(rows.length ? differencesView(rows, here.answer.model, there.answer.model) : []))];
}

/** Has anything come, whatever came then? */
export const hasCome = ({ answer }) => answer.entities.length + answer.dropped.length > 0;

function figures({ answer: { usage }, took, first, overhead, stages, done }) {
  if (!done) return "";
  const parts = [say("took", Math.round(took)), ...(first === null ? [] : [say("first", Math.round(first))])];
  if (usage) parts.push(say("tokens", usage.prompt_tokens, usage.completion_tokens));
  const rows = stages.map(([name, ms]) => element("tr", {}, element("th", { text: name, scope: "row" }), element("td", { text: ms })));
  if (overhead !== null) rows.push(element("tr", {}, element("th", { text: say("overhead"), scope: "row" }), element("td", { text: overhead })));
  if (!rows.length) return element("p", { text: parts.join(" · "), kind: "figures" });
  const table = element("table", {}, element("caption", { text: say("stages") }), element("tbody", {}, ...rows));
  return element("details", { kind: "figures" }, element("summary", { text: parts.join(" · ") }), table);
}
