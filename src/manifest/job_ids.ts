/** Ids of jobs are each used once, in all files together. */
import { describe, findEntry, placeOf, type YamlMap, type YamlNode } from "./node.ts";
import type { Report } from "./shape.ts";

/** Finds an id that was used before, in any file. */
export class JobIds {
  readonly #first = new Map<string, YamlNode & { kind: "scalar" }>();

  /** The id, if it is one and no other job's. */
  check(map: YamlMap, report: Report): string | undefined {
    const node = findEntry(map, "id")?.value;
    if (node?.kind !== "scalar" || typeof node.value !== "string") return undefined;
    const folded = node.value.toLowerCase();
    const first = this.#first.get(folded);
    if (first === undefined) {
      this.#first.set(folded, node);
      return node.value;
    }
    const { path, line, column } = placeOf(first);
    const where = `${path}:${line}:${column}`;
    if (first.value === node.value) {
      const message = `Job id ${describe(node)} is used twice, first at ${where}`;
      report.error(node, "duplicate-id", message, "Give each job an id of its own.");
    } else {
      const message = `Job id ${describe(node)} differs only in case from ${describe(first)} ` +
        `at ${where}`;
      const hint = "On some file systems both would be the same folder. Choose another id.";
      report.error(node, "duplicate-id", message, hint);
    }
    return undefined;
  }
}
