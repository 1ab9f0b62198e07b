// What comes of the rows, as files that `nerve convert` and spreadsheets read.
import { element } from "../element.js";

const COLUMNS = ["label", "text", "start", "end", "score"];
// A spreadsheet takes what begins so for a formula, full-width too; an apostrophe makes it text.
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

const head = ({ row, file, id, text }) => ({ row, file, ...(id !== null && { id }), text });
const lines = (objects) => objects.map((one) => `${JSON.stringify(one)}\n`).join("");

/** The rows that were answered, as `nerve extract --out` writes them. */
export function asJsonLines(rows) {
  const done = rows.filter(({ answer }) => answer);
  return lines(done.map((row) => {
    const { entities, dropped, truncated, model, partial, chunks } = row.answer;
    return { ...head(row), entities, dropped, truncated, model, ...(partial && { partial, chunks }) };
  }));
}

/** The rows that failed, each with its error; `said(error)` puts it into words. */
export function failedAsJsonLines(rows, said) {
  return lines(rows.filter(({ error }) => error).map((row) => ({ ...head(row), error: said(row.error) })));
}

/** A row an entity, RFC 4180; with a byte order mark, without which Excel takes UTF-8 for another. */
export function asCsv(rows) {
  const cells = rows.flatMap(({ row, file, id, answer }) =>
    (answer?.entities ?? []).map((entity) => [row, file, id, ...COLUMNS.map((name) => entity[name])]));
  return `\ufeff${[["row", "file", "id", ...COLUMNS], ...cells].map((line) => `${line.map(cell).join(",")}\r\n`).join("")}`;
}

function cell(value) {
  if (value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const safe = typeof value === "string" && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Have the browser save `text` as the file `name`. */
export function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser has it by then
}
