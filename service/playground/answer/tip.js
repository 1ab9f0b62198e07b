// What is known of the entity under the pointer or the focus, beside it. Escape takes it away.
import { colour } from "../palette.js";
import { element } from "../element.js";
import { entitiesAt } from "./marks.js";
import { say } from "../words/words.js";

const LEAVING_MS = 150; // for the pointer's way from the entity to the tip
const tip = element("div", { kind: "tip", role: "tooltip", hidden: "" });
let leaving = 0;
let lit = [];

/** Show tips for what is marked in `root`; `verdict(entity)` says how another answer has it. */
export function tips(root, verdict) {
  const enter = ({ target }) => {
    const at = entitiesAt(target);
    if (at?.entities.length) open(root, at, verdict);
  };
  for (const event of ["mouseover", "focusin", "click"]) root.addEventListener(event, enter);
  root.addEventListener("mouseout", leave);
  root.addEventListener("focusout", close);
}

function open(root, { found, entities }, verdict) {
  clearTimeout(leaving);
  close();
  tip.replaceChildren(...entities.map((entity) => told(entity, verdict(entity))));
  document.querySelector("main").append(tip); // inside of a landmark
  tip.hidden = false;
  put(found);
  lit = [...root.querySelectorAll("mark, .tag")].filter((one) => entitiesAt(one).entities.includes(entities[0]));
  for (const one of lit) one.classList.add("lit");
}

/** Below the first line of `found`, inside the window. */
function put(found) {
  const [line] = found.getClientRects();
  if (!line) return;
  const rightmost = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.left = `${Math.max(8, Math.min(line.left, rightmost)) + scrollX}px`;
  tip.style.top = `${line.bottom + 6 + scrollY}px`;
}

function told({ label, text, score, start, end }, verdict) {
  const name = element("b", { text: label });
  name.style.setProperty("--c", colour(label));
  const facts = element("span", { text: `${start}–${end}` });
  const parts = [name, element("q", { text, dir: "auto" }), facts];
  if (score !== null) parts.push(element("meter", { value: score, "aria-hidden": "true" }), element("span", { text: score.toFixed(2) }));
  if (verdict) parts.push(element("i", { text: verdict }));
  return element("p", {}, ...parts);
}

/** What a screen reader says of an entity. */
export function spokenOf({ label, text, score, start, end }, verdict) {
  const parts = [label, text, `${start}–${end}`];
  if (score !== null) parts.push(`${say("sure")} ${score.toFixed(2)}`);
  return [...parts, verdict].filter(Boolean).join(", ");
}

function leave() {
  clearTimeout(leaving);
  leaving = setTimeout(close, LEAVING_MS);
}

/** Take the tip away. */
export function close() {
  tip.hidden = true;
  for (const one of lit) one.classList.remove("lit");
  lit = [];
}

tip.addEventListener("mouseenter", () => clearTimeout(leaving));
tip.addEventListener("mouseleave", leave);
document.addEventListener("keydown", ({ key }) => key === "Escape" && close());
