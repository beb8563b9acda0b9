/**
 * Looking at files of which nothing is known: never opens what is not a plain file, never reads more than it was
 * asked to, never throws for what is not there. A pipe that is opened waits for ever, a link leads anywhere.
 */
import { crc32 } from "../store/crc32.ts";
import { fs } from "../store/file_system.ts";

export type Kind = "file" | "folder" | "link" | "special" | "missing" | "unreadable";

export interface Looked {
  readonly kind: Kind;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Why it cannot be read. */
  readonly reason: string;
}

export interface Named {
  readonly name: string;
  readonly kind: Kind;
}

const CHUNK_BYTES = 1 << 20;

/** What stands at a path, links not followed. */
export async function lookAt(path: string): Promise<Looked> {
  try {
    const info = await fs.lstat(path);
    const modifiedMs = info.mtime?.getTime() ?? 0;
    return { kind: kindOf(info), bytes: info.size, modifiedMs, reason: "" };
  } catch (error) {
    // "Not a directory": a file stands where a folder above should be.
    const gone = error instanceof Deno.errors.NotFound || /os error 20\b/.test(String(error));
    const kind = gone ? "missing" : "unreadable";
    return { kind, bytes: 0, modifiedMs: 0, reason: wordsOf(error) };
  }
}

/** What a folder holds, sorted by name; a reason when it cannot be read, nothing when it is not there. */
export async function namesIn(folder: string): Promise<readonly Named[] | string> {
  const { kind, reason } = await lookAt(folder);
  if (kind === "missing") return [];
  if (kind !== "folder") return reason === "" ? describeKind(kind) : reason;
  const found: Named[] = [];
  try {
    for await (const entry of fs.readDir(folder)) {
      found.push({ name: entry.name, kind: kindOf(entry) });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return wordsOf(error);
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The names of folders in a folder, whatever else is there. */
export async function foldersIn(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder);
  if (typeof names === "string") return [];
  return names.filter(({ kind }) => kind === "folder").map(({ name }) => name);
}

/** A small file as text; a reason in words when it is too large or cannot be read. */
export async function readSmallText(
  path: string,
  bytesMax: number,
): Promise<{ readonly text: string } | { readonly reason: string }> {
  const { kind, bytes, reason } = await lookAt(path);
  if (kind !== "file") return { reason: reason === "" ? `it is ${describeKind(kind)}` : reason };
  if (bytes > bytesMax) return { reason: `it has ${bytes} bytes, where a few hundred are usual` };
  try {
    return { text: await fs.readTextFile(path) };
  } catch (error) {
    return { reason: wordsOf(error) };
  }
}

/** Calls back with each chunk of a plain file, at most `bytes` of it. The chunk is reused. */
export async function readChunks(
  path: string,
  bytes: number,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  using file = await fs.open(path, { read: true });
  const chunk = new Uint8Array(Math.max(1, Math.min(bytes, CHUNK_BYTES)));
  for (let rest = bytes; rest > 0;) {
    const read = await file.read(chunk.subarray(0, Math.min(rest, chunk.length)));
    if (read === null) return;
    take(chunk.subarray(0, read));
    rest -= read;
  }
}

/** CRC-32 of the first bytes of a file for each of the lengths, in one reading; a shorter file lacks some. */
export async function sumsAt(
  path: string,
  lengths: Iterable<number>,
): Promise<ReadonlyMap<number, number>> {
  const wanted = [...new Set(lengths)].sort((a, b) => a - b);
  const sums = new Map<number, number>();
  let sum = 0;
  let at = 0;
  let next = 0;
  while (wanted[next] === 0) sums.set(wanted[next++]!, 0);
  await readChunks(path, wanted.at(-1) ?? 0, (chunk) => {
    for (let from = 0; from < chunk.length;) {
      const to = Math.min(chunk.length, from + (wanted[next] ?? Infinity) - at);
      sum = crc32(chunk.subarray(from, to), sum);
      at += to - from;
      from = to;
      if (at === wanted[next]) sums.set(wanted[next++]!, sum);
    }
  });
  return sums;
}

export function describeKind(kind: Kind): string {
  switch (kind) {
    case "file":
      return "a file";
    case "folder":
      return "a folder";
    case "link":
      return "a link";
    case "special":
      return "a pipe, a socket or a device";
    case "missing":
      return "not there";
    case "unreadable":
      return "not readable";
  }
}

export function wordsOf(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied) return "it may not be read";
  return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

/** Two at a time: the disk reads one while the other is inflated. */
export async function twoByTwo<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) await work(next.value);
  };
  await Promise.all([worker(), worker()]);
}

export function within(root: string, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

function kindOf(
  info: { readonly isFile: boolean; readonly isDirectory: boolean; readonly isSymlink: boolean },
): Kind {
  if (info.isSymlink) return "link";
  return info.isFile ? "file" : info.isDirectory ? "folder" : "special";
}
