/** Text made to harm a terminal or to split a record, and how to see whether it got through. */

/** A title, a cleared screen, colours of 8 bits, reordered letters, a line of its own, and the rest. */
export const EVIL =
  "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eCIBARA\u2066\r\nFORGED line\u2028a\u2029b\x85c\x08\x7f\ufeff\t'\"`$(x),;";

/** In a YAML or JSON string, every character beyond letters by its number. */
export function escaped(text: string): string {
  const hex = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `"${text.replace(/[^A-Za-z0-9 ]/g, hex)}"`;
}

// deno-lint-ignore no-control-regex -- finding them is what it is for
const UNSAFE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/** The first character that a terminal would obey, with what stands around it; line ends and tabs are none. */
export function unsafeIn(text: string): string | undefined {
  // A terminal's line discipline makes CR LF of LF.
  const plain = text.replaceAll("\r\n", "\n");
  const at = plain.search(UNSAFE);
  return at < 0 ? undefined : JSON.stringify(plain.slice(Math.max(0, at - 40), at + 40));
}

// deno-lint-ignore no-control-regex -- the sequences that simrun writes itself
const OWN = /\x1b\[(?:\?25[lh]|\?2026[hl]|\d*[KJA]|[\d;]*m)|\r/g;

/** What is left of a picture without the sequences that paint it. */
export function withoutPainting(text: string): string {
  return text.replace(OWN, "");
}

/** Records of a CSV as RFC 4180 has it. */
export function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  const cell = /(?:"([^"]*(?:""[^"]*)*)"|([^,"\r\n]*))(,|\r\n|$)/y;
  while (cell.lastIndex < text.length) {
    const from = cell.lastIndex;
    const match = cell.exec(text);
    if (match === null) throw new Error(`no CSV: ${JSON.stringify(text.slice(from, from + 80))}`);
    record.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === ",") continue;
    records.push(record);
    record = [];
  }
  return records;
}
