/** Where a part of a job stands in its manifest. Pure. */
import type { Place } from "./diagnostic.ts";
import { findEntry, placeOf, type YamlMap, type YamlNode } from "./node.ts";
import { findChoice } from "./distribution_shape.ts";
import { overOf } from "./sample_shape.ts";
import { findSweepEntry, findSweepValue } from "./sweep_shape.ts";

/** Which part of a `key: value` is meant; the value unless given. */
export type Part = "key" | "value";

/** `["parameters", "co2"]`, `["sweep", "co2", 3]`, `["needs", 0]` of a job. */
export function locate(
  map: YamlMap | undefined,
  path: readonly (string | number)[],
  what: Part = "value",
): Place | undefined {
  if (map === undefined) return undefined;
  return placeOf((what === "key" ? keyAt(map, path) : undefined) ?? nodeAt(map, path));
}

/** The name of a parameter where it is given, fixed or swept. */
function keyAt(map: YamlMap, path: readonly (string | number)[]): YamlNode | undefined {
  const [first, name] = path;
  const over = first === "sweep" ? searchedIn(map) : undefined;
  if (over !== undefined) return findEntry(over, String(name))?.keyNode;
  const held = findEntry(map, String(first))?.value;
  if (held === undefined || typeof name !== "string") return undefined;
  if (first === "sweep") return findSweepEntry(held, name)?.keyNode;
  return held.kind === "map" ? findEntry(held, name)?.keyNode : undefined;
}

/** The node at a path, or the innermost one on the way to it that exists. */
export function nodeAt(map: YamlMap, path: readonly (string | number)[]): YamlNode {
  const [first, name, index] = path;
  if (first === undefined) return findEntry(map, "id")?.value ?? map;
  if (first === "sweep" && typeof name === "string") {
    const over = searchedIn(map);
    if (over !== undefined) {
      const value = findEntry(over, name)?.value;
      return value?.kind === "map" && typeof index === "number"
        ? findChoice(value, index)
        : value ?? over;
    }
    const sweep = findEntry(map, "sweep");
    if (sweep !== undefined) {
      const found = findSweepValue(
        sweep.value,
        name,
        typeof index === "number" ? index : undefined,
      );
      return found ?? sweep.keyNode;
    }
  }
  let node: YamlNode = map;
  for (const key of path) {
    const next: YamlNode | undefined = node.kind === "map"
      ? findEntry(node, String(key))?.value
      : node.kind === "list"
      ? node.items[Number(key)]
      : undefined;
    if (next === undefined) break;
    node = next;
  }
  return node === map ? findEntry(map, "id")?.value ?? map : node;
}

/** The parameters of a search, which stands for a sweep. */
export function searchedIn(map: YamlMap): YamlMap | undefined {
  const optimize = findEntry(map, "optimize");
  return optimize === undefined ? undefined : overOf(optimize.value);
}
