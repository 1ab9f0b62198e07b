// Tabs, by the ARIA practices: one stop for Tab, arrow keys go on, Home and End to the ends.

/** Make the buttons in `list` choose among what they control; `changed(name)` after each choice. */
export function tabs(list, changed) {
  const buttons = () => [...list.querySelectorAll("[role=tab]")].filter(({ hidden }) => !hidden);
  list.addEventListener("click", ({ target }) => {
    const tab = target.closest("[role=tab]");
    if (tab) changed(tab.dataset.view);
  });
  steps(list, buttons, (tab) => {
    tab.focus();
    changed(tab.dataset.view);
  });
}

/** Mark the tab of `view` as the chosen one. */
export function choose(list, view) {
  for (const tab of list.querySelectorAll("[role=tab]")) {
    const chosen = tab.dataset.view === view;
    tab.setAttribute("aria-selected", chosen);
    tab.tabIndex = chosen ? 0 : -1;
  }
}

/** In `root`, arrow keys, Home and End go from one of `all()` to another: `go(it)`. */
export function steps(root, all, go) {
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const places = all();
    const now = places.indexOf(document.activeElement);
    const next = {
      ArrowRight: now + 1, ArrowDown: now + 1, ArrowLeft: now - 1, ArrowUp: now - 1,
      Home: 0, End: places.length - 1,
    }[event.key];
    if (now < 0 || next === undefined || !places[next]) return;
    event.preventDefault();
    go(places[next]);
  });
}
