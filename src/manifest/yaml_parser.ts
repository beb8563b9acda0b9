/** The YAML parser, behind a door: the only file that imports it. Bounds what wrong text may cost. */
import { Composer, type Document, Parser, type YAMLError } from "yaml";

export { isAlias, isMap, isScalar } from "yaml";
export type { Alias, Document, Node, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from "yaml";

type ErrorCode = YAMLError["code"];
type ComposeErrorHandler = (
  source: number | readonly [number, number] | {
    readonly offset: number;
    readonly source?: string;
  },
  code: ErrorCode,
  message: string,
  isWarning?: boolean,
) => void;

/** What the parser found wrong, between two offsets. */
export interface SyntaxMistake {
  readonly pos: readonly [number, number];
  readonly code: ErrorCode;
  readonly message: string;
}

/** Mistakes shown of one document: what follows the first few is mostly their consequence. */
const SHOWN_PER_DOCUMENT = 20;

export interface ParsedDocument {
  /** Absent where the mistakes were too many to go on. */
  readonly document?: Document.Parsed;
  readonly errors: readonly SyntaxMistake[];
}

/** Documents one after the other, as far as there are not too many mistakes. */
export function* parseDocuments(text: string): Generator<ParsedDocument> {
  const composer = new BoundedComposer();
  const tokens = withFewErrors(new Parser().parse(text));
  try {
    for (const document of composer.compose(tokens, true, text.length)) {
      const outside = document.errors.map(({ pos, code, message }) => ({ pos, code, message }));
      yield { document, errors: [...outside, ...composer.takeMistakes()] };
    }
  } catch (error) {
    if (!(error instanceof TooManyMistakes)) throw error;
    yield { errors: composer.takeMistakes() };
  }
}

class TooManyMistakes extends Error {}

/** Gives up after the first mistakes: a file may be made of nothing else, and each costs 10 µs. */
class BoundedComposer extends Composer {
  #mistakes: SyntaxMistake[] = [];

  constructor() {
    // "failsafe" leaves every scalar as it is written: what it means is decided by `scalar.ts`.
    // Duplicate keys are looked for here, because the parser compares each key with all others.
    super({ schema: "failsafe", uniqueKeys: false, logLevel: "silent" });
    const onError: ComposeErrorHandler = (source, code, message, isWarning) => {
      if (isWarning) return;
      this.#mistakes.push({ pos: spanOfMistake(source), code, message });
      if (this.#mistakes.length >= SHOWN_PER_DOCUMENT) throw new TooManyMistakes();
    };
    // The parser has no option for this. Should the property ever be renamed, mistakes are still
    // found, in `document.errors`; only a flood of them then costs its time.
    Reflect.set(this, "onError", onError);
  }

  takeMistakes(): SyntaxMistake[] {
    const mistakes = this.#mistakes;
    this.#mistakes = [];
    return mistakes;
  }
}

/** Cuts off what the tokeniser finds wrong between and behind documents. */
function* withFewErrors<T extends { readonly type: string }>(tokens: Iterable<T>): Generator<T> {
  let errors = 0;
  for (const token of tokens) {
    if (token.type === "error" && ++errors > SHOWN_PER_DOCUMENT) return;
    yield token;
  }
}

function spanOfMistake(source: Parameters<ComposeErrorHandler>[0]): readonly [number, number] {
  if (typeof source === "number") return [source, source + 1];
  if (Array.isArray(source)) return [source[0], source[1]];
  const { offset, source: text } = source as { offset: number; source?: string };
  return [offset, offset + (text?.length ?? 1)];
}
