// Rows go to POST /extract/batch a slice at a time: a browser sends a whole body before it reads an
// answer, and the gateway reads only so far ahead of what is taken from it.
import { Refusal, ask } from "../gateway.js";

const MOST_ROWS = 32;
const MOST_UNITS = 32_000; // UTF-16, of the texts of a slice; a longer text goes alone

/** The rows that still can be answered. */
export const unanswered = (rows) => rows.filter(({ answer, unreadable }) => !answer && !unreadable);

/**
 * Have the open rows answered as `options` say, which is a request without its text; `came(row)` after
 * each. Offsets of the answers count code points. Raises Refusal when the gateway takes no slice.
 */
export async function extractRows(rows, options, key, signal, came) {
  for (const slice of slices(unanswered(rows))) await send(slice, options, key, signal, came);
}

function slices(rows) {
  const all = [[]];
  let units = 0;
  for (const row of rows) {
    units += row.text.length;
    if (all.at(-1).length && (units > MOST_UNITS || all.at(-1).length === MOST_ROWS)) {
      all.push([]);
      units = row.text.length;
    }
    all.at(-1).push(row);
  }
  return all.filter(({ length }) => length);
}

async function send(slice, options, key, signal, came) {
  const body = slice.map(({ text }) => `${JSON.stringify({ ...options, text })}\n`).join("");
  const response = await ask("/extract/batch", key, { method: "POST", body, signal });
  let left = slice.length;
  try {
    for await (const { line, error, id, ...answer } of answers(response)) {
      const row = slice[line - 1];
      row.error = error ? new Refusal(error.message, { type: error.type }) : null;
      row.answer = error ? null : answer;
      left--;
      came(row);
    }
  } catch (error) {
    throw signal.aborted ? error : new Refusal("", { word: "cut" });
  }
  if (left) throw new Refusal("", { word: "cut" });
}

/** The lines of an answer, as JSON. */
async function* answers(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line) yield JSON.parse(line);
  }
}
