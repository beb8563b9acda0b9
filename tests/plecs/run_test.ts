/** PLECS models by the whole program, against the stand-in: batches, blame, retries, segments, kills, and plain words. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder, place } from "../helpers/folder.ts";
import { isAlive, leavesNoProcess, slotsOf, until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";
import {
  type Call,
  charged,
  DEFAULT_SPAN,
  Refusal,
  StandIn,
  type StandInOptions,
} from "./stand_in.ts";

interface Row {
  readonly job: string;
  readonly run: string;
  readonly parameters: { readonly [name: string]: number };
  readonly result: { readonly [name: string]: number } | null;
}

interface Bench {
  readonly server: StandIn;
  readonly folder: string;
  readonly tree: string;
  /** Runs a manifest, with the address in the place of URL. */
  run(manifest: string, ...flags: readonly string[]): Promise<{ status: number; stderr: string }>;
  manifest(text: string): Promise<string>;
  rows(): Promise<Row[]>;
}

async function onBench(
  options: StandInOptions,
  use: (bench: Bench) => Promise<void>,
): Promise<void> {
  const server = new StandIn(options);
  try {
    await inFolder((folder) =>
      leavesNoProcess(async () => {
        await place(folder, "rc.plecs", "gain 1");
        const tree = join(folder, "tree");
        const manifest = (text: string) =>
          place(folder, "jobs.yaml", text.replaceAll("URL", server.url));
        await use({
          server,
          folder,
          tree,
          manifest,
          run: async (text, ...flags) =>
            await simrun([
              "run",
              await manifest(text),
              "--tree",
              tree,
              ...flags.includes("-j") ? flags : ["-j", "1", ...flags],
            ]),
          rows: async () => {
            const { stdout } = await simrun(["results", "--tree", tree, "--json"]);
            return JSON.parse(stdout);
          },
        });
      })
    );
  } finally {
    await server.close();
  }
}

function isSimulate({ method }: Call): boolean {
  return method === "plecs.simulate";
}

Deno.test("a sweep is one call; results, series and waveforms are what the circuit gives", async () => {
  await onBench({ isTransposed: true }, async ({ server, run, rows, tree }) => {
    const text = `
id: rc
model:
  plecs: ./rc.plecs
  url: URL
  signals: [vout, il]
  solver: { TimeSpan: 0.004, Solver: auto }
  measure: 11
  waveforms: true
  results:
    end: { signal: vout }
    ripple: { signal: vout, of: pp, from: 0.002 }
    most: { signal: 2, of: max }
sweep: { R: [500, 1000, 2000] }
parameters: { V0: 5 }
timeout: 90s
`;
    const { status, stderr } = await run(text);
    assert.equal(status, 0, stderr);
    assert.deepEqual(server.batches, [[500, 1000, 2000].map((R) => ({ V0: 5, R }))]);
    const [call] = server.calls.filter(isSimulate);
    assert.deepEqual((call!.params[1] as { SolverOpts: unknown }[])[0]!.SolverOpts, {
      TimeSpan: 0.004,
      Solver: "auto",
      Timeout: 90,
    });
    assert.equal(call!.params.length, 2);
    const found = await rows();
    assert.equal(found.length, 3);
    for (const { run, parameters: { R }, result } of found) {
      const end = charged(0.004, { R: R!, V0: 5 });
      assert.ok(Math.abs(result!.end! - end) < 1e-12);
      assert.ok(Math.abs(result!.ripple! - (end - charged(0.002, { R: R!, V0: 5 }))) < 1e-12);
      assert.equal(result!.most, 5 / R!);
      const file = join(tree, "recent/rc", run, "files/waveforms.csv");
      const lines = (await Deno.readTextFile(file)).trim().split("\n");
      assert.equal(lines[0], "time,vout,il");
      assert.deepEqual(lines.at(-1)!.split(",").slice(0, 2).map(Number), [0.004, result!.end]);
    }
    const { stdout } = await simrun(["series", `rc/${found[0]!.run}`, "--tree", tree]);
    assert.equal(stdout.trim().split("\n").length, 12);
    const again = await run(text);
    assert.match(again.stderr, /[Nn]othing to do/);
    await assertSound(tree);
    // Where PLECS listens is no part of what is computed.
    const moved = await run(text.replace("url: URL", "url: http://localhost:9"));
    assert.match(moved.stderr, /[Nn]othing to do/);
  });
});

