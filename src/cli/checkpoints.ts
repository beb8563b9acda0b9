/** `simrun checkpoints`: lists saved states with a look into each file, and exports one for other programs. */
import { join, resolve } from "node:path";
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
import { diskFault } from "../store/disk.ts";
import { exportNpy, exportSafetensors } from "../store/export.ts";
import type { Layout } from "../store/layout.ts";
import { openTree, subfolders } from "../store/tree.ts";
import {
  type CliContext,
  columnsOf,
  type GlobalFlags,
  paintOf,
  printJson,
  printLines,
  say,
  treeRoot,
} from "./context.ts";
import { findRun, readTree } from "./tree_reader.ts";

interface CheckpointFlags extends GlobalFlags {
  readonly step?: number | undefined;
  readonly format?: "safetensors" | "npy" | undefined;
  readonly output?: string | undefined;
  readonly force: boolean;
}

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
  flags: CheckpointFlags,
  args: readonly string[],
): Promise<number> {
  const [first, second] = args;
  if (first === "export") return await exportOne(context, flags, second);
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
  flags: CheckpointFlags,
  word: string | undefined,
): Promise<number> {
  const { layout, runs } = await chosenRuns(context, flags, word);
  const examined: Examined[] = [];
  for (const { job, run } of runs) {
    for (const listed of await listCheckpoints(layout.checkpointFolder(job, run))) {
      examined.push(await examine(context, runName(job, run), listed));
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
  flags: CheckpointFlags,
  word: string | undefined,
): Promise<{ layout: Layout; runs: { job: string; run: string }[] }> {
  if (word !== undefined) {
    const { layout, history } = await readTree(context, flags);
    const jobHistory = history.jobs.get(word);
    if (jobHistory?.job?.sweep === undefined) {
      return { layout, runs: [findRun(history, word)] };
    }
    const runs = await subfolders(join(layout.checkpointRoot, word));
    return { layout, runs: runs.map((run) => ({ job: word, run })) };
  }
  const layout = await openTree(treeRoot(context, flags), "read");
  const runs: { job: string; run: string }[] = [];
  for (const job of await subfolders(layout.checkpointRoot)) {
    for (const run of await subfolders(join(layout.checkpointRoot, job))) runs.push({ job, run });
  }
  return { layout, runs };
}

async function examine(
  context: CliContext,
  run: string,
  listed: ListedCheckpoint,
): Promise<Examined> {
  const { step, file } = listed;
  const info = await Deno.stat(listed.path).catch(() => undefined);
  const bytes = info?.size ?? 0;
  const ageMs = info?.mtime == null ? undefined : context.now().getTime() - info.mtime.getTime();
  try {
    const rawBytes = rawSize(await readCheckpoint(listed.path));
    return { run, step, file, bytes, ageMs, rawBytes, problem: undefined };
  } catch (error) {
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

async function exportOne(
  context: CliContext,
  flags: CheckpointFlags,
  word: string | undefined,
): Promise<number> {
  if (word === undefined) {
    throw new Fault("usage", "An export needs the name of a run.", {
      hint: "Type simrun checkpoints export RUN -o PATH.",
    });
  }
  if (flags.output === undefined) {
    throw new Fault("usage", "An export needs a place to write to.", {
      hint: `Type simrun checkpoints export ${word} -o PATH.`,
    });
  }
  const { layout, history } = await readTree(context, flags);
  const { job, run } = findRun(history, word);
  const name = runName(job, run);
  const listed = await listCheckpoints(layout.checkpointFolder(job, run));
  const checkpoint = await chooseCheckpoint(name, listed, flags.step);
  const path = resolve(context.cwd, flags.output);
  const written = flags.format === "npy"
    ? await writeNpy(checkpoint, path, flags.force)
    : await writeSafetensors(checkpoint, path, flags.force);
  if (flags.json) {
    printJson(context.stdout, { run: name, step: checkpoint.identity.step, files: written });
  } else {
    say(
      context,
      flags,
      `${name}, step ${formatCount(checkpoint.identity.step)}: wrote ${
        written.length === 1 ? written[0] : `${formatNumberOf(written.length, "file")} in ${path}`
      }`,
    );
  }
  return EXIT.completed.status;
}

/** The one of a step, or the newest that can be read. */
async function chooseCheckpoint(
  name: string,
  listed: readonly ListedCheckpoint[],
  step: number | undefined,
): Promise<Checkpoint> {
  const newestFirst = [...listed].sort((a, b) => b.step - a.step);
  const steps = newestFirst.map((one) => formatCount(one.step)).join(", ");
  const candidates = newestFirst.filter((one) => step === undefined || one.step === step);
  if (candidates.length === 0) {
    throw new Fault(
      "not-found",
      step === undefined
        ? `${name} has no checkpoints.`
        : `${name} has no checkpoint of step ${formatCount(step)}.`,
      { hint: listed.length === 0 ? "simrun checkpoints lists all." : `It has steps ${steps}.` },
    );
  }
  let reason: unknown;
  for (const candidate of candidates) {
    try {
      return await readCheckpoint(candidate.path);
    } catch (error) {
      reason ??= error;
    }
  }
  const message = reason instanceof Error ? reason.message : String(reason);
  throw new Fault("tree-damaged", `No checkpoint of ${name} can be read: ${message}`, {
    cause: reason,
  });
}

async function writeSafetensors(
  checkpoint: Checkpoint,
  path: string,
  force: boolean,
): Promise<string[]> {
  await writeNew(path, exportSafetensors(checkpoint), force);
  return [path];
}

/** A folder with a `.npy` file an array and the rest of the state as `state.json`. */
async function writeNpy(checkpoint: Checkpoint, folder: string, force: boolean): Promise<string[]> {
  const { tensors, plain } = checkpoint.snapshot;
  if (folder.endsWith(".npy")) {
    if (tensors.length !== 1) {
      throw new Fault(
        "usage",
        `The state has ${formatNumberOf(tensors.length, "array")}, not one.`,
        {
          hint: "Name a folder with -o, e.g. -o state/; each array becomes a file in it.",
        },
      );
    }
    await writeNew(folder, exportNpy(tensors[0]!), force);
    return [folder];
  }
  await Deno.mkdir(folder, { recursive: true }).catch((error) => {
    throw diskFault(error, folder);
  });
  const written: string[] = [];
  const taken = new Set<string>();
  for (const tensor of tensors) {
    const path = join(folder, `${fileStem(tensor.name, taken)}.npy`);
    await writeNew(path, exportNpy(tensor), force);
    written.push(path);
  }
  const rest = join(folder, "state.json");
  await writeNew(rest, new TextEncoder().encode(plain + "\n"), force);
  return [...written, rest];
}

/** A name in a state is the model author's: as a file name it is tamed, and never meant twice. */
function fileStem(name: string, taken: Set<string>): string {
  const tame = name.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^[.]+/, "_").slice(0, 100) || "array";
  let stem = tame;
  for (let i = 2; taken.has(stem.toLowerCase()); i++) stem = `${tame}-${i}`;
  taken.add(stem.toLowerCase());
  return stem;
}

async function writeNew(path: string, bytes: Uint8Array, force: boolean): Promise<void> {
  try {
    await Deno.writeFile(path, bytes, { createNew: !force });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new Fault("usage", `${path} is there already.`, {
        hint: "Choose another place, or overwrite it with --force.",
      });
    }
    throw diskFault(error, path);
  }
}
