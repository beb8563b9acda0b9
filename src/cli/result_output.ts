/** Where results go and in which format: the file's name tells, or `--format`. A file is there whole, or not at all. */
import { dirname } from "node:path";
import { Fault } from "../job/fault.ts";
import type { Stream } from "../screen/terminal.ts";
import { replaceDurable, writeFully } from "../store/disk.ts";
import { absolutePath } from "../job/path.ts";
import type { CliContext } from "./context.ts";
import type { ResultFormat } from "./result_flags.ts";
import { gathered } from "./write_blocks.ts";

/** What a file's name says of its format. */
const ENDINGS: { readonly [ending: string]: ResultFormat } = {
  txt: "table",
  csv: "csv",
  json: "json",
  jsonl: "jsonl",
  ndjson: "jsonl",
  parquet: "parquet",
  npy: "npy",
  safetensors: "safetensors",
};

/** What no terminal shows and no pipe here carries. */
const BINARY: readonly (ResultFormat | undefined)[] = ["parquet", "npy", "safetensors"];

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
  if (output === undefined) {
    if (!BINARY.includes(asked)) return asked;
    const name = asked === "npy" ? "arrays/" : `results.${asked}`;
    throw new Fault("usage", `--format ${asked} needs a file to write to.`, {
      hint: `Name one: simrun results -o ${name}`,
    });
  }
  // A folder takes a file for each array.
  const ending = output.endsWith("/")
    ? "npy"
    : /\.([A-Za-z0-9]+)$/.exec(output)?.[1]?.toLowerCase();
  const named = ending !== undefined && Object.hasOwn(ENDINGS, ending)
    ? ENDINGS[ending]
    : undefined;
  if (ending === "svg" || ending === "png") {
    throw new Fault("usage", "A figure needs --plot, which says what is drawn.", {
      hint: `For example --plot x=co2,y=mean -o ${output}`,
    });
  }
  if (asked === undefined && named === undefined) {
    throw new Fault("usage", `"${output}" does not tell in which format to write.`, {
      hint: `Name a file that ends in ${endingsText()}, or a folder/, or give --format.`,
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
  pieces: Iterable<string> | AsyncIterable<string>,
  shown?: (stream: Stream, text: string) => string,
): Promise<void> {
  // What comes in turns of the event loop comes in blocks already.
  const blocks = Symbol.iterator in pieces ? gathered(pieces) : pieces;
  if (flags.output !== undefined) {
    const encoder = new TextEncoder();
    return await writePieces(
      context,
      flags,
      async function* () {
        for await (const block of blocks) yield encoder.encode(block);
      }(),
    );
  }
  const { stdout } = context;
  for await (const block of blocks) {
    stdout.write(shown === undefined ? block : shown(stdout, block));
  }
}

/** Bytes to the file of `-o`. */
export async function writePieces(
  context: CliContext,
  flags: { readonly output?: string | undefined; readonly force: boolean },
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  await writeWhole(await outputPath(context, flags), pieces);
}

/** Fills a new file beside its place and moves it there; an older one stays as it is until then. */
export async function writeWhole(
  path: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    await replaceDurable(path, async (file) => {
      for await (const piece of pieces) await writeFully(file, piece);
    });
  } catch (error) {
    if (!(error instanceof Fault) || error.cause === undefined) throw error;
    throw new Fault(error.code, error.message, {
      hint: "Name another place with -o, and type the same again; the tree is as it was.",
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
  if (there?.isDirectory && !output.endsWith("/")) {
    throw new Fault("usage", `${output} is a folder.`, { hint: "Name a file in it." });
  }
  if (there !== undefined && !flags.force && !(there.isDirectory && await isEmpty(path))) {
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

async function isEmpty(folder: string): Promise<boolean> {
  for await (const _ of Deno.readDir(folder)) return false;
  return true;
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then((there) => there.isDirectory, () => false);
}
