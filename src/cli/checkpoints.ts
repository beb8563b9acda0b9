/** `simrun checkpoints`: lists saved states with a look into each file. */
import { join } from "node:path";
import { EXIT, Fault } from "../job/fault.ts";
import { runName } from "../job/run.ts";
import { formatAge, formatBytes, formatCount, formatNumberOf } from "../report/format.ts";
import { safeText } from "../screen/safe_text.ts";
import { renderTable } from "../screen/table.ts";
import {
  type Checkpoint,
  listCheckpoints,
  type ListedCheckpoint,
  readCheckpoint,
} from "../store/checkpoint.ts";
import type { Layout } from "../store/layout.ts";
import { homeOf, journalsOf } from "../store/shards.ts";
import { openTree, subfolders } from "../store/tree.ts";
import {
  type CliContext,
  columnsOf,
  paintOf,
  printJson,
  printLines,
  say,
  treeRoot,
} from "./context.ts";
import { exportCheckpoint, type ExportFlags } from "./export_checkpoint.ts";
import { findRun, readTree } from "./tree_reader.ts";

interface Examined {
  readonly run: string;
  readonly step: number;
  readonly file: string;
  readonly bytes: number;
  readonly ageMs: number | undefined;
  /** Bytes of the state before compression; undefined when the file cannot be read. */
  readonly rawBytes: number | undefined;
  readonly problem: string | undefined;
}

export async function checkpoints(
  context: CliContext,
  flags: ExportFlags,
  args: readonly string[],
): Promise<number> {
  const [first, second] = args;
  if (first === "export") return await exportCheckpoint(context, flags, second);
  if (flags.output !== undefined || flags.step !== undefined || flags.format !== undefined) {
    throw new Fault("usage", "--step, --format and -o are for an export.", {
      hint: `Type simrun checkpoints export ${first ?? "RUN"} -o PATH.`,
    });
  }
  if (first === "list") return await list(context, flags, second);
  if (second !== undefined) {
    throw new Fault("usage", `"${second}" is one argument too many.`, {
      hint: "simrun checkpoints --help tells what it takes.",
    });
  }
  return await list(context, flags, first);
}

async function list(
  context: CliContext,
  flags: ExportFlags,
  word: string | undefined,
): Promise<number> {
  const examined: Examined[] = [];
  for (const { layout, job, run } of await chosenRuns(context, flags, word)) {
    for (const listed of await listCheckpoints(layout.checkpointFolder(job, run))) {
      const one = await examine(context, runName(job, run), listed);
      if (one !== undefined) examined.push(one);
    }
  }
  if (flags.json) printJson(context.stdout, examined.map(examinedJson));
  else if (examined.length === 0) {
    say(
      context,
      flags,
      word === undefined ? "The tree holds no checkpoints." : `${word} has none.`,
    );
  } else printTable(context, examined);
  const bad = examined.filter(({ problem }) => problem !== undefined).length;
  if (bad > 0) {
    say(
      context,
      flags,
      `${formatNumberOf(bad, "checkpoint")} cannot be used; simrun goes on from an older one.`,
    );
  }
  return EXIT.completed.status;
}

async function chosenRuns(
  context: CliContext,
  flags: ExportFlags,
  word: string | undefined,
): Promise<{ layout: Layout; job: string; run: string }[]> {
  const runs: { layout: Layout; job: string; run: string }[] = [];
  if (word !== undefined) {
    const { layout, history } = await readTree(context, flags);
    const jobHistory = history.jobs.get(word);
    if (jobHistory?.job?.sweep === undefined) {
      const { job, run } = findRun(history, word);
      return [{ layout: homeOf(layout, history.shardOf(job, run)), job, run }];
    }
    for (const { layout: home } of journalsOf(layout)) {
      for (const run of await subfolders(join(home.checkpointRoot, word))) {
        runs.push({ layout: home, job: word, run });
      }
    }
    return runs;
  }
  for (const { layout } of journalsOf(await openTree(treeRoot(context, flags), "read"))) {
    for (const job of await subfolders(layout.checkpointRoot)) {
      for (const run of await subfolders(join(layout.checkpointRoot, job))) {
        runs.push({ layout, job, run });
      }
    }
  }
  return runs;
}

/** Undefined when a simrun that works on the tree has removed it since it was listed. */
async function examine(
  context: CliContext,
  run: string,
  listed: ListedCheckpoint,
): Promise<Examined | undefined> {
  const { step, file } = listed;
  const info = await Deno.stat(listed.path).catch(() => undefined);
  if (info === undefined) return undefined;
  const bytes = info.size;
  const ageMs = info.mtime === null ? undefined : context.now().getTime() - info.mtime.getTime();
  try {
    const rawBytes = rawSize(await readCheckpoint(listed.path));
    return { run, step, file, bytes, ageMs, rawBytes, problem: undefined };
  } catch (error) {
    if (await Deno.lstat(listed.path).catch(() => undefined) === undefined) return undefined;
    const problem = error instanceof Error ? error.message : String(error);
    return { run, step, file, bytes, ageMs, rawBytes: undefined, problem };
  }
}

function rawSize({ snapshot }: Checkpoint): number {
  return snapshot.tensors.reduce((sum, tensor) => sum + tensor.bytes.length, snapshot.plain.length);
}

function printTable(context: CliContext, examined: readonly Examined[]): void {
  const paint = paintOf(context.stdout);
  const rows = examined.map((one, i) => [
    one.run === examined[i - 1]?.run ? "" : safeText(one.run),
    formatCount(one.step),
    one.ageMs === undefined ? "" : formatAge(one.ageMs),
    formatBytes(one.bytes),
    one.rawBytes === undefined || one.bytes === 0 ? "" : (one.rawBytes / one.bytes).toFixed(2),
    one.problem === undefined ? paint.good("valid") : paint.bad(safeText(one.problem)),
  ]);
  printLines(
    context.stdout,
    renderTable(
      [
        { title: "run", shrinkTo: 12 },
        { title: "step", align: "right" },
        { title: "saved" },
        { title: "size", align: "right" },
        { title: "ratio", align: "right" },
        { title: "", shrinkTo: 12 },
      ],
      rows,
      { columns: columnsOf(context.stdout), header: paint.faint },
    ),
  );
}

function examinedJson(one: Examined): Record<string, unknown> {
  return {
    run: one.run,
    step: one.step,
    file: one.file,
    bytes: one.bytes,
    ...(one.rawBytes === undefined ? {} : { raw_bytes: one.rawBytes }),
    ...(one.ageMs === undefined ? {} : { age_seconds: Math.max(0, Math.round(one.ageMs / 1000)) }),
    valid: one.problem === undefined,
    ...(one.problem === undefined ? {} : { problem: one.problem }),
  };
}
