/** Placeholders in texts: found once, and filled with the values of each run. Pure. */
import type { ParameterValue } from "./parameter.ts";

/** Texts and, in between, the names that stand for values. */
export type Parts = readonly (string | { readonly name: string })[];

/** `${a}` becomes a name; `$${a}` stays the text `${a}`. Other marks are chosen so that nothing else looks like them. */
export function findPlaceholders(text: string, [open, close]: readonly [string, string]): Parts {
  const parts: (string | { name: string })[] = [];
  let before = "";
  let at = 0;
  for (;;) {
    const begin = text.indexOf(open, at);
    const end = begin === -1 ? -1 : text.indexOf(close, begin + open.length);
    if (end === -1) break;
    const isEscaped = open === "${" && begin > at && text[begin - 1] === "$";
    const name = text.slice(begin + open.length, end);
    if (isEscaped || !NAME.test(name.trim())) {
      // Not one of ours: only what could be the name of a value is.
      const next = isEscaped ? end + close.length : begin + open.length;
      before += text.slice(at, isEscaped ? begin - 1 : begin) + text.slice(begin, next);
      at = next;
      continue;
    }
    before += text.slice(at, begin);
    if (before !== "") parts.push(before);
    before = "";
    parts.push({ name: name.trim() });
    at = end + close.length;
  }
  before += text.slice(at);
  if (before !== "" || parts.length === 0) parts.push(before);
  return parts;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/;

export function namesIn(parts: Parts): string[] {
  return parts.flatMap((part) => typeof part === "string" ? [] : [part.name]);
}

export function fillPlaceholders(parts: Parts, valueOf: (name: string) => string): string {
  return parts.map((part) => typeof part === "string" ? part : valueOf(part.name)).join("");
}

/** A value as programs read it: numbers in their shortest exact form, text as it is, lists and mappings as JSON. */
export function valueText(value: ParameterValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "boolean" || value === null) return String(value);
  return JSON.stringify(value);
}
