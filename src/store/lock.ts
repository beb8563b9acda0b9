/**
 * The lock of a tree. flock on `hot/lock` is the truth on one host: the kernel frees it at kill -9.
 *
 * Crash order of taking it: flock, then the owner record with its epoch raised by one, durably, and only
 * then may the holder write anything else. So no two holders ever write under the same epoch. The record
 * is a file of its own, replaced whole, because the locked inode must stay and readers must never see half.
 * A lock that is broken gets a new inode and a new record; the old holder finds a record that is not its
 * own before its next commit (R11) and stops.
 */
import { dirname } from "node:path";
import { Fault } from "../job/fault.ts";
import {
  diskFault,
  errnoOf,
  syncFolder,
  temporaryBeside,
  type WarningSink,
  writeFileDurable,
} from "./disk.ts";
import { type FileHandle, fs } from "./file_system.ts";
import { readJournal } from "./journal.ts";
import type { Layout } from "./layout.ts";
import {
  busyFault,
  describeProcess,
  heartbeat,
  HEARTBEAT_MS,
  lifeOf,
  type OwnerRecord,
  readOwnerRecord,
  sameMachine,
} from "./owner.ts";

export { type OwnerRecord, type OwnerState, readOwner } from "./owner.ts";

export interface LockOptions {
  readonly now: () => Date;
  /** Take over from a holder that cannot be asked (another host) or does not move (stopped). */
  readonly breakLock?: boolean;
  /** How long a heartbeat must stand still before the lock is broken. */
  readonly observeMs?: number;
  readonly onWarning?: WarningSink;
}

/** How long a loser waits for the winner to write its name. */
const NAME_WAIT_MS = 1_000;

export class TreeLock {
  readonly owner: OwnerRecord;
  /** The holder before, when it never let go: it was killed, or the lock was broken. */
  readonly fallen: OwnerRecord | undefined;
  readonly #layout: Layout;
  readonly #file: FileHandle;
  readonly #now: () => Date;
  #lastBeatMs = -Infinity;
  #released = false;

  constructor(
    layout: Layout,
    file: FileHandle,
    owner: OwnerRecord,
    last: OwnerRecord | undefined,
    now: () => Date,
  ) {
    this.#layout = layout;
    this.#file = file;
    this.owner = owner;
    this.fallen = last?.releasedAt === undefined ? last : undefined;
    this.#now = now;
    this.beat();
  }

  get epoch(): number {
    return this.owner.epoch;
  }

