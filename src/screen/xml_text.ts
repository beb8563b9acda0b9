/** Text of unknown origin as XML takes it, in elements and in attributes. Pure. */
import { safeLines } from "./safe_text.ts";

/** What no XML document may hold, however it is written: two characters that are none, and halves of characters. */
const FORBIDDEN =
  /[\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Lines stay lines; what XML forbids, and what would move a cursor, is shown as its escape, e.g. `\x1b`. */
export function xmlText(text: string): string {
  return safeLines(text)
    .replace(FORBIDDEN, (char) => `\\u{${char.charCodeAt(0).toString(16)}}`)
    .replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}

/** For a value between double quotes: a reader would make spaces of its lines. */
export function xmlAttribute(text: string): string {
  return xmlText(text).replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
}

const ENTITIES: { readonly [char: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};
