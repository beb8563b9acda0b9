/** `simrun checkpoints export`: a saved state as plain files that other programs open. Overwrites only when told to. */
import { join, resolve } from "node:path";
import { EXIT, Fault } from "../job/fault.ts";
import { runName } from "../job/run.ts";
import { formatCount, formatNumberOf } from "../report/format.ts";
import { safeText } from "../screen/safe_text.ts";
import {
  type Checkpoint,
  listCheckpoints,
  type ListedCheckpoint,
  readCheckpoint,
} from "../store/checkpoint.ts";
import { diskFault } from "../store/disk.ts";
import { exportNpy, exportSafetensors } from "../store/export.ts";
import { homeOf } from "../store/shards.ts";
import { type CliContext, type GlobalFlags, printJson, say } from "./context.ts";
import { fileStem } from "./file_stem.ts";
import { findRun, readTree } from "./tree_reader.ts";

type ExportFormat = "safetensors" | "npy";

export interface ExportFlags extends GlobalFlags {
  readonly step?: number | undefined;
  readonly format?: ExportFormat | undefined;
  readonly output?: string | undefined;
  readonly force: boolean;
}

export async function exportCheckpoint(
  context: CliContext,
  flags: ExportFlags,
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
  const format = exportFormat(flags.output, flags.format);
  const { layout, history } = await readTree(context, flags);
  const { job, run } = findRun(history, word);
  const name = runName(job, run);
  const home = homeOf(layout, history.shardOf(job, run));
  const listed = await listCheckpoints(home.checkpointFolder(job, run));
  const checkpoint = await chooseCheckpoint(name, listed, flags.step);
  const path = resolve(context.cwd, flags.output);
  const written = format === "npy"
    ? await writeNpy(checkpoint, path, flags.force)
    : await writeSafetensors(checkpoint, path, flags.force);
  if (flags.json) {
    printJson(context.stdout, { run: name, step: checkpoint.identity.step, files: written });
  } else {
    say(
      context,
      flags,
      safeText(
        `${name}, step ${formatCount(checkpoint.identity.step)}: wrote ${
          written.length === 1 ? written[0] : `${formatNumberOf(written.length, "file")} in ${path}`
        }`,
      ),
    );
  }
  return EXIT.completed.status;
}

/** What the name of the output says; a name that contradicts `--format` is one of the two by mistake. */
export function exportFormat(output: string, asked: ExportFormat | undefined): ExportFormat {
  const named = formatOfName(output);
  if (asked === undefined && named !== undefined) return named;
  if (asked === undefined) {
    throw new Fault("usage", `"${output}" does not tell in which format to write.`, {
      hint: "Name a file.safetensors, a file.npy or a folder/, or give --format.",
    });
  }
  const isFolder = output.endsWith("/");
  if (named !== undefined && named !== asked) {
    throw new Fault(
      "usage",
      `--format ${asked} contradicts -o ${output}${isFolder ? ", a folder" : ""}.`,
      { hint: "Leave --format out, or give the file another name." },
    );
  }
  return asked;
}

function formatOfName(output: string): ExportFormat | undefined {
  if (/\.safetensors$/i.test(output)) return "safetensors";
  // A folder takes a file for each array.
  return /\.npy$|\/$/i.test(output) ? "npy" : undefined;
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
  if (/\.npy$/i.test(folder)) {
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
