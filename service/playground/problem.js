// An error in the page's words: what it means, the gateway's message, a way on.
import { element } from "./element.js";
import { say } from "./words/words.js";

const lead = ({ word, message, status, type }) => (word ? say(word, message || status) : say(type));

/** An error as a sentence. */
export const said = (error) => [lead(error), error.word ? "" : error.message].filter(Boolean).join(" ");

/** An error as elements, with a button for `again`. */
export function problem(error, again) {
  const parts = lead(error) ? [element("b", { text: lead(error) }), " "] : [];
  if (!error.word) parts.push(element("span", { text: error.message, lang: "en" }), " ", element("code", { text: error.type }));
  if (error.after) parts.push(" ", say("after", error.after));
  const button = element("button", { type: "button", text: say("again") });
  button.addEventListener("click", again);
  return [element("p", {}, ...parts), button];
}
