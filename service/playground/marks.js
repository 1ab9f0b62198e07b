// Entities as layered underlines. Offsets are in UTF-16 code units, half-open.

const COLOURS = 6;

/** An entity is the same in two answers when its label and place are. */
export const identity = ({ label, start, end }) => JSON.stringify([label, start, end]);

/** The labels of `entities`, each with its colour. */
export function colours(entities) {
  const labels = [...new Set(entities.map((entity) => entity.label))].sort();
  return new Map(labels.map((label, place) => [label, `var(--c${place % COLOURS})`]));
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

/** Fill `into` with `text`; `dress(mark, entity)` is called where an entity starts. */
export function show(into, text, entities, palette, dress) {
  const laned = inLanes(entities);
  const cuts = [...new Set(entities.flatMap(({ start, end }) => [start, end]))];
  cuts.sort((a, b) => a - b);
  const parts = [text.slice(0, cuts[0] ?? text.length)];
  let next = 0;
  let active = [];
  cuts.forEach((cut, place) => {
    active = active.filter(({ entity }) => entity.end > cut);
    while (next < laned.length && laned[next].entity.start === cut) active.push(laned[next++]);
    const piece = text.slice(cut, cuts[place + 1] ?? text.length);
    parts.push(active.length ? marked(piece, cut, active, palette, dress) : piece);
  });
  into.replaceChildren(...parts);
}

function marked(piece, cut, active, palette, dress) {
  let inner = piece;
  for (const { entity } of active.filter(({ entity }) => entity.start === cut).reverse()) {
    const start = document.createElement("span");
    start.append(inner);
    dress(start, entity);
    inner = start;
  }
  const mark = document.createElement("mark");
  mark.append(inner);
  const lines = active.map(({ entity, lane }) => {
    const colour = palette.get(entity.label);
    return `linear-gradient(${colour}, ${colour}) 0 calc(100% - ${lane * 5}px) / 100% 3px no-repeat`;
  });
  mark.style.background = lines.join(", ");
  mark.style.paddingBottom = `${Math.max(...active.map(({ lane }) => lane)) * 5 + 5}px`;
  mark.title = active.map(({ entity }) => entity.label).join(", ");
  return mark;
}
