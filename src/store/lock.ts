/**
 * The lock of a tree. flock on `hot/lock` is the truth on one host: the kernel frees it at kill -9.
 *
 * Crash order of taking it: flock, then the owner record with its epoch raised by one, durably, and only
 * then may the holder write anything else. So no two holders ever write under the same epoch. The record
 * is a file of its own, replaced whole, because the locked inode must stay and readers must never see half.
 * A lock that is broken gets a new inode and a new record; the old holder finds a record that is not its
 * own before its next commit (R11) and stops: as long as the lock is held, a fence stands around the tree.
 * A batch job that was started again breaks the lock of its own predecessor unasked, and at once.
 */
import { Fault } from "../job/fault.ts";
import { diskFault, type WarningSink, writeFileDurable } from "./disk.ts";
import { raiseFence } from "./fence.ts";
import type { FileHandle } from "./file_system.ts";
import { askFlock, type FlockAnswer, isInPlace, openLockFile, replaceLockFile } from "./flock.ts";
import { readJournal } from "./journal.ts";
import type { Layout } from "./layout.ts";
import {
  assertHolder,
  busyFault,
  describeProcess,
  heartbeat,
  HEARTBEAT_MS,
  isPredecessor,
  lifeOf,
  type OwnerRecord,
  readOwnerRecord,
  sameMachine,
} from "./owner.ts";
import { join } from "../job/path.ts";

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

/** Held with flock by the one that breaks the lock. A temporary: the next holder removes it. */
const BREAKING_NAME = ".tmp-breaking";

export class TreeLock {
  readonly owner: OwnerRecord;
  /** The holder before, when it never let go: it was killed, or the lock was broken. */
  readonly fallen: OwnerRecord | undefined;
  /** The holder before may still live, stopped or on a host that cannot be asked, and have files open. */
  readonly isBroken: boolean;
  readonly #layout: Layout;
  readonly #file: FileHandle;
  readonly #now: () => Date;
  readonly #lowerFence: () => void;
  #lastBeatMs = -Infinity;
  #released = false;

  constructor(
    layout: Layout,
    flock: Flock,
    owner: OwnerRecord,
    last: OwnerRecord | undefined,
    now: () => Date,
  ) {
    this.#layout = layout;
    this.#file = flock.file;
    this.owner = owner;
    this.fallen = last?.releasedAt === undefined ? last : undefined;
    const mayLive = last?.releasedAt === undefined;
    this.isBroken = mayLive && (!flock.isProof || last !== undefined && !sameMachine(last));
    this.#now = now;
    this.#lowerFence = raiseFence(layout.root, () => this.assertMine());
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
    assertHolder(this.#layout, this.owner.uuid);
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
      this.#lowerFence();
      this.#file.close();
    }
  }
}

/** The locked file. */
interface Flock {
  readonly file: FileHandle;
  /** Whether having it proves that no other process of this machine does. */
  readonly isProof: boolean;
  /** Held until the new holder's name is written. */
  readonly breaking?: FileHandle;
}

/** Takes the tree for this process. Throws a Fault "tree-busy" that names the holder. */
export async function acquireLock(layout: Layout, options: LockOptions): Promise<TreeLock> {
  const flock = await takeFlock(layout, options);
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
    // Somebody may have broken the lock between taking it and writing the name.
    if (!await isInPlace(layout.lock, flock.file)) throw busyFault(layout, readOwnerRecord(layout));
    return new TreeLock(layout, flock, owner, last, options.now);
  } catch (error) {
    flock.file.close();
    throw diskFault(error, layout.lock);
  } finally {
    flock.breaking?.close();
  }
}

async function takeFlock(layout: Layout, options: LockOptions): Promise<Flock> {
  let breaking: FileHandle | undefined;
  let isStill = false;
  try {
    for (;;) {
      const file = await openLockFile(layout.lock);
      const answer = await tryFlock(file, layout, options);
      if (answer !== "busy") {
        // Whoever broke the lock in between has put another file in its place; that one counts.
        if (await isInPlace(layout.lock, file)) {
          return { file, isProof: answer === "taken", ...(breaking && { breaking }) };
        }
        file.close();
        continue;
      }
      file.close();
      const isOver = isStill || await isHeldByPredecessor(layout);
      if (breaking !== undefined && isOver) {
        return { file: await replaceLockFile(layout.lock), isProof: false, breaking };
      }
      if (options.breakLock !== true && !isOver) {
        throw busyFault(layout, await holderByName(layout));
      }
      breaking ??= await takeBreaking(layout);
      if (isOver) continue;
      await observeStill(layout, options);
      isStill = true;
    }
  } catch (error) {
    breaking?.close();
    throw diskFault(error, layout.lock);
  }
}

/** Of several that break a lock one goes on: else each would put its own file in the place of the other's. */
async function takeBreaking(layout: Layout): Promise<FileHandle> {
  const file = await openLockFile(join(layout.hotFolder, BREAKING_NAME));
  try {
    if (await askFlock(file) !== "busy") return file;
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  throw new Fault("tree-busy", `Another simrun is taking over ${layout.root} just now.`, {
    hint: "Watch it with simrun status, or use another tree with --tree DIR.",
  });
}

async function tryFlock(
  file: FileHandle,
  layout: Layout,
  options: LockOptions,
): Promise<FlockAnswer> {
  const answer = await askFlock(file);
  if (answer !== "unsupported") return answer;
  const owner = readOwnerRecord(layout);
  if (owner !== undefined && lifeOf(owner) === "alive") return "busy";
  options.onWarning?.(
    `The filesystem of ${layout.root} has no file locks; never start two simruns on it at once.`,
  );
  return answer;
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

async function isHeldByPredecessor(layout: Layout): Promise<boolean> {
  if (describeProcess().slurmRestart === undefined) return false;
  const holder = await holderByName(layout);
  return holder !== undefined && isPredecessor(holder);
}

async function refuseOtherHost(
  layout: Layout,
  last: OwnerRecord,
  options: LockOptions,
): Promise<void> {
  if (isPredecessor(last)) return;
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
