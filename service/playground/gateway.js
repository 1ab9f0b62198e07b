// The gateway's API. A run is one request and what has come of it so far.

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
  return { body, answer, done: false, error: null, took: null, overhead: null, stages: [] };
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
    Object.assign(run.answer, await read(response));
  } catch (error) {
    run.error = error;
  }
  run.took = performance.now() - since;
  run.done = true;
  changed();
}

async function read(response) {
  try {
    return await response.json();
  } catch {
    throw new Refusal("", { word: "cut" });
  }
}

async function ask(path, key, options = {}) {
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
