/** YAML text to nodes with places; the only file that knows the YAML parser. Never throws on bad text. */
import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  type Node,
  type Pair,
  type ParsedNode,
  Parser,
  type Scalar,
  type YAMLError,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { Diagnostic, DiagnosticCode } from "./diagnostic.ts";
import { checkLimits, type LimitBroken, LIMITS, tooDeep } from "./limits.ts";
import { quote, type YamlEntry, type YamlMap, type YamlNode } from "./node.ts";
import { readPlainScalar } from "./scalar.ts";
import type { SourceText } from "./source.ts";

/** The roots of the documents that hold something. Documents with mistakes in their YAML are left out. */
export interface YamlReading {
  readonly roots: readonly YamlNode[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Mistakes shown of one document: what follows the first few is mostly their consequence. */
const SHOWN_PER_DOCUMENT = 20;

export function readYaml(source: SourceText): YamlReading {
  const broken = checkLimits(source.text);
  if (broken !== undefined) return { roots: [], diagnostics: [limitDiagnostic(source, broken)] };
  const roots: YamlNode[] = [];
  const diagnostics: Diagnostic[] = [];
  let documents = 0;
  for (const document of parseDocuments(source.text)) {
    if (++documents > LIMITS.documents) {
      const message = `The file has more than ${LIMITS.documents.toLocaleString("en")} documents`;
      diagnostics.push(limitDiagnostic(source, { message, offset: document.range[0] }));
      break;
    }
    if (document.errors.length > 0) {
      const shown = document.errors.slice(0, SHOWN_PER_DOCUMENT);
      diagnostics.push(...withoutEchoes(shown.map((error) => syntaxDiagnostic(source, error))));
      continue;
    }
    const converter = new Converter(source);
    const root = converter.convertRoot(document);
    diagnostics.push(...converter.diagnostics);
    if (root !== undefined) roots.push(root);
  }
  return { roots, diagnostics };
}

/** Documents one after the other. Errors outside of documents are cut off before they cost time. */
function* parseDocuments(text: string): Generator<Document.Parsed> {
  // "failsafe" leaves every scalar as it is written: what it means is decided by `scalar.ts`.
  // Duplicate keys are looked for here, because the parser compares each key with all others.
  const composer = new Composer({ schema: "failsafe", uniqueKeys: false, logLevel: "silent" });
  yield* composer.compose(withFewErrors(new Parser().parse(text)));
}

function* withFewErrors<T extends { readonly type: string }>(tokens: Iterable<T>): Generator<T> {
  let errors = 0;
  for (const token of tokens) {
    if (token.type === "error" && ++errors > SHOWN_PER_DOCUMENT) return;
    yield token;
  }
}

/** Turns the parser's tree into nodes: aliases followed, merge keys merged, all of it bounded. */
class Converter {
  readonly diagnostics: Diagnostic[] = [];
  readonly #source: SourceText;
  /** `undefined` while the anchored node is still being converted. */
  readonly #anchors = new Map<string, YamlNode | undefined>();
  #exhausted = false;

  constructor(source: SourceText) {
    this.#source = source;
  }

  convertRoot(document: Document.Parsed): YamlNode | undefined {
    const { explicit, version } = document.directives.yaml;
    if (explicit && version !== "1.2") {
      const message = `Manifests are YAML 1.2, and this document declares ${version}`;
      this.#report("yaml", message, 0, 1, "Remove the %YAML line.");
    }
    const { contents } = document;
    if (contents === null) return undefined;
    const root = this.#convert(contents, 0);
    const nothing = root.kind === "scalar" && root.written === "" && root.value === null;
    return this.#exhausted || nothing ? undefined : root;
  }

  #convert(node: Node | null | undefined, offset: number): YamlNode {
    if (node === null || node === undefined) return this.#empty(offset);
    if (isAlias(node)) return this.#follow(node);
    const anchor = isScalar(node) || "items" in node ? (node as Scalar).anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    const converted = this.#bound(
      isScalar(node)
        ? this.#scalar(node)
        : isMap(node)
        ? this.#map(node)
        : this.#list(node as YAMLSeq<Node>),
    );
    if (anchor !== undefined) this.#anchors.set(anchor, converted);
    return converted;
  }

