// Several files at once: their rows in a table, asked about one slice after another, saved as files.
import { asCsv, asJsonLines, failedAsJsonLines, save } from "./download.js";
import { extractRows, unanswered } from "./batch.js";
import { fill, rowsTable } from "./table.js";
import { rowsOf } from "./rows.js";
import { say } from "../words/words.js";

const by = (id) => document.getElementById(id);
const JSON_LINES = "application/x-ndjson";
let page = {};
let rows = [];
let running = null; // the AbortController of the batch under way

/**
 * Once, at the start. `page` has `tell(text)`, `fail(error, again)`, `said(error)`, `options()`, which is
 * a request without its text, `key()`, and `look(text)`, which puts a text into the form.
 */
export function prepareFiles(given) {
  page = given;
  by("files-go").addEventListener("click", run);
  by("files-stop").addEventListener("click", stop);
  by("files-close").addEventListener("click", close);
  by("files-jsonl").addEventListener("click", () => save("entities.jsonl", JSON_LINES, asJsonLines(rows)));
  by("files-csv").addEventListener("click", () => save("entities.csv", "text/csv", asCsv(rows)));
  by("files-failed").addEventListener("click", () => save("failed.jsonl", JSON_LINES, failedAsJsonLines(rows, page.said)));
}

/** Take these files instead of those before; raises Refusal when they are too much. */
export async function takeFiles(files) {
  const read = await rowsOf(files);
  stop();
  rows = read;
  by("files").hidden = false;
  showFiles();
  page.tell([say("tookFiles", files.length, rows.length), ...encodings()].join(say("sentences")));
  by("files-go").focus();
}

/** Which files were read in another encoding than UTF-8: whoever knows better can see it. */
function encodings() {
  const found = new Map(rows.map(({ file, encoding }) => [file, encoding]));
  const others = new Set([...found.values()].filter((one) => one && one !== "utf-8"));
  return [...others].map((other) => say("readFiles", [...found.keys()].filter((file) => found.get(file) === other), other));
}

/** Show all of it, in the page's language. */
export function showFiles() {
  by("files-table").replaceChildren(rowsTable(rows, ({ text }) => page.look(text), page.said));
  counted();
}

/** How far it is, and what can be done now. */
function counted() {
  const failed = rows.filter(({ error }) => error).length;
  const done = rows.filter(({ answer }) => answer).length;
  by("files-progress").max = rows.length || 1;
  by("files-progress").value = done + failed;
  by("files-count").textContent = say("progress", done, rows.length, failed);
  by("files-go").hidden = running !== null || !unanswered(rows).length;
  by("files-go").textContent = say(done ? "goOn" : "goAll");
  by("files-stop").hidden = running === null;
  by("files-jsonl").disabled = by("files-csv").disabled = !done;
  by("files-failed").hidden = !failed || running !== null;
}

async function run() {
  const mine = (running = new AbortController());
  page.fail(null);
  page.tell(say("working"));
  try {
    for (const row of unanswered(rows)) row.error = null;
    showFiles();
    by("files-stop").focus();
    await extractRows(rows, await page.options(), page.key(), mine.signal, (row) => { fill(row, page.said); later(); });
  } catch (error) {
    if (!mine.signal.aborted) page.fail(error, run);
  }
  if (running === mine) ended();
}

function ended() {
  const focused = document.activeElement === by("files-stop");
  running = null;
  counted();
  page.tell(by("files-count").textContent);
  if (focused) (by("files-go").hidden ? by("files-jsonl") : by("files-go")).focus();
}

function stop() {
  if (!running) return;
  running.abort();
  ended();
}

function close() {
  stop();
  rows = [];
  by("files").hidden = true;
  by("text").focus();
}

let counting = 0;
/** Count at the next frame, once for all that has come until then. */
function later() {
  counting ||= requestAnimationFrame(() => { counting = 0; counted(); });
}
