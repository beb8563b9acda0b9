/**
 * Makes up the tree of a campaign that is cut in many shards, as if it had been computed: each shard's journal has the
 * lines that its simrun would have written, byte for byte but for times and results, and the folders it would have left.
 */
import type { CompletedRun, ModelIdentity, RunEvent } from "../../src/job/event.ts";
import type { Job } from "../../src/job/job.ts";
import type { Live } from "../../src/job/live.ts";
import { encodeFields } from "../../src/job/plain.ts";
import { VERSION } from "../../src/job/version.ts";
import { readManifests } from "../../src/manifest/manifest.ts";
import { dealJobs } from "../../src/plan/deal.ts";
import { shortDigest, SpecDigester } from "../../src/plan/digest.ts";
import { countPoints, pointAt } from "../../src/plan/sweep.ts";
import { encodeLine, lineBody, lineBytesMax, markSynced } from "../../src/store/journal_line.ts";
import { Layout } from "../../src/store/layout.ts";
import { rotateJournal } from "../../src/store/seal.ts";
import { markerText } from "../../src/store/tree.ts";
import { identifyModel } from "../../src/worker/model_identity.ts";

export interface LargeTreeSize {
  readonly shards: number;
  /** In all of them together. */
  readonly runs: number;
  /** Short runs share a line, up to 1,000 of them; of those that take a tenth of a second or more each has its own. */
  readonly runsInLine: number;
  /** All shards are at work, each on a machine of its own, and have this many runs in hand. */
  readonly running?: number;
}

const MODEL = `export function init({ params }) { return { x: 0, k: params.k }; }
export function step(state) { state.x += Math.sin(state.k); }
export function result(state) { return { x: state.x }; }
`;
const STEPS = 100;
const RUN_MS = 0.05;
const BEGAN_MS = Date.parse("2026-01-02T03:04:05.678Z");

/** Makes the tree `folder/simruns`, with its manifest and its model beside it; answers its root. */
export async function makeLargeTree(folder: string, size: LargeTreeSize): Promise<string> {
  const text = `jobs: [{ id: wide, model: wide.mjs, steps: ${STEPS}, checkpoint_every: off, ` +
    `sweep: { k: { from: 1, to: ${size.runs}, step: 1 } } }]\n`;
  const manifest = `${folder}/wide.yaml`;
  Deno.writeTextFileSync(manifest, text);
  Deno.writeTextFileSync(`${folder}/wide.mjs`, MODEL);
  const { jobs, diagnostics } = readManifests([{ path: manifest, folder, text }], {
    maxPoints: size.runs,
  });
  if (jobs.length !== 1) throw new Error(JSON.stringify(diagnostics));
  const model = await identifyModel(jobs[0]!.model);
  const root = `${folder}/simruns`;
  makeFolders(new Layout(root));
  for (let number = 1; number <= size.shards; number++) {
    const shard = { number, of: size.shards };
    const [job] = dealJobs(jobs, shard, ({ steps }) => steps).jobs;
    const layout = new Layout(new Layout(root).shardRoot(shard));
    makeFolders(layout);
    const maker = new ShardMaker(layout, number, size);
    Deno.mkdirSync(`${layout.archiveFolder}/manifests`);
    Deno.writeTextFileSync(layout.manifestCopy(shortDigest(text)), text);
    await maker.make(job, model, { path: manifest, digest: shortDigest(text) });
  }
  return root;
}

function makeFolders(layout: Layout): void {
  const { inbox, answers, recentRoot, checkpointRoot, archiveFolder } = layout;
  for (const path of [inbox, answers, recentRoot, checkpointRoot, archiveFolder]) {
    Deno.mkdirSync(path, { recursive: true });
  }
  Deno.writeTextFileSync(layout.marker, markerText());
}

class ShardMaker {
  readonly #layout: Layout;
  readonly #size: LargeTreeSize;
  readonly #process: { readonly host: string; readonly pid: number };
  readonly #journal: Deno.FsFile;
  #bytes = new Uint8Array(1 << 20);
  #filled = 0;
  #seq = 0;
  #atMs = BEGAN_MS;

  constructor(layout: Layout, number: number, size: LargeTreeSize) {
    this.#layout = layout;
    this.#size = size;
    this.#process = { host: `node-${String(number).padStart(4, "0")}`, pid: 4000 + number };
    this.#journal = Deno.openSync(layout.journal, { write: true, createNew: true });
  }