Deno.test("one run that fails, and one that spoils the whole call, fail alone", async () => {
  await onBench({}, async ({ server, run, rows }) => {
    const { status, stderr } = await run(`
model: { plecs: ./rc.plecs, url: URL }
id: rc
sweep: { points: [{ R: 100 }, { R: 0 }, { R: 300 }, { R: 400, poison: 1 }, { R: 500 }, { R: 600 }] }
`);
    assert.equal(status, 3);
    assert.match(stderr, /PLECS did not simulate it: Simulation error: Matrix is singular/);
    assert.match(stderr, /PLECS did not simulate it: Simulation error: State discontinuity/);
    const done = (await rows()).filter(({ result }) => result !== null);
    assert.deepEqual(done.map(({ parameters }) => parameters.R).sort(), [100, 300, 500, 600]);
    assert.deepEqual(
      server.batches.map(({ length }) => length),
      [6, 3, 3, 2, 1, 1, 1].filter((_, i) => i < server.batches.length),
    );
  });
});

Deno.test("a cut connection, a restart and a stranger's simulation pass; the second attempt succeeds", async () => {
  let simulations = 0;
  let strangers = 0;
  const spoil: StandInOptions["spoil"] = (call) =>
    isSimulate(call) && ++simulations === 1 ? { cutAt: 0.5 } : undefined;
  const before: StandInOptions["before"] = (call) => {
    if (!isSimulate(call)) return undefined;
    if (simulations === 1 && strangers++ === 0) throw new Refusal(-1, "busy: blocking simulation");
    return undefined;
  };
  await onBench({ spoil, before }, async ({ server, run, rows, tree }) => {
    const manifest = `
id: rc
model: { plecs: ./rc.plecs, url: URL, wait: 10s }
retry: { limit: 1, backoff: 0s }
`;
    const { status, stderr } = await run(manifest);
    assert.equal(status, 0, stderr);
    // Cut, then busy, then done: the wait for the stranger is no attempt.
    assert.equal(strangers, 1);
    assert.equal(server.count("plecs.simulate"), 3);
    assert.ok(Math.abs((await rows())[0]!.result!.y1! - charged(DEFAULT_SPAN)) < 1e-12);
    const { stdout } = await simrun(["explain", "rc", "--tree", tree]);
    assert.match(stdout, /failed for a passing reason/);
    // PLECS was restarted since: the model is not open any more.
    server.open.clear();
    const more = await run(
      manifest.replace("wait: 10s", "wait: 10s, solver: { TimeSpan: 0.001 }"),
      "--rerun",
      "changed",
    );
    assert.equal(more.status, 0, more.stderr);
  });
});

Deno.test("a model that is not open any more is loaded again in the middle of a campaign", async () => {
  let simulations = 0;
  const forget = { now: () => {} };
  const before: StandInOptions["before"] = (call) => {
    if (isSimulate(call) && ++simulations === 2) forget.now();
    return undefined;
  };
  await onBench({ before }, async ({ server, run }) => {
    forget.now = () => server.open.clear();
    const { status, stderr } = await run(`
id: rc
model: { plecs: ./rc.plecs, url: URL, batch: 2 }
sweep: { R: [1, 2, 3, 4] }
`);
    assert.equal(status, 0, stderr);
    assert.deepEqual(server.batches.map(({ length }) => length), [2, 2, 2]);
    assert.equal(server.count("plecs.load"), 2);
  });
});

Deno.test("of several slots one speaks to a PLECS, whoever needs it; others do other work", async () => {
  await onBench({ simulateMs: 120 }, async ({ server, run, folder }) => {
    await place(folder, "other/rc.plecs", "gain 2");
    await place(
      folder,
      "quick.js",
      "export const init = () => ({}); export const step = () => {};",
    );
    const { status, stderr } = await run(
      `
jobs:
  - { id: a, model: { plecs: ./rc.plecs, url: URL, batch: 2 }, sweep: { R: [1, 2, 3, 4] } }
  - { id: b, model: { plecs: ./other/rc.plecs, url: URL, batch: 2 }, sweep: { R: [1, 2, 3, 4] }, priority: high }
  - { id: c, model: ./quick.js, steps: 10, sweep: { x: [1, 2, 3] } }
`,
      "-j",
      "3",
    );
    assert.equal(status, 0, stderr);
    assert.equal(server.collisions, 0);
    const { stdout } = await simrun(["results", "b", "--tree", join(folder, "tree"), "--json"]);
    const rows = JSON.parse(stdout) as Row[];
    // Two models of one name are never taken for each other.
    for (const { parameters: { R }, result } of rows) {
      assert.ok(Math.abs(result!.y1! - 2 * charged(DEFAULT_SPAN, { R: R! })) < 1e-12);
    }
    assert.deepEqual(server.batches.map(({ length }) => length), [2, 2, 2, 2]);
  });
});

