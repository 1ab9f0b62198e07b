// A colour for each label, the same in all answers for as long as the page is open.

const COLOURS = 12;
const places = new Map();

/** The colour of `label`, as a CSS value. */
export function colour(label) {
  if (!places.has(label)) places.set(label, places.size % COLOURS);
  return `var(--c${places.get(label)})`;
}
