/** A tree held by this process: its lock, its journal and what the journal tells. Opened, kept alive, tidied, closed. */
import type { RunEvent } from "../job/event.ts";
import type { Live } from "../job/live.ts";
import { History } from "../queue/history.ts";
import { packRecent, rotateJournal } from "../store/archive.ts";
import { makeFolderDurable, writeFileDurable } from "../store/disk.ts";
import { fs } from "../store/file_system.ts";
import { JournalWriter, readJournal } from "../store/journal.ts";
import type { Layout } from "../store/layout.ts";
import { removeLive, writeLive } from "../store/live.ts";
import { acquireLock, type TreeLock } from "../store/lock.ts";
import { refuseCut } from "../store/cut_tree.ts";
import { dirname } from "../job/path.ts";
import { paceOf } from "../store/shards.ts";
import { openTree, sweepTree } from "../store/tree.ts";
import { clearWork } from "./work_folders.ts";

export interface SessionRequest {
  /** The tree's folder. */
  readonly root: string;
  /** A hot journal above this is sealed. */
  readonly journalBytesMax?: number;
  /** So many runs with files of their own stay in `recent/` before they are packed; 64 when absent. */
  readonly recentFoldersMax?: number;
  readonly breakLock?: boolean;
  /** Every event once it is durable. */
  readonly onEvent?: (event: RunEvent) => void;
  readonly onWarning?: (message: string) => void;
}

const RECENT_FOLDERS_MAX = 64;

/** What every run of a tree last was. */
export function readHistory(layout: Layout): History {
  const history = new History();
  readJournal(layout, (entry, location) => history.apply(entry, location));
  return history;
}

export class TreeSession {
  readonly layout: Layout;
  /** As it was when the tree was opened. */
  readonly history: History;
  readonly journal: JournalWriter;
  readonly #lock: TreeLock;
  readonly #request: SessionRequest;
  #shown = Promise.resolve();
  #beats = 0;
  readonly #beatsAPicture: number;

  private constructor(
    request: SessionRequest,
    parts: { layout: Layout; lock: TreeLock; journal: JournalWriter; history: History },
  ) {
    this.#request = request;
    this.layout = parts.layout;
    this.#lock = parts.lock;
    this.journal = parts.journal;
    this.history = parts.history;
    this.#beatsAPicture = Math.ceil(paceOf(parts.layout));
  }

  /** Takes the tree, making it if need be. Throws a Fault, and holds nothing then. */
  static async open(request: SessionRequest): Promise<TreeSession> {
    const { onWarning } = request;
    const warning = onWarning === undefined ? {} : { onWarning };
    const now = () => new Date();
    const layout = await openTree(request.root, "write", onWarning);
    refuseCut(layout);
    const breakLock = request.breakLock ?? false;
    const lock = await acquireLock(layout, { now, breakLock, ...warning });
    if (lock.fallen !== undefined) {
      const { pid, host, startedAt } = lock.fallen;
      onWarning?.(
        `the simrun before (process ${pid} on ${host}, started ${startedAt}) ended without a word; its tree was taken over`,
      );
    }
    let journal: JournalWriter | undefined;
    try {
      await sweepTree(layout);
      await clearWork(layout);
      // A holder that may still live has the hot journal open: what it yet appends must not stand among
      // our lines. So its file is sealed and left behind; ours is another.
      await rotateJournal(layout, lock.isBroken ? -1 : request.journalBytesMax);
      ({ writer: journal } = await JournalWriter.open(layout, now, warning));
      const history = readHistory(layout);
      return new TreeSession(request, { layout, lock, journal, history });
    } catch (error) {
      await journal?.close().catch(() => {});
      await lock.release();
      throw error;
    }
  }

  get epoch(): number {
    return this.#lock.epoch;
  }

  /** Names this holder among all, see `owner.json`. */
  get holder(): string {
    return this.#lock.owner.uuid;
  }

  /** Whether the journal can still be written. */
  get isSound(): boolean {
    return this.journal.fault === undefined;
  }

  /** Resolves when the event is durable and told. */
  async append(event: RunEvent): Promise<void> {
    await this.journal.append(event);
    this.#request.onEvent?.(event);
  }

  /** Keeps a manifest as it was submitted. */
  async keepManifest(digest: string, text: string): Promise<void> {
    const copy = this.layout.manifestCopy(digest);
    if ((await fs.lstat(copy).catch(() => undefined))?.isFile) return;
    await makeFolderDurable(dirname(copy), { within: this.layout.root });
    await writeFileDurable(copy, text);
  }

  /**
   * Says that the holder lives, and shows what it does; of many shards none at every beat. Throws when somebody else
   * holds the tree.
   */
  beat(live?: Live): void {
    this.#lock.beat();
    if (live === undefined || this.#beats++ % this.#beatsAPicture !== 0) return;
    this.#shown = writeLive(this.layout, live).catch(() => {});
  }

  /** The runs of a job that left files. One look at the folders; the journal is not needed for it. */
  async runsWithFiles(job: string): Promise<Set<string>> {
    const runs = new Set<string>();
    for (const root of [this.layout.checkpointRoot, this.layout.recentRoot]) {
      try {
        for await (const entry of fs.readDir(`${root}/${job}`)) runs.add(entry.name);
      } catch {
        // Nothing of this job was ever kept.
      }
    }
    return runs;
  }

  /** Closes the journal, seals it where it has grown, and packs finished runs' files: the tree stays small. */
  async tidy(): Promise<void> {
    await this.journal.close();
    try {
      await rotateJournal(this.layout, this.#request.journalBytesMax);
      // Read only where there is something to pack.
      let history: History | undefined;
      await packRecent(this.layout, {
        keep: this.#request.recentFoldersMax ?? RECENT_FOLDERS_MAX,
        // The files of any other run may still grow.
        finished: (job, run) => {
          history ??= readHistory(this.layout);
          return history.jobs.get(job)?.find(run)?.state === "completed";
        },
      });
    } catch (error) {
      this.#request.onWarning?.(`The tree could not be tidied: ${error}`);
    }
  }

  /** Lets the tree go. */
  async close(): Promise<void> {
    await this.journal.close().catch(() => {});
    // A picture on its way must not come after the end.
    await this.#shown;
    await removeLive(this.layout);
    await this.#clearWork();
    await this.#lock.release();
  }

  /** Another who took the tree over has programs of his own at work there. */
  async #clearWork(): Promise<void> {
    try {
      this.#lock.assertMine();
      await clearWork(this.layout);
    } catch {
      // The next simrun does it when it begins.
    }
  }
}
