import { identity, show } from "./marks.js";
import { say } from "./words.js";

function element(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

/** One answer. `others` are the identities in the answer beside it, null where there is none. */
export function answerPane({ body, answer, headers }, entities, others, palette, tell) {
  const text = element("div", "", "marked");
  text.dir = "auto";
  show(text, body.text, entities, palette, (mark, entity) => {
    const differs = others !== null && !others.has(identity(entity));
    const said = describe(entity) + (differs ? ` · ${say("only")}` : "");
    mark.tabIndex = 0;
    mark.role = "button";
    mark.ariaLabel = said;
    mark.classList.toggle("differs", differs);
    for (const event of ["mouseenter", "focus", "click"]) mark.addEventListener(event, () => tell(said));
  });
  const pane = document.createElement("article");
  pane.append(element("h3", answer.model), legend(entities, palette), text, ...notes(answer));
  if (others !== null) pane.append(element("small", say("differs")));
  pane.append(element("p", figures(answer, headers), "figures"), raw(answer));
  return pane;
}

function describe({ label, text, score, start, end }) {
  const parts = [label, text, `${start}–${end}`];
  if (score !== null) parts.push(score.toFixed(2));
  return parts.join(" · ");
}

function legend(entities, palette) {
  const list = element("ul", "", "legend");
  for (const label of new Set(entities.map((entity) => entity.label))) {
    const item = element("li", label);
    item.style.borderColor = palette.get(label);
    list.append(item);
  }
  return list;
}

function notes({ dropped, truncated, partial, chunks = [] }) {
  const said = [];
  if (truncated) said.push(element("p", say("truncated")));
  if (partial) said.push(element("p", `${say("partial")}: ${chunks.map((one) => `${one.start}–${one.end} ${one.error.message}`).join("; ")}`));
  if (!dropped.length) return said;
  const list = element("ul", "", "dropped");
  list.append(...dropped.map((one) => element("li", `${one.label ?? "?"} · ${one.text} · ${one.reason}`)));
  return [...said, element("h3", say("dropped")), list];
}

function figures({ usage }, headers) {
  const overhead = headers.get("x-nerve-overhead-ms");
  const parts = [`${usage.prompt_tokens} + ${usage.completion_tokens} ${say("tokens")}`];
  if (overhead !== null) parts.push(`x-nerve-overhead-ms ${overhead}`);
  return [...parts, headers.get("server-timing") ?? ""].filter(Boolean).join(" · ");
}

function raw(answer) {
  const whole = document.createElement("details");
  const code = element("pre", JSON.stringify(answer, null, 2));
  code.tabIndex = 0;
  whole.append(element("summary", say("json")), code);
  return whole;
}
