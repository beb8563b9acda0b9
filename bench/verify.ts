/** How fast a tree is checked, side by side with reading it plainly and `zstd -t`; and how soon a resume computes. */
import { join } from "node:path";
import type { RunEvent } from "../src/job/event.ts";
import { JournalWriter } from "../src/store/journal.ts";
import { checkpointName, writeCheckpoint } from "../src/store/checkpoint.ts";
import { openTree } from "../src/store/tree.ts";
import {
  command,
  completedRun,
  denoRun,
  eventsOf,
  modelPath,
  simrun,
  withFolder,
  writeManifest,
} from "./commands.ts";
import type { Section } from "./report.ts";
import type { Sizes } from "./sizes.ts";
import { inTurns, median } from "./statistics.ts";

const BASELINE = "read them, zstd -t";
const EMPTY = "deno run of an empty file";

export function measureVerify(sizes: Sizes): Promise<Section> {
  return withFolder(async (folder) => {
    const empty = `${folder}/empty.ts`;
    await Deno.writeTextFile(empty, "");
    const large = await fillTree(`${folder}/large`, 1, sizes.verifyBytes, sizes.verifyFiles);
    const small = await fillTree(`${folder}/small`, sizes.verifyRuns, 4096, 3);
    const times = await inTurns(sizes.verifyRounds, {
      empty: async () => (await denoRun([empty])).wallMs,
      large: async () => (await simrun(["verify", "-q", "--tree", large.tree])).wallMs,
      largePlain: () => readPlainly(large.frames),
      small: async () => (await simrun(["verify", "-q", "--tree", small.tree])).wallMs,
      smallPlain: () => readPlainly(small.frames),
    });
    const resumes = await timeResumes(folder, sizes);
    const started = median(times.empty);
    const overMs = (all: readonly number[]) => Math.max(0.1, median(all) - started);
    const rate = (bytes: number, ms: number) =>
      ({ value: bytes / 1e3 / ms, unit: "MB/s" }) as const;
    return {
      title: "Verify and recovery",
      lines: [
        {
          what: `verify, ${sizes.verifyFiles} checkpoints of ${sizes.verifyBytes / 2 ** 20} MiB`,
          simrun: rate(large.bytes, overMs(times.large)),
          baseline: { ...rate(large.bytes, median(times.largePlain)), name: BASELINE },
          goal: { of: "ratio", atLeast: 0.5 },
        },
        {
          what: `verify, 3 small checkpoints of each of ${sizes.verifyRuns} runs`,
          simrun: { value: overMs(times.small), unit: "ms" },
          baseline: { value: median(times.smallPlain), unit: "ms", name: BASELINE },
        },
        {
          what: `resume to the first step, a tree of ${sizes.verifyRuns} runs, over the baseline`,
          simrun: { value: median(resumes) - started, unit: "ms" },
          baseline: { value: started, unit: "ms", name: EMPTY },
          goal: { of: "figure", atMost: 300 },
        },
      ],
      notes: [
        `Medians of ${sizes.verifyRounds}, in turns; without the start of Deno. The baseline checks no header, no journal.`,
      ],
    };
  });
}

interface Filled {
  readonly tree: string;
  /** Folder of the bare frames of zstd. */
  readonly frames: string;
  readonly bytes: number;
}

/** A tree of interrupted runs with their checkpoints, and the frames in them for `zstd`. */
async function fillTree(
  tree: string,
  runs: number,
  stateBytes: number,
  checkpoints: number,
): Promise<Filled> {
  const layout = await openTree(tree, "write");
  const frames = `${tree}-frames`;
  await Deno.mkdir(frames);
  const { writer } = await JournalWriter.open(layout, () => new Date());
  const names = Array.from({ length: runs }, (_, i) => `run-${String(i).padStart(6, "0")}`);
  const start = { type: "runs.started", job: "job", model: "m", steps: 1e6, attempt: 1 } as const;
  const field = new Float64Array(stateBytes / 8);
  for (let i = 0; i < field.length; i++) field[i] = 288 + 30 * Math.sin(i / 500) + (i % 7) * 1e-9;
  const tensor = {
    name: "T",
    dtype: "F64",
    length: field.length,
    bytes: new Uint8Array(field.buffer),
  } as const;
  let bytes = 0;
  for (const run of names) {
    writer.appendSoon({ ...start, runs: [run, "d"] });
    for (let step = 1; step <= checkpoints; step++) {
      const identity = { job: "job", run, digest: "d", model: "m", step, attempt: 1, epoch: 1 };
      const folder = layout.checkpointFolder("job", run);
      const saved = await writeCheckpoint(folder, {
        ...identity,
        series: { bytes: 0, crc32: 0 },
        ms: 1,
      }, { plain: '{"T":{"$tensor":"T"}}', tensors: [tensor] });
      const event: RunEvent = { type: "run.checkpointed", job: "job", run, ...saved, step };
      writer.appendSoon(event);
      const whole = await Deno.readFile(join(folder, checkpointName(step)));
      await Deno.writeFile(`${frames}/${run}-${step}.zst`, whole.subarray(48));
      bytes += stateBytes;
    }
  }
  await writer.close();
  return { tree, frames, bytes };
}

/** Every byte once through `cat`, and once more through `zstd -t`, as a person would check frames. */
async function readPlainly(frames: string): Promise<number> {
  const line =
    `cat ${frames}/* > /dev/null && find ${frames} -name '*.zst' -print0 | xargs -0 zstd -tq`;
  return (await command("sh", ["-c", line], {})).wallMs;
}

/** From the command to the first step that is computed, in a tree where so many runs are done already. */
async function timeResumes(folder: string, sizes: Sizes): Promise<number[]> {
  const done = await writeManifest(folder, {
    id: "done",
    model: modelPath("first_step.ts"),
    steps: 10,
    sweep: { i: { from: 1, to: sizes.verifyRuns, count: sizes.verifyRuns } },
  });
  const times: number[] = [];
  for (let round = 0; round < sizes.verifyRounds; round++) {
    const tree = `${folder}/resume-${round}`;
    await simrun(["run", done, "--tree", tree, "-q"]);
    // As a repair does with a run whose result was lost: one is left to be computed.
    const { run } = completedRun(await eventsOf(tree));
    const { writer } = await JournalWriter.open(await openTree(tree, "read"), () => new Date());
    const reason = "for the bench";
    await writer.append({ type: "run.repaired", job: "done", run, step: 0, again: true, reason });
    await writer.close();
    const { startedAt } = await simrun(["resume", "--tree", tree, "-q"]);
    const { result } = completedRun((await eventsOf(tree)).reverse());
    times.push((result as { firstStepAt: number }).firstStepAt - startedAt);
    await Deno.remove(tree, { recursive: true });
  }
  return times;
}