const SEGMENTED = `
id: long
model:
  plecs: ./rc.plecs
  url: URL
  signals: [v, i]
  segments: 20
  solver: { TimeSpan: 0.004 }
  measure: 100
  results:
    mean: { signal: v, of: mean, from: 0.0005, to: 0.0035 }
    rms: { signal: i, of: rms }
    end: { signal: v }
checkpoint_every: 1
`;

Deno.test("segments killed in the middle go on from the last one, to the same bits", async () => {
  await onBench({ simulateMs: 25 }, async ({ server, run, rows, tree, folder, manifest }) => {
    const golden = await run(SEGMENTED);
    assert.equal(golden.status, 0, golden.stderr);
    const [{ result }] = await rows() as [Row];
    assert.ok(Math.abs(result!.end! - charged(0.004)) < 1e-12);
    const series = await seriesOf(tree);
    assert.equal(server.count("plecs.simulate"), 20);

    const killedTree = join(folder, "killed");
    const path = await manifest(SEGMENTED);
    const killed = startSimrun(["run", path, "--tree", killedTree, "-j", "1"]);
    const saved = () => namesIn(join(killedTree, "checkpoints/long/long"));
    await until(() => saved().some((name) => name >= "step-000000000008.ckpt"), "it is that far");
    const slots = slotsOf(killed.pid);
    assert.equal(slots.length, 1);
    killed.kill("SIGKILL");
    await killed.status;
    await until(() => !slots.some(isAlive), "its slot is gone");
    const before = server.count("plecs.simulate");
    const { status, stderr } = await simrun(["resume", "--tree", killedTree]);
    assert.equal(status, 0, stderr);
    const step = Number(/goes on at step (\d+)/.exec(stderr)?.[1]);
    assert.ok(step >= 8);
    assert.equal(server.count("plecs.simulate") - before, 20 - step);
    const { stdout } = await simrun(["results", "--tree", killedTree, "--json"]);
    assert.deepEqual(JSON.parse(stdout)[0].result, result);
    assert.equal(await seriesOf(killedTree), series);
    await assertSound(killedTree);
  });
});

Deno.test("Ctrl-C between segments saves; in a call of many it waits for the answer, and loses nothing", async () => {
  await onBench({ simulateMs: 40 }, async ({ server, tree, manifest }) => {
    const run = startSimrun(["run", await manifest(SEGMENTED), "--tree", tree, "-j", "1"]);
    await until(() => server.count("plecs.simulate") > 5, "it is that far");
    run.kill("SIGINT");
    assert.equal((await run.status).code, 130);
    const { status, stderr } = await simrun(["resume", "--tree", tree]);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /goes on at step ([6-9]|1\d)/);
    assert.equal(server.count("plecs.simulate"), 20);
  });
  const text =
    "{ id: rc, model: { plecs: ./rc.plecs, url: URL, batch: 2 }, sweep: { R: [1, 2, 3, 4] } }";
  await onBench({ simulateMs: 1_000 }, async ({ server, tree, manifest }) => {
    const run = startSimrun(["run", await manifest(text), "--tree", tree, "-j", "1"]);
    await until(() => server.running > 0, "it simulates");
    run.kill("SIGINT");
    assert.equal((await run.status).code, 130);
    const { status, stderr } = await simrun(["resume", "--tree", tree]);
    assert.equal(status, 0, stderr);
    assert.deepEqual(server.batches.map((runs) => runs.map(({ R }) => R)), [[1, 2], [3, 4]]);
  });
});

Deno.test("killed in the middle of a call, simrun waits for PLECS to be done with it", async () => {
  let server: StandIn | undefined;
  await onBench({ until: () => server!.collisions > 0 }, async (bench) => {
    server = bench.server;
    const { tree, manifest, rows } = bench;
    const text =
      "{ id: rc, model: { plecs: ./rc.plecs, url: URL }, sweep: { R: [1, 2] }, retry: { limit: 0 } }";
    const run = startSimrun(["run", await manifest(text), "--tree", tree, "-j", "1"]);
    await until(() => server!.running > 0, "it simulates");
    run.kill("SIGKILL");
    await run.status;
    const { status, stderr } = await simrun(["resume", "--tree", tree]);
    assert.equal(status, 0, stderr);
    assert.equal((await rows()).length, 2);
  });
});