  #scalar(node: Scalar): YamlNode {
    const [start, end] = spanOf(node);
    const text = node.value as string;
    const isPlain = node.type === "PLAIN" && node.tag !== "!" && !isTag(node, "str");
    const reading = isPlain ? readPlainScalar(text) : { value: text };
    if (node.tag !== undefined && node.tag !== "!") this.#checkTag(node, reading.value, start, end);
    return {
      kind: "scalar",
      ...reading,
      written: text,
      source: this.#source,
      start,
      end,
      size: 1,
      depth: 0,
    };
  }

  #list(node: YAMLSeq<Node>): YamlNode {
    const [start, end] = spanOf(node);
    this.#checkCollectionTag(node, "seq", start);
    const items: YamlNode[] = [];
    let size = 1;
    let depth = 0;
    for (const item of node.items) {
      const converted = this.#convert(item, start);
      items.push(converted);
      size += converted.size;
      depth = Math.max(depth, converted.depth);
    }
    return { kind: "list", items, source: this.#source, start, end, size, depth: depth + 1 };
  }

  #map(node: YAMLMap): YamlNode {
    const [start, end] = spanOf(node);
    this.#checkCollectionTag(node, "map", start);
    const entries = new Map<string, YamlEntry>();
    const merged: YamlNode[] = [];
    let size = 1;
    let depth = 0;
    for (const pair of node.items as Pair<ParsedNode, ParsedNode | null>[]) {
      const keyNode = this.#convert(pair.key, start);
      const value = this.#convert(pair.value, keyNode.end);
      size += keyNode.size + value.size;
      depth = Math.max(depth, value.depth);
      if (isMergeKey(pair.key)) merged.push(value);
      else {
        const entry = this.#entry(keyNode, value, entries);
        if (entry !== undefined) entries.set(entry.key, entry);
      }
    }
    // Own keys stand before merged ones, and of two merged ones the first: as YAML 1.1 had it.
    for (const value of merged) {
      for (const entry of this.#mergedEntries(value)) {
        if (!entries.has(entry.key)) entries.set(entry.key, entry);
      }
    }
    return {
      kind: "map",
      entries: [...entries.values()],
      source: this.#source,
      start,
      end,
      size,
      depth: depth + 1,
    };
  }

  #entry(
    keyNode: YamlNode,
    value: YamlNode,
    before: ReadonlyMap<string, YamlEntry>,
  ): YamlEntry | undefined {
    const { start, end } = keyNode;
    if (keyNode.kind !== "scalar") {
      this.#report("yaml", `A key must be a word, not a ${keyNode.kind}`, start, start + 1);
      return undefined;
    }
    const key = keyNode.written;
    if (key === "__proto__") {
      this.#report("yaml", `"__proto__" cannot be a key`, start, end, "Choose another name.");
      return undefined;
    }
    const first = before.get(key);
    if (first !== undefined) {
      const { line } = this.#source.place(first.keyNode.start);
      const message = `Key ${quote(key)} stands twice in the same mapping, first in line ${line}`;
      this.#report("duplicate-key", message, start, end, "Remove one of them.");
      return undefined;
    }
    return { key, keyNode, value };
  }

  #mergedEntries(value: YamlNode): readonly YamlEntry[] {
    if (value.kind === "map") return value.entries;
    if (value.kind === "list" && value.items.every((item) => item.kind === "map")) {
      return (value.items as YamlMap[]).flatMap((map) => map.entries);
    }
    const hint = "Write <<: *name, where &name stands before a mapping.";
    this.#report("yaml", `"<<" merges mappings only`, value.start, value.end, hint);
    return [];
  }

  #follow(alias: Alias): YamlNode {
    const [start, end] = spanOf(alias);
    const target = this.#anchors.get(alias.source);
    if (target !== undefined) return target;
    if (this.#anchors.has(alias.source)) {
      this.#report("yaml", `*${alias.source} stands within itself`, start, end);
    } else {
      const hint = `Write &${alias.source} before the value that is meant, or quote "*…" as text.`;
      this.#report("yaml", `*${alias.source} names nothing above it`, start, end, hint);
    }
    return this.#empty(start);
  }

  /** Stops what grows through aliases: size and depth count each alias as what it stands for. */
  #bound(node: YamlNode): YamlNode {
    if (node.size <= LIMITS.nodes && node.depth <= LIMITS.depth) return node;
    if (!this.#exhausted) {
      const broken = node.depth > LIMITS.depth ? tooDeep(node.start) : {
        message: `With its aliases written out this has more than ${
          LIMITS.nodes.toLocaleString("en")
        } values`,
        offset: node.start,
      };
      this.diagnostics.push(limitDiagnostic(this.#source, broken));
    }
    this.#exhausted = true;
    return this.#empty(node.start);
  }

  #checkTag(node: Scalar, value: unknown, start: number, end: number): void {
    const fits = isTag(node, "str") ||
      isTag(node, "null") && value === null ||
      isTag(node, "bool") && typeof value === "boolean" ||
      isTag(node, "float") && typeof value === "number" ||
      isTag(node, "int") && Number.isInteger(value);
    if (!fits) this.#refuseTag(node.tag!, start, end);
  }

  #checkCollectionTag(node: YAMLMap | YAMLSeq, expected: string, start: number): void {
    const { tag } = node;
    if (tag !== undefined && tag !== "!" && !isTag(node, expected)) {
      this.#refuseTag(tag, start, start + 1);
    }
  }

  #refuseTag(tag: string, start: number, end: number): void {
    const name = tag.replace(/^tag:yaml\.org,2002:/, "!!");
    const hint = "Remove it, or quote the text if it begins with an exclamation mark.";
    this.#report("yaml", `The tag ${quote(name)} means nothing here`, start, end, hint);
  }

  #report(code: DiagnosticCode, message: string, start: number, end: number, hint?: string): void {
    this.diagnostics.push(diagnostic(this.#source, code, message, start, end, hint));
  }

  #empty(start: number): YamlNode {
    const source = this.#source;
    return {
      kind: "scalar",
      value: null,
      written: "",
      source,
      start,
      end: start,
      size: 1,
      depth: 0,
    };
  }
}

