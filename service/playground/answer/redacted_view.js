// The text with its entities masked, as POST /redact has it: asked for when it is looked at.
import { ask, readWhole } from "../gateway.js";
import { copy } from "../copy.js";
import { element } from "../element.js";
import { problem } from "../problem.js";
import { say } from "../words/words.js";
import { table } from "./table_view.js";

// Each with what it makes of a name, to choose by.
const MASKS = { "[{LABEL}_{n}]": "[NAME_1]", "[{LABEL}]": "[NAME]", "█████": "█████" };
let mask = Object.keys(MASKS)[0];
let asked = new Map(); // run: {mask, answer, error}
let leaving = new AbortController();

/** Give up what was asked for; other runs are shown from now on. */
export function leaveRedacted() {
  leaving.abort();
  leaving = new AbortController();
  asked = new Map();
}

/** What is shown for a run; `changed()` when there is more. */
export function redactedView(run, { key, tell, changed }) {
  if (!run.done) return [element("p", { text: say("working"), kind: "quiet" })];
  if (asked.get(run)?.mask !== mask) redact(run, key(), changed);
  const { answer, error } = asked.get(run);
  const again = () => { asked.delete(run); changed(); };
  if (error) return [choice(changed), element("div", { kind: "problem" }, ...problem(error, again))];
  if (!answer) return [choice(changed), element("p", { text: say("working"), kind: "quiet" })];
  const button = element("button", { type: "button", text: say("copy") });
  button.addEventListener("click", async () => tell(say((await copy(answer.redacted)) ? "copied" : "notCopied")));
  const text = element("div", { kind: "marked", dir: "auto", tabindex: 0, role: "group", "aria-label": say("redacted") });
  text.append(...masked(answer.redacted, answer.map ?? {}));
  const lost = answer.truncated ? [element("p", { text: say("truncated"), kind: "warning" })] : [];
  return [choice(changed, button), text, ...lost, ...meaning(answer.map ?? {}), element("p", { text: say("redactedBy"), kind: "quiet" })];
}

async function redact(run, key, changed) {
  const { stream, ...body } = run.body;
  const one = { mask, answer: null, error: null };
  asked.set(run, one);
  const { signal } = leaving;
  try {
    const sent = JSON.stringify({ ...body, mask, map: mask.includes("{n}") });
    one.answer = await readWhole(await ask("/redact", key, { method: "POST", body: sent, signal }));
  } catch (error) {
    one.error = error;
  }
  if (!signal.aborted) changed();
}

function choice(changed, ...more) {
  const select = element("select", { "aria-label": say("mask") });
  select.replaceChildren(...Object.entries(MASKS).map(([value, text]) => element("option", { value, text })));
  select.value = mask;
  select.addEventListener("change", () => { mask = select.value; changed(); });
  return element("p", { kind: "row" }, select, ...more);
}

/** `text` with the masks in it marked; each stands for what `map` has. */
function masked(text, map) {
  const masks = Object.keys(map).map((one) => one.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!masks.length) return [text];
  // Between what is split lie the masks.
  return text.split(new RegExp(`(${masks.join("|")})`)).map((part, place) =>
    place % 2 ? element("mark", { text: part, title: map[part], kind: "masked" }) : part);
}

function meaning(map) {
  const rows = Object.entries(map).map(([one, surface]) => [one, element("bdi", { text: surface })]);
  if (!rows.length) return [];
  const shown = element("details", {}, element("summary", { text: say("counted", say("meaning"), rows.length) }));
  shown.append(table([say("mask"), say("entity")], rows));
  return [shown];
}
