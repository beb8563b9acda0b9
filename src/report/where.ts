/** Conditions on rows, as `co2 > 300 and scheme == euler`: text to a tree, each part with its place. Pure. */

/** Where in the text something stands. */
export interface Span {
  readonly at: number;
  readonly length: number;
}

/** A mistake in a condition; whoever shows it draws a caret below its place. */
export class ConditionMistake extends Error {
  readonly span: Span;
  readonly hint: string | undefined;
  /** A word that was taken for a column, and is none. */
  readonly unknown: string | undefined;

  constructor(
    message: string,
    span: Span,
    more: { readonly hint?: string; readonly unknown?: string } = {},
  ) {
    super(message);
    this.span = span;
    this.hint = more.hint;
    this.unknown = more.unknown;
  }
}

export type Operator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~";

export type Operand =
  /** A column, or a text that needs no quotes: the columns tell. */
  | { readonly kind: "word"; readonly text: string; readonly span: Span }
  /** In backquotes: a column and nothing else. */
  | { readonly kind: "column"; readonly text: string; readonly span: Span }
  | { readonly kind: "value"; readonly value: Constant; readonly span: Span };

export type Constant = number | string | boolean | null;

export type Condition =
  | { readonly kind: "and" | "or"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition }
  | {
    readonly kind: "compare";
    readonly operator: Operator;
    readonly left: Operand;
    readonly right: Operand;
    readonly span: Span;
  }
  | {
    readonly kind: "in";
    readonly left: Operand;
    readonly items: readonly Operand[];
    readonly span: Span;
  }
  | { readonly kind: "alone"; readonly operand: Operand };

/** Nobody writes more by hand, and deeper ones would be the stack's to refuse. */
const DEPTH_MAX = 100;

/** Throws a {@linkcode ConditionMistake}. */
export function parseCondition(text: string): Condition {
  return new Parser(tokens(text), text.length).whole();
}

interface Token extends Span {
  readonly kind: "symbol" | "word" | "column" | "text" | "end";
  readonly text: string;
}

const TOKEN =
  /\s+|(&&|\|\||==|!=|<=|>=|!~|[()<>=!~,])|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`([^`]*)`|([^\s()<>=!~,&|"'`]+)/gy;

function* tokens(text: string): IterableIterator<Token> {
  TOKEN.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) throw strange(text, at);
    const length = match[0].length;
    const [, symbol, double, single, column, word] = match;
    if (symbol !== undefined) yield { kind: "symbol", text: symbol, at, length };
    else if (word !== undefined) yield { kind: "word", text: word, at, length };
    else if (column !== undefined) yield { kind: "column", text: column, at, length };
    else if (double !== undefined || single !== undefined) {
      const quoted = (double ?? single)!.replace(/\\(.)/gs, "$1");
      yield { kind: "text", text: quoted, at, length };
    }
    at += length;
  }
}

