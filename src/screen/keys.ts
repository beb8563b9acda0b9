/** The keys that a terminal sends, out of the bytes that it sends for them. Pure; what is no key that is known is dropped. */

export type KeyName =
  | "up"
  | "down"
  | "left"
  | "right"
  | "page-up"
  | "page-down"
  | "home"
  | "end"
  | "tab"
  | "back-tab"
  | "enter"
  | "backspace"
  | "escape"
  | "interrupt"
  | "suspend"
  | "redraw"
  | "clear";

export type Key =
  | { readonly kind: "named"; readonly name: KeyName }
  | { readonly kind: "text"; readonly text: string };

const CONTROLS: { readonly [char: string]: KeyName } = {
  "\x02": "page-up",
  "\x03": "interrupt",
  "\x04": "page-down",
  "\x06": "page-down",
  "\x08": "backspace",
  "\t": "tab",
  "\n": "enter",
  "\x0c": "redraw",
  "\r": "enter",
  "\x15": "clear",
  "\x1a": "suspend",
  "\x1c": "interrupt",
  "\x7f": "backspace",
};

/** What follows ESC; with modifiers (`[1;5A`) a key is the same key. */
const SEQUENCES: { readonly [sequence: string]: KeyName } = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  Z: "back-tab",
  "1~": "home",
  "4~": "end",
  "5~": "page-up",
  "6~": "page-down",
  "7~": "home",
  "8~": "end",
};

/** A sequence is never longer; what is was none. */
const SEQUENCE_MAX = 32;

/** Reads keys from bytes as they come: a sequence, or a letter, may be cut anywhere. */
export class KeyReader {
  readonly #decoder = new TextDecoder();
  #rest = "";

  push(bytes: Uint8Array): Key[] {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const keys: Key[] = [];
    while (this.#rest !== "") {
      const taken = take(this.#rest);
      if (taken === undefined) break;
      if (taken.key !== undefined) keys.push(taken.key);
      this.#rest = this.#rest.slice(taken.length);
    }
    return keys;
  }

  /** Whether something has begun that may be a key of its own: ESC is one when nothing follows it soon. */
  get isWaiting(): boolean {
    return this.#rest !== "";
  }

  /** Nothing has followed. */
  flush(): Key[] {
    const isEscape = this.#rest === "\x1b";
    this.#rest = "";
    return isEscape ? [{ kind: "named", name: "escape" }] : [];
  }
}

/** The first key and its length; undefined when more must come. */
function take(text: string): { readonly key?: Key; readonly length: number } | undefined {
  const first = String.fromCodePoint(text.codePointAt(0)!);
  if (first !== "\x1b") {
    const name = CONTROLS[first];
    if (name !== undefined) return { key: { kind: "named", name }, length: first.length };
    // deno-lint-ignore no-control-regex -- control characters are no text
    const isText = !/[\x00-\x1f\x80-\x9f]/.test(first);
    return { ...(isText && { key: { kind: "text", text: first } }), length: first.length };
  }
  // deno-lint-ignore no-control-regex -- escape sequences begin with one
  const sequence = /^\x1b(?:\[([0-9;?<>=]*)([@-~])|O([@-~])|([^[O]))/u.exec(text);
  if (sequence === null) {
    return text.length > SEQUENCE_MAX ? { length: text.length } : undefined;
  }
  const [whole, parameters = "", final = "", single, other] = sequence;
  // Two ESC in a row: the first is a key, the second perhaps begins another.
  if (other === "\x1b") return { key: { kind: "named", name: "escape" }, length: 1 };
  // The Enter of the keypad; a mouse's report ends so, too.
  if (single === "M") return { key: { kind: "named", name: "enter" }, length: whole.length };
  const code = final === "~" ? `${parameters.split(";")[0]}~` : single ?? final;
  const name = Object.hasOwn(SEQUENCES, code) ? SEQUENCES[code] : undefined;
  return {
    ...(name !== undefined && { key: { kind: "named", name } }),
    length: whole.length,
  };
}
