/** The reference campaign of the faults: 3 runs of 5 checkpoints, as quick as can be; and what must hold after each of them. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import type { CliContext } from "../../src/cli/context.ts";
import { verify } from "../../src/cli/verify.ts";
import type { JournalEntry } from "../../src/job/event.ts";
import type { Stream } from "../../src/screen/terminal.ts";
import { readJournal } from "../../src/store/journal.ts";
import { Layout } from "../../src/store/layout.ts";
import { isAlive, until } from "../helpers/processes.ts";
import { type Kept, keptResults } from "../helpers/real_run.ts";
import { type Ended, type Fault, type Operation, Shim } from "./shim.ts";

export const KEEP = 3;
export const INTERVAL = 2;
const STEPS = 10;

/**
 * It speaks to the shim by opening files that are not there: at each step a tick, and after each checkpoint
 * it waits until that is durable, so that the same steps are saved every time and operations keep their numbers.
 */
const MODEL = `
let last = NaN;
export const params = { drift: { default: 0.1 }, loud: { default: false } };
export function init(ctx) {
  return { u: Float64Array.from({ length: 40 }, () => ctx.rng.normal()), energy: 0, flips: 0n };
}
export function step(state, ctx) {
  // Not where it goes on from a checkpoint: that one was saved by others.
  if (ctx.step === last + 1 && ctx.step % ${INTERVAL} === 0) open("wait-" + ctx.step);
  open("tick-" + ctx.step);
  last = ctx.step;
  const at = ctx.rng.below(state.u.length);
  state.u[at] = ctx.rng.normal() + ctx.params.drift;
  state.energy += state.u[at] * ctx.rng.uniform();
  state.flips += BigInt(at);
}
export function measure(state) { return { energy: state.energy }; }
export function result(state, ctx) {
  ctx.log("done");
  if (!ctx.params.loud) return { ...state };
  for (let line = 0; line < 300; line++) ctx.log("a line of a long log");
  return { ...state, many: Array.from({ length: 9000 }, (_, i) => state.energy * i) };
}
function open(name) {
  try { Deno.openSync(new URL("./" + name, import.meta.url)).close(); } catch { /* never there */ }
}
`;

/** All steps of the campaign. */
export const STEPS_IN_ALL = 30;

const MANIFEST = `
defaults: { model: walk.ts, retry: { backoff: 0s }, steps: ${STEPS}, measure_every: 1, checkpoint: { every: ${INTERVAL}, keep: ${KEEP} } }
jobs:
  - { id: pair, priority: high, sweep: { drift: [0.1, 0.2] } }
  - { id: loud, priority: low, seed: 3, parameters: { loud: true } }
`;

const JOBS = 2;

/** Results and series of a tree; and the big result, which is a file. */
type Golden = Readonly<Record<string, Kept & { readonly file?: string }>>;

let shared: Promise<Reference> | undefined;

/** The campaign, its golden results, and the operations it takes when nothing goes wrong. */
export class Reference {
  readonly folder: string;
  readonly shim: Shim;
  readonly golden: Golden;
  readonly operations: readonly Operation[];
  #trees = 0;

  private constructor(folder: string, shim: Shim, golden: Golden, operations: Operation[]) {
    this.folder = folder;
    this.shim = shim;
    this.golden = golden;
    this.operations = operations;
  }

  /** One for all tests of a file, made by the first of them; its folder goes when the tests have ended. */
  static shared(): Promise<Reference> {
    return shared ??= Reference.#make();
  }

