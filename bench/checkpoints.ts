/** What checkpoints cost: computing time with and without, the gap a run sees, the time until one is durable. */
import assert from "node:assert/strict";
import type { RunEvent } from "../src/job/event.ts";
import {
  completedRun,
  eventsOf,
  modelPath,
  simrun,
  withFolder,
  writeManifest,
} from "./commands.ts";
import type { Section } from "./report.ts";
import type { Sizes } from "./sizes.ts";
import { inTurns, lowerQuartile, median } from "./statistics.ts";

export type Saved = Extract<RunEvent, { type: "run.checkpointed" }>;

interface FieldResult {
  readonly sum: number;
  readonly gapsMs: readonly { readonly step: number; readonly ms: number }[];
  readonly copiesMs: readonly number[];
}

interface FieldRun {
  readonly ms: number;
  readonly wallMs: number;
  readonly result: FieldResult;
  readonly saved: readonly Saved[];
}

export function measureCheckpoints(sizes: Sizes): Promise<Section> {
  return withFolder(async (folder) => {
    const steps = await calibrate(folder, sizes);
    const off = async () => (await runField(folder, sizes, { steps, every: "off" })).ms;
    const { saving, without, again } = await inTurns(sizes.fieldRounds, {
      saving: async () =>
        (await runField(folder, sizes, { steps, every: `${sizes.checkpointEveryMs}ms` })).ms,
      without: off,
      // What the machine makes of one and the same thing: no ratio can be told finer than this.
      again: off,
    });
    // More of them in less time: what one costs does not depend on how many there are.
    const often = sizes.checkpointEveryMs / 4;
    const rounds = Math.ceil(sizes.fieldRounds / 3);
    const looks: FieldRun[] = [];
    const writesMs: number[] = [];
    for (let i = 0; i < rounds; i++) {
      const copyEveryMs = often * 0.7;
      looks.push(await runField(folder, sizes, { steps, every: `${often}ms`, copyEveryMs }));
      for (let k = 0; k < 5; k++) writesMs.push(await plainWriteMs(folder, sizes.fieldBytes));
    }
    const stallsMs = looks.flatMap(stallsOf);
    assert.ok(stallsMs.length > 0, "no stall was seen");
    const copiesMs = looks.flatMap(({ result }) => result.copiesMs);
    const saved = looks.flatMap((look) => look.saved);
    const bytes = median(saved.map((one) => one.bytes));
    const raw = `${sizes.fieldBytes / 2 ** 20} MiB`;
    const megabytesPerSecond = (ms: readonly number[]) =>
      ({ value: sizes.fieldBytes / 1e3 / median(ms), unit: "MB/s" }) as const;
    const savedMs = saved.map((one) => one.ms);
    return {
      title: `Checkpoints of a state of ${raw}`,
      lines: [
        {
          what: `computing time, a checkpoint every ${sizes.checkpointEveryMs / 1000} s`,
          simrun: { value: lowerQuartile(saving) / 1000, unit: "s" },
          baseline: {
            value: lowerQuartile([...without, ...again]) / 1000,
            unit: "s",
            name: "checkpoints off",
          },
          goal: { of: "ratio", atMost: 1.03 },
        },
        {
          what: "the same without any, to see the noise",
          simrun: { value: lowerQuartile(again) / 1000, unit: "s" },
          baseline: { value: lowerQuartile(without) / 1000, unit: "s", name: "checkpoints off" },
        },
        {
          what: "stall of the run, one checkpoint",
          simrun: { value: median(stallsMs), unit: "ms" },
          baseline: {
            value: median(copiesMs),
            unit: "ms",
            name: "set() into a warm shared buffer",
          },
          goal: { of: "ratio", atMost: 1.5 },
        },
        {
          what: "until one is durable",
          simrun: { value: median(savedMs), unit: "ms" },
          baseline: { value: median(writesMs), unit: "ms", name: "plain write and fsync" },
        },
        {
          what: "that is, of the state",
          simrun: megabytesPerSecond(savedMs),
          baseline: { ...megabytesPerSecond(writesMs), name: "plain write and fsync" },
        },
        {
          what: "size on disk",
          simrun: { value: bytes / 1e6, unit: "MB" },
          baseline: { value: sizes.fieldBytes / 1e6, unit: "MB", name: "the state" },
        },
      ],
      notes: [
        `Computing time: lower quartiles of ${sizes.fieldRounds} rounds in turns. The rest: medians of ${saved.length} checkpoints`,
        `every ${often} ms with ${copiesMs.length} plain copies made by the same run in between.`,
        `Longest stall ${Math.max(...stallsMs).toFixed(1)} ms, longest plain copy ${
          Math.max(...copiesMs).toFixed(1)
        } ms.`,
      ],
    };
  });
}

/** The gaps at the steps of which there is a checkpoint: other gaps are the machine's. */
function stallsOf({ result, saved }: FieldRun): number[] {
  const steps = new Set(saved.map(({ step }) => step));
  return result.gapsMs.filter(({ step }) => steps.has(step)).map(({ ms }) => ms);
}

/** Steps that take about the wanted time: from few on, for what a run spends on its start misleads. */
export async function calibrate(folder: string, sizes: Sizes): Promise<number> {
  for (let steps = 100;;) {
    const { ms } = await runField(folder, sizes, { steps, every: "off" });
    const wanted = sizes.fieldComputeMs / ms;
    if (wanted < 1.5) return Math.ceil(steps * wanted);
    steps = Math.ceil(steps * Math.min(wanted, 10));
  }
}

export async function runField(
  folder: string,
  sizes: Sizes,
  job: {
    readonly steps: number;
    readonly every: string;
    readonly copyEveryMs?: number;
    readonly args?: readonly string[];
  },
): Promise<FieldRun> {
  const tree = `${folder}/${crypto.randomUUID()}`;
  const manifest = await writeManifest(folder, {
    id: "field",
    model: modelPath("field.ts"),
    steps: job.steps,
    checkpoint_every: job.every,
    parameters: {
      numbers: sizes.fieldBytes / Float64Array.BYTES_PER_ELEMENT,
      copyEveryMs: job.copyEveryMs ?? 0,
    },
  });
  const { wallMs } = await simrun([
    "run",
    manifest,
    "--tree",
    tree,
    "-j",
    "1",
    "-q",
    ...job.args ?? [],
  ]);
  const events = await eventsOf(tree);
  const run = completedRun(events);
  const saved = events.filter((event) => event.type === "run.checkpointed");
  if (job.every !== "off") assert.ok(saved.length > 0, "no checkpoint was written");
  await Deno.remove(tree, { recursive: true });
  return { ms: run.ms, wallMs, result: run.result as FieldResult, saved };
}

/** The same bytes, neither compressed nor renamed nor checked, and what any program must wait for them. */
async function plainWriteMs(folder: string, bytes: number): Promise<number> {
  const content = crypto.getRandomValues(new Uint8Array(1 << 16));
  const whole = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += content.length) {
    whole.set(content.subarray(0, bytes - at), at);
  }
  const path = `${folder}/${crypto.randomUUID()}`;
  const begin = performance.now();
  {
    using file = await Deno.open(path, { write: true, createNew: true });
    for (let sent = 0; sent < bytes;) sent += file.writeSync(whole.subarray(sent));
    file.syncSync();
  }
  const ms = performance.now() - begin;
  await Deno.remove(path);
  return ms;
}
