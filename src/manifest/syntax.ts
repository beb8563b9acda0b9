/** Mistakes in the YAML itself as diagnostics, in the words of someone who writes manifests. Pure. */
import type { Diagnostic, DiagnosticCode } from "./diagnostic.ts";
import { type LimitBroken, tooDeep } from "./limits.ts";
import { bounded, quote } from "./quote.ts";
import type { SourceText } from "./source.ts";
import type { SyntaxMistake } from "./yaml_parser.ts";

/** One diagnostic a line: of several mistakes on a line the first is the cause. */
export function syntaxDiagnostics(
  source: SourceText,
  mistakes: readonly SyntaxMistake[],
): Diagnostic[] {
  const lines = new Set<number>();
  return mistakes.map((mistake) => syntaxDiagnostic(source, mistake)).filter(({ place }) => {
    const line = place?.line ?? 0;
    if (lines.has(line)) return false;
    lines.add(line);
    return true;
  });
}

export function limitDiagnostic(source: SourceText, broken: LimitBroken): Diagnostic {
  const { message, offset, hint } = broken;
  return diagnosticAt(source, "limit", message, offset, offset + 1, hint);
}

export function diagnosticAt(
  source: SourceText,
  code: DiagnosticCode,
  message: string,
  start: number,
  end: number,
  hint: string | undefined,
): Diagnostic {
  const place = source.place(start, end);
  return {
    code,
    severity: "error",
    message: bounded(message),
    place,
    ...(hint === undefined ? {} : { hint: bounded(hint) }),
  };
}

function syntaxDiagnostic(source: SourceText, mistake: SyntaxMistake): Diagnostic {
  const [start, end] = mistake.pos;
  if (mistake.code === "RESOURCE_EXHAUSTION") return limitDiagnostic(source, tooDeep(start));
  const { message, hint } = sentenceOf(mistake, source.text);
  return diagnosticAt(source, "yaml", message, start, end, hint);
}

/** The parser's complaint in the words of someone who writes manifests. */
function sentenceOf(
  mistake: SyntaxMistake,
  text: string,
): Sentence {
  switch (mistake.code) {
    case "TAB_AS_INDENT":
      return {
        message: "A tab stands where the line is indented",
        hint: "Indent with spaces; YAML does not allow tabs there.",
      };
    case "BAD_INDENT":
      return rewritten(mistake.message) ?? {
        message: "The indentation does not fit the lines above",
        hint: "Lines of one mapping or list begin in the same column.",
      };
    case "BLOCK_AS_IMPLICIT_KEY":
      return {
        message: "A second mapping begins on the same line",
        hint: 'Quote the value if it holds ": ", or begin a new line.',
      };
    case "MULTILINE_IMPLICIT_KEY":
      return {
        message: "This is neither a key nor part of the line before",
        hint: 'A key is followed by ":" and a space on the same line.',
      };
    case "BAD_SCALAR_START":
      return {
        message: `A value cannot begin with ${quote(text[mistake.pos[0]] ?? "")}`,
        hint: "Put it in quotes.",
      };
    default:
      return rewritten(mistake.message) ?? { message: sentence(mistake.message) };
  }
}

interface Sentence {
  readonly message: string;
  readonly hint?: string;
}

/** What the parser says of very different mistakes under one code, told apart by its words. */
const REWRITTEN: readonly (readonly [RegExp, Sentence])[] = [
  [/^Flow map .* end with a \}/, { message: 'A "{" further up is not closed with "}"' }],
  [/^Flow sequence .* end with a \]/, { message: 'A "[" further up is not closed with "]"' }],
  [/^Missing closing ["']quote/, { message: "A quotation mark further up is not closed" }],
  [/token in YAML (document|stream)/, { message: "This closes or divides nothing" }],
  [/^Sequence item without - /, {
    message: "This stands neither in the list above nor behind it",
    hint: "An item begins with a dash; the lines of a mapping in it stand further to the right.",
  }],
  [/^Unexpected block-seq-ind on same line/, {
    message: "A list begins on the same line as its key",
    hint: "Begin it on the next line, or write [a, b].",
  }],
];

function rewritten(message: string): Sentence | undefined {
  return REWRITTEN.find(([words]) => words.test(message))?.[1];
}

function sentence(message: string): string {
  return message.replace(/ at line \d+[\s\S]*$/, "").replace(/[.:]?\s*$/, "");
}
