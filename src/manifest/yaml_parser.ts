/** The YAML parser, behind a door: the only file that imports it. Bounds what wrong text may cost. */
import type { Document, YAMLError } from "yaml";

export type { Alias, Document, Node, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from "yaml";

const { Composer, Parser, isAlias, isMap, isScalar } = await loadPackage();
export { isAlias, isMap, isScalar };

/**
 * What the package has for browsers are the same files as modules, which load in 8 ms; those it offers to Node
 * are CommonJS and take 40. It exports them under no name: should they not be found there, the others do.
 */
async function loadPackage(): Promise<typeof import("yaml")> {
  try {
    return await import(new URL("../browser/dist/index.js", import.meta.resolve("yaml")).href);
  } catch {
    return await import("yaml");
  }
}

type ErrorCode = YAMLError["code"];
/** What the parser found wrong, between two offsets. */
export interface SyntaxMistake {
  readonly pos: readonly [number, number];
  readonly code: ErrorCode;
  readonly message: string;
}

/** Mistakes shown of one document: what follows the first few is mostly their consequence. */
const SHOWN_PER_DOCUMENT = 20;

export interface ParsedDocument {
  readonly document: Document.Parsed;
  readonly errors: readonly SyntaxMistake[];
}

/** Documents one after the other; each with its first mistakes. */
export function* parseDocuments(text: string): Generator<ParsedDocument> {
  const composer = new BoundedComposer();
  const tokens = bounded(new Parser().parse(text), composer);
  for (const document of composer.compose(tokens, true, text.length)) {
    yield { document, errors: document.errors.slice(0, SHOWN_PER_DOCUMENT) };
  }
}

/** Keeps only the first mistakes of a document: a file may be made of nothing else, and each costs 10 µs. */
class BoundedComposer extends Composer {
  #mistakes = 0;

  constructor() {
    // "failsafe" leaves every scalar as it is written: what it means is decided by `scalar.ts`.
    // Duplicate keys are looked for in `convert.ts`, because the parser compares each with all others.
    super({
      schema: "failsafe",
      uniqueKeys: false,
      logLevel: "silent",
      // Else a tag like !!binary or !!set makes another object of its node, whatever the schema.
      resolveKnownTags: false,
    });
    // The parser has no option for this. Should the property ever be renamed, every mistake is kept.
    const keep: unknown = Reflect.get(this, "onError");
    if (typeof keep !== "function") return;
    Reflect.set(this, "onError", (...mistake: unknown[]) => {
      if (this.#mistakes++ < SHOWN_PER_DOCUMENT) keep(...mistake);
    });
  }

  beginDocument(): void {
    this.#mistakes = 0;
  }
}

/** Tells where documents begin, and cuts off a flood of mistakes between and behind them. */
function* bounded<T extends { readonly type: string }>(
  tokens: Iterable<T>,
  composer: BoundedComposer,
): Generator<T> {
  let errors = 0;
  for (const token of tokens) {
    if (token.type === "error" && ++errors > SHOWN_PER_DOCUMENT) return;
    if (token.type === "document") composer.beginDocument();
    yield token;
  }
}
