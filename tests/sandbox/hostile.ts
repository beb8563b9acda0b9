/** Campaigns of hostile models beside good ones, with the real program; the good ones must never notice. */
import assert from "node:assert/strict";
import { attack, failuresIn, placeAll, resultsOf, type Told } from "../bad_input/attack.ts";
import { WALK } from "../helpers/models.ts";

/** Runs of a good job that stand between those of hostile ones. */
const NEIGHBOURS = 12;
const NEIGHBOUR_STEPS = 300;

export interface Hostile {
  /** Text of the model's module. */
  readonly model: string;
  /** More keys of its job, as YAML within braces. */
  readonly keys?: string;
}

export interface Aftermath extends Told {
  /** Failures by run; the hostile ones have jobs without a sweep. */
  readonly failures: Record<string, { readonly class: string; readonly message: string }>;
  readonly results: Record<string, { readonly steps: number; readonly result: unknown }>;
  /** Lines of the journal. */
  readonly journal: readonly JournalLine[];
  readonly elapsedMs: number;
}

export interface JournalLine {
  readonly type: string;
  readonly job?: string;
  readonly [field: string]: unknown;
}

/** A whole manifest: hostile jobs, and a sweep of a good one that is of the same urgency. */
export function manifestOf(hostile: Record<string, Hostile>): string {
  const jobs = Object.entries(hostile).map(([name, { keys }]) =>
    `  - {id: ${name}, model: models/${name}.ts, steps: 4${
      keys === undefined ? "" : `, ${keys}`
    }}\n`
  );
  // The first half before the hostile ones, the rest after them: in the slots that they had.
  return `defaults: { retry: { limit: 1, backoff: 0s }, hang_after: 2s, checkpoint_every: 100 }\njobs:\n` +
    goodJob("before") + jobs.join("") + goodJob("after");
}

function goodJob(id: string): string {
  return `  - {id: ${id}, model: models/good.ts, steps: ${NEIGHBOUR_STEPS}, measure_every: 50, ` +
    `sweep: { cells: { from: 20, step: 10, to: ${20 + 10 * (NEIGHBOURS / 2 - 1)} } }, seed: ${
      id === "before" ? 1 : 2
    }}\n`;
}

/** Runs hostile models among good ones and asserts that the good ones came to what they come to alone. */
export async function amongNeighbours(
  folder: string,
  hostile: Record<string, Hostile>,
  args: readonly string[] = [],
): Promise<Aftermath> {
  const models = Object.entries(hostile).map(([name, { model }]) => [`models/${name}.ts`, model]);
  await placeAll(folder, {
    "jobs.yaml": manifestOf(hostile),
    "models/good.ts": WALK,
    ...Object.fromEntries(models),
  });
  const begun = performance.now();
  const told = await attack(folder, ["jobs.yaml", "-j", "2", ...args]);
  const elapsedMs = performance.now() - begun;
  const text = await Deno.readTextFile(`${folder}/simruns/hot/journal.jsonl`);
  const results = await resultsOf(folder);
  assert.ok(Object.keys(results).length > 0, `nothing was run: ${told.status}, ${told.stderr}`);
  await assertGolden(folder, results);
  return {
    ...told,
    elapsedMs,
    results: results as Aftermath["results"],
    failures: failuresIn(text),
    journal: text.trim().split("\n").map((line) => JSON.parse(line) as JournalLine),
  };
}

/** The good ones alone, in a tree of their own, and the same in the tree of all. */
export async function assertGolden(
  folder: string,
  results: Record<string, unknown>,
): Promise<void> {
  await placeAll(folder, { "golden.yaml": manifestOf({}) });
  const { status, stderr } = await attack(folder, ["golden.yaml", "-j", "1", "--tree", "golden"]);
  assert.equal(status, 0, stderr);
  const golden = await resultsOf(folder, "golden");
  assert.equal(Object.keys(golden).length, NEIGHBOURS);
  const neighbours = Object.entries(results).filter(([run]) => /^(before|after)\//.test(run));
  assert.deepEqual(Object.fromEntries(neighbours), golden);
}

/** Bytes of all files below a folder. */
export function bytesBelow(folder: string): number {
  let bytes = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    bytes += isDirectory ? bytesBelow(path) : Deno.statSync(path).size;
  }
  return bytes;
}
