/** What happens when the disk gets full: room is made, starts pause, and go on when there is room; with real slots. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { RunEvent } from "../../src/job/event.ts";
import type { Job } from "../../src/job/job.ts";
import type { RunRequest } from "../../src/runner/run_request.ts";
import type { Runner } from "../../src/runner/runner.ts";
import { useFileSystem } from "../../src/store/file_system.ts";
import { bytesBelow } from "../../src/store/room.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module, points } from "../helpers/jobs.ts";
import { COUNT } from "../helpers/models.ts";
import { until } from "../helpers/processes.ts";
import { keptResults, runJobs } from "../helpers/real_run.ts";
import { simrun } from "../helpers/program.ts";
import { canMount, onSmallDisk } from "../helpers/small_disk.ts";

const MIB = 2 ** 20;

/** 64 KiB of noise, which nothing packs; a step takes a while. */
const NOISE = `
const bell = new Int32Array(new SharedArrayBuffer(4));
export function init(ctx) {
  return { u: Float64Array.from({ length: 8192 }, () => ctx.rng.normal()), energy: 0 };
}
export function step(state, ctx) {
  Atomics.wait(bell, 0, 0, 2);
  const { u } = state;
  for (let i = 0; i < 400; i++) u[ctx.rng.below(u.length)] = ctx.rng.normal();
  state.energy += u[0] * ctx.rng.uniform();
}
export function measure(state) { return { energy: state.energy }; }
export function result(state) { return { energy: state.energy, sum: state.u.reduce((a, b) => a + b) }; }
`;

const RUNS = 8;
/** Waits for its turn longer than all others. */
const LAST = "last";

/** Each run leaves three checkpoints: 1.6 MB in all, of which a third is the newest ones. */
async function noisy(folder: string): Promise<readonly Job[]> {
  const job = aJob({
    model: module(await place(folder, "noise.ts", NOISE)),
    steps: 40,
    measureEverySteps: 1,
    checkpoint: { every: { kind: "steps", steps: 10 }, keep: 3 },
    sweep: points(RUNS - 1),
  });
  const { sweep: _, ...single } = job;
  return [job, { ...single, id: LAST, priority: 3 }];
}

interface Watched {
  readonly warnings: string[];
  readonly events: RunEvent[];
  runner?: Runner;
}

/** Begins a campaign that is looked at while it runs. */
function begin(
  root: string,
  jobs: readonly Job[],
  over: Partial<Omit<RunRequest, "onEvent">> = {},
) {
  const watched: Watched = { warnings: [], events: [] };
  const onWarning = (message: string) => void watched.warnings.push(message);
  const ran = runJobs(root, jobs, { onWarning, ...over }, (event, runner) => {
    watched.runner = runner;
    watched.events.push(event);
  });
  return { watched, ran };
}

/** Whatever becomes of the test, the campaign ends. */
async function endAfter(
  { watched, ran }: ReturnType<typeof begin>,
  use: () => Promise<void>,
): Promise<void> {
  try {
    await use();
  } finally {
    watched.runner?.stop("now");
    await ran.catch(() => {});
  }
}

function count(events: readonly RunEvent[], type: RunEvent["type"]): number {
  return events.filter((event) => event.type === type).length;
}

Deno.test({
  name:
    "a real disk that fills up: warned, thinned, paused; room made from outside, it ends with the same bits",
  ignore: !canMount(),
  fn: () =>
    inFolder(async (folder) => {
      const jobs = await noisy(folder);
      const gold = join(folder, "gold");
      await runJobs(gold, jobs);
      await onSmallDisk(join(folder, "disk"), 2 * MIB, async () => {
        const root = join(folder, "disk", "tree");
        const ballast = join(folder, "disk", "ballast");
        await Deno.writeFile(ballast, new Uint8Array(1.68 * MIB));
        const begun = begin(root, jobs, { diskWaitMs: Infinity });
        const { watched, ran } = begun;
        let pausedAt: number | undefined;
        /** For good, not only until room was made once more. */
        const isPaused = () => {
          const { disk, running = [] } = watched.runner?.live() ?? {};
          if (disk?.level !== "full" || running.length > 0) pausedAt = undefined;
          else pausedAt ??= performance.now();
          return pausedAt !== undefined && performance.now() - pausedAt > 2_000;
        };
        await endAfter(begun, async () => {
          await until(isPaused, "it pauses");
          assert.ok(count(watched.events, "runs.started") < RUNS);
          assert.ok(
            watched.warnings.some((text) => /Room was made/.test(text)),
            `${watched.warnings}`,
          );
          assert.ok(watched.warnings.some((text) => /^The disk is full: /.test(text)));
          const status = await simrun(["status", "--tree", root]);
          assert.match(
            status.stdout,
            /^the disk is full: .*; nothing is started until there is room$/m,
          );
          const explained = await simrun(["explain", LAST, "--tree", root]);
          assert.match(explained.stdout, /It waits: the disk is full: /, explained.stderr);
          const { disk } = JSON.parse((await simrun(["status", "--json", "--tree", root])).stdout);
          assert.equal(disk.level, "full");

          await Deno.remove(ballast);
          const { outcome } = await ran;
          assert.deepEqual([outcome.stopped, outcome.completed, outcome.failed], [
            undefined,
            RUNS,
            0,
          ]);
          assert.ok(watched.warnings.some((text) => /There is room on the disk again/.test(text)));
          assert.deepEqual(await keptResults(root), await keptResults(gold));
          const verified = await simrun(["verify", "--tree", root]);
          assert.equal(verified.status, 0, verified.stdout);
        });
      });
    }),
});

