// A file's text, in the encodings that texts come in.
import { Refusal } from "../gateway.js";

const MOST_BYTES = 8_000_000;
const MARKS = [["utf-16le", 0xff, 0xfe], ["utf-16be", 0xfe, 0xff]];

/** The text of `file` and its encoding; raises Refusal for what is no text, or too large. */
export async function textOf(file) {
  if (file.size > MOST_BYTES) throw new Refusal(file.name, { word: "bigFile" });
  const bytes = new Uint8Array(await bytesOf(file));
  const marked = MARKS.find(([, first, second]) => bytes[0] === first && bytes[1] === second);
  // What is not UTF-8 and Chinese is GB 18030, which has GBK in it.
  for (const encoding of marked ? [marked[0]] : ["utf-8", "gb18030"]) {
    try {
      return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes), encoding };
    } catch {
      // Not this one.
    }
  }
  throw new Refusal(file.name, { word: "noFile" });
}

/** A folder, or a file that has gone since it was chosen, has none. */
async function bytesOf(file) {
  try {
    return await file.arrayBuffer();
  } catch {
    throw new Refusal(file.name, { word: "noFile" });
  }
}
