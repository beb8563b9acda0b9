/**
 * A disk in memory that keeps what was synced and forgets the rest when the power goes: of the writes and names that
 * were not synced a random part survives, sector by sector. It fails where it is told to.
 */
import type { FileHandle, FileSystem } from "../../src/store/file_system.ts";
import type { Room } from "../../src/store/filesystem_room.ts";
import type { Seeded } from "../helpers/seeded.ts";
import { currentProcess, type SimulatedProcess, type VirtualTime } from "./virtual_time.ts";

export type Kind =
  | "open"
  | "write"
  | "sync"
  | "syncFolder"
  | "rename"
  | "remove"
  | "mkdir"
  | "truncate";

export type Fault = "EIO" | "ENOSPC" | "short" | "done";

/** Decides what goes wrong with an operation; undefined lets it happen. */
export type FaultPlan = (kind: Kind, path: string) => Fault | undefined;

const SECTOR = 512;

interface Write {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** A change of a file that is not synced: bytes at a place, or a new length. */
type Change = Write | { readonly length: number };

class SimulatedFile {
  bytes = new Uint8Array(0);
  durable = new Uint8Array(0);
  changes: Change[] = [];
  mtime: Date | null = null;
  lockedBy: SimulatedHandle | undefined;
  constructor(readonly ino: number) {}
}

/** Names that change together: a rename takes one away and gives another. */
type NameChange = readonly (readonly [name: string, node: Node | undefined])[];

class SimulatedFolder {
  entries = new Map<string, Node>();
  durable = new Map<string, Node>();
  changes: NameChange[] = [];
  constructor(readonly ino: number) {}

  change(change: NameChange): void {
    apply(this.entries, change);
    this.changes.push(change);
  }
}

type Node = SimulatedFile | SimulatedFolder;

export class SimulatedDisk implements FileSystem {
  readonly #time: VirtualTime;
  readonly #random: Seeded;
  readonly #root: SimulatedFolder;
  #inodes = 1;
  readonly #handles = new Set<SimulatedHandle>();
  faults: FaultPlan = () => undefined;
  /** Mean time of an operation. */
  latencyMs = 0.1;
  /** What it says when it is asked; what it refuses is the fault plan's affair. */
  freeBytes = 0;
  totalBytes = 0;
  operations = 0;

  constructor(time: VirtualTime, random: Seeded) {
    this.#time = time;
    this.#random = random;
    this.#root = new SimulatedFolder(this.#inodes++);
  }

  // --- what happens to it ----------------------------------------------------------------------

