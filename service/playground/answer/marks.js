// A text with its entities marked, nested and overlapping ones too. Offsets are in UTF-16 code
// units, half-open. The text is cut where an entity starts or ends; a piece has a line for each
// entity that covers it, and behind an entity's last piece stands its tag.
import { colour } from "../palette.js";
import { element } from "../element.js";

const LINE = 2; // pixels, and as much between two
const shown = new WeakMap(); // a piece or tag: its entities, the innermost first

/** The entities of the piece or tag that `target` is or is in, the innermost first. */
export function entitiesAt(target) {
  const found = target.closest?.("mark, .tag");
  return found ? { found, entities: shown.get(found) ?? [] } : null;
}

/**
 * Fill `into` with `text`. `look(entity)` is {sign, said, kind}: what its tag shows beside the
 * label, what a screen reader says, and the classes of its pieces and tag.
 */
export function show(into, text, entities, look) {
  const laned = inLanes(entities);
  const edges = new Set(entities.flatMap(({ start, end }) => [start, end]));
  const cuts = [0, ...[...edges].sort((a, b) => a - b), text.length];
  const parts = [];
  let next = 0;
  let active = [];
  for (let place = 0; place + 1 < cuts.length; place++) {
    const [from, to] = [cuts[place], cuts[place + 1]];
    while (next < laned.length && laned[next].entity.start === from) active.push(laned[next++]);
    const piece = text.slice(from, to);
    if (piece) parts.push(active.length ? marked(piece, active, look) : piece);
    const [ending, going] = parted(active, ({ entity }) => entity.end === to);
    parts.push(...ending.sort((a, b) => b.entity.start - a.entity.start).map(({ entity }) => tag(entity, look(entity))));
    active = going;
  }
  into.replaceChildren(...parts);
}

/** Each entity with the first lane that is free where it starts. */
function inLanes(entities) {
  const ends = [];
  const sorted = [...entities].sort((a, b) => a.start - b.start || b.end - a.end);
  return sorted.map((entity) => {
    const free = ends.findIndex((end) => end <= entity.start);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = entity.end;
    return { entity, lane };
  });
}

function marked(piece, active, look) {
  const inside = [...active].sort((a, b) => length(a.entity) - length(b.entity));
  const mark = element("mark", { text: piece, kind: inside.map(({ entity }) => look(entity).kind).join(" ") });
  const lines = active.map(({ entity, lane }) => {
    const paint = colour(entity.label);
    return `linear-gradient(${paint}, ${paint}) 0 calc(100% - ${lane * 2 * LINE}px) / 100% ${LINE}px no-repeat`;
  });
  const deepest = Math.max(...active.map(({ lane }) => lane));
  mark.style.setProperty("--c", colour(inside[0].entity.label));
  mark.style.background = `${lines.join(", ")}, var(--tint)`;
  mark.style.paddingBottom = `${deepest * 2 * LINE + LINE + 1}px`;
  shown.set(mark, inside.map(({ entity }) => entity));
  return mark;
}

function tag(entity, { sign, said, kind }) {
  const long = entity.label.length > 24 ? " long" : "";
  const made = element("span", { kind: `tag ${kind}${long}`, role: "button", tabindex: -1, "aria-label": said });
  made.dataset.label = sign ? `${entity.label} ${sign}` : entity.label;
  made.style.setProperty("--c", colour(entity.label));
  shown.set(made, [entity]);
  return made;
}

const length = ({ start, end }) => end - start;

function parted(all, test) {
  return [all.filter(test), all.filter((one) => !test(one))];
}
