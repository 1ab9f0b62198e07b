// Where two answers disagree. Entities are {label, text, start, end}, half-open, sorted by start.

/**
 * For each entity of `here`, what `there` has: {kind, other} with kind "same"; "label", the same
 * place under another label; "span", the same label at a place that overlaps; or "only".
 */
export function compare(here, there) {
  const at = new Map();
  for (const one of there) add(at, `${one.start} ${one.end}`, one);
  const labelled = new Map();
  for (const one of there) {
    const before = labelled.get(one.label)?.at(-1).reach ?? 0;
    add(labelled, one.label, { one, reach: Math.max(before, one.end) });
  }
  return new Map(here.map((one) => [one, verdict(one, at, labelled)]));
}

/** The differences as rows [here, there, kind], null where one has nothing, in the text's order. */
export function differences(here, there) {
  const rows = [];
  const told = new Set();
  for (const [one, { kind, other }] of compare(here, there)) {
    if (kind === "same") continue;
    rows.push([one, other, kind]);
    told.add(other);
  }
  for (const [one, { kind }] of compare(there, here))
    if (kind !== "same" && !told.has(one)) rows.push([null, one, "only"]);
  return rows.sort((a, b) => (a[0] ?? a[1]).start - (b[0] ?? b[1]).start);
}

function verdict(one, at, labelled) {
  const placed = at.get(`${one.start} ${one.end}`) ?? [];
  const same = placed.find(({ label }) => label === one.label);
  if (same) return { kind: "same", other: same };
  if (placed.length) return { kind: "label", other: placed[0] };
  const other = overlapping(one, labelled.get(one.label) ?? []);
  return other ? { kind: "span", other } : { kind: "only", other: null };
}

/** The last of `sorted` that overlaps `one`. Each has its `reach`, the furthest end so far: behind a
 * nested entity a longer one may have begun earlier. */
function overlapping(one, sorted) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle].one.start < one.end) low = middle + 1;
    else high = middle;
  }
  while (low > 0 && sorted[low - 1].reach > one.start) {
    low--;
    if (sorted[low].one.end > one.start) return sorted[low].one;
  }
  return null;
}

function add(map, key, value) {
  if (map.has(key)) map.get(key).push(value);
  else map.set(key, [value]);
}
