/** What simrun adds to a step: a run with checkpoints off against the same model in a bare loop. */
import assert from "node:assert/strict";
import {
  baselinePath,
  completedRun,
  denoRun,
  eventsOf,
  modelPath,
  simrun,
  withFolder,
  writeManifest,
} from "./commands.ts";
import type { Goal, Line, Section } from "./report.ts";
import type { Sizes } from "./sizes.ts";
import { inTurns, median } from "./statistics.ts";

const RATE = 3.9;
const BARE = "bare loop, deno run";

export async function measureSteps(sizes: Sizes): Promise<Section> {
  const nsPerIteration = await calibrate();
  const lines: Line[] = [];
  const aims = [
    { stepNs: 1000, name: "1 µs", ratioMax: 1.02 },
    { stepNs: 100, name: "100 ns", ratioMax: 1.10 },
  ];
  for (const { stepNs, name, ratioMax } of aims) {
    const work = Math.max(1, Math.round(stepNs / nsPerIteration));
    const steps = Math.ceil(sizes.stepComputeMs * 1e6 / stepNs);
    const times = await withFolder((folder) => race(folder, work, steps, sizes.stepRounds));
    const ns = (values: readonly number[]) => median(values) * 1e6 / steps;
    const goal: Goal = { of: "ratio", atMost: ratioMax };
    lines.push({
      what: `a step of about ${name}`,
      simrun: { value: ns(times.simrunMs), unit: "ns" },
      baseline: { value: ns(times.bareMs), unit: "ns", name: BARE },
      goal,
    }, {
      what: `the whole command, ${(steps / 1e6).toLocaleString("en")} million steps`,
      simrun: { value: median(times.simrunWallMs) / 1000, unit: "s" },
      baseline: { value: median(times.bareWallMs) / 1000, unit: "s", name: BARE },
    });
  }
  const notes = [
    `Medians of ${sizes.stepRounds}, in turns. A step's time is the run's computing time in the`,
    "journal, and the loop's own time, compilation included. The whole command has the start of",
    "simrun in it, once.",
  ];
  return { title: "Steps, checkpoints off", lines, notes };
}

interface Times {
  readonly simrunMs: number[];
  readonly simrunWallMs: number[];
  readonly bareMs: number[];
  readonly bareWallMs: number[];
}

async function race(folder: string, work: number, steps: number, rounds: number): Promise<Times> {
  const model = modelPath("logistic.mjs");
  const parameters = { rate: RATE, work };
  const manifest = await writeManifest(folder, {
    id: "steps",
    model,
    steps,
    checkpoint_every: "off",
    parameters,
  });
  const simrunWallMs: number[] = [];
  const bareWallMs: number[] = [];
  const results = new Set<string>();
  const { simrunMs, bareMs } = await inTurns(rounds, {
    simrunMs: async () => {
      const tree = `${folder}/${crypto.randomUUID()}`;
      const { wallMs } = await simrun(["run", manifest, "--tree", tree, "-j", "1", "-q"]);
      const { ms, result } = completedRun(await eventsOf(tree));
      simrunWallMs.push(wallMs);
      results.add(JSON.stringify(result));
      return ms;
    },
    bareMs: async () => {
      const script = baselinePath("bare_loop.mjs");
      const args = [`file://${model}`, String(steps), JSON.stringify(parameters)];
      const { wallMs, stdout } = await denoRun([script, ...args]);
      const { ms, result } = JSON.parse(stdout) as { ms: number; result: unknown };
      bareWallMs.push(wallMs);
      results.add(JSON.stringify(result));
      return ms;
    },
  });
  assert.equal(results.size, 1, "simrun and the bare loop computed different things");
  return { simrunMs, bareMs, simrunWallMs, bareWallMs };
}

/** Nanoseconds that one turn of the model's inner loop takes here. */
async function calibrate(): Promise<number> {
  const { init, step } = await import("./models/logistic.mjs");
  const state = init();
  const ctx = { params: { rate: RATE, work: 1000 } };
  const nsOf = (steps: number): number => {
    const begin = performance.now();
    for (let i = 0; i < steps; i++) step(state, ctx);
    return (performance.now() - begin) * 1e6 / steps / ctx.params.work;
  };
  nsOf(2000); // Until it is compiled.
  // The least of many: what the machine can do when nobody else takes the core.
  return Math.min(...Array.from({ length: 100 }, () => nsOf(100)));
}