Deno.test("a run out of its time fails with timeout, and PLECS was told the limit", async () => {
  await onBench({}, async ({ run, rows }) => {
    const { status, stderr } = await run(`
id: rc
model: { plecs: ./rc.plecs, url: URL }
timeout: 30s
sweep: { seconds: [1, 100] }
`);
    assert.equal(status, 3);
    assert.match(
      stderr,
      /took longer than its timeout: .*time limit of 30 s \(Simulation timed out\)/,
    );
    assert.equal((await rows()).filter(({ result }) => result !== null).length, 1);
  });
});

Deno.test("plan and validate need no PLECS; a run without one tells what to do", async () => {
  await onBench({}, async ({ server, run, manifest, tree }) => {
    const text = `
id: rc
model: { plecs: ./rc.plecs, url: "http://localhost:PORT" }
retry: { limit: 1, backoff: 0s }
`;
    const off = new StandIn();
    const { port } = off;
    await off.close();
    const here = text.replace("PORT", String(port));
    const plan = await run(here, "-n");
    assert.equal(plan.status, 0, plan.stderr);
    const valid = await simrun(["validate", await manifest(here)]);
    assert.equal(valid.status, 0, valid.stderr);
    const { status, stderr } = await run(here);
    assert.equal(status, 3);
    assert.match(
      stderr,
      /nobody answers at http:\/\/localhost:\d+: start PLECS, switch on its RPC interface/,
    );
    const gone = await run(text.replace("rc.plecs", "gone.plecs").replace("PORT", "1"));
    assert.equal(gone.status, 2);
    assert.match(gone.stderr, /There is no file .*gone\.plecs/);
    assert.equal(server.calls.length, 0);
    // What it advises works.
    const there = new StandIn({}, port);
    try {
      const resumed = await simrun(["resume", "--tree", tree]);
      assert.equal(resumed.status, 0, resumed.stderr);
      assert.equal(there.count("plecs.simulate"), 1);
    } finally {
      await there.close();
    }
  });
});

Deno.test("HTML, a busy PLECS, a signal that is not there, and an empty window: each has its sentence", async () => {
  let spoilt: ReturnType<NonNullable<StandInOptions["spoil"]>>;
  let isBusy = false;
  const before = () => {
    if (isBusy) throw new Refusal(-1, "Server is busy");
    return undefined;
  };
  await onBench({ spoil: () => spoilt, before }, async ({ run }) => {
    const told = async (model: string, words: RegExp) => {
      const text =
        `{ id: rc, model: { plecs: ./rc.plecs, url: URL, ${model} }, retry: { limit: 0 } }`;
      const { status, stderr } = await run(text, "--rerun", "all");
      assert.equal(status, 3, stderr);
      assert.match(stderr, words);
    };
    await told(
      "results: { x: { signal: 3 } }",
      /the result "x" is of signal 3, and the outports .* give 2 signals: add an Outport block/,
    );
    await told(
      "results: { x: { signal: 1, from: 9 } }",
      /nothing of the simulation lies in the window of the result "x" \(from 9 to its end/,
    );
    isBusy = true;
    await told(
      "wait: 0s",
      /is busy with something else \(Server is busy\): wait for what computes there/,
    );
    isBusy = false;
    spoilt = { status: 200, type: "text/html", body: "<html>Jupyter</html>" };
    await told(
      "protocol: json",
      /is no PLECS \(a page of HTML, status 200\): check url: in the manifest/,
    );
  });
});

Deno.test("a figure that is no number is told of, or fails its run, as on_nan says", async () => {
  const before: StandInOptions["before"] = (call) =>
    isSimulate(call) ? { Time: [0, 1], Values: [[1, null]] } : undefined;
  await onBench({ before }, async ({ run, rows }) => {
    const { status, stderr } = await run(`
defaults: { model: { plecs: ./rc.plecs, url: URL } }
jobs:
  - { id: strict, on_nan: fail }
  - { id: lenient, on_nan: warn }
`);
    assert.equal(status, 3);
    assert.match(stderr, /strict.*measured what is no number: y1 is NaN/);
    assert.match(stderr, /lenient.*y1 is NaN/);
    assert.deepEqual((await rows()).map(({ job }) => job), ["lenient"]);
  });
});

async function assertSound(tree: string): Promise<void> {
  const { status, stderr } = await simrun(["verify", "--tree", tree]);
  assert.equal(status, 0, stderr);
}

async function seriesOf(tree: string): Promise<string> {
  return await Deno.readTextFile(join(tree, "recent/long/long/series.csv"));
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}