  async make(
    job: Job | undefined,
    model: ModelIdentity,
    manifest: { readonly path: string; readonly digest: string },
  ): Promise<void> {
    const count = job === undefined ? 0 : countPoints(job.sweep);
    const running = Math.min(count, this.#size.running ?? 0);
    this.#write({
      type: "campaign.started",
      epoch: 1,
      version: VERSION,
      deno: Deno.version.deno,
      ...this.#process,
      slots: 16,
      manifests: [manifest],
    });
    const begun = job === undefined ? [] : this.#writeRuns(job, model, count, running);
    if (running === 0) {
      const counts = { completed: count, failed: 0, remaining: 0 };
      this.#write({ type: "campaign.ended", outcome: "completed", ...counts });
    }
    this.#flush();
    this.#journal.close();
    // As its simrun would have done at its end.
    await rotateJournal(this.#layout);
    this.#writeOwner(running > 0);
    if (running > 0) this.#writeLive(begun, count);
  }

  /** Answers the ids of those that have begun and not ended: the last ones. */
  #writeRuns(job: Job, model: ModelIdentity, count: number, running: number): string[] {
    this.#write({ type: "job.planned", job: encodeFields(job) as unknown as Job, count, model });
    const digester = new SpecDigester(job);
    const line = { job: job.id, model: model.digest } as const;
    const begun: string[] = [];
    for (let from = 0; from < count;) {
      const isLast = from >= count - running;
      const to = Math.min(from + this.#size.runsInLine, isLast ? count : count - running);
      const records: CompletedRun[] = [];
      const runs: string[] = [];
      for (let index = from; index < to; index++) {
        const point = pointAt(job.sweep, index);
        const [run, digest] = [digester.runId(point), digester.digest(point)];
        runs.push(run, digest);
        if (isLast) begun.push(run);
        else records.push(recordOf(run, digest, encodeFields(point), Number(point.k)));
      }
      this.#write({ type: "runs.started", ...line, steps: STEPS, attempt: 1, runs });
      if (!isLast) this.#write({ type: "runs.completed", ...line, runs: records });
      from = to;
    }
    return begun;
  }

  #write(event: RunEvent): void {
    this.#atMs += 2;
    const at = new Date(this.#atMs).toISOString();
    const body = markSynced(lineBody(event, ++this.#seq, at));
    const room = lineBytesMax(body);
    if (this.#filled + room > this.#bytes.length) this.#flush();
    if (room > this.#bytes.length) this.#bytes = new Uint8Array(room);
    this.#filled = encodeLine(body, this.#bytes, this.#filled);
  }

  #flush(): void {
    for (let at = 0; at < this.#filled;) {
      at += this.#journal.writeSync(this.#bytes.subarray(at, this.#filled));
    }
    this.#filled = 0;
  }

  #writeOwner(isWorking: boolean): void {
    const { host, pid } = this.#process;
    const record = {
      uuid: crypto.randomUUID(),
      epoch: 1,
      startedAt: new Date(BEGAN_MS).toISOString(),
      ...{ host, pid, machineId: shortDigest(host), bootId: shortDigest(`${host} booted`) },
      ...(!isWorking && { releasedAt: new Date(this.#atMs).toISOString() }),
    };
    Deno.writeTextFileSync(this.#layout.owner, `${JSON.stringify(record)}\n`);
    Deno.writeTextFileSync(this.#layout.lock, "");
  }

  #writeLive(begun: readonly string[], count: number): void {
    const completed = count - begun.length;
    const live: Live = {
      at: new Date(this.#atMs).toISOString(),
      epoch: 1,
      ...this.#process,
      startedAt: new Date(BEGAN_MS).toISOString(),
      slots: begun.length,
      running: begun.map((run, slot) => ({
        ...{ slot, job: "wide", run, attempt: 1, step: 50, steps: STEPS, fromStep: 0 },
        ...{ elapsedMs: 1000, stepsPerSecond: 50, memoryBytes: 60_000_000 },
      })),
      counts: { total: count, skipped: 0, completed, failed: 0, queued: 0 },
      steps: { total: count * STEPS, done: completed * STEPS },
    };
    Deno.writeTextFileSync(this.#layout.live, JSON.stringify(live));
  }
}

function recordOf(
  run: string,
  digest: string,
  point: Record<string, unknown>,
  k: number,
): CompletedRun {
  const ms = Math.round((RUN_MS + k % 13 / 500) * 1000) / 1000;
  const result = { x: STEPS * Math.sin(k) };
  return { run, digest, point, attempt: 1, steps: STEPS, ms, result };
}

/** `deno run -A tests/helpers/large_tree.ts FOLDER SHARDS RUNS [RUNS-IN-LINE] [RUNNING]` */
if (import.meta.main) {
  const [folder, ...numbers] = Deno.args;
  const [shards = 1000, runs = 1e6, runsInLine = 1000, running = 0] = numbers.map(Number);
  Deno.mkdirSync(folder!, { recursive: true });
  console.log(await makeLargeTree(folder!, { shards, runs, runsInLine, running }));
}
