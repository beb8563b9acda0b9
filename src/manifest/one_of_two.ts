/** Keys of a job of which there may be one only, because they say the same. */
import { findEntry, type YamlMap } from "./node.ts";
import type { Report } from "./shape.ts";

export function checkOneCadence(map: YamlMap, report: Report): void {
  const every = findEntry(map, "checkpoint_every");
  const checkpoint = findEntry(map, "checkpoint")?.value;
  if (every === undefined || checkpoint?.kind !== "map") return;
  if (findEntry(checkpoint, "every") === undefined) return;
  const message = `"checkpoint_every" and "checkpoint.every" are two words for the same`;
  report.error(every.keyNode, "conflict", message, "Remove one of them.");
}

/** A search proposes its points itself. */
export function checkOneSweep(map: YamlMap, report: Report): void {
  const optimize = findEntry(map, "optimize");
  if (optimize === undefined || findEntry(map, "sweep") === undefined) return;
  const message = `"optimize" and "sweep" stand in one job`;
  const hint = "A search proposes its points itself: name what it may vary under optimize.over.";
  report.error(optimize.keyNode, "conflict", message, hint);
}
