/** A YAML document as manifests see it: scalars, lists and mappings with their places, aliases resolved. */
import type { ParameterValue } from "../job/job.ts";
import type { Place } from "./diagnostic.ts";
import { quote, shorten } from "./quote.ts";
import type { ScalarValue } from "./scalar.ts";
import type { SourceText } from "./source.ts";

export { quote } from "./quote.ts";

interface Span {
  readonly source: SourceText;
  /** Offsets into the source's text; `end` is behind the last character. */
  readonly start: number;
  readonly end: number;
  /** Nodes in it, each alias counted as all that it stands for. */
  readonly size: number;
  /** Levels of lists and mappings in it, through aliases; 0 for a scalar. */
  readonly depth: number;
}

export interface YamlScalar extends Span {
  readonly kind: "scalar";
  readonly value: ScalarValue;
  /** As written, without quotes; empty where nothing stands. */
  readonly written: string;
  /** Set when the scalar can be read in two ways and is neither: why, and what to write. */
  readonly doubt?: { readonly message: string; readonly hint: string };
}

export interface YamlList extends Span {
  readonly kind: "list";
  readonly items: readonly YamlNode[];
}

export interface YamlEntry {
  readonly key: string;
  readonly keyNode: YamlNode;
  readonly value: YamlNode;
}

export interface YamlMap extends Span {
  readonly kind: "map";
  readonly entries: readonly YamlEntry[];
}

export type YamlNode = YamlScalar | YamlList | YamlMap;

export function placeOf(node: YamlNode): Place {
  return node.source.place(node.start, node.end);
}

export function findEntry(map: YamlMap, key: string): YamlEntry | undefined {
  return map.entries.find((entry) => entry.key === key);
}

/** The same mapping with other entries. */
export function withEntries(map: YamlMap, entries: readonly YamlEntry[]): YamlMap {
  return { ...map, entries };
}

/** Whether nothing stands there, or `null`. */
export function isNull(node: YamlNode): boolean {
  return node.kind === "scalar" && node.value === null;
}

/** The value as a parameter. */
export function plainValue(node: YamlNode): ParameterValue {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(plainValue);
    case "map":
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainValue(value)]));
  }
}

/** The value in a sentence: `"abc"`, `5`, `a list`, `nothing`. */
export function describe(node: YamlNode): string {
  switch (node.kind) {
    case "list":
      return "a list";
    case "map":
      return "a mapping";
    case "scalar":
      if (node.written === "" && node.value === null) return "nothing";
      return typeof node.value === "string" ? quote(node.value) : shorten(node.written);
  }
}
