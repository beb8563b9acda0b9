/** Keeps a campaign from filling the disk: makes room near the limit, pauses starts at it, notices when there is room. */
import type { Campaign } from "../campaign/campaign.ts";
import {
  DiskPatience,
  type DiskSight,
  type DiskVerdict,
  FillRate,
  judgeDisk,
  NOTHING_SEEN,
} from "../campaign/disk_policy.ts";
import type { RunTable } from "../campaign/run_table.ts";
import type { RunEvent } from "../job/event.ts";
import type { LiveDisk } from "../job/live.ts";
import { describeDisk } from "../report/disk_text.ts";
import { hasRoomFor, roomOf } from "../store/room.ts";
import { DiskCleaner } from "./disk_cleaner.ts";
import { DiskTeller } from "./disk_teller.ts";
import type { DiskRequest } from "./run_request.ts";
import { TreeAccount } from "./tree_account.ts";
import type { TreeSession } from "./tree_session.ts";

/** A look costs 0.02 ms. */
const LOOK_EVERY_MS = 1_000;
const LOOK_AGAIN_MS = 200;
/** Nobody looks after it, and an allocation may burn: room is waited for so long. */
export const DISK_WAIT_MS = 10 * 60_000;
/** To make room costs no more than this part of the time; more where everybody waits for it. */
const CLEAN_LOAD_MAX = 0.05;
const CLEAN_LOAD_MAX_FULL = 0.3;
/** What a line of the journal needs, and then some. */
const LINES_BYTES = 64 << 10;
/** Written to see whether there is room; a checkpoint may be larger. */
const TRY_BYTES_MAX = 16 << 20;
const TRY_EVERY_MS_MAX = 30_000;
/** Writes are refused again and again, though every try of ours finds room. */
const REFUSALS_MAX = 5;
/** What cannot be done now can hardly be done in a second. */
const CLEAN_AGAIN_MS = 60_000;

export class DiskGovernor {
  readonly #session: TreeSession;
  readonly #table: RunTable;
  readonly #wanted: Pick<DiskSight, "budgetBytes" | "reserveBytes">;
  readonly #waitMs: number;
  readonly #patience: DiskPatience;
  readonly #account: TreeAccount;
  readonly #cleaner: DiskCleaner;
  readonly #teller: DiskTeller;
  readonly #fills = new FillRate();
  readonly #grows = new FillRate();
  #campaign: Campaign | undefined;
  #sight: DiskSight = NOTHING_SEEN;
  #verdict: DiskVerdict = judgeDisk(this.#sight, "ample");
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isStopped = false;
  #lookedMs = -Infinity;
  /** A write of a slot found no room, and none of ours has found any since. */
  #refusal: { readonly reason: string; nextTryMs: number } | undefined;
  /** In a row, with nothing saved in between; and since when. */
  #refusals = 0;
  #refusedSinceMs = 0;
  /** The journal waits for room. */
  #journal: PromiseWithResolvers<boolean> | undefined;
  /** How many works there are that no run must be started during. */
  #holds = 0;
  #cleaning: Promise<void> | undefined;
  #nextCleanMs = 0;
  /** Since the last pass that found nothing. */
  #hasNews = true;
  #freedBytes = 0;

