// A file's text.
import { Refusal } from "../gateway.js";
import { decoded } from "./encoding.js";

const MOST_BYTES = 8_000_000;

/** The text of `file` and its encoding; raises Refusal for what is no text or a broken one, or too large. */
export async function textOf(file) {
  const { text, encoding, broken } = await readableOf(file);
  if (broken) throw brokenAt(file, broken);
  return { text, encoding };
}

/** As `decoded` says, a broken text too; raises Refusal for what is none, or too large. */
export async function readableOf(file) {
  if (file.size > MOST_BYTES) throw new Refusal(file.name, { word: "bigFile" });
  const found = decoded(new Uint8Array(await bytesOf(file)));
  if (found === null) throw new Refusal(file.name, { word: "noEncoding" });
  return found;
}

/** What is said of bytes in a line of `file` that are nothing in its encoding. */
export const brokenAt = (file, line) => new Refusal(`${file.name}:${line}`, { word: "broken" });

/** A folder, or a file that has gone since it was chosen, has none. */
async function bytesOf(file) {
  try {
    return await file.arrayBuffer();
  } catch {
    throw new Refusal(file.name, { word: "noFile" });
  }
}
