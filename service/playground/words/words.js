// The page's language: the link's, else the browser's.
import { CHINESE } from "./chinese.js";
import { ENGLISH } from "./english.js";

const WORDS = { en: ENGLISH, zh: CHINESE };
let language = "en";

/** The phrase called `name`; `values` go to a phrase that is made of them. */
export function say(name, ...values) {
  const phrase = WORDS[language][name];
  return typeof phrase === "function" ? phrase(...values) : phrase;
}

/** "en" or "zh". */
export const spoken = () => language;

/** Speak `wanted`, if it is "en" or "zh", else what the browser prefers. */
export function speak(wanted) {
  language = wanted in WORDS ? wanted : navigator.language.startsWith("zh") ? "zh" : "en";
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const one of document.querySelectorAll("[data-say]")) one.textContent = say(one.dataset.say);
  for (const one of document.querySelectorAll("[data-name]")) one.ariaLabel = say(one.dataset.name);
  for (const one of document.querySelectorAll("[data-hint]")) one.placeholder = say(one.dataset.hint);
}

/** The language of `text` as far as its script tells it: for the right Han glyphs. */
export function languageOf(text) {
  const start = text.slice(0, 2000);
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(start)) return "ja";
  if (/\p{Script=Hangul}/u.test(start)) return "ko";
  return /\p{Script=Han}/u.test(start) ? "zh-CN" : "";
}
