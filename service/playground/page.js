import { answerPane } from "./pane.js";
import { identity, colours } from "./marks.js";
import { snippet } from "./snippets.js";
import { say, translate } from "./words.js";

const by = (id) => document.getElementById(id);
const FIELDS = ["text", "model", "other", "labels"];
let answers = []; // of the last request: { body, text, answer, figures }
let turn = 0; // a later request's answer is not overwritten by an earlier one's

async function ask(path, body) {
  const key = by("key").value;
  const headers = { "content-type": "application/json" };
  if (key) headers.authorization = `Bearer ${key}`;
  const options = body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers };
  const response = await fetch(path, options).catch(() => {
    throw new Error(say("away"));
  });
  if (response.status === 401) by("key-row").hidden = false;
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.error.type}: ${answer.error.message}`);
  return { answer, headers: response.headers };
}

async function loadModels() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const { answer } = await ask("/v1/models");
  const names = answer.data.map((model) => new Option(model.id));
  by("model").replaceChildren(...names);
  by("other").replaceChildren(new Option(say("none"), ""), ...names.map((one) => one.cloneNode(true)));
  const labels = new Set(answer.data.flatMap((model) => model.labels ?? []));
  by("known").replaceChildren(...[...labels].map((label) => new Option(label)));
  const adapter = answer.data.find((model) => model.parent !== null);
  if (adapter) by("model").value = adapter.id;
  for (const field of FIELDS) if (wanted.has(field)) by(field).value = wanted.get(field);
}

function bodyFor(model) {
  const labels = by("labels").value.split(/[,，、]/).map((one) => one.trim()).filter(Boolean);
  return { text: by("text").value, model, offsets: "utf16", ...(labels.length && { labels }) };
}

async function extract() {
  const mine = ++turn;
  by("error").textContent = "";
  by("status").textContent = say("working");
  try {
    if (!by("model").value) await loadModels();
    const models = [by("model").value, by("other").value].filter(Boolean);
    const came = await Promise.all(models.map(async (model) => {
      const body = bodyFor(model);
      const { answer, headers } = await ask("/extract", body);
      return { body, answer, headers };
    }));
    if (mine !== turn) return;
    answers = came;
    show();
  } catch (error) {
    if (mine !== turn) return;
    by("status").textContent = "";
    by("error").textContent = error.message;
  }
}

function show() {
  if (!answers.length) return;
  const all = answers.flatMap(({ answer }) => answer.entities);
  const scored = all.some(({ score }) => score !== null);
  by("score").disabled = !scored;
  by("why").textContent = scored ? "" : say("noScores");
  by("least").textContent = scored ? by("score").value : "";
  const least = scored ? Number(by("score").value) : 0;
  const kept = answers.map(({ answer }) => answer.entities.filter(({ score }) => score === null || score >= least));
  const palette = colours(all);
  const panes = answers.map((one, place) => {
    const others = kept.length > 1 ? new Set(kept[1 - place].map(identity)) : null;
    return answerPane(one, kept[place], others, palette, (said) => (by("detail").textContent = said));
  });
  by("answers").replaceChildren(...panes);
  by("detail").textContent = "";
  by("status").textContent = kept.map((some) => `${some.length} ${say("count")}`).join(" / ");
  by("found").hidden = false;
  showSnippet();
}

function showSnippet() {
  const url = `${location.origin}/extract`;
  by("snippet").textContent = snippet(by("tongue").value, url, answers[0].body, by("key").value !== "");
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    by("status").textContent = say("copied");
  } catch (error) {
    by("error").textContent = error.message;
  }
}

function copyLink() {
  // In the fragment, which is never sent to a server.
  const state = new URLSearchParams(FIELDS.map((field) => [field, by(field).value]));
  history.replaceState(null, "", `#${state}`);
  return copy(location.href);
}

async function dropFile(event) {
  const [file] = event.dataTransfer.files;
  if (!file) return;
  event.preventDefault();
  by("text").value = await file.text();
}

function sayAll(change) {
  translate(change);
  by("language").textContent = say("switch");
  if (by("other").options.length) by("other").options[0].textContent = say("none");
  show();
}

by("form").addEventListener("submit", (event) => { event.preventDefault(); extract(); });
by("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) extract();
});
by("text").addEventListener("drop", dropFile);
by("score").addEventListener("input", show);
by("tongue").addEventListener("change", showSnippet);
by("language").addEventListener("click", () => sayAll(true));
by("copy").addEventListener("click", () => copy(by("snippet").textContent));
by("link").addEventListener("click", copyLink);
by("key").addEventListener("change", () => loadModels().then(() => (by("error").textContent = ""), fail));
const fail = (error) => (by("error").textContent = error.message);
sayAll(false);
for (const [field, value] of new URLSearchParams(location.hash.slice(1)))
  if (field === "text" || field === "labels") by(field).value = value;
loadModels().catch(fail);
