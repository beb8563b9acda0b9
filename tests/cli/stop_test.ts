/** Stopping the real program by signals, going on, and what of it can be seen and exported meanwhile. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { signalAll } from "../../src/command/process_tree.ts";
import { EXIT } from "../../src/job/fault.ts";
import { listCheckpoints } from "../../src/store/checkpoint.ts";
import { readLive } from "../../src/store/live.ts";
import { Layout } from "../../src/store/layout.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { PACED } from "../helpers/models.ts";
import { leavesNoProcess, sleep, until } from "../helpers/processes.ts";
import { startSimrun } from "../helpers/program.ts";
import { keptResults, sumOf } from "../helpers/real_run.ts";
import { cases, seeded, seedOf } from "../helpers/torture.ts";
import { strayFiles } from "../helpers/tree_picture.ts";
import { twoAtATime } from "../helpers/two_at_a_time.ts";
import { programCommand, simrun, withFolder } from "./program.ts";

/** About a minute of work, unless it is stopped. */
const SLOW = `
export function init() { return { n: 0, field: new Float64Array(8) }; }
export function step(state) {
  for (let i = 0; i < 40000; i++) state.field[i % 8] += Math.sqrt(i);
  state.n++;
}
export function result(state) { return { n: state.n }; }
`;
const JOB = "id: slow\nmodel: ./slow.js\nsteps: 1_000_000\ncheckpoint_every: 10\n";

/** Starts the job and waits until something of it was saved. */
async function startAndWait(cwd: string): Promise<Deno.ChildProcess> {
  const child = programCommand(["slow.yaml"], { cwd }).spawn();
  for (let i = 0; i < 200; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { code, out } = await simrun(["status", "--json"], { cwd });
    if (code === 0 && JSON.parse(out).runs.slow?.last_checkpoint_step > 0) return child;
  }
  child.kill("SIGKILL");
  throw new Error("nothing was saved in 20 s");
}

Deno.test("a signal while a model prepares for long is not kept waiting, and the run begins anew", async () => {
  await inFolder(async (cwd) => {
    const model = `
      export function init(ctx) {
        for (const end = Date.now() + ctx.params.ms; Date.now() < end;);
        return { n: 0 };
      }
      export function step(state) { state.n++; }
      export function result(state) { return { n: state.n }; }
    `;
    await place(cwd, "long.js", model);
    await place(
      cwd,
      "long.yaml",
      "id: long\nmodel: ./long.js\nsteps: 3\nparameters: { ms: 600000 }\n",
    );
    const child = programCommand(["long.yaml"], { cwd }).spawn();
    await until(
      async () => {
        const { code, out } = await simrun(["status", "--json"], { cwd });
        return code === 0 && JSON.parse(out).runs.long?.state === "running";
      },
      "the run is told as running",
      20_000,
    );
    const begin = performance.now();
    child.kill("SIGTERM");
    const { code } = await child.output();
    assert.equal(code, EXIT.terminated.status);
    assert.ok(performance.now() - begin < 2_000 * PATIENCE);
    const { out } = await simrun(["explain", "long"], { cwd });
    assert.match(out, /waits|asked to stop|unfinished|stopped/);
  });
});

const STATUS = {
  SIGINT: EXIT.interrupted.status,
  SIGTERM: EXIT.terminated.status,
  SIGHUP: EXIT.stopped.status,
  SIGUSR2: EXIT.stopped.status,
  SIGXCPU: EXIT.stopped.status,
} as const;
const SIGNALS = Object.keys(STATUS) as (keyof typeof STATUS)[];

/** The machine may be busy with other things: its limits are for a quiet one. */
const PATIENCE = 4;

/** Two runs that save nothing by themselves: what is saved was saved because of the signal. */
const WALKS = `
id: walk
model: ./paced.ts
steps: 1200
checkpoint_every: 1_000_000
measure_every: 20
sweep: { drift: [0.1, 0.2] }
`;
/** A campaign computes for about so long when each of its steps takes a millisecond. */
const COMPUTING_MS = 2_000;

const SEED = seedOf();