function strange(text: string, at: number): ConditionMistake {
  const char = String.fromCodePoint(text.codePointAt(at)!);
  if (/["'`]/.test(char)) {
    return new ConditionMistake(`The quote ${char} is never closed`, { at, length: 1 });
  }
  return new ConditionMistake(`${char} alone means nothing`, { at, length: char.length }, {
    hint: `Write ${char === "&" ? "and" : "or"}.`,
  });
}

const SPELLINGS: { readonly [symbol: string]: Operator } = {
  "==": "==",
  "=": "==",
  "!=": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
  "~": "~",
  "!~": "!~",
  contains: "~",
};

const CONSTANTS: { readonly [word: string]: Constant } = {
  true: true,
  false: false,
  null: null,
  NaN: NaN,
  nan: NaN,
  inf: Infinity,
  "-inf": -Infinity,
  Infinity: Infinity,
  "-Infinity": -Infinity,
};

class Parser {
  readonly #tokens: IterableIterator<Token>;
  readonly #end: Token;
  #next: Token;
  #depth = 0;

  constructor(tokens: IterableIterator<Token>, length: number) {
    this.#tokens = tokens;
    this.#end = { kind: "end", text: "", at: length, length: 1 };
    this.#next = this.#read();
  }

  whole(): Condition {
    const condition = this.#either();
    const rest = this.#next;
    if (rest.kind === "end") return condition;
    if (rest.text === ")") throw new ConditionMistake("There is no ( for this )", rest);
    if (operatorOf(rest) !== undefined) {
      throw new ConditionMistake("A comparison has two sides", rest, {
        hint: "Join two comparisons: 300 < co2 and co2 < 500.",
      });
    }
    throw new ConditionMistake("and, or or an operator is missing before this", rest, {
      hint: "A text with spaces stands in quotes.",
    });
  }

  #either(): Condition {
    return this.#joined("or", ["or", "||"], () => this.#both());
  }

  #both(): Condition {
    return this.#joined("and", ["and", "&&"], () => this.#one());
  }

  #joined(kind: "and" | "or", words: readonly string[], part: () => Condition): Condition {
    const parts = [part()];
    while (this.#is(...words)) {
      this.#take();
      parts.push(part());
    }
    return parts.length === 1 ? parts[0]! : { kind, parts };
  }

  #one(): Condition {
    if (this.#is("not", "!")) {
      this.#take();
      return this.#deeper(() => ({ kind: "not", part: this.#one() }));
    }
    if (!this.#is("(")) return this.#comparison();
    const open = this.#take();
    const inner = this.#deeper(() => this.#either());
    if (!this.#is(")")) throw new ConditionMistake("This ( is never closed", open);
    this.#take();
    return inner;
  }

  #comparison(): Condition {
    const left = this.#operand();
    const not = this.#is("not") ? this.#take() : undefined;
    if (this.#is("in")) {
      const span = this.#take();
      const found: Condition = { kind: "in", left, items: this.#items(), span };
      return not === undefined ? found : { kind: "not", part: found };
    }
    const operator = operatorOf(this.#next);
    if (operator === undefined) {
      if (not === undefined) return { kind: "alone", operand: left };
      throw new ConditionMistake("Between two sides, not goes with in or contains", not);
    }
    const span = this.#take();
    if (not !== undefined && operator !== "~") {
      throw new ConditionMistake("Between two sides, not goes with in or contains", not);
    }
    const compared: Condition = { kind: "compare", operator, left, right: this.#operand(), span };
    return not === undefined ? compared : { kind: "not", part: compared };
  }

  #items(): Operand[] {
    if (!this.#is("(")) {
      throw new ConditionMistake("After in stand values in parentheses", this.#next, {
        hint: "For example scheme in (euler, rk4).",
      });
    }
    const open = this.#take();
    const items = [this.#operand()];
    while (this.#is(",")) {
      this.#take();
      items.push(this.#operand());
    }
    if (!this.#is(")")) throw new ConditionMistake("This ( is never closed", open);
    this.#take();
    return items;
  }

  #operand(): Operand {
    const token = this.#next;
    const { kind, text } = token;
    const isKeyword = kind === "word" && /^(?:and|or|not|in|contains)$/.test(text);
    if (kind === "symbol" || kind === "end" || isKeyword) {
      throw new ConditionMistake(
        kind === "end" ? "The condition ends too soon" : "A column or a value is missing here",
        token,
        isKeyword ? { hint: `A column of that name is written \`${text}\`.` } : {},
      );
    }
    this.#take();
    const span = { at: token.at, length: token.length };
    if (kind === "text") return { kind: "value", value: text, span };
    if (kind === "column") return { kind, text, span };
    if (Object.hasOwn(CONSTANTS, text)) return { kind: "value", value: CONSTANTS[text]!, span };
    const number = numberOf(text);
    return number === undefined ? { kind, text, span } : { kind: "value", value: number, span };
  }

  #deeper<T>(work: () => T): T {
    if (++this.#depth > DEPTH_MAX) {
      throw new ConditionMistake("The condition is nested too deep", this.#next);
    }
    const done = work();
    this.#depth--;
    return done;
  }

  #is(...texts: readonly string[]): boolean {
    const { kind, text } = this.#next;
    return (kind === "word" || kind === "symbol") && texts.includes(text);
  }

  #take(): Token {
    const token = this.#next;
    this.#next = this.#read();
    return token;
  }

  #read(): Token {
    const { value, done } = this.#tokens.next();
    return done ? this.#end : value;
  }
}

function operatorOf({ kind, text }: Token): Operator | undefined {
  if (kind !== "symbol" && kind !== "word") return undefined;
  return Object.hasOwn(SPELLINGS, text) ? SPELLINGS[text] : undefined;
}

/** As the manifest takes them: `300`, `-1.5e-3`, `1_000_000`. */
function numberOf(word: string): number | undefined {
  if (!/^[+-]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d+)?$/i.test(word)) return undefined;
  return Number(word.replaceAll("_", ""));
}
