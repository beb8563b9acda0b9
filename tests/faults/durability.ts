/** Reads a log of operations as a careful disk would: which names and files are durable, and what was promised of them. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import type { JournalEntry } from "../../src/job/event.ts";
import { isTemporaryPath } from "./reference.ts";
import type { Operation } from "./shim.ts";

/**
 * No file is synced again after a sync of it failed. A temporary has its name for itself; what stays, and a
 * folder, must be opened anew in between.
 */
export function assertNeverSyncedTwice(operations: readonly Operation[]): void {
  const failed = new Set<string>();
  for (const { kind, path, role, outcome } of operations) {
    const key = `${role} ${path}`;
    if ((kind === "open" || kind === "look") && !isTemporaryPath(path)) failed.delete(key);
    if (kind !== "sync") continue;
    assert.ok(!failed.has(key), `${path} was synced again after a sync of it had failed`);
    if (outcome !== "ok") failed.add(key);
  }
}

/** What was journalled as saved in a new tree was durable: its bytes, its rows, its name, the folders above it. */
export function assertSavedWasDurable(
  tree: string,
  operations: readonly Operation[],
  entries: readonly JournalEntry[],
): void {
  const durable = durableCheckpoints(tree, operations);
  for (const entry of entries) {
    if (entry.type !== "run.checkpointed") continue;
    const path = join(tree, "checkpoints", entry.job, entry.run, entry.file);
    assert.ok(durable.has(path), `${path} was called saved, and was not durable`);
  }
}

/** Paths of checkpoints that were durable at some time, with all that they rest on. */
function durableCheckpoints(tree: string, operations: readonly Operation[]): Set<string> {
  const durable = new Set<string>();
  /** Names that a power cut may take away: made or replaced, and their folder not synced since. */
  const looseNames = new Set<string>();
  /** Files with bytes that a power cut may take away. */
  const looseFiles = new Set<string>();
  const seen = new Set<string>();
  /** Renamed, but not all that they rest on is durable. */
  const waiting = new Set<string>();
  for (const { kind, path, outcome, from } of operations) {
    // What failed did nothing; a write may have done a part.
    if (outcome !== "ok" && kind !== "write") continue;
    switch (kind) {
      case "open":
        if (!isTemporaryPath(path) && !seen.has(path)) looseNames.add(path);
        seen.add(path);
        break;
      case "mkdir":
        // Of the folder that the tree stands in nothing is seen.
        if (path !== tree) looseNames.add(path);
        break;
      case "write":
        looseFiles.add(path);
        break;
      case "sync":
        looseFiles.delete(path);
        for (const name of looseNames) if (dirname(name) === path) looseNames.delete(name);
        break;
      case "rename":
        looseNames.add(path);
        if (path.endsWith(".ckpt") && !looseFiles.has(from)) waiting.add(path);
        break;
    }
    for (const checkpoint of waiting) {
      if (looseNames.has(checkpoint) || restsOnLoose(checkpoint, looseNames, looseFiles)) continue;
      waiting.delete(checkpoint);
      durable.add(checkpoint);
    }
  }
  return durable;
}

/** Of the folders above it, and of the run's series. */
function restsOnLoose(
  checkpoint: string,
  looseNames: ReadonlySet<string>,
  looseFiles: ReadonlySet<string>,
): boolean {
  const folder = dirname(checkpoint);
  const series = join(folder.replace("/checkpoints/", "/recent/"), "series.csv");
  if (looseFiles.has(series)) return true;
  for (const path of [folder, series]) {
    for (let at = path; at !== dirname(at); at = dirname(at)) if (looseNames.has(at)) return true;
  }
  return false;
}
