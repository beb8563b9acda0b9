/** Finds and reads the manifests named on the command line: files, globs, folders, and `-` for stdin. */
import { absolutePath, basename, dirname, join, normalize } from "../job/path.ts";
import { Fault } from "../job/fault.ts";
import { load } from "../job/load.ts";
import { LIMITS, tooLarge } from "../manifest/limits.ts";
import type { ManifestSource } from "../manifest/source.ts";
import { suggest } from "../manifest/suggest.ts";
import { type BrokenUtf8, checkUtf8 } from "./utf8.ts";

const MANIFEST_NAME = /\.ya?ml$/i;
const GLOB = /[*?[{]/;
/** What a shell's `jobs/*` brings along: the models beside the manifests. */
const MODEL_NAME = /\.(ts|js|mjs|wasm)$/;

/** What was submitted to Slurm, as it was then. */
const SUBMISSION_FILE = "submission.json";

/** The manifests in the order of the arguments, each file once whatever it is called. */
export async function collectSources(
  args: readonly string[],
  cwd: string,
): Promise<ManifestSource[]> {
  if (args.length === 0) {
    const hint = "Type simrun jobs/*.yaml, or simrun init for an example to start from.";
    throw new Fault("no-manifest", "No manifest was named", { hint });
  }
  const seen = new Set<string>();
  const sources: ManifestSource[] = [];
  for (const arg of args) {
    for (const path of await expand(arg, cwd)) {
      const identity = identify(path, cwd);
      if (seen.has(identity)) continue;
      seen.add(identity);
      if (path === "-") sources.push(await readStdin(cwd));
      else if (basename(path) === SUBMISSION_FILE) sources.push(...await readSubmitted(path, cwd));
      else sources.push(await readManifest(path, cwd));
    }
  }
  return sources;
}

/** The paths that an argument stands for, as they will be shown. */
async function expand(arg: string, cwd: string): Promise<string[]> {
  if (arg === "-") return ["-"];
  const info = stat(arg, cwd);
  if (info?.isDirectory) return manifestsIn(arg, cwd);
  if (info !== undefined) {
    if (!MODEL_NAME.test(arg)) return [arg];
    const hint = `Name it in a manifest: model: ${arg}. The manifests alone are jobs/*.yaml.`;
    throw new Fault("no-manifest", `${arg} is a model, not a manifest`, { hint });
  }
  if (GLOB.test(arg)) return await glob(arg, cwd);
  throw missing(arg, cwd);
}

function manifestsIn(folder: string, cwd: string): string[] {
  const names = namesIn(absolutePath(cwd, folder)).filter((name) => MANIFEST_NAME.test(name));
  if (names.length === 0) {
    const hint = "Folders within it are not searched; a quoted glob like 'jobs/**/*.yaml' does.";
    throw new Fault("no-manifest", `${folder} holds no .yaml or .yml files`, { hint });
  }
  return names.sort().map((name) => normalize(join(folder, name)));
}

async function glob(pattern: string, cwd: string): Promise<string[]> {
  // Loaded here only: the shell has mostly done the work already.
  const { globSync } = await import("node:fs");
  const paths = globSync(pattern, { cwd }).filter((path) => MANIFEST_NAME.test(path));
  const files = paths.filter((path) => stat(path, cwd)?.isDirectory === false);
  if (files.length > 0) return files.sort();
  const hint = `From ${cwd} no .yaml or .yml file matches it.`;
  throw new Fault("no-manifest", `${pattern} matches no manifest`, { hint });
}

async function readManifest(path: string, cwd: string): Promise<ManifestSource> {
  const absolute = absolutePath(cwd, path);
  let bytes: Uint8Array;
  try {
    using file = await Deno.open(absolute, { read: true });
    // A pipe (`<(generate)`) has no size, so the limit is kept while reading, too.
    const { size } = await file.stat();
    if (size > LIMITS.bytes) throw refuseSize(path, size);
    bytes = await readBounded(path, file.readable);
  } catch (error) {
    throw error instanceof Fault ? error : unreadable(path, error);
  }
  return { path, folder: dirname(absolute), text: decode(path, bytes) };
}

/** The manifests of a submission: whoever changed the files since then changed nothing of it. */
async function readSubmitted(path: string, cwd: string): Promise<readonly ManifestSource[]> {
  const { text } = await readManifest(path, cwd);
  const { parseSubmission } = await load<typeof import("../slurm/submission.ts")>(
    import.meta.resolve("../slurm/submission.ts"),
  );
  const { manifests, stepMs } = parseSubmission(text, path);
  return manifests.map((manifest) => ({ ...manifest, stepMs }));
}

async function readStdin(cwd: string): Promise<ManifestSource> {
  const bytes = await readBounded("stdin", Deno.stdin.readable);
  return { path: "stdin", folder: cwd, text: decode("stdin", bytes) };
}

async function readBounded(path: string, stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > LIMITS.bytes) throw refuseSize(path, length);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw notUtf8(path, bytes);
  }
}

function notUtf8(path: string, bytes: Uint8Array): Fault {
  const broken: BrokenUtf8 = checkUtf8(bytes) ?? { offset: 0, line: 1 };
  const hint = broken.looksLike === undefined
    ? "Save it as UTF-8."
    : `It looks like ${broken.looksLike}. Save it as UTF-8.`;
  const where = `at byte ${broken.offset}, in line ${broken.line}`;
  return new Fault("manifest", `${path} is not UTF-8 ${where}`, { hint });
}

/** One name for one file, however it was reached. A pipe has none but its own. */
function identify(path: string, cwd: string): string {
  if (path === "-") return "-";
  try {
    return Deno.realPathSync(absolutePath(cwd, path));
  } catch {
    return absolutePath(cwd, path);
  }
}

function stat(path: string, cwd: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(absolutePath(cwd, path));
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory || error instanceof TypeError;
    if (isMissing) return undefined;
    throw unreadable(path, error);
  }
}

function missing(path: string, cwd: string): Fault {
  const folder = dirname(absolutePath(cwd, path));
  const neighbours = namesIn(folder).filter((name) => MANIFEST_NAME.test(name));
  const meant = suggest(basename(path), neighbours);
  if (meant !== undefined) {
    const near = dirname(path) === "." ? meant : normalize(join(dirname(path), meant));
    return new Fault("no-manifest", `There is no ${path}`, { hint: `Did you mean ${near}?` });
  }
  const hint = stat(folder, cwd) === undefined
    ? `The folder ${dirname(path)} does not exist either; paths begin at ${cwd}.`
    : "Type simrun init for an example to start from.";
  return new Fault("no-manifest", `There is no ${path}`, { hint });
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter((entry) => !entry.isDirectory)
      .map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) throw unreadable(folder, error);
    return [];
  }
}

function refuseSize(path: string, bytes: number): Fault {
  const { message, hint } = tooLarge(bytes);
  return new Fault("manifest", `${path}: ${message}`, hint === undefined ? {} : { hint });
}

function unreadable(path: string, cause: unknown): Fault {
  const reason = cause instanceof Deno.errors.PermissionDenied
    ? "you may not read it"
    : cause instanceof Error
    ? cause.message
    : String(cause);
  const hint = "Check the permissions of the file and of the folders above it.";
  return new Fault("manifest", `${path} cannot be read: ${reason}`, { hint, cause });
}