  /** Shows that the holder lives. Cheap: call it as often as you like. Throws when the lock was lost. */
  beat(): void {
    const elapsedMs = performance.now() - this.#lastBeatMs;
    if (this.#released || elapsedMs < HEARTBEAT_MS / 4) return;
    this.#lastBeatMs = performance.now();
    this.assertMine();
    const now = this.#now();
    try {
      this.#file.utimeSync(now, now);
    } catch {
      // A heartbeat that fails is no reason to stop; the flock holds.
    }
  }

  /** Throws a Fault when another holder's record stands where ours was. */
  assertMine(): void {
    const there = readOwnerRecord(this.#layout);
    if (there?.uuid === this.owner.uuid) return;
    const who = there === undefined ? "" : ` by process ${there.pid} on ${there.host}`;
    throw new Fault("tree-busy", `The lock of ${this.#layout.root} was taken over${who}.`, {
      hint: "This simrun stops here; its saved work is kept and goes on over there.",
    });
  }

  /** Lets go. The record says so, for readers; the flock goes with the handle. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    try {
      this.assertMine();
      const record = { ...this.owner, releasedAt: this.#now().toISOString() };
      await writeFileDurable(this.#layout.owner, recordText(record));
    } catch {
      // Not ours any more, or no space for a courtesy: the kernel frees the lock all the same.
    } finally {
      this.#file.close();
    }
  }
}

/** Takes the tree for this process. Throws a Fault "tree-busy" that names the holder. */
export async function acquireLock(layout: Layout, options: LockOptions): Promise<TreeLock> {
  const file = await takeFlock(layout, options);
  try {
    const last = readOwnerRecord(layout);
    if (last !== undefined && last.releasedAt === undefined && !sameMachine(last)) {
      await refuseOtherHost(layout, last, options);
    }
    const owner: OwnerRecord = {
      uuid: crypto.randomUUID(),
      epoch: lastEpoch(layout, last) + 1,
      startedAt: options.now().toISOString(),
      ...describeProcess(),
    };
    await writeFileDurable(layout.owner, recordText(owner), options.onWarning);
    return new TreeLock(layout, file, owner, last, options.now);
  } catch (error) {
    file.close();
    throw error;
  }
}

async function takeFlock(layout: Layout, options: LockOptions): Promise<FileHandle> {
  for (;;) {
    const file = await openLockFile(layout.lock);
    if (!await tryFlock(file, layout, options)) {
      file.close();
      if (options.breakLock !== true) throw busyFault(layout, await holderByName(layout));
      await observeStill(layout, options);
      return await replaceLockFile(layout);
    }
    // Whoever broke the lock in between has put another file in its place; that one counts.
    const there = await fs.stat(layout.lock).catch(() => undefined);
    if (there?.ino === (await file.stat()).ino) return file;
    file.close();
  }
}

async function openLockFile(path: string): Promise<FileHandle> {
  try {
    const there = await fs.lstat(path).catch(() => undefined);
    if (there?.isSymlink) {
      throw new Fault("tree-invalid", `${path} is a link; simrun does not lock through it.`, {
        hint: "Remove the link.",
      });
    }
    return await fs.open(path, { read: true, write: true, create: true });
  } catch (error) {
    throw diskFault(error, path);
  }
}

async function tryFlock(
  file: FileHandle,
  layout: Layout,
  options: LockOptions,
): Promise<boolean> {
  try {
    return await file.tryLock(true);
  } catch (error) {
    const errno = errnoOf(error);
    if (!(error instanceof Deno.errors.NotSupported) && errno !== 95 && errno !== 37) throw error;
    const owner = readOwnerRecord(layout);
    if (owner !== undefined && lifeOf(owner) === "alive") return false;
    options.onWarning?.(
      `The filesystem of ${layout.root} has no file locks; never start two simruns on it at once.`,
    );
    return true;
  }
}

/** The winner writes its name right after it won; a loser that is quicker waits for it a little. */
async function holderByName(layout: Layout): Promise<OwnerRecord | undefined> {
  const deadline = performance.now() + NAME_WAIT_MS;
  let owner = readOwnerRecord(layout);
  while (
    (owner === undefined || lifeOf(owner) === "dead") && performance.now() < deadline
  ) {
    await sleep(20);
    owner = readOwnerRecord(layout);
  }
  return owner;
}

async function refuseOtherHost(
  layout: Layout,
  last: OwnerRecord,
  options: LockOptions,
): Promise<void> {
  if (options.breakLock === true) return await observeStill(layout, options);
  throw new Fault(
    "tree-busy",
    `${layout.root} is held by process ${last.pid} on ${last.host}, since ${last.startedAt}, ` +
      "which cannot be asked from this host.",
    { hint: "If that simrun is gone, type the same command with --break-lock." },
  );
}

/** Waits two heartbeats; throws when the holder moved in that time. The holder's clock does not matter. */
async function observeStill(layout: Layout, options: LockOptions): Promise<void> {
  const before = await heartbeat(layout);
  const uuid = readOwnerRecord(layout)?.uuid;
  await sleep(options.observeMs ?? 2 * HEARTBEAT_MS + 1_000);
  const after = readOwnerRecord(layout);
  if (await heartbeat(layout) !== before || after?.uuid !== uuid) throw busyFault(layout, after);
}

/** Puts a new, locked file in the place of one that a stopped process holds. */
async function replaceLockFile(layout: Layout): Promise<FileHandle> {
  const temporary = temporaryBeside(layout.lock);
  const file = await fs.open(temporary, { read: true, write: true, createNew: true });
  try {
    await file.tryLock(true);
    await fs.rename(temporary, layout.lock);
    await syncFolder(dirname(layout.lock));
    return file;
  } catch (error) {
    file.close();
    throw diskFault(error, layout.lock);
  }
}

/** The record may have been lost by hand; then the journal still knows every epoch that wrote to it. */
function lastEpoch(layout: Layout, last: OwnerRecord | undefined): number {
  if (last !== undefined) return last.epoch;
  let epoch = 0;
  readJournal(layout, (entry) => {
    if (entry.type === "campaign.started") epoch = Math.max(epoch, entry.epoch);
  });
  return epoch;
}

function recordText(owner: OwnerRecord): string {
  return `${JSON.stringify(owner)}\n`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
