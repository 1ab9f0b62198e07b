// The texts of several files, a row each, before and after they are asked about.
import { Refusal } from "../gateway.js";
import { brokenAt, readableOf, textOf } from "../form/file.js";

const MOST_BYTES = 8_000_000;
const MOST_ROWS = 10_000;

/** Do these files go into the table? One file that is a single text goes into the form. */
export const areMany = (files) => files.length > 1 || isLines(files[0]);

const isLines = ({ name }) => /\.(jsonl|ndjson)$/i.test(name);

/**
 * The rows of `files`: of .jsonl a line each, {"text", "id"} or a string, of any other the whole
 * file. {file, encoding, row, id, text, answer, error, unreadable}: `row` counts from 1 over all of them.
 * Raises Refusal when it is too much; what cannot be read is its row's error.
 */
export async function rowsOf(files) {
  const size = files.reduce((sum, one) => sum + one.size, 0);
  if (size > MOST_BYTES) throw new Refusal(files[0].name, { word: files.length > 1 ? "bigFiles" : "bigFile" });
  const rows = [];
  for (const file of files) rows.push(...(await read(file)));
  if (rows.length > MOST_ROWS) throw new Refusal(rows.length, { word: "manyRows" });
  return rows.map((row, place) => ({ row: place + 1, encoding: null, id: null, line: null, text: null, answer: null, error: null, ...row, unreadable: Boolean(row.error) }));
}

async function read(file) {
  try {
    if (isLines(file)) return lines(file, await readableOf(file));
    return [{ file: file.name, ...(await textOf(file)) }];
  } catch (error) {
    return [{ file: file.name, error }];
  }
}

/** A line that is broken is an error of its own, as it is to `nerve extract`. */
function lines(file, { text, encoding, broken }) {
  return text.split("\n").flatMap((line, place) => {
    if (!line.trim()) return [];
    const row = { file: file.name, line: place + 1, encoding };
    return broken && line.includes("\ufffd") ? [{ ...row, error: brokenAt(file, row.line) }] : [{ ...row, ...parsed(line) }];
  });
}

function parsed(line) {
  try {
    const found = JSON.parse(line, asWritten);
    const { text, id = null } = typeof found === "string" ? { text: found } : found;
    if (typeof text === "string") return { text, id };
  } catch {
    // The same is wrong as with JSON that has no text.
  }
  return { error: new Refusal("", { word: "noRow" }) };
}

/** A number keeps its digits: JavaScript rounds an id of 17 and more, and two rows would have the same. */
function asWritten(key, value, { source } = {}) {
  const kept = typeof value !== "number" || source === undefined || JSON.stringify(value) === source;
  return kept ? value : JSON.rawJSON(source);
}