  static async #make(): Promise<Reference> {
    const folder = await Deno.makeTempDir({ prefix: "simrun-faults-" });
    addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
    await Deno.mkdir(join(folder, "model"));
    await Deno.writeTextFile(join(folder, "model", "walk.ts"), MODEL);
    await Deno.writeTextFile(manifestIn(folder), MANIFEST);
    const shim = await Shim.build(folder);
    const tree = join(folder, "golden");
    const { status, stderr, operations } = await shim.run(tree, ["run", manifestIn(folder)]);
    assert.equal(status, 0, stderr);
    assert.equal(ticksOf(operations), STEPS_IN_ALL);
    const golden = await resultsOf(tree);
    assert.equal(Object.keys(golden).length, 3);
    return new Reference(folder, shim, golden, [...operations]);
  }

  get manifest(): string {
    return manifestIn(this.folder);
  }

  /** A path for the tree of one case. */
  newTree(): string {
    return join(this.folder, `tree-${++this.#trees}`);
  }

  /** Runs the manifest in a tree, with this fault. */
  start(tree: string, fault?: Fault, flags: readonly string[] = []): Promise<Ended> {
    return this.shim.run(tree, ["run", this.manifest, ...flags], { fault });
  }

  /** Goes on in a tree, whatever is in it: `resume`, or `run` again where a kill came before the plan. */
  goOn(tree: string, fault?: Fault): Promise<Ended> {
    const planned = readEntries(tree).filter(({ type }) => type === "job.planned").length;
    return this.shim.run(tree, planned === JOBS ? ["resume"] : ["run", this.manifest], { fault });
  }

  /** Goes on, which must end well, and be golden and tidy. */
  async finish(tree: string, traces: Traces = {}): Promise<Ended> {
    const before = readEntries(tree);
    const ended = await this.goOn(tree);
    assertSpoken(ended);
    assert.equal(ended.status, 0, `it goes on to the end: ${ended.stderr}`);
    await this.assertDone(tree, traces);
    if (!traces.damaged) assertNothingLost(before, readEntries(tree));
    await assertGone(ended);
    return ended;
  }

  /** Golden results, no more checkpoints than asked for, and no file that means nothing. */
  async assertDone(tree: string, traces: Traces = {}): Promise<void> {
    assert.deepEqual(await resultsOf(tree), this.golden);
    await assertSound(tree);
    const may = [EXPECTED, ...(traces.torn ? [TORN] : []), ...(traces.damaged ? [DAMAGED] : [])];
    const unexpected = filesBelow(tree).filter((path) => !may.some((one) => one.test(path)));
    assert.deepEqual(unexpected, [], "files that mean nothing");
    for (const folder of runFolders(tree)) {
      const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
      assert.ok(names.length <= KEEP, `${folder} keeps ${names}`);
    }
  }
}

/** What a fault may leave for good in the quarantine. */
interface Traces {
  /** A torn end of the journal. */
  readonly torn?: boolean;
  /** A damaged checkpoint: then the run goes on from an older one. */
  readonly damaged?: boolean;
}

/** All that may be in a tree of this campaign when nobody works on it; where room is scarce, finished runs are packed. */
const EXPECTED =
  /^(?:simrun\.json|hot\/(?:lock|owner\.json|journal\.jsonl)|archive\/(?:manifests\/\w+\.yaml|runs-\d{6}\.zip)|checkpoints\/\w+\/\w+\/step-\d{12}\.ckpt|recent\/\w+\/\w+\/(?:series\.csv|result\.json|log\.txt))$/;
const DAMAGED =
  /^quarantine\/checkpoints\/\w+\/\w+\/step-\d{12}\.ckpt(?:\.\d+)?(?:\.reason\.txt)?$/;
const TORN = /^quarantine\/journal-torn-at-\d+\.jsonl$/;

/** How many steps were computed. */
export function ticksOf(operations: readonly Operation[]): number {
  return operations.filter(({ kind }) => kind === "tick").length;
}

/** The journal; a tree that was not made yet has none. */
export function readEntries(tree: string): JournalEntry[] {
  const entries: JournalEntry[] = [];
  readJournal(new Layout(tree), (entry) => entries.push(entry));
  return entries;
}

/** `simrun verify` finds nothing wrong; a tree that a kill left without its marker is none yet. */
export async function assertSound(tree: string): Promise<void> {
  if (!isThere(join(tree, "simrun.json"))) {
    const meaningful = isThere(tree)
      ? filesBelow(tree).filter((path) => !path.startsWith(".tmp-"))
      : [];
    return assert.deepEqual(meaningful, [], "files in a folder that is no tree yet");
  }
  const flags = { tree, json: false, quiet: true, debug: false, repair: false };
  assert.equal(await verify(silentContext(), flags), 0);
  const { bad, missing } = readJournal(new Layout(tree), () => {});
  assert.deepEqual({ bad, missing }, { bad: [], missing: [] });
}