  /** The power goes: what was not synced survives in part. All processes must be dead by then. */
  losePower(): void {
    for (const handle of [...this.#handles]) handle.close();
    const seen = new Set<Node>();
    const settle = (node: Node) => {
      if (seen.has(node)) return;
      seen.add(node);
      if (node instanceof SimulatedFile) {
        for (const change of node.changes) node.durable = this.#surviving(node.durable, change);
        node.bytes = node.durable.slice();
        node.changes = [];
        return;
      }
      for (const change of node.changes) {
        if (this.#random.next() < 0.5) apply(node.durable, change);
      }
      node.entries = new Map(node.durable);
      node.changes = [];
      for (const child of node.entries.values()) settle(child);
    };
    settle(this.#root);
  }

  #surviving(bytes: Uint8Array<ArrayBuffer>, change: Change): Uint8Array<ArrayBuffer> {
    if ("length" in change) {
      return this.#random.next() < 0.5 ? bytes : resized(bytes, change.length);
    }
    for (let from = 0; from < change.bytes.length; from += SECTOR) {
      if (this.#random.next() < 0.5) continue;
      const sector = change.bytes.subarray(from, from + SECTOR);
      bytes = written(bytes, { at: change.at + from, bytes: sector });
    }
    return bytes;
  }

  /** A process is gone: its handles are closed, its locks free. */
  release(process: SimulatedProcess): void {
    for (const handle of [...this.#handles]) if (handle.process === process) handle.close();
  }

  /** A file as it would be after the power went now, were nothing lucky; undefined when it would be gone. */
  durableText(path: string): string | undefined {
    let node: Node | undefined = this.#root;
    for (const name of namesIn(path)) {
      node = node instanceof SimulatedFolder ? node.durable.get(name) : undefined;
    }
    return node instanceof SimulatedFile ? new TextDecoder().decode(node.durable) : undefined;
  }

  /** A file that was always there. */
  plant(path: string, text: string): void {
    const [folder, name] = this.#parent(path, true);
    const file = new SimulatedFile(this.#inodes++);
    file.bytes = file.durable = new TextEncoder().encode(text);
    folder.entries.set(name, file);
    folder.durable.set(name, file);
  }

  /** Every path of a file below a folder. */
  paths(below: string): string[] {
    const found: string[] = [];
    const walk = (node: Node, path: string) => {
      if (node instanceof SimulatedFile) return void found.push(path);
      for (const [name, child] of node.entries) walk(child, `${path}/${name}`);
    };
    const node = this.#find(below);
    if (node !== undefined) walk(node, below);
    return found;
  }

  // --- FileSystem ------------------------------------------------------------------------------

  open(path: string, options: Deno.OpenOptions): Promise<FileHandle> {
    return this.#later(() => this.openSync(path, options));
  }

  openSync(path: string, options: Deno.OpenOptions): SimulatedHandle {
    let node = this.#find(path);
    if (node !== undefined && options.createNew) throw exists(path);
    if (node === undefined) {
      if (!options.create && !options.createNew) throw notFound(path);
      this.failing("open", path);
      const [folder, name] = this.#parent(path);
      node = new SimulatedFile(this.#inodes++);
      folder.change([[name, node]]);
    }
    const handle = new SimulatedHandle(this, node, path, options.append ?? false);
    this.#handles.add(handle);
    return handle;
  }

  closed(handle: SimulatedHandle): void {
    this.#handles.delete(handle);
  }

  room(): Promise<Room> {
    return this.#later(() => ({ freeBytes: this.freeBytes, totalBytes: this.totalBytes }));
  }

  lstat(path: string | URL): Promise<Deno.FileInfo> {
    return this.stat(path);
  }

  stat(path: string | URL): Promise<Deno.FileInfo> {
    return this.#later(() => infoOf(this.#need(String(path))));
  }

  mkdir(path: string | URL): Promise<void> {
    return this.#later(() => {
      if (this.#find(String(path)) !== undefined) throw exists(path);
      this.failing("mkdir", String(path));
      const [folder, name] = this.#parent(String(path));
      folder.change([[name, new SimulatedFolder(this.#inodes++)]]);
    });
  }

  async *readDir(path: string | URL): AsyncIterable<Deno.DirEntry> {
    const entries = await this.#later(() => [...this.readDirSync(path)]);
    yield* entries;
  }

  readDirSync(path: string | URL): ArrayIterator<Deno.DirEntry> {
    const folder = this.#need(String(path));
    if (!(folder instanceof SimulatedFolder)) throw failure("ENOTDIR", path);
    const entries = [...folder.entries];
    // In no order that anybody could rely on.
    for (let i = entries.length - 1; i > 0; i--) {
      const other = this.#random.below(i + 1);
      [entries[i], entries[other]] = [entries[other]!, entries[i]!];
    }
    return entries.map(([name, node]) => {
      const isFile = node instanceof SimulatedFile;
      return { name, isFile, isDirectory: !isFile, isSymlink: false };
    }).values();
  }

  readFile(path: string | URL): Promise<Uint8Array<ArrayBuffer>> {
    return this.#later(() => this.#file(path).bytes.slice());
  }

  readTextFile(path: string | URL): Promise<string> {
    return this.#later(() => this.readTextFileSync(path));
  }

  readTextFileSync(path: string | URL): string {
    return new TextDecoder().decode(this.#file(path).bytes);
  }

  remove(path: string | URL, options?: Deno.RemoveOptions): Promise<void> {
    return this.#later(() => {
      const node = this.#need(String(path));
      const isFull = node instanceof SimulatedFolder && node.entries.size > 0;
      if (isFull && options?.recursive !== true) throw failure("ENOTEMPTY", path);
      this.failing("remove", String(path));
      const [folder, name] = this.#parent(String(path));
      folder.change([[name, undefined]]);
    });
  }

  rename(from: string | URL, to: string | URL): Promise<void> {
    return this.#later(() => {
      const node = this.#need(String(from));
      const fault = this.failing("rename", String(to));
      const [source, oldName] = this.#parent(String(from));
      const [target, newName] = this.#parent(String(to));
      if (source === target) source.change([[oldName, undefined], [newName, node]]);
      else {
        target.change([[newName, node]]);
        source.change([[oldName, undefined]]);
      }
      if (fault === "done") throw failure("EIO", to);
    });
  }

  async writeTextFile(
    path: string | URL,
    data: string | ReadableStream<string>,
    options?: Deno.WriteFileOptions,
  ): Promise<void> {
    const append = options?.append ?? false;
    using file = await this.open(String(path), { write: true, create: true, append });
    const bytes = new TextEncoder().encode(data as string);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  }

  // --- inside ----------------------------------------------------------------------------------

  /** An operation takes its time before it happens, and again before its process hears of it. */
  async #later<T>(work: () => T): Promise<T> {
    await this.#time.sleep(this.#random.next() * this.latencyMs);
    this.operations++;
    let done: T | undefined;
    let failed: { readonly error: unknown } | undefined;
    try {
      done = work();
    } catch (error) {
      failed = { error };
    }
    await this.#time.sleep(this.#random.next() * this.latencyMs);
    if (failed !== undefined) throw failed.error;
    return done as T;
  }

  later<T>(work: () => T): Promise<T> {
    return this.#later(work);
  }

  /** Throws what the plan says; answers the faults that are no errors at once. */
  failing(kind: Kind, path: string): Fault | undefined {
    const fault = this.faults(kind, path);
    if (fault === "EIO" || fault === "ENOSPC") throw failure(fault, path);
    return fault;
  }

  random(): number {
    return this.#random.next();
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of namesIn(path)) {
      if (node instanceof SimulatedFile) throw failure("ENOTDIR", path);
      node = node?.entries.get(name);
      if (node === undefined) return undefined;
    }
    return node;
  }

  #need(path: string): Node {
    const node = this.#find(path);
    if (node === undefined) throw notFound(path);
    return node;
  }

  #file(path: string | URL): SimulatedFile {
    const node = this.#need(String(path));
    if (node instanceof SimulatedFolder) throw failure("EISDIR", path);
    return node;
  }

  #parent(path: string, make = false): [SimulatedFolder, string] {
    const names = namesIn(path);
    const name = names.pop()!;
    let folder: SimulatedFolder = this.#root;
    for (const step of names) {
      let next = folder.entries.get(step);
      if (next === undefined && make) {
        next = new SimulatedFolder(this.#inodes++);
        folder.entries.set(step, next);
        folder.durable.set(step, next);
      }
      if (!(next instanceof SimulatedFolder)) throw notFound(path);
      folder = next;
    }
    return [folder, name];
  }
}

/** An open file or folder, of the process that opened it. */
class SimulatedHandle implements FileHandle {
  readonly process = currentProcess();
  #at = 0;
  #isOpen = true;

  constructor(
    readonly disk: SimulatedDisk,
    readonly node: Node,
    readonly path: string,
    readonly append: boolean,
  ) {}

  read(into: Uint8Array): Promise<number | null> {
    return this.disk.later(() => this.readSync(into));
  }

  readSync(into: Uint8Array): number | null {
    const { bytes } = this.#file();
    const some = bytes.subarray(this.#at, this.#at + into.length);
    into.set(some);
    this.#at += some.length;
    return some.length === 0 && into.length > 0 ? null : some.length;
  }

  write(given: Uint8Array): Promise<number> {
    // As it is now: the caller may use the memory again once it was told of the end, not before.
    return this.disk.later(() => {
      const file = this.#file();
      const fault = this.disk.failing("write", this.path);
      const count = fault === "short" ? Math.max(1, given.length >> 1) : given.length;
      const at = this.append ? file.bytes.length : this.#at;
      const change = { at, bytes: given.slice(0, count) };
      file.bytes = written(file.bytes, change);
      file.changes.push(change);
      this.#at = at + count;
      return count;
    });
  }

  seek(offset: number | bigint, whence: Deno.SeekMode): Promise<number> {
    return Promise.resolve(this.seekSync(offset, whence));
  }

  seekSync(offset: number | bigint, whence: Deno.SeekMode): number {
    if (whence !== Deno.SeekMode.Start) throw new Error("only from the start");
    return this.#at = Number(offset);
  }

  sync(): Promise<void> {
    return this.disk.later(() => {
      const { node, disk, path } = this;
      this.#check();
      if (node instanceof SimulatedFolder) {
        disk.failing("syncFolder", path);
        for (const change of node.changes) apply(node.durable, change);
        node.changes = [];
        return;
      }
      try {
        disk.failing("sync", path);
      } catch (error) {
        // The kernel marks the pages clean all the same: part of them is lost, and no later sync helps.
        node.changes = node.changes.filter(() => disk.random() < 0.5);
        throw error;
      }
      node.durable = node.bytes.slice();
      node.changes = [];
    });
  }

  syncData(): Promise<void> {
    return this.sync();
  }

  truncate(length = 0): Promise<void> {
    return this.disk.later(() => {
      const file = this.#file();
      this.disk.failing("truncate", this.path);
      file.bytes = resized(file.bytes, length);
      file.changes.push({ length });
    });
  }

  stat(): Promise<Deno.FileInfo> {
    return this.disk.later(() => infoOf(this.node));
  }

  statSync(): Deno.FileInfo {
    return infoOf(this.node);
  }

  utimeSync(_atime: number | Date, mtime: number | Date): void {
    this.#file().mtime = mtime as Date;
  }

  tryLock(): Promise<boolean> {
    return this.disk.later(() => {
      const file = this.#file();
      if (file.lockedBy !== undefined && file.lockedBy !== this) return false;
      file.lockedBy = this;
      return true;
    });
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.disk.closed(this);
    if (this.node instanceof SimulatedFile && this.node.lockedBy === this) {
      this.node.lockedBy = undefined;
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #check(): void {
    if (!this.#isOpen) throw new Deno.errors.BadResource("Bad resource ID");
  }

  #file(): SimulatedFile {
    this.#check();
    if (this.node instanceof SimulatedFolder) throw failure("EISDIR", this.path);
    return this.node;
  }
}

function apply(entries: Map<string, Node>, change: NameChange): void {
  for (const [name, node] of change) {
    if (node === undefined) entries.delete(name);
    else entries.set(name, node);
  }
}

function written(bytes: Uint8Array<ArrayBuffer>, change: Write): Uint8Array<ArrayBuffer> {
  const end = change.at + change.bytes.length;
  const whole = end > bytes.length ? resized(bytes, end) : bytes.slice();
  whole.set(change.bytes, change.at);
  return whole;
}

function resized(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const other = new Uint8Array(length);
  other.set(bytes.subarray(0, length));
  return other;
}

/** Each process sees the disk under a place of its own, `/mnt3/…`, as two programs know nothing of each other. */
function namesIn(path: string): string[] {
  return path.replace(/^\/mnt[^/]*/, "").split("/").filter((name) => name !== "");
}

function infoOf(node: Node): Deno.FileInfo {
  const isFile = node instanceof SimulatedFile;
  return {
    isFile,
    isDirectory: !isFile,
    isSymlink: false,
    size: isFile ? node.bytes.length : 0,
    ino: node.ino,
    mtime: isFile ? node.mtime : null,
    nlink: 1,
    dev: 1,
  } as Deno.FileInfo;
}

const ERRORS = {
  EIO: ["Input/output error", 5],
  ENOSPC: ["No space left on device", 28],
  ENOTDIR: ["Not a directory", 20],
  EISDIR: ["Is a directory", 21],
  ENOTEMPTY: ["Directory not empty", 39],
} as const;

function failure(code: keyof typeof ERRORS, path: string | URL): Error {
  const [words, number] = ERRORS[code];
  return Object.assign(new Error(`${words} (os error ${number}): '${path}'`), { code });
}

function notFound(path: string | URL): Error {
  return new Deno.errors.NotFound(`No such file or directory (os error 2): '${path}'`);
}

function exists(path: string | URL): Error {
  return new Deno.errors.AlreadyExists(`File exists (os error 17): '${path}'`);
}
