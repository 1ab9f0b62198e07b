// What the page keeps in the browser, for its own address alone. A key is never among it.

/** What is kept under `name`; null when nothing is, or the browser keeps nothing for pages. */
export function read(name) {
  try {
    return JSON.parse(localStorage.getItem(`nerve.${name}`));
  } catch {
    return null;
  }
}

/** Keep `value`, with null nothing any more; whether the browser did: it may be full, or forbid it. */
export function write(name, value) {
  try {
    if (value === null) localStorage.removeItem(`nerve.${name}`);
    else localStorage.setItem(`nerve.${name}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** Call `changed()` when another window of this page has kept something else under `name`. */
export function watch(name, changed) {
  addEventListener("storage", ({ key }) => (key === null || key === `nerve.${name}`) && changed());
}
