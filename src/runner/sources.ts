/**
 * At which commits the repositories of models and manifests are. Where there is a repository its git is asked, if there
 * is one; nothing is waited for, and a campaign does not depend on the answer.
 */
import { filesOf } from "../job/command.ts";
import type { Commit } from "../job/event.ts";
import type { Job } from "../job/job.ts";
import { dirname, join } from "../job/path.ts";

/** More repositories than these are not looked at. */
const REPOSITORIES_MAX = 16;
/** A git that takes longer is not waited for. */
const GIT_MS_MAX = 5_000;
/** Words of a command line. */
const FILES_MAX = 500;

/** What results depend on and people write: models, the files of commands, manifests. */
export function sourceFiles(
  jobs: readonly Job[],
  manifests: readonly { readonly path: string }[],
): string[] {
  const files = jobs.flatMap(({ model }) =>
    model.kind === "command" ? [model.path, ...filesOf(model)] : [model.path]
  );
  return [...files, ...manifests.map(({ path }) => path)].filter((path) => path.startsWith("/"));
}

/** The repositories that these files lie in. */
export async function readCommits(files: readonly string[]): Promise<Commit[]> {
  const byFolder = new Map<string, Promise<string | undefined>>();
  const byTop = new Map<string, string[]>();
  for (const file of new Set(files)) {
    const folder = dirname(file);
    if (!byFolder.has(folder)) byFolder.set(folder, topOf(folder));
    const top = await byFolder.get(folder);
    if (top !== undefined) byTop.set(top, [...byTop.get(top) ?? [], file]);
  }
  const tops = [...byTop].slice(0, REPOSITORIES_MAX);
  const commits = await Promise.all(tops.map(([top, own]) => commitAt(top, own)));
  return commits.filter((commit) => commit !== undefined);
}

/** The nearest folder above that has a `.git`. */
async function topOf(folder: string): Promise<string | undefined> {
  for (let at = folder;; at = dirname(at)) {
    if (await Deno.lstat(join(at, ".git")).then(() => true, () => false)) return at;
    if (dirname(at) === at) return undefined;
  }
}

async function commitAt(folder: string, files: readonly string[]): Promise<Commit | undefined> {
  const status = await git(folder, [
    "status",
    "--porcelain=v2",
    "--branch",
    "--untracked-files=no",
    "--ignore-submodules=dirty",
  ]);
  const commit = /^# branch\.oid ([0-9a-f]{40,64})$/m.exec(status ?? "")?.[1];
  if (status === undefined || commit === undefined) {
    const head = await headOf(folder).catch(() => undefined);
    return head === undefined ? undefined : { folder, commit: head };
  }
  const isEdited = status.split("\n").some((line) => line !== "" && !line.startsWith("#"));
  if (isEdited) return { folder, commit, changed: true };
  // A model that was never added is at no commit.
  const others = await git(folder, ["ls-files", "--others", "--", ...files.slice(0, FILES_MAX)]);
  return { folder, commit, ...(others !== undefined && { changed: others.trim() !== "" }) };
}

/** What it says; undefined where there is no git, or it fails. */
async function git(folder: string, words: readonly string[]): Promise<string | undefined> {
  try {
    // A repository may name a program that git runs to watch it.
    const { success, stdout } = await new Deno.Command("git", {
      args: ["-C", folder, "-c", "core.fsmonitor=false", ...words],
      env: { GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" },
      stdin: "null",
      stderr: "null",
      stdout: "piped",
      signal: AbortSignal.timeout(GIT_MS_MAX),
    }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined;
  }
}

/** Without git: what HEAD names, in its own file or among the packed ones. */
async function headOf(folder: string): Promise<string | undefined> {
  let place = join(folder, ".git");
  if ((await Deno.lstat(place)).isFile) {
    const [, path] = /^gitdir: (.+)$/m.exec(await Deno.readTextFile(place)) ?? [];
    if (path === undefined) return undefined;
    place = path.startsWith("/") ? path : join(folder, path);
  }
  const head = (await Deno.readTextFile(join(place, "HEAD"))).trim();
  const [, ref] = /^ref: (refs\/[\w./-]+)$/.exec(head) ?? [];
  if (ref === undefined) return COMMIT.test(head) ? head : undefined;
  const common = await Deno.readTextFile(join(place, "commondir")).then(
    (path) => join(place, path.trim()),
    () => place,
  );
  const own = await Deno.readTextFile(join(common, ref)).catch(() => "");
  if (COMMIT.test(own.trim())) return own.trim();
  const packed = await Deno.readTextFile(join(common, "packed-refs"));
  return packed.split("\n").map((line) => line.split(" ")).find(([, name]) => name === ref)?.[0];
}

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
