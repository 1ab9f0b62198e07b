// What went over the wire: the answer as JSON, the request as one would write it elsewhere.
import { copy } from "../copy.js";
import { element } from "../element.js";
import { snippet } from "./snippets.js";
import { say } from "../words/words.js";

const TONGUES = { curl: "curl", python: "Python", javascript: "JavaScript" };
let tongue = "curl";

/** An answer as it came. */
export const jsonView = ({ answer }, tell) => code(JSON.stringify(answer, null, 2), say("json"), tell);

/** The request of a run; `keyed`: an api key goes with it. `again()` when another tongue is chosen. */
export function requestView({ body }, keyed, tell, again) {
  const choice = element("select", { "aria-label": say("tongue") });
  choice.replaceChildren(...Object.entries(TONGUES).map(([value, text]) => element("option", { value, text })));
  choice.value = tongue;
  choice.addEventListener("change", () => {
    tongue = choice.value;
    again();
  });
  return code(snippet(tongue, `${location.origin}/extract`, body, keyed), say("request"), tell, choice);
}

function code(text, name, tell, ...before) {
  const button = element("button", { type: "button", text: say("copy") });
  button.addEventListener("click", async () => tell(say((await copy(text)) ? "copied" : "notCopied")));
  const shown = element("pre", { text, tabindex: 0, role: "group", "aria-label": name });
  return [element("p", { kind: "row" }, ...before, button), shown];
}