Deno.test(`a signal at any moment saves every run, has the status of the table, and costs nothing (seed ${SEED})`, () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const random = seeded(SEED);
      const alone = await placeWalks(folder, "alone");
      alone.pace(0);
      const begin = performance.now();
      const { code, err } = await simrun(["run", alone.manifest, "--tree", alone.root, "-q"]);
      assert.equal(code, 0, err);
      // To start and to end takes as long as all of it when no step takes any time, here and now.
      const lifeMs = performance.now() - begin + COMPUTING_MS;
      const golden = sumOf(await keptResults(alone.root));
      const all = SIGNALS.flatMap((signal) =>
        Array.from({ length: cases({ short: 3, long: 50 }) }, (_, round) => ({
          signal,
          round,
          afterMs: random.next() * lifeMs,
        }))
      );
      const named = ({ signal, round, afterMs }: typeof all[number]) =>
        `${signal} ${round} after ${afterMs} ms, seed ${SEED}`;
      let stopped = 0;
      await twoAtATime(all, named, async ({ signal, round, afterMs }) => {
        const { root, manifest, pace } = await placeWalks(folder, `${signal}-${round}`);
        const layout = new Layout(root);
        pace(1);
        const child = startSimrun(["run", manifest, "--tree", root, "--slots", "2"], {
          stderr: "piped",
        });
        const ended = child.output();
        await sleep(afterMs);
        const before = await readLive(layout);
        try {
          child.kill(signal);
        } catch {
          // It has just come to its end.
        }
        const output = await ended;
        const words = new TextDecoder().decode(output.stderr);
        // Until simrun listens, which takes it about 150 ms, and after its last run a signal does what it always does.
        if (output.signal === null) {
          assert.ok([STATUS[signal], 0].includes(output.code), `status ${output.code}: ${words}`);
          if (output.code !== 0) stopped++;
          if (output.code !== 0) await assertSaved(layout, before?.running ?? []);
        } else assert.equal(output.signal, signal);
        pace(0);
        const again = await simrun(["run", manifest, "--tree", root, "-q"]);
        assert.equal(again.code, 0, again.err);
        assert.equal(sumOf(await keptResults(root)), golden);
        assert.deepEqual(strayFiles(root), []);
        await Deno.remove(root, { recursive: true });
      });
      assert.ok(stopped > all.length / 3, `only ${stopped} of ${all.length} hit it at work`);
    })
  ));

async function placeWalks(
  folder: string,
  name: string,
): Promise<{ root: string; manifest: string; pace: (ms: number) => void }> {
  const here = join(folder, name);
  await place(here, "paced.ts", PACED);
  const pace = (ms: number) => Deno.writeTextFileSync(join(here, "pace.txt"), String(ms));
  return { root: join(here, "tree"), manifest: await place(here, "walk.yaml", WALKS), pace };
}

/** Each run that was seen at a step has a checkpoint, of that step or a later one, or has come to its end meanwhile. */
async function assertSaved(
  layout: Layout,
  running: readonly { readonly job: string; readonly run: string; readonly step: number }[],
): Promise<void> {
  const ended = await keptResults(layout.root);
  for (const { job, run, step } of running) {
    if (step === 0 || `${job}/${run}` in ended) continue;
    const [newest] = await listCheckpoints(layout.checkpointFolder(job, run));
    assert.ok(newest !== undefined && newest.step >= step, `${run} at ${step}: ${newest?.step}`);
  }
}

Deno.test("--time-limit is for the whole of it: when models took as long to load, next to nothing is computed", async () => {
  await inFolder(async (cwd) => {
    const waitMs = `Math.max(0, ${Date.now() + 5_000} - Date.now())`;
    const load = `await new Promise((done) => setTimeout(done, ${waitMs}));\n`;
    await place(cwd, "paced.js", load + PACED);
    await place(cwd, "pace.txt", "100");
    await place(cwd, "paced.yaml", "id: paced\nmodel: ./paced.js\nsteps: 1000\n");
    const { code, err } = await simrun(["paced.yaml", "--time-limit", "4s"], { cwd });
    assert.equal(code, EXIT.stopped.status, err);
    const { out } = await simrun(["status", "--json"], { cwd });
    // In 4 s more there would be 25.
    assert.ok(JSON.parse(out).steps_done < 12, out);
  });
});

Deno.test("a second signal ends simrun within 1 s, whatever its runs do", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "stuck.ts", "export function step() { for (;;); }");
      const manifest = await place(folder, "stuck.yaml", "{ id: s, model: stuck.ts, steps: 9 }");
      const rounds = cases({ short: 1, long: 50 });
      const all = SIGNALS.flatMap((signal) =>
        Array.from({ length: rounds }, (_, round) => ({ signal, round }))
      );
      const named = ({ signal, round }: typeof all[number]) => `${signal} ${round}`;
      await twoAtATime(all, named, async ({ signal, round }) => {
        const root = join(folder, `${signal}-${round}`);
        const child = startSimrun(["run", manifest, "--tree", root]);
        await until(
          async () => (await readLive(new Layout(root)))?.running.length === 1,
          "it runs",
        );
        child.kill(signal);
        // Sooner it would be taken for the same wish.
        await sleep(400);
        const asked = performance.now();
        child.kill(signal);
        // On a machine that is not quick enough, both are heard at once: then a third one is the second.
        const pressing = setInterval(() => signalAll([child.pid], signal), 400);
        const { code } = await child.status;
        clearInterval(pressing);
        assert.equal(code, STATUS[signal]);
        const tookMs = performance.now() - asked;
        assert.ok(tookMs < 1_000 * PATIENCE, `it took ${tookMs} ms`);
      });
    })
  ));

