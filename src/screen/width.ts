/** How many terminal cells a text takes, and cutting it to fit. Knows colour sequences; pure. */

// deno-lint-ignore no-control-regex -- the colour sequences this program writes itself
const COLOR = /\x1b\[[0-9;]*m/g;
/**
 * Letters, box drawings, bars, spinners and marks of one cell each. What is made of these alone needs
 * no tables of Unicode, which take 15 ms to load.
 */
const NARROW =
  /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u0391-\u03c9\u2010-\u2027\u2030-\u205e\u2190-\u2199\u2500-\u25fc\u2713-\u2727\u2800-\u28ff]*$/;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u;
/** East Asian wide and fullwidth blocks, pairs of first and last code point. */
const WIDE: readonly number[] = [
  0x1100,
  0x115f,
  0x2e80,
  0x303e,
  0x3041,
  0x33ff,
  0x3400,
  0x4dbf,
  0x4e00,
  0x9fff,
  0xa000,
  0xa4cf,
  0xa960,
  0xa97f,
  0xac00,
  0xd7a3,
  0xf900,
  0xfaff,
  0xfe30,
  0xfe6f,
  0xff01,
  0xff60,
  0xffe0,
  0xffe6,
  0x1b000,
  0x1b2ff,
  0x20000,
  0x3fffd,
];

let segmenter: Intl.Segmenter | undefined;

export function displayWidth(text: string): number {
  const bare = text.includes("\x1b") ? text.replace(COLOR, "") : text;
  if (NARROW.test(bare)) return bare.length;
  let width = 0;
  for (const { segment } of graphemes(bare)) width += clusterWidth(segment);
  return width;
}

/** Cuts to at most `width` cells and says so with `…`; colours that were opened are closed. */
export function cutToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return "";
  let cut = "";
  let used = 0;
  let colored = false;
  let at = 0;
  // A sequence costs no cells and is kept whole; the text between is taken cluster by cluster.
  for (const match of [...text.matchAll(COLOR), undefined]) {
    for (const { segment } of graphemes(text.slice(at, match?.index ?? text.length))) {
      const cells = clusterWidth(segment);
      if (used + cells > width - 1) return `${cut}…${colored ? "\x1b[0m" : ""}`;
      cut += segment;
      used += cells;
    }
    if (match === undefined) break;
    cut += match[0];
    colored = true;
    at = match.index + match[0].length;
  }
  return cut;
}

/** Fills with spaces up to `width` cells, on the right unless `side` is `start`. */
export function padToWidth(text: string, width: number, side: "start" | "end" = "end"): string {
  const gap = width - displayWidth(text);
  if (gap <= 0) return text;
  return side === "end" ? text + " ".repeat(gap) : " ".repeat(gap) + text;
}

/** Breaks at spaces so that no line is wider than `width`; a longer word is left whole. */
export function wrapToWidth(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && displayWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  return lines;
}

function graphemes(text: string): Iterable<{ readonly segment: string }> {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return segmenter.segment(text);
}

function clusterWidth(cluster: string): number {
  if (ZERO_WIDTH.test(cluster)) return 0;
  const code = cluster.codePointAt(0) ?? 0;
  if (code < 0x1100) return 1;
  if (EMOJI.test(cluster)) return 2;
  for (let i = 0; i < WIDE.length; i += 2) {
    if (code < WIDE[i]!) return 1;
    if (code <= WIDE[i + 1]!) return 2;
  }
  return 1;
}
