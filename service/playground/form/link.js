// The page's state in the link's fragment, which a browser sends to nobody.

// Longer links are cut by what people send them with.
const LONGEST = 30_000;

/** What the link says, as URLSearchParams. */
export const linked = () => new URLSearchParams(location.hash.slice(1));

/** Put `state` into the address, without its text if that is too long; whether it is there. */
export function putIntoLink(state) {
  const whole = String(state).length <= LONGEST;
  if (!whole) state.delete("text");
  history.replaceState(null, "", `#${state}`);
  return whole;
}

/** Change one thing that the link says. */
export function changeLink(name, value) {
  const state = linked();
  state.set(name, value);
  history.replaceState(null, "", `#${state}`);
}