/** Every step that the journal calls saved, or a later one, is there: the newest checkpoint of each run. */
export function assertSavedIsThere(tree: string): void {
  for (const [run, step] of savedSteps(readEntries(tree))) {
    const folder = join(tree, "checkpoints", run);
    const steps = [...Deno.readDirSync(folder)].map(({ name }) =>
      Number(/^step-(\d+)/.exec(name)?.[1] ?? 0)
    );
    assert.ok(Math.max(...steps) >= step, `${run} was saved at ${step}; there are ${steps}`);
  }
}

/** No run goes on from before what was told as saved, and none that was completed is begun again. */
export function assertNothingLost(
  before: readonly JournalEntry[],
  after: readonly JournalEntry[],
): void {
  const saved = savedSteps(before);
  const begun = new Map<string, number>();
  const completed = completedRuns(before);
  for (const entry of after.slice(before.length)) {
    if (entry.type === "run.resumed") {
      assert.deepEqual(entry.rejected, []);
      begun.set(`${entry.job}/${entry.run}`, entry.step);
    }
    if (entry.type !== "runs.started") continue;
    for (let at = 0; at < entry.runs.length; at += 2) {
      const run = `${entry.job}/${entry.runs[at]}`;
      assert.ok(!completed.has(run), `${run} was completed and is begun again`);
      // Of a run that begins at its first step nothing is told.
      if (!begun.has(run)) begun.set(run, 0);
    }
  }
  for (const [run, step] of begun) {
    assert.ok(
      step >= (saved.get(run) ?? 0),
      `${run} goes on at ${step}, saved was ${saved.get(run)}`,
    );
  }
}

/** An error is a sentence with what to do next; never a stack, never a word about our own mistakes. */
export function assertSpoken({ stderr }: Ended): void {
  assert.doesNotMatch(stderr, /at file:\/\/|^\s+at .*:\d+:\d+|Uncaught|simrun itself failed/m);
}

/** None of its processes lives on; a slot may take a moment to notice that it is alone. */
export async function assertGone({ operations }: Ended): Promise<void> {
  const pids = [...new Set(operations.map(({ pid }) => pid))];
  await until(() => !pids.some(isAlive), `processes ${pids} end`);
}

/** What a step of a run was saved at last, by the journal. */
function savedSteps(entries: readonly JournalEntry[]): Map<string, number> {
  const saved = new Map<string, number>();
  for (const entry of entries) {
    if (entry.type === "run.checkpointed") saved.set(`${entry.job}/${entry.run}`, entry.step);
  }
  return saved;
}

function completedRuns(entries: readonly JournalEntry[]): Set<string> {
  return new Set(
    entries.flatMap((entry) =>
      entry.type === "runs.completed" ? entry.runs.map(({ run }) => `${entry.job}/${run}`) : []
    ),
  );
}

async function resultsOf(tree: string): Promise<Golden> {
  const results: Record<string, Kept & { file?: string }> = await keptResults(tree);
  for (const [run, kept] of Object.entries(results)) {
    if (!kept.result.includes("$file")) continue;
    results[run] = {
      ...kept,
      file: await Deno.readTextFile(join(tree, "recent", run, "result.json")),
    };
  }
  return results;
}

function manifestIn(folder: string): string {
  return join(folder, "model", "reference.yaml");
}

/** Paths of all files below a folder, relative to it. */
export function filesBelow(folder: string, above = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(join(folder, name), `${above}${name}/`) : [`${above}${name}`]
  );
}

function runFolders(tree: string): string[] {
  const paths = filesBelow(join(tree, "checkpoints"));
  return [...new Set(paths.map((path) => join(tree, "checkpoints", path, "..")))];
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function silentContext(): CliContext {
  const stream = { write: () => {}, color: false, isTerminal: false } as unknown as Stream;
  return {
    cwd: "/",
    env: () => undefined,
    stdout: stream,
    stderr: stream,
    now: () => new Date(),
    clockMs: () => performance.now(),
  };
}

/** Whether a path is that of a temporary. */
export function isTemporaryPath(path: string): boolean {
  return basename(path).startsWith(".tmp-");
}