  constructor(
    request: DiskRequest & { readonly onWarning?: (message: string) => void },
    session: TreeSession,
    table: RunTable,
  ) {
    this.#session = session;
    this.#table = table;
    this.#wanted = { budgetBytes: request.diskBytes, reserveBytes: request.diskReserveBytes };
    this.#waitMs = request.diskWaitMs ?? DISK_WAIT_MS;
    this.#patience = new DiskPatience(this.#waitMs);
    this.#teller = new DiskTeller((message) => request.onWarning?.(message));
    const { layout, history } = session;
    const keepOf = (id: string) =>
      table.jobs.findLast(({ job }) => job.id === id)?.job.checkpoint.keep ?? 1;
    this.#account = new TreeAccount(layout.root, keepOf);
    this.#cleaner = new DiskCleaner({
      layout,
      table,
      history,
      withoutStarts: (work) => this.#withoutStarts(work),
      freed: (bytes) => this.#freed(bytes),
    });
  }

  /** From now on it looks; resolves after the first time. Nothing of the campaign needs to have begun. */
  async start(campaign: Campaign): Promise<void> {
    this.#campaign = campaign;
    this.#session.journal.onNoRoom = () => this.#journalRefused();
    this.#look();
    await this.#looking;
  }

  /** Touches nothing of the tree any more when it resolves. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#releaseJournal(false);
    this.#cleaner.close();
    await this.#account.close();
    await this.#looking;
    await this.#cleaning;
  }

  heard(event: RunEvent): void {
    this.#account.heard(event);
    this.#cleaner.heard(event);
    if (event.type !== "run.checkpointed" && event.type !== "runs.completed") return;
    this.#refusals = 0;
    this.#hasNews = true;
    this.#letStart();
    // Where a second is long, what was written tells sooner.
    if (performance.now() - this.#lookedMs > LOOK_AGAIN_MS && this.#campaign !== undefined) {
      this.#look();
    }
  }

  /** A slot found no room. False: it is not waited for, or has been for long enough. */
  refused(reason: string): boolean {
    if (this.#campaign === undefined || this.#isStopped) return false;
    const now = performance.now();
    if (this.#refusals++ === 0) this.#refusedSinceMs = now;
    const isHopeless = this.#refusals > REFUSALS_MAX && now - this.#refusedSinceMs > this.#waitMs;
    if (this.#waitMs === 0 || isHopeless) return false;
    // The first time at once: what was to be written may have been what filled it, and is gone.
    const waitMs = this.#refusals === 1
      ? 0
      : Math.min(TRY_EVERY_MS_MAX, LOOK_EVERY_MS * 2 ** Math.min(this.#refusals, 10));
    this.#refusal ??= { reason, nextTryMs: now + waitMs };
    this.#hasNews = true;
    this.#letStart();
    this.#look();
    return true;
  }

  live(): LiveDisk | undefined {
    const { level, limit, reserveBytes, bytesPerMs, fullInMs } = this.#verdict;
    const isRefused = this.#isRefused;
    if (level === "ample" && !isRefused) return undefined;
    const { freeBytes, treeBytes, budgetBytes } = this.#sight;
    const stopsInMs = this.#patience.leftMs(performance.now());
    return {
      level: isRefused ? "full" : level as "near" | "full",
      limit: isRefused && level !== "full" ? "refused" : limit ?? "refused",
      ...(freeBytes === undefined ? {} : { freeBytes, reserveBytes }),
      ...(treeBytes === undefined || budgetBytes === undefined ? {} : { treeBytes, budgetBytes }),
      bytesPerSecond: bytesPerMs * 1000,
      ...(fullInMs === undefined || isRefused ? {} : { fullInMs }),
      freedBytes: this.#freedBytes,
      ...(stopsInMs === undefined ? {} : { stopsInMs }),
    };
  }

  get #isRefused(): boolean {
    return this.#refusal !== undefined || this.#journal !== undefined;
  }

  // --- looking ---------------------------------------------------------------------------------

  /** Now, and then again and again: one after the other. */
  #look(): void {
    clearTimeout(this.#timer);
    this.#looking = this.#looking.then(async () => {
      if (this.#isStopped) return;
      try {
        await this.#lookNow();
      } catch {
        // Another holds the tree: the campaign finds out by its heart, and nothing is changed till then.
      }
      clearTimeout(this.#timer);
      if (!this.#isStopped) this.#timer = setTimeout(() => this.#look(), LOOK_EVERY_MS);
    });
  }

  async #lookNow(): Promise<void> {
    this.#lookedMs = performance.now();
    const campaign = this.#campaign!;
    this.#sight = await this.#see(campaign);
    this.#judge();
    await this.#tryAgain(campaign);
    if (this.#isStopped) return;
    this.#letStart();
    this.#clean();
    this.#bePatient(campaign);
    this.#teller.tell(this.live(), performance.now());
  }

  async #see(campaign: Campaign): Promise<DiskSight> {
    const now = performance.now();
    const room = await roomOf(this.#session.layout);
    if (room !== undefined) this.#fills.add(now, room.totalBytes - room.freeBytes);
    if (this.#wanted.budgetBytes !== undefined) this.#account.refresh(now);
    this.#account.forgetAllBut(campaign.tally.openJobs());
    if (this.#account.bytes !== undefined) this.#grows.add(now, this.#account.bytes);
    const running = campaign.hasEnded ? [] : campaign.live().running;
    return {
      ...this.#wanted,
      ...room,
      ...this.#account.sight([]),
      roundBytes: this.#account.roundBytes(running),
      fillsBytesPerMs: this.#fills.bytesPerMs,
      growsBytesPerMs: this.#grows.bytesPerMs,
    };
  }

  /** What the tree takes and will take is known at any time, without a look at the disk. */
  #judge(): void {
    if (this.#account.bytes !== undefined) {
      this.#sight = { ...this.#sight, ...this.#account.sight(this.#campaign?.held ?? []) };
    }
    this.#verdict = judgeDisk(this.#sight, this.#verdict.level);
  }

  /** Whether what was refused would find room now, in the only way that is sure. */
  async #tryAgain(campaign: Campaign): Promise<void> {
    const { layout } = this.#session;
    if (this.#journal !== undefined) {
      // Who wants to stop does not wait for what cannot be written.
      if (campaign.isStopping) this.#releaseJournal(false);
      else if (await hasRoomFor(layout, LINES_BYTES)) this.#releaseJournal(true);
    }
    const refusal = this.#refusal;
    if (refusal === undefined || this.#verdict.level === "full") return;
    if (performance.now() < refusal.nextTryMs) return;
    const bytes = Math.min(TRY_BYTES_MAX, Math.max(LINES_BYTES, this.#sight.roundBytes));
    if (await hasRoomFor(layout, bytes)) this.#refusal = undefined;
  }

  #journalRefused(): Promise<boolean> {
    const { isStopping = true } = this.#campaign ?? {};
    if (this.#waitMs === 0 || this.#isStopped || isStopping) return Promise.resolve(false);
    this.#journal ??= Promise.withResolvers();
    this.#hasNews = true;
    const { promise } = this.#journal;
    this.#letStart();
    this.#look();
    return promise;
  }

  #releaseJournal(mayGoOn: boolean): void {
    this.#journal?.resolve(mayGoOn);
    this.#journal = undefined;
  }

  // --- what follows from it --------------------------------------------------------------------

  #letStart(): void {
    // By what is held now: what was started since the last look is not let start again.
    this.#judge();
    const isHeld = this.#isRefused || this.#holds > 0;
    this.#campaign?.letStart(isHeld ? 0 : this.#verdict.startsMax);
  }

  async #withoutStarts<T>(work: () => Promise<T>): Promise<T> {
    this.#holds++;
    this.#letStart();
    try {
      return await work();
    } finally {
      this.#holds--;
      this.#letStart();
    }
  }

  /** While nothing is computed that could change it, there is an end to waiting. */
  #bePatient(campaign: Campaign): void {
    const now = performance.now();
    const { ready, delayed } = this.#table.counts;
    const isPaused = this.#verdict.level === "full" || this.#isRefused;
    const isIdle = campaign.held.length === 0 && ready + delayed > 0 &&
      this.#cleaning === undefined;
    if (isPaused && (isIdle || this.#journal !== undefined)) this.#patience.waits(now);
    else this.#patience.goesOn();
    if (!this.#patience.isOver(now)) return;
    if (this.#journal !== undefined) return this.#releaseJournal(false);
    const disk = this.live();
    campaign.stop("checkpoint", "no-space", disk && describeDisk(disk));
  }

  #clean(): void {
    const { level, excessBytes } = this.#verdict;
    const isFull = level === "full" || this.#isRefused;
    const isNeeded = level !== "ample" || isFull;
    const now = performance.now();
    if (!isNeeded || !this.#hasNews || this.#cleaning !== undefined || now < this.#nextCleanMs) {
      return;
    }
    this.#hasNews = false;
    const wanted = Math.max(excessBytes, this.#isRefused ? 2 * this.#sight.roundBytes + 1 : 0);
    this.#cleaning = this.#cleaner.clean(wanted).then((cleaned) => {
      const tookMs = performance.now() - now;
      const load = isFull ? CLEAN_LOAD_MAX_FULL : CLEAN_LOAD_MAX;
      this.#nextCleanMs = performance.now() + tookMs / load;
      this.#teller.cleaned(cleaned);
    }, (error) => {
      this.#nextCleanMs = performance.now() + CLEAN_AGAIN_MS;
      if (this.#isStopped) return;
      this.#teller.cannotClean(error);
    }).finally(() => {
      this.#cleaning = undefined;
      if (!this.#isStopped) this.#look();
    });
  }

  #freed(bytes: number): void {
    this.#freedBytes += bytes;
    this.#account.freed(bytes);
  }
}
