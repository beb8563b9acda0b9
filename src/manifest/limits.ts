/** Bounds a text before it is parsed, in one cheap pass, so that no file can cost more than its worth. Pure. */

export const LIMITS = {
  /** Of one file. */
  bytes: 16 * 1024 * 1024,
  /** Lists and mappings within each other. */
  depth: 100,
  /** Characters that can begin or end something; the parser's cost, about 7 µs and 1 kB each at worst. */
  marks: 500_000,
  /** Nodes when every alias is written out. */
  nodes: 1_000_000,
  documents: 10_000,
  /** Anchors, aliases and tags. */
  references: 10_000,
  /** Backslashes: the parser takes 20 µs for a wrong escape. */
  escapes: 10_000,
} as const;

export interface LimitBroken {
  readonly message: string;
  readonly hint?: string;
  /** Where in the text the limit was passed. */
  readonly offset: number;
}

const SMALLER = "Write ranges ({ from: 0, to: 1, count: 100000 }) instead of long lists, " +
  "or divide it into several files.";

/**
 * Judges size, nesting and number of marks by characters alone. It does not know quotes or comments,
 * so it counts a bracket only where YAML could begin one; what it overlooks the parser's own stack
 * limit catches.
 */
export function checkLimits(text: string): LimitBroken | undefined {
  if (text.length > LIMITS.bytes) return tooLarge(text.length);
  let marks = 0;
  let references = 0;
  let escapes = 0;
  let depth = 0;
  let blockDepth = 0;
  /** Only blanks, `-` and `?` so far on this line. */
  let atStart = true;
  let inComment = false;
  let before = 0x0a;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x0a) {
      marks++;
      atStart = true;
      inComment = false;
      blockDepth = 0;
    } else if (!inComment) {
      if (isMark(char)) marks++;
      if (char === 0x5c) escapes++;
      if (isReference(char) && (isBlank(before) || isOpener(before))) references++;
      if (char === 0x23 && isBlank(before)) inComment = true;
      else if (char === 0x5b || char === 0x7b) {
        if (isBlank(before) || isOpener(before)) depth++;
        atStart = false;
      } else if (char === 0x5d || char === 0x7d) {
        if (depth > 0) depth--;
        atStart = false;
      } else if (atStart && (char === 0x2d || char === 0x3f || char === 0x3a)) {
        if (isBlank(before)) blockDepth++;
      } else if (!isBlank(char)) atStart = false;
    }
    if (depth > LIMITS.depth || blockDepth > LIMITS.depth) return tooDeep(at);
    if (marks > LIMITS.marks) return tooMany("elements", LIMITS.marks, at);
    if (escapes > LIMITS.escapes) return tooMany("backslashes", LIMITS.escapes, at);
    if (references > LIMITS.references) {
      return tooMany("anchors, aliases and tags", LIMITS.references, at);
    }
    before = char;
  }
  return undefined;
}

export function tooLarge(bytes: number): LimitBroken {
  const megabytes = (bytes / 2 ** 20).toFixed(1);
  const message = `The file is ${megabytes} MiB large, but a manifest may have 16 MiB`;
  return { message, hint: SMALLER, offset: 0 };
}

export function tooDeep(offset: number): LimitBroken {
  return { message: `Lists and mappings are nested more than ${LIMITS.depth} deep`, offset };
}

function tooMany(what: string, limit: number, offset: number): LimitBroken {
  const message = `The file has more than ${limit.toLocaleString("en")} ${what}`;
  return { message, hint: SMALLER, offset };
}

function isBlank(char: number): boolean {
  return char === 0x20 || char === 0x0a || char === 0x09 || char === 0x0d;
}

/** `[ { , :` — what a flow collection may stand right behind. */
function isOpener(char: number): boolean {
  return char === 0x5b || char === 0x7b || char === 0x2c || char === 0x3a;
}

/** `! & *` */
function isReference(char: number): boolean {
  return char === 0x21 || char === 0x26 || char === 0x2a;
}

/** Quotes, anchors, tags and everything that divides. */
function isMark(char: number): boolean {
  switch (char) {
    case 0x21: // !
    case 0x22: // "
    case 0x26: // &
    case 0x27: // '
    case 0x2a: // *
    case 0x2c: // ,
    case 0x3a: // :
    case 0x3f: // ?
    case 0x5b: // [
    case 0x5d: // ]
    case 0x7b: // {
    case 0x7d: // }
    case 0x60: // `
    case 0x40: // @
    case 0x25: // %
      return true;
    default:
      return false;
  }
}
