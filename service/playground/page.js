// The playground: wires the form, the gateway and the result together.
import { Refusal, adapters, extract, newRun } from "./gateway.js";
import { areMany } from "./files/rows.js";
import { bodies, counted, followForm, hasModels, linkForm, modelsChanged, offerModels, optionsOnly, sayOptions, wantOwn } from "./form/form.js";
import { changed, followResult, hasCome, linkResult, prepare, showRuns, summary } from "./answer/result.js";
import { changeLink, linked, putIntoLink } from "./form/link.js";
import { copy } from "./copy.js";
import { labelSets, offerSets } from "./kept/label_sets.js";
import { models } from "./form/models.js";
import { opening } from "./form/opening.js";
import { prepareFiles, showFiles, takeFiles } from "./files/files.js";
import { prepareHistory, remember, showHistory } from "./kept/history.js";
import { prepareLabels } from "./form/labels.js";
import { problem, said } from "./problem.js";
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

/** Show an error, with a button for `again`, or with null none. */
function fail(error, again = run) {
  by("error").replaceChildren(...(error ? problem(error, again) : []));
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
  const asked = formState();
  const came = () => latest === runs && showRuns(runs);
  came();
  await Promise.all(runs.map((one) => extract(one, key(), mine.signal, came)));
  if (running === mine) finished(runs, asked);
}

/** Say it to those who do not see it. An error of all runs alike is said once. */
function finished(runs, asked) {
  tell(summary());
  const [first] = runs.map(({ error }) => error).filter(Boolean);
  if (!first) return remember(asked, runs[0].answer.entities.length);
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

function formState(more) {
  const state = new URLSearchParams(more);
  linkForm(state);
  return state;
}

async function copyLink() {
  const state = formState({ lang: spoken() });
  linkResult(state);
  const whole = putIntoLink(state);
  const done = await copy(location.href);
  tell(say(done ? (whole ? "linkCopied" : "linkWithoutText") : "notCopied"));
}

/** Take files: one text into the form, more into the table. */
async function take(files) {
  try {
    fail(null);
    if (areMany(files)) return await takeFiles(files);
    const { text, encoding } = await textOf(files[0]);
    putText(text);
    tell(say("readFile", files[0].name, encoding));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    fail(error, () => by("file").click());
  }
}

function putText(text) {
  by("text").value = text;
  counted();
  by("text").focus();
}

async function optionsOfAll() {
  if (!hasModels()) await loadModels();
  return optionsOnly();
}

function speakAgain(wanted) {
  speak(wanted);
  sayOptions();
  counted();
  if (hasModels()) modelsChanged();
  tell(summary());
  offerSets();
  showHistory();
  showFiles();
  changed();
}

/** Fill the form as a link or the history says. */
function follow(state) {
  followForm(state);
  followResult(state);
  if (state.has("text")) tell(say("filled"));
}

function followLink() {
  const state = linked();
  speakAgain(state.get("lang"));
  follow(state);
}

function listen() {
  by("form").addEventListener("submit", (event) => { event.preventDefault(); run(); });
  by("form").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
  });
  by("text").addEventListener("input", counted);
  for (const id of ["model", "other"]) by(id).addEventListener("change", modelsChanged);
  for (const [id, text] of Object.entries(EXAMPLES))
    by(id).addEventListener("click", () => putText(text));
  by("own").addEventListener("click", wantOwn);
  by("stop").addEventListener("click", stop);
  by("link").addEventListener("click", copyLink);
  by("language").addEventListener("click", () => {
    speakAgain(spoken() === "zh" ? "en" : "zh");
    changeLink("lang", spoken());
  });
  by("key").addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); loadModels().then(() => fail(null), fail); }
  });
  addEventListener("hashchange", followLink);
}

by("shortcut").textContent = navigator.platform.startsWith("Mac") ? "⌘ ⏎" : "Ctrl ⏎";
prepare({ key, tell, again: run });
prepareFiles({ tell, fail, key, said, options: optionsOfAll, look: putText });
prepareHistory({ tell, open: (state) => { follow(state); by("text").focus(); } });
prepareLabels();
labelSets(tell);
opening(take);
listen();
followLink();
loadModels().catch(fail);