function spanOf(node: Node): [number, number] {
  const [start, end] = node.range ?? [0, 0];
  return [start, end];
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === "PLAIN" && key.value === "<<";
}

function isTag(node: { tag?: string | undefined }, name: string): boolean {
  return node.tag === `tag:yaml.org,2002:${name}`;
}

function limitDiagnostic(source: SourceText, broken: LimitBroken): Diagnostic {
  const { message, offset, hint } = broken;
  return diagnostic(source, "limit", message, offset, offset + 1, hint);
}

function syntaxDiagnostic(source: SourceText, error: YAMLError): Diagnostic {
  const [start, end] = error.pos;
  if (error.code === "RESOURCE_EXHAUSTION") return limitDiagnostic(source, tooDeep(start));
  const { message, hint } = sentenceOf(error, source.text);
  return diagnostic(source, "yaml", message, start, end, hint);
}

function diagnostic(
  source: SourceText,
  code: DiagnosticCode,
  message: string,
  start: number,
  end: number,
  hint: string | undefined,
): Diagnostic {
  const place = source.place(start, end);
  return { code, severity: "error", message, place, ...(hint === undefined ? {} : { hint }) };
}

/** The parser's complaint in the words of someone who writes manifests. */
function sentenceOf(
  error: YAMLError,
  text: string,
): { readonly message: string; readonly hint?: string } {
  switch (error.code) {
    case "TAB_AS_INDENT":
      return {
        message: "A tab stands where the line is indented",
        hint: "Indent with spaces; YAML does not allow tabs there.",
      };
    case "BAD_INDENT":
      return {
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
        message: `A value cannot begin with ${quote(text[error.pos[0]] ?? "")}`,
        hint: "Put it in quotes.",
      };
    case "MISSING_CHAR":
      return { message: `${sentence(error.message)}: something is not closed or divided` };
    default:
      return { message: sentence(error.message) };
  }
}

function sentence(message: string): string {
  return message.replace(/ at line \d+[\s\S]*$/, "").replace(/[.:]?\s*$/, "");
}

/** Of several mistakes on one line the first is the cause. */
function withoutEchoes(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const lines = new Set<number>();
  return diagnostics.filter(({ place }) => {
    const line = place?.line ?? 0;
    if (lines.has(line)) return false;
    lines.add(line);
    return true;
  });
}
