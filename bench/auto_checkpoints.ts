/** `checkpoint_every: auto` where it saves most often: what it costs, and what a kill at any moment loses. */
import assert from "node:assert/strict";
import { checkpointInterval } from "../src/job/checkpoint_interval.ts";
import { calibrate, runField, type Saved } from "./checkpoints.ts";
import { eventsOf, killedSimrun, withFolder } from "./commands.ts";
import type { Section } from "./report.ts";
import type { Sizes } from "./sizes.ts";
import { inTurns, lowerQuartile, median } from "./statistics.ts";

/** With a failure in each such time no more than 1 % for checkpoints is what decides. */
const LIMIT_S = 60;
const ARGS = ["--time-limit", `${LIMIT_S}s`];

export function measureAutoCheckpoints(all: Sizes): Promise<Section> {
  return withFolder(async (folder) => {
    const sizes = { ...all, fieldBytes: all.autoBytes, fieldComputeMs: all.autoComputeMs };
    const steps = await calibrate(folder, sizes);
    const saved: Saved[] = [];
    const off = async () => (await runField(folder, sizes, { steps, every: "off" })).ms;
    const { saving, without, again } = await inTurns(sizes.autoRounds, {
      saving: async () => {
        const run = await runField(folder, sizes, { steps, every: "auto", args: ARGS });
        saved.push(...run.saved);
        return run.ms;
      },
      without: off,
      // What the machine makes of one and the same thing: no ratio can be told finer than this.
      again: off,
    });
    const costsMs = saved.map(costOf);
    const intervalMs = everyMs(median(costsMs));
    const lost: { readonly ms: number; readonly share: number }[] = [];
    for (let i = 0; i < sizes.autoKills; i++) {
      lost.push(await killOnce(folder, sizes, steps, intervalMs));
    }
    const worst = lost.reduce((a, b) => (b.share > a.share ? b : a));
    const offMs = lowerQuartile([...without, ...again]);
    return {
      title: `Checkpoints at the run's own choice, a state of ${sizes.fieldBytes / 2 ** 20} MiB`,
      lines: [
        {
          what: "computing time, checkpoint_every: auto",
          simrun: { value: lowerQuartile(saving) / 1000, unit: "s" },
          baseline: { value: offMs / 1000, unit: "s", name: "checkpoints off" },
          goal: { of: "ratio", atMost: 1.01 },
        },
        {
          what: "the same without any, to see the noise",
          simrun: { value: lowerQuartile(again) / 1000, unit: "s" },
          baseline: { value: lowerQuartile(without) / 1000, unit: "s", name: "checkpoints off" },
        },
        {
          what: "stall and writing, one checkpoint",
          simrun: { value: median(costsMs), unit: "ms" },
          baseline: { value: intervalMs, unit: "ms", name: "the interval that follows from it" },
          goal: { of: "ratio", atMost: 0.0101 },
        },
        {
          what: `work lost by a kill, the worst of ${lost.length}`,
          simrun: { value: worst.ms / 1000, unit: "s" },
          baseline: { value: worst.ms / worst.share / 1000, unit: "s", name: "its interval" },
          // Until it is written a checkpoint does not count: 1 % of the interval, mostly.
          goal: { of: "ratio", atMost: 1.05 },
        },
      ],
      notes: [
        `With --time-limit ${LIMIT_S}s, so that it saves as often as it ever does: every ${
          (intervalMs / 1000).toFixed(1)
        } s.`,
        `With a failure a day it would be every ${
          (checkpointInterval(median(costsMs), 86_400_000).everyMs / 1000).toFixed(0)
        } s. ${saved.length} checkpoints; kills lost ${
          lost.map(({ share }) => share.toFixed(2)).join(", ")
        } of an interval.`,
      ],
    };
  });
}

function costOf({ ms, stallMs = 0 }: Saved): number {
  return ms + stallMs;
}

function everyMs(costMs: number): number {
  return checkpointInterval(costMs, LIMIT_S * 1000).everyMs;
}

/** Killed at a moment of an interval that nobody chose, after its first checkpoint. */
async function killOnce(
  folder: string,
  sizes: Sizes,
  steps: number,
  intervalMs: number,
): Promise<{ readonly ms: number; readonly share: number }> {
  const { tree, killedAt } = await killedSimrun(folder, {
    job: {
      steps: steps * 10,
      checkpoint_every: "auto",
      parameters: { numbers: sizes.fieldBytes / Float64Array.BYTES_PER_ELEMENT },
    },
    args: ARGS,
    afterMs: Math.random() * intervalMs,
  });
  const saved = (await eventsOf(tree)).filter((event) => event.type === "run.checkpointed");
  await Deno.remove(tree, { recursive: true });
  const last = saved.at(-1);
  assert.ok(last !== undefined, "it was killed before its first checkpoint");
  const takenAt = Date.parse((last as unknown as { at: string }).at) - last.ms;
  const lostMs = Math.max(0, killedAt - takenAt);
  return { ms: lostMs, share: lostMs / everyMs(median(saved.map(costOf))) };
}
