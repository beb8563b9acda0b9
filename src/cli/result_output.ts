/** Where results go and in which format: the file's name tells, or `--format`. A file is there whole, or not at all. */
import { dirname } from "node:path";
import { Fault } from "../job/fault.ts";
import type { Stream } from "../screen/terminal.ts";
import { isNoSpace, replaceDurable, writeFully } from "../store/disk.ts";
import type { FileHandle } from "../store/file_system.ts";
import { absolutePath, type CliContext } from "./context.ts";
import type { ResultFormat } from "./result_flags.ts";
import { writeBlocks } from "./write_blocks.ts";

/** What a file's name says of its format. */
const ENDINGS: { readonly [ending: string]: ResultFormat } = {
  txt: "table",
  csv: "csv",
  json: "json",
  jsonl: "jsonl",
  ndjson: "jsonl",
};

export interface OutputFlags {
  readonly format?: ResultFormat | undefined;
  readonly output?: string | undefined;
  readonly force: boolean;
  readonly json: boolean;
}

/** The format that was asked for; undefined when neither flag nor name says one. */
export function resultFormat(flags: OutputFlags): ResultFormat | undefined {
  const { output } = flags;
  const asked = flags.format ?? (flags.json ? "json" : undefined);
  if (output === undefined) return asked;
  const ending = /\.([A-Za-z0-9]+)$/.exec(output)?.[1]?.toLowerCase();
  const named = ending !== undefined && Object.hasOwn(ENDINGS, ending)
    ? ENDINGS[ending]
    : undefined;
  if (asked === undefined && named === undefined) {
    throw new Fault("usage", `"${output}" does not tell in which format to write.`, {
      hint: `Name a file that ends in ${endingsText()}, or give --format.`,
    });
  }
  if (asked !== undefined && named !== undefined && asked !== named && ending !== "txt") {
    throw new Fault(
      "usage",
      `${flags.format === undefined ? "--json" : `--format ${asked}`} contradicts -o ${output}.`,
      { hint: "Leave it out, or give the file another name." },
    );
  }
  return asked ?? named;
}

function endingsText(): string {
  const endings = Object.keys(ENDINGS).map((ending) => `.${ending}`);
  return `${endings.slice(0, -1).join(", ")} or ${endings.at(-1)}`;
}

/** Text to stdout, or to a file as a whole. `shown` is what a terminal gets of it. */
export async function writeText(
  context: CliContext,
  flags: OutputFlags,
  pieces: Iterable<string>,
  shown?: (stream: Stream, text: string) => string,
): Promise<void> {
  if (flags.output === undefined) return writeBlocks(context.stdout, pieces, shown);
  await writeResultFile(context, flags, async (file) => {
    const encoder = new TextEncoder();
    for (const block of blocks(pieces)) await writeFully(file, encoder.encode(block));
  });
}

/** Fills a new file beside its place and moves it there; an older one stays as it is until then. */
export async function writeResultFile(
  context: CliContext,
  flags: { readonly output?: string | undefined; readonly force: boolean },
  fill: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const path = await outputPath(context, flags);
  try {
    await replaceDurable(path, fill);
  } catch (error) {
    if (!isNoSpace(error)) throw error;
    throw new Fault("no-space", `${path} cannot be written: the disk is full.`, {
      hint: "Give it another place, and type the same again; the tree is as it was.",
      cause: error,
    });
  }
}

/** Refuses early, before anything is computed, what could not be written in the end. */
export async function outputPath(
  context: CliContext,
  flags: { readonly output?: string | undefined; readonly force: boolean },
): Promise<string> {
  const output = flags.output!;
  const path = absolutePath(context.cwd, output);
  const there = await Deno.stat(path).catch(() => undefined);
  if (there?.isDirectory) {
    throw new Fault("usage", `${output} is a folder.`, { hint: "Name a file in it." });
  }
  if (there !== undefined && !flags.force) {
    throw new Fault("usage", `${output} is there already.`, {
      hint: "Choose another place, or overwrite it with --force.",
    });
  }
  if (there === undefined && !await isFolder(dirname(path))) {
    throw new Fault("usage", `There is no folder ${dirname(output)} to write into.`, {
      hint: `Type mkdir -p ${dirname(output)}, or name another place.`,
    });
  }
  return path;
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then((there) => there.isDirectory, () => false);
}

const BLOCK_CHARACTERS = 1 << 16;

function* blocks(pieces: Iterable<string>): IterableIterator<string> {
  let block = "";
  for (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK_CHARACTERS) continue;
    yield block;
    block = "";
  }
  if (block !== "") yield block;
}
