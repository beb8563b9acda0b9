/** Lays a job over the defaults of its document, as nodes: places stay what they were. Pure. */
import { findEntry, isNull, withEntries, type YamlEntry, type YamlMap } from "./node.ts";
import { searchedIn } from "./locate.ts";
import { namesInSweep } from "./sweep_shape.ts";

/** Merged key by key; of all other keys the job's own value stands alone. */
const MERGED: ReadonlySet<string> = new Set([
  "parameters",
  "inputs",
  "checkpoint",
  "retry",
  "allow",
]);

export function layOver(job: YamlMap, defaults: YamlMap | undefined): YamlMap {
  if (defaults === undefined) return job;
  const entries = new Map(job.entries.map((entry) => [entry.key, entry]));
  for (const shared of defaults.entries) {
    const entry = withoutOverruled(shared, job);
    if (entry === undefined) continue;
    const own = entries.get(entry.key);
    if (own === undefined || isNull(own.value) && MERGED.has(entry.key)) {
      entries.set(entry.key, entry);
    } else if (MERGED.has(entry.key)) entries.set(entry.key, merge(own, entry));
  }
  return { ...withEntries(job, [...entries.values()]), size: job.size + defaults.size };
}

function merge(own: YamlEntry, shared: YamlEntry): YamlEntry {
  if (own.value.kind !== "map" || shared.value.kind !== "map") return own;
  const map = own.value;
  const missing = shared.value.entries.filter(({ key }) => findEntry(map, key) === undefined);
  return { ...own, value: withEntries(map, [...map.entries, ...missing]) };
}

/** The default without what the job says in other words: its own sweep, its own cadence. */
function withoutOverruled(shared: YamlEntry, job: YamlMap): YamlEntry | undefined {
  const { key, value } = shared;
  const checkpoint = findEntry(job, "checkpoint")?.value;
  const hasCadence = findEntry(job, "checkpoint_every") !== undefined ||
    checkpoint?.kind === "map" && findEntry(checkpoint, "every") !== undefined;
  if (key === "checkpoint_every") return hasCadence ? undefined : shared;
  if (value.kind !== "map") return shared;
  if (key === "checkpoint" && hasCadence) return without(shared, value, ["every"]);
  const sweep = findEntry(job, "sweep")?.value;
  if (key === "parameters" && sweep !== undefined) {
    return without(shared, value, namesInSweep(sweep));
  }
  const over = key === "parameters" ? searchedIn(job) : undefined;
  if (over !== undefined) return without(shared, value, over.entries.map((entry) => entry.key));
  return shared;
}

function without(entry: YamlEntry, map: YamlMap, names: readonly string[]): YamlEntry {
  const removed = new Set(names);
  return { ...entry, value: withEntries(map, map.entries.filter(({ key }) => !removed.has(key))) };
}
