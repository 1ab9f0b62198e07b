// The models that can be asked, of what GET /adapters says.

/** Each as {name, labels, base, rank, evaluation, stands}: `labels` is null where any go. */
export function models({ default: first, aliases, adapters }) {
  const served = adapters.filter(({ state }) => state === "loaded" || state === "registered");
  const bases = new Set(served.map(({ base }) => base));
  if (!bases.size) bases.add(first);
  const all = new Map(served.map((adapter) => [adapter.name, offered(adapter)]));
  for (const name of bases) all.set(name, { name, labels: null, base: null, rank: null, evaluation: [], stands: null });
  for (const [alias, name] of Object.entries(aliases))
    if (all.has(name)) all.set(alias, { ...all.get(name), name: alias, stands: name });
  return all;
}

const offered = (adapter) => ({ ...adapter, labels: adapter.open ? null : adapter.labels, stands: null });
