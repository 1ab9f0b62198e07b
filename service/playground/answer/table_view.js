// Entities and differences as tables, for those who read better so.
import { colour } from "../palette.js";
import { element } from "../element.js";
import { told } from "./text_view.js";
import { say } from "../words/words.js";

const MOST_ROWS = 1000;

/** The entities of one answer; `verdicts` as for the text. */
export function tableView({ answer }, below, verdicts) {
  const heads = ["label", "entity", "sure", "start", "end", ...(verdicts ? ["compared"] : [])];
  const rows = answer.entities.map((entity) => {
    const score = entity.score === null ? "–" : entity.score.toFixed(2);
    const said = below.has(entity) ? say("below") : told(verdicts?.get(entity));
    return [name(entity), surface(entity), score, entity.start, entity.end, ...(verdicts ? [said] : [])];
  });
  if (!rows.length) return [element("p", { text: say("noEntities"), kind: "quiet" })];
  return [table(heads.map((head) => say(head)), rows), element("p", { text: say("offsets"), kind: "quiet" })];
}

/** `rows` of differences between the answers of the models `here` and `there`. */
export function differencesView(rows, here, there) {
  if (!rows.length) return [element("p", { text: say("agree") })];
  const cells = rows.map(([left, right]) => {
    const { start, end } = left ?? right;
    return [`${start}–${end}`, both(left), both(right)];
  });
  return [table([say("place"), here, there], cells)];
}

function both(entity) {
  return entity ? element("span", {}, name(entity), " ", surface(entity)) : element("span", { text: say("missing"), kind: "quiet" });
}

function name({ label }) {
  const made = element("span", { text: label, kind: "swatch" });
  made.style.setProperty("--c", colour(label));
  return made;
}

const surface = ({ text }) => element("bdi", { text });

/** Rows of cells under their heads. */
export function table(heads, rows) {
  const head = element("tr", {}, ...heads.map((text) => element("th", { text, scope: "col" })));
  const body = rows.slice(0, MOST_ROWS).map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell))));
  const made = element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
  // Wider than a narrow screen, it scrolls by itself; so it takes the focus.
  const box = element("div", { kind: "scrolls", tabindex: 0, role: "group", "aria-label": say("table") }, made);
  if (rows.length > MOST_ROWS) box.append(element("p", { text: say("more", rows.length - MOST_ROWS), kind: "quiet" }));
  return box;
}
