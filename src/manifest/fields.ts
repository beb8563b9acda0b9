/** Mappings with known keys: reads them by a table of fields, and makes the JSON Schema of that table. */
import { quote, type YamlEntry, type YamlMap, type YamlNode } from "./node.ts";
import { type JsonSchema, mustBe, type Report, type Shape } from "./shape.ts";
import { didYouMean } from "./suggest.ts";

export interface Field<T> {
  readonly shape: Shape<T>;
  /** One or two sentences, shown by editors. */
  readonly about: string;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
}

// deno-lint-ignore no-explicit-any -- a table holds fields of every type
export type FieldTable = { readonly [name: string]: Field<any> };

/** The values of those fields that are there and right. */
export type FieldValues<T extends FieldTable> = {
  readonly [K in keyof T]?: T[K] extends Field<infer V> ? V : never;
};

/** Words that are no keys here, and what to say about them. */
export interface ForeignWords {
  /** Known words of other versions or programs: the whole sentence. */
  readonly notOffered?: { readonly [word: string]: string };
  /** Words that others use for one of ours. */
  readonly synonyms?: { readonly [word: string]: string };
}

export function readFields<T extends FieldTable>(
  table: T,
  map: YamlMap,
  name: string,
  report: Report,
  foreign: ForeignWords = {},
): FieldValues<T> {
  const values: Record<string, unknown> = {};
  for (const entry of map.entries) {
    const { key, value } = entry;
    if (Object.hasOwn(table, key)) {
      const path = name === "" ? key : `${name}.${key}`;
      const read = table[key]!.shape.read(value, path, report);
      if (read !== undefined) values[key] = read;
    } else refuseKey(entry, Object.keys(table), name, report, foreign);
  }
  return values as FieldValues<T>;
}

/** A mapping with known keys as a shape of its own. */
export function fields<T extends FieldTable>(
  table: T,
  foreign: ForeignWords = {},
): Shape<FieldValues<T>> {
  return {
    schema: fieldsSchema(table),
    read(node: YamlNode, name: string, report: Report) {
      if (node.kind === "map") return readFields(table, node, name, report, foreign);
      const keys = Object.keys(table);
      const hint = `For example ${name}: { ${keys[0]}: … }.`;
      return mustBe(node, name, `a mapping with ${listed(keys)}`, report, hint);
    },
  };
}

export function fieldsSchema(table: FieldTable, required: readonly string[] = []): JsonSchema {
  const properties = Object.entries(table).map(([name, field]) => [name, {
    description: field.about,
    ...field.shape.schema,
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(field.examples === undefined ? {} : { examples: field.examples }),
  }]);
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
  };
}

/** Says why a key is not one, and which was meant. */
export function refuseKey(
  { key, keyNode }: YamlEntry,
  known: readonly string[],
  name: string,
  report: Report,
  { notOffered = {}, synonyms = {} }: ForeignWords = {},
): void {
  if (Object.hasOwn(notOffered, key)) {
    report.error(
      keyNode,
      "not-offered",
      `"${key}" is not offered by this version`,
      notOffered[key],
    );
    return;
  }
  const hint = Object.hasOwn(synonyms, key)
    ? `Write "${synonyms[key]}".`
    : didYouMean(key, known) ?? `Known here: ${known.join(", ")}.`;
  const where = name === "" ? "" : ` in "${name}"`;
  report.error(keyNode, "unknown-key", `Unknown key ${quote(key)}${where}`, hint);
}

/** `"a", "b" or "c"`. */
export function listed(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`);
  const last = quoted.pop() ?? "";
  return quoted.length === 0 ? last : `${quoted.join(", ")} or ${last}`;
}
