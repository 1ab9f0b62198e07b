// The gateway's API. A run is one request and what has come of it so far.
import { events } from "./events.js";

/** An answer that is an error. `word` names what the page says of it, null if `message` does. */
export class Refusal extends Error {
  constructor(message, { word = null, status = 0, type = null, after = null } = {}) {
    super(message);
    Object.assign(this, { word, status, type, after });
  }
}

/** A run of `body`, before it is sent. */
export function newRun(body) {
  const answer = { id: null, model: body.model, entities: [], dropped: [], truncated: false, usage: null };
  const times = { took: null, first: null, overhead: null, stages: [] };
  return { body, answer, done: false, stopped: false, error: null, ...times };
}

/** What GET /adapters says. */
export async function adapters(key) {
  return (await ask("/adapters", key)).json();
}

/** Send a run's body; `changed()` is called when something of the answer has come. */
export async function extract(run, key, signal, changed) {
  const since = performance.now();
  try {
    const response = await ask("/extract", key, { body: JSON.stringify(run.body), method: "POST", signal });
    run.overhead = response.headers.get("x-nerve-overhead-ms");
    run.stages = stagesOf(response.headers.get("server-timing"));
    if (run.body.stream) await readEvents(response, run, since, changed);
    else Object.assign(run.answer, await readWhole(response));
  } catch (error) {
    if (signal.aborted) run.stopped = true;
    else run.error = error;
  }
  run.took = performance.now() - since;
  run.done = true;
  changed();
}

/** The whole of an answer as JSON. */
export async function readWhole(response) {
  try {
    return await response.json();
  } catch {
    throw new Refusal("", { word: "cut" });
  }
}

async function readEvents(response, run, since, changed) {
  const take = {
    entity: (entity) => {
      run.first ??= performance.now() - since;
      insert(run.answer.entities, entity);
    },
    dropped: (mention) => run.answer.dropped.push(mention),
    done: (rest) => Object.assign(run.answer, rest),
    error: ({ error }) => {
      throw new Refusal(error.message, { type: error.type });
    },
  };
  let last = null;
  try {
    for await (const { name, data } of events(response)) {
      take[(last = name)]?.(data);
      changed();
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal("", { word: "cut" });
  }
  if (last !== "done") throw new Refusal("", { word: "cut" });
}

/** Entities come nearly in the text's order. */
function insert(sorted, entity) {
  let place = sorted.length;
  while (place > 0 && sorted[place - 1].start > entity.start) place--;
  sorted.splice(place, 0, entity);
}

/** Ask the gateway; raises Refusal for whatever is no answer. */
export async function ask(path, key, options = {}) {
  const headers = { "content-type": "application/json" };
  if (key) headers.authorization = `Bearer ${key}`;
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    throw options.signal?.aborted ? error : new Refusal("", { word: "away" });
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response) {
  const { status } = response;
  const error = await response.json().then((body) => body.error, () => null);
  if (!error?.message) return new Refusal("", { word: "strange", status });
  return new Refusal(error.message, { status, type: error.type, after: response.headers.get("retry-after") });
}

/** "decode;dur=0.1, align;dur=0.2" as pairs of name and milliseconds. */
function stagesOf(header) {
  return [...(header ?? "").matchAll(/([\w-]+);dur=([\d.]+)/g)].map(([, name, ms]) => [name, ms]);
}
