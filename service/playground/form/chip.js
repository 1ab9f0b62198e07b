import { colour } from "../palette.js";
import { element } from "../element.js";

/** A chip for `label` in its colour: an element `kind` with `children`. */
export function coloured(label, kind, ...children) {
  const chip = element(kind, { kind: "chip" }, ...children);
  chip.style.setProperty("--c", colour(label));
  return chip;
}