Deno.test("who sends signals without end gets the status of the table all the same, not that of a killed process", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "stuck.ts", "export function step() { for (;;); }");
      const manifest = await place(folder, "stuck.yaml", "{ id: s, model: stuck.ts, steps: 9 }");
      await twoAtATime([...SIGNALS], String, async (signal) => {
        const root = join(folder, signal);
        const child = startSimrun(["run", manifest, "--tree", root]);
        await until(
          async () => (await readLive(new Layout(root)))?.running.length === 1,
          "it runs",
        );
        const pressing = setInterval(() => signalAll([child.pid], signal), 3);
        const { code } = await child.status;
        clearInterval(pressing);
        assert.equal(code, STATUS[signal]);
      });
    })
  ));

for (
  const [signal, exit] of [
    ["SIGINT", EXIT.interrupted],
    ["SIGTERM", EXIT.terminated],
    ["SIGUSR2", EXIT.stopped],
  ] as const
) {
  Deno.test(`simrun saves what runs at ${signal}, exits ${exit.status} and says how to go on`, async () => {
    await withFolder({ "slow.js": SLOW, "slow.yaml": JOB }, async (cwd) => {
      const child = await startAndWait(cwd);
      child.kill(signal);
      const { code, stderr } = await child.output();
      const talk = new TextDecoder().decode(stderr);
      assert.equal(code, exit.status, talk);
      assert.match(talk, new RegExp(`Stopped by ${signal} after `));
      assert.match(talk, /simrun resume/);
      const status = JSON.parse((await simrun(["status", "--json"], { cwd })).out);
      assert.equal(status.simrun.state, "ended");
      assert.equal(status.runs.slow.state, "interrupted");
      assert.ok(status.runs.slow.last_checkpoint_step > 0);
      const story = await simrun(["explain", "slow"], { cwd });
      assert.match(story.out, /slow {2}interrupted/);
      assert.match(story.out, /goes on at step/);
    });
  });
}

Deno.test("simrun status after kill -9 says so; checkpoints are listed, checked and exported", async () => {
  await withFolder({ "slow.js": SLOW, "slow.yaml": JOB }, async (cwd) => {
    const child = await startAndWait(cwd);
    const working = await simrun(["status"], { cwd });
    assert.match(working.out, /^simrun is working on \d+ slots? \(process \d+ on /);
    const busy = await simrun(["slow.yaml"], { cwd });
    assert.equal(busy.code, EXIT.treeBusy.status, busy.err);
    child.kill("SIGKILL");
    await child.output();
    const status = await simrun(["status"], { cwd });
    assert.match(status.out, /the last one was killed/);
    assert.match(status.out, /simrun resume goes on/);

    const list = JSON.parse((await simrun(["checkpoints", "slow", "--json"], { cwd })).out);
    assert.ok(list.length >= 1 && list.length <= 4);
    const sound = list.filter(({ valid }: { valid: boolean }) => valid);
    assert.ok(sound.length >= 1);
    const exported = await simrun(["checkpoints", "export", "slow", "-o", "state.safetensors"], {
      cwd,
    });
    assert.equal(exported.code, 0, exported.err);
    const bytes = await Deno.readFile(join(cwd, "state.safetensors"));
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    assert.deepEqual(header.field.shape, [8]);
    assert.equal(header.field.dtype, "F64");
    const twice = await simrun(["checkpoints", "export", "slow", "-o", "state.safetensors"], {
      cwd,
    });
    assert.equal(twice.code, 2);
    assert.match(twice.err, /--force/);
    const npy = ["checkpoints", "export", "slow", "--format", "npy", "-o", "out"];
    assert.equal((await simrun(npy, { cwd })).code, 0);
    assert.deepEqual([...Deno.readDirSync(join(cwd, "out"))].map(({ name }) => name).sort(), [
      "field.npy",
      "state.json",
    ]);
  });
});
