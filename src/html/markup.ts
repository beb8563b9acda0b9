/**
 * Markup as values: a template that escapes all that is put into it. What comes from a tree (ids, logs, errors) is
 * hostile text; only `Html` is taken as it is, and only these functions make one. Pure.
 */
import { safeLines } from "../screen/safe_text.ts";

/** Markup that is safe to stand in a page. */
export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** For `html` and `trusted`, which vouch for it. */
  static of(text: string): Html {
    return new Html(text);
  }

  toString(): string {
    return this.#text;
  }
}

/** Lists stand one after the other; of `undefined` and `false` nothing is left, so that `is && markup…` works. */
export type HtmlValue =
  | string
  | number
  | bigint
  | Html
  | undefined
  | false
  | readonly HtmlValue[];

/** Attributes in which a text could be run, loaded or followed: they are written out, never filled in. */
const ACTIVE_ATTRIBUTE = /\s(?:on\w+|href|src|srcset|action|formaction|style|srcdoc|data)="[^"]*$/i;

/**
 * `` markup`<td title="${words}">${text}</td>` ``. Attributes stand in double quotes, or the template is refused.
 * Not called `html`: the formatter would move words and spaces in it.
 */
export function markup(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0]!;
  let ahead = parts[0]!;
  for (const [i, value] of values.entries()) {
    refusePlace(ahead, value);
    text += markupOf(value);
    const next = parts[i + 1]!;
    // Whether a quote is open is seen in what the author wrote: no value holds one.
    ahead += next;
    text += next;
  }
  return Html.of(text);
}

/** Markup that this program has made itself: a style sheet, a drawing of Vega's. Never text of a tree. */
export function trusted(text: string): Html {
  return Html.of(text);
}

/** Text as markup: what would be a tag, leave an attribute, or hide and reorder what is read, is shown instead. */
export function escapeHtml(text: string): string {
  return safeLines(text).replace(/[&<>"'`]/g, (char) => ENTITIES[char]!);
}

const ENTITIES: { readonly [char: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

function markupOf(value: HtmlValue): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.toString();
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "object") return value.map(markupOf).join("");
  return String(value);
}

/** Mistakes of the template's author, found when it is filled in for the first time. */
function refusePlace(ahead: string, value: HtmlValue): void {
  const tag = ahead.slice(ahead.lastIndexOf("<"));
  if (tag.startsWith("<!--") || /^<(?:script|style)\b[^>]*>[^<]*$/i.test(tag)) {
    if (!(value instanceof Html)) throw new Error(`markup: no text may stand in ${tag}`);
    return;
  }
  if (!tag.startsWith("<") || tag.includes(">")) return;
  const isQuoted = (tag.match(/"/g)?.length ?? 0) % 2 === 1;
  if (!isQuoted && !(value instanceof Html) && value !== undefined && value !== false) {
    throw new Error(`markup: put the value into double quotes: ${tag}`);
  }
  if (isQuoted && typeof value === "string" && ACTIVE_ATTRIBUTE.test(tag)) {
    throw new Error(`markup: no text may be filled into ${tag}`);
  }
}
