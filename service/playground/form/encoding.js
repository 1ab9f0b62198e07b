// In which encoding a file's bytes are, told as `nerve extract` tells it: a mark, UTF-8 or mostly so, else
// GB 18030, which has GBK in it.
const MARKS = [["utf-16le", 0xff, 0xfe], ["utf-16be", 0xfe, 0xff]];
const CONTROLS = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/g; // those that no text has
const UNREADABLE = "\ufffd";

/**
 * {text, encoding, broken} of `bytes`, null for what is no text in these encodings. `broken` counts from 1
 * the first line with bytes that are nothing in the encoding, U+FFFD in `text`; 0 for none.
 */
export function decoded(bytes) {
  const marked = MARKS.find(([, first, second]) => bytes[0] === first && bytes[1] === second);
  const encoding = marked ? marked[0] : "utf-8";
  const whole = strictly(bytes, encoding);
  if (whole === null && !marked && !isMostlyUtf8(bytes)) return chinese(bytes);
  const text = whole ?? new TextDecoder(encoding).decode(bytes);
  if (controlsIn(text) > 1 + text.length / 20) return null;
  return { text, encoding, broken: whole === null ? lineOf(text, UNREADABLE) : 0 };
}

/** Nearly any bytes are something in GB 18030, so what looks like no text is none. */
function chinese(bytes) {
  const text = strictly(bytes, "gb18030");
  return text === null || controlsIn(text) ? null : { text, encoding: "gb18030", broken: 0 };
}

function strictly(bytes, encoding) {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Of what is not ASCII at most a third of it is nothing in UTF-8, as when a file was cut off. */
function isMostlyUtf8(bytes) {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  let good = 0;
  let marks = 0;
  for (const one of text) {
    if (one === UNREADABLE) marks++;
    else if (one > "\x7f") good++;
  }
  const bad = bytes.length - (new TextEncoder().encode(text).length - 3 * marks);
  return bad * 3 <= good + bad;
}

const controlsIn = (text) => text.match(CONTROLS)?.length ?? 0;
const lineOf = (text, sought) => text.slice(0, text.indexOf(sought)).split("\n").length;
