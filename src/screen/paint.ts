/** Colours as functions over text, or none of them. Decides nothing: whether to colour is told. */

/** The few styles the screen uses; each a meaning, not a taste. */
export interface Paint {
  /** What to look at first. */
  readonly strong: (text: string) => string;
  /** What may be overlooked. */
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  /** What moves: the done part of a bar, what is running. */
  readonly active: (text: string) => string;
}

const plain = (text: string): string => text;

const NONE: Paint = {
  strong: plain,
  faint: plain,
  good: plain,
  bad: plain,
  warn: plain,
  active: plain,
};

const ANSI: Paint = {
  strong: wrap(1, 22),
  faint: wrap(2, 22),
  good: wrap(32, 39),
  bad: wrap(31, 39),
  warn: wrap(33, 39),
  active: wrap(36, 39),
};

export function paintFor(color: boolean): Paint {
  return color ? ANSI : NONE;
}

function wrap(open: number, close: number): (text: string) => string {
  return (text) => text === "" ? "" : `\x1b[${open}m${text}\x1b[${close}m`;
}
