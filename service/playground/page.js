// The playground: wires the form, the gateway and the result together.
import { addTyped, chooseAll, takeBack } from "./form/labels.js";
import { adapters, extract, newRun } from "./gateway.js";
import { bodies, counted, followForm, hasModels, linkForm, modelsChanged, offerModels, sayOptions } from "./form/form.js";
import { changed, followResult, hasCome, linkResult, prepare, problem, showRuns, summary } from "./answer/result.js";
import { changeLink, linked, putIntoLink } from "./form/link.js";
import { copy } from "./copy.js";
import { models } from "./form/models.js";
import { say, speak, spoken } from "./words/words.js";
import { textOf } from "./form/file.js";

const by = (id) => document.getElementById(id);
const EXAMPLES = {
  chinese: "周三上午，顾清源教授在杭州西湖博物馆谈起《山海拾遗》，随后飞往伦敦，为星河银行的客户讲课。",
  english: "On Tuesday Dr. Mira Okafor of Northwind Labs flew from Lagos to Oslo for the Arctic Data Forum.",
};
let running = null; // the AbortController of the request in flight
let latest = []; // the runs of the last request

const tell = (text) => (by("status").textContent = text);
const key = () => by("key").value;

/** Show an error, or with null none. */
function fail(error) {
  by("error").replaceChildren(...(error ? problem(error, run) : []));
  if (error?.status !== 401 && error?.status !== 403) return;
  by("key-row").hidden = false;
  by("key").focus();
}

async function loadModels() {
  const list = await adapters(key());
  const missing = offerModels(models(list), list.default);
  if (missing.length) tell(missing.map((name) => say("noModel", name)).join(" "));
}

async function run() {
  running?.abort();
  fail(null);
  if (!by("text").value) {
    tell(say("noText"));
    by("text").focus();
    return;
  }
  const mine = (running = new AbortController());
  busy(true);
  try {
    if (!hasModels()) await loadModels();
    await ask(bodies().map(newRun), mine);
  } catch (error) {
    if (running === mine) fail(error);
  }
  if (running === mine) busy(false);
}

/** Ask for all runs at once, and show what comes for as long as nobody asks anew. */
async function ask(runs, mine) {
  latest = runs;
  const came = () => latest === runs && showRuns(runs);
  came();
  await Promise.all(runs.map((one) => extract(one, key(), mine.signal, came)));
  if (running === mine) finished(runs);
}

/** Say it to those who do not see it. An error of all runs alike is said once. */
function finished(runs) {
  tell(summary());
  const [first] = runs.map(({ error }) => error).filter(Boolean);
  if (!first) return;
  if (first.status === 401 || first.status === 403 || runs.every((one) => one.error && !hasCome(one))) {
    showRuns([]);
    fail(first);
  }
}

function busy(now) {
  if (!now && document.activeElement === by("stop")) by("go").focus();
  by("stop").hidden = !now;
  by("form").ariaBusy = now;
  if (now) tell(say("working"));
  if (!now) running = null;
}

function stop() {
  running?.abort();
  busy(false);
  tell(say("stopped"));
  by("go").focus();
}

async function copyLink() {
  const state = new URLSearchParams({ lang: spoken() });
  linkForm(state);
  linkResult(state);
  const whole = putIntoLink(state);
  const done = await copy(location.href);
  tell(say(done ? (whole ? "linkCopied" : "linkWithoutText") : "notCopied"));
}

async function take(file) {
  if (!file) return;
  try {
    const { text, encoding } = await textOf(file);
    fail(null);
    by("text").value = text;
    counted();
    tell(say("readFile", file.name, encoding));
    by("text").focus();
  } catch (error) {
    fail(error);
  }
}

function speakAgain(wanted) {
  speak(wanted);
  sayOptions();
  counted();
  if (hasModels()) modelsChanged();
  tell(summary());
  changed();
}

function follow() {
  const state = linked();
  speakAgain(state.get("lang"));
  followForm(state);
  followResult(state);
  if (state.has("text")) tell(say("filled"));
}

function dropping() {
  const form = by("form");
  const files = ({ dataTransfer }) => dataTransfer.types.includes("Files");
  form.addEventListener("dragover", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    form.classList.add("over");
  });
  for (const name of ["dragleave", "drop"]) form.addEventListener(name, () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
}

function listen() {
  by("form").addEventListener("submit", (event) => { event.preventDefault(); run(); });
  by("form").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
  });
  by("text").addEventListener("input", counted);
  by("open").addEventListener("click", () => by("file").click());
  by("file").addEventListener("change", () => { take(by("file").files[0]); by("file").value = ""; });
  for (const id of ["model", "other"]) by(id).addEventListener("change", modelsChanged);
  for (const [id, text] of Object.entries(EXAMPLES))
    by(id).addEventListener("click", () => { by("text").value = text; counted(); by("text").focus(); });
  by("all").addEventListener("click", () => chooseAll(true));
  by("none").addEventListener("click", () => chooseAll(false));
  by("add").addEventListener("click", addTyped);
  by("new-label").addEventListener("keydown", typedLabel);
  by("stop").addEventListener("click", stop);
  by("link").addEventListener("click", copyLink);
  by("language").addEventListener("click", () => {
    speakAgain(spoken() === "zh" ? "en" : "zh");
    changeLink("lang", spoken());
  });
  by("key").addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); loadModels().then(() => fail(null), fail); }
  });
  addEventListener("hashchange", follow);
}

function typedLabel(event) {
  if (event.isComposing || event.ctrlKey || event.metaKey) return;
  // In a description a comma is a comma.
  const between = /^[,，、;；]$/.test(event.key) && !/[:：]/.test(by("new-label").value);
  if (event.key === "Enter" || between) {
    event.preventDefault();
    addTyped();
  } else if (event.key === "Backspace" && !by("new-label").value) {
    event.preventDefault();
    takeBack();
  }
}

by("shortcut").textContent = navigator.platform.startsWith("Mac") ? "⌘ ⏎" : "Ctrl ⏎";
prepare({ keyed: () => key() !== "", tell, again: run });
listen();
dropping();
follow();
loadModels().catch(fail);
