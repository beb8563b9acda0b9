/** Turns the parser's tree into nodes: aliases followed, merge keys merged, all of it bounded. Pure. */
import type { Diagnostic, DiagnosticCode } from "./diagnostic.ts";
import { LIMITS, tooDeep } from "./limits.ts";
import { quote, type YamlEntry, type YamlMap, type YamlNode } from "./node.ts";
import { readPlainScalar } from "./scalar.ts";
import type { SourceText } from "./source.ts";
import { diagnosticAt, limitDiagnostic } from "./syntax.ts";
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  type Node,
  type Pair,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "./yaml_parser.ts";

/** The root of a document, or `undefined` when it holds nothing or too much. */
export function convertDocument(
  document: Document.Parsed,
  source: SourceText,
): { readonly root: YamlNode | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const converter = new Converter(source);
  const root = converter.convertRoot(document);
  return { root, diagnostics: converter.diagnostics };
}

/** Thrown to leave a document that grows beyond all bounds, however deep in it; never leaves this file. */
class Exhausted extends Error {}

class Converter {
  readonly diagnostics: Diagnostic[] = [];
  readonly #source: SourceText;
  /** `undefined` while the anchored node is still being converted. */
  readonly #anchors = new Map<string, YamlNode | undefined>();
  /** Nodes so far, each alias counted as all that it stands for. */
  #nodes = 0;

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
    try {
      const root = this.#convert(contents, 0);
      const isNothing = root.kind === "scalar" && root.written === "" && root.value === null;
      return isNothing ? undefined : root;
    } catch (error) {
      if (error instanceof Exhausted) return undefined;
      throw error;
    }
  }

  #convert(node: Node | null | undefined, offset: number): YamlNode {
    if (node === null || node === undefined) return this.#empty(offset);
    if (isAlias(node)) return this.#bound(this.#follow(node), true);
    const anchor = isScalar(node) || "items" in node ? (node as Scalar).anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    const converted = this.#bound(
      isScalar(node)
        ? this.#scalar(node)
        : isMap(node)
        ? this.#map(node)
        : this.#list(node as YAMLSeq<Node>),
      false,
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

  /** Stops what grows through aliases, as soon as it is too much. */
  #bound(node: YamlNode, isAliased: boolean): YamlNode {
    this.#nodes += isAliased ? node.size : 1;
    if (this.#nodes <= LIMITS.nodes && node.depth <= LIMITS.depth) return node;
    const most = LIMITS.nodes.toLocaleString("en");
    const broken = node.depth > LIMITS.depth ? tooDeep(node.start) : {
      message: `With its aliases written out the document has more than ${most} values`,
      offset: node.start,
    };
    this.diagnostics.push(limitDiagnostic(this.#source, broken));
    throw new Exhausted();
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
    this.diagnostics.push(diagnosticAt(this.#source, code, message, start, end, hint));
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
