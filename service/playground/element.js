/** A new element. `text` becomes a text node, never markup; `kind` is its class. */
export function element(name, { text, kind, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.append(String(text));
  made.append(...children);
  return made;
}