Deno.test("--disk: checkpoints that would exceed it give way, and all runs complete below it", () =>
  inFolder(async (folder) => {
    const jobs = await noisy(folder);
    const [gold, root] = [join(folder, "gold"), join(folder, "tree")];
    await runJobs(gold, jobs);
    const diskBytes = 1.1 * MIB;
    assert.ok(await bytesBelow(gold) > 1.4 * diskBytes, "without a budget it takes more");
    const { watched, ran } = begin(root, jobs, { diskBytes, diskWaitMs: Infinity });
    const { outcome } = await ran;
    assert.deepEqual([outcome.stopped, outcome.completed], [undefined, RUNS]);
    const bytes = await bytesBelow(root);
    assert.ok(bytes <= diskBytes, `${bytes} of ${diskBytes} bytes`);
    assert.ok(watched.warnings.some((text) => /Room was made/.test(text)), `${watched.warnings}`);
    assert.deepEqual(await keptResults(root), await keptResults(gold));
    // Each can still be gone on with.
    const longer = jobs.map((job) => ({ ...job, steps: 50 }));
    const extended = await runJobs(root, longer);
    assert.deepEqual(
      extended.events("run.resumed").map(({ step }) => step),
      Array.from({ length: RUNS }, () => 40),
    );
    await runJobs(gold, longer);
    assert.deepEqual(await keptResults(root), await keptResults(gold));
  }));

/** A disk that says how much is free, and is as it says for nobody. */
function sayFree(free: { bytes: number }): void {
  const room = () => Promise.resolve({ freeBytes: free.bytes, totalBytes: 100 * MIB });
  useFileSystem(Object.assign(Object.create(Deno), { room }));
}

async function onFakeDisk(
  bytes: number,
  use: (free: { bytes: number }, job: Job, root: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const model = module(await place(folder, "count.ts", COUNT));
    const free = { bytes };
    sayFree(free);
    try {
      await use(free, aJob({ model, sweep: points(3) }), join(folder, "tree"));
    } finally {
      useFileSystem();
    }
  });
}

Deno.test("nothing is started on a full disk; it goes on within seconds when there is room", () =>
  onFakeDisk(0, async (free, job, root) => {
    const { watched, ran } = begin(root, [job], { diskWaitMs: 60_000 });
    await until(() => watched.runner?.live().disk?.stopsInMs !== undefined, "it waits");
    const { disk, counts } = watched.runner!.live();
    assert.deepEqual(
      [disk?.level, disk?.limit, disk?.freeBytes, disk?.reserveBytes],
      ["full", "reserve", 0, MIB],
    );
    assert.ok(disk!.stopsInMs! > 0 && disk!.stopsInMs! <= 60_000);
    assert.equal(counts.queued, 3);
    assert.equal(count(watched.events, "runs.started"), 0);
    free.bytes = 50 * MIB;
    const freedAt = performance.now();
    const { outcome } = await ran;
    assert.equal(outcome.completed, 3);
    assert.ok(performance.now() - freedAt < 20_000);
    assert.equal(watched.warnings.length, 2, `${watched.warnings}`);
  }));

Deno.test("a full disk that stays full is waited for so long, and ends it resumable", () =>
  onFakeDisk(0, async (free, job, root) => {
    const begun = begin(root, [job], { diskWaitMs: 100 });
    let isOver = false;
    void begun.ran.then(() => isOver = true);
    await endAfter(begun, () => until(() => isOver, "it gives up"));
    const { outcome } = await begun.ran;
    assert.deepEqual([outcome.stopped, outcome.remaining, outcome.failed], ["no-space", 3, 0]);
    assert.match(String(outcome.cause), /^the disk is full: 0 B free of the reserve of 1\.0 MB$/);
    free.bytes = 50 * MIB;
    assert.equal((await runJobs(root, [job])).outcome.completed, 3);
  }));

Deno.test("who stops it while it waits for room is not kept waiting", () =>
  onFakeDisk(0, async (_, job, root) => {
    const { watched, ran } = begin(root, [job], { diskWaitMs: Infinity });
    await until(() => watched.runner?.live().disk !== undefined, "it waits");
    watched.runner!.stop("checkpoint");
    assert.equal((await ran).outcome.stopped, "asked");
  }));

Deno.test("a reserve of nothing lets it use what there is", () =>
  onFakeDisk(1000, async (_, job, root) => {
    const { outcome } = await begin(root, [job], { diskReserveBytes: 0, diskWaitMs: 0 }).ran;
    assert.equal(outcome.completed, 3);
  }));
