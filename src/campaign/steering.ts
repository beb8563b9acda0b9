/**
 * What people ask of a campaign at work: cancel, pause, try again, in another order, on fewer slots. Each is written
 * before it is told as done. What a slot computes at the moment is asked back, and becomes what was wished when it comes.
 */
import type { RunEvent } from "../job/event.ts";
import type { Priority } from "../job/job.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { runLines } from "./journal_lines.ts";
import type { RunTable, TableState } from "./run_table.ts";
import type { Tally } from "./tally.ts";

type Wish = "cancelled" | "held";

/** What became of a wish: `ended` when the run came to its own end first, or nobody wishes it any more. */
export type Fulfilment = Wish | "ended";

const WISH_EVENT = { cancelled: "runs.cancelled", held: "runs.held" } as const;
/** What becomes what was wished at once, because no slot has it. */
const WAITING = {
  cancelled: ["ready", "delayed", "held", "blocked", "paused-before"],
  held: ["ready", "delayed", "held", "blocked"],
} as const satisfies { readonly [wish in Wish]: readonly TableState[] };
/** States in which an earlier simrun left runs, and the plan leaves them. */
const BEFORE: readonly TableState[] = ["paused-before", "cancelled-before"];

export interface SteeringParts {
  readonly table: RunTable;
  readonly tally: Tally;
  readonly dispatcher: Dispatcher;
  /** Looks at what is blocked: some may start, some never will. */
  readonly review: () => void;
  readonly append: (event: RunEvent, then?: () => void) => void;
}

export class Steering {
  readonly #table: RunTable;
  readonly #tally: Tally;
  readonly #dispatcher: Dispatcher;
  readonly #review: SteeringParts["review"];
  readonly #append: SteeringParts["append"];
  #slotsWished: number | undefined;
  /** For runs that a slot has. */
  readonly #wishes = new Map<number, { readonly wish: Wish; tell: (what: Fulfilment) => void }>();

  constructor({ table, tally, dispatcher, review, append }: SteeringParts) {
    this.#table = table;
    this.#tally = tally;
    this.#dispatcher = dispatcher;
    this.#review = review;
    this.#append = append;
  }

  /** Resolves with what became of each run that had not ended, when that is durable. */
  async cancel(numbers: readonly number[]): Promise<Fulfilment[]> {
    return await this.#wish(numbers, "cancelled");
  }

  /** As {@linkcode Steering.cancel}; the runs are not started before {@linkcode Steering.unpause}. */
  async pause(numbers: readonly number[]): Promise<Fulfilment[]> {
    return await this.#wish(numbers, "held");
  }

  unpause(numbers: readonly number[]): void {
    for (const number of numbers) {
      if (this.#wishes.get(number)?.wish === "held") this.ended(number);
    }
    const held = this.#in(numbers, ["held"]);
    this.#appendRuns("runs.continued", held, () => this.readyAgain(held, "held"));
    const before = this.#in(numbers, ["paused-before"]);
    this.#appendRuns("runs.continued", before, () => {
      for (const number of before) this.#taken(number);
      this.readyAgain(before, "paused-before");
    }, { earlier: true });
  }

  /** Failed and cancelled runs are tried again, as if for the first time. */
  retry(numbers: readonly number[]): void {
    const again = this.#in(numbers, ["failed", "cancelled"]);
    this.#appendRuns("runs.retried", again, () => {
      for (const number of this.#in(again, ["failed", "cancelled"])) {
        this.#tally.undo(this.#table.jobOf(number), this.#table.stateOf(number));
        this.#table.forgive(number);
        this.#waitsAgain(number);
      }
      this.#admit();
    });
    const before = this.#in(numbers, ["cancelled-before"]);
    this.#appendRuns("runs.retried", before, () => {
      for (const number of before) this.#taken(number);
      this.readyAgain(before, "cancelled-before");
    }, { earlier: true });
  }

  prioritise(numbers: readonly number[], priority: Priority): void {
    for (const [job, runs] of this.#byJob(numbers)) {
      for (const line of runLines("runs.prioritised", job, runs)) {
        this.#append({ ...line, priority });
      }
    }
    for (const number of numbers) this.#table.prioritise(number, priority);
    for (const { batches } of this.#dispatcher.slots) {
      for (const batch of batches.values()) {
        const priorities = [...batch.open].map((number) => this.#table.priorityOf(number));
        if (priorities.length > 0) batch.priority = Math.min(...priorities) as Priority;
      }
    }
    this.#dispatcher.fill();
  }

  /** As many slots as somebody has wished for since it began. */
  get slotsWished(): number | undefined {
    return this.#slotsWished;
  }

  /** At most so many runs are computed at the same time from now on. */
  resize(slots: number): void {
    this.#slotsWished = slots;
    this.#dispatcher.resize(slots);
  }

  // --- what the campaign tells -----------------------------------------------------------------

  /** What a run becomes that its slot gives back, if somebody wished it. */
  wishedState(number: number): Wish | undefined {
    return this.#wishes.get(number)?.wish;
  }

  /** The slot gave these back, and that is on its way into the journal. */
  gaveBack(numbers: readonly number[]): void {
    for (const wish of ["held", "cancelled"] as const) {
      const wished = numbers.filter((number) => this.wishedState(number) === wish);
      this.#fulfil(wished, wish, () => {
        for (const number of wished) this.#settle(number, wish);
      });
    }
  }

  ended(number: number): void {
    this.#settle(number, "ended");
  }

  /** Nobody will do any of it any more. */
  end(): void {
    for (const number of [...this.#wishes.keys()]) this.ended(number);
  }

  /** Runs that still are what they were become ready. */
  readyAgain(numbers: readonly number[], from: TableState): void {
    const again = this.#in(numbers, [from]);
    for (const number of again) this.#waitsAgain(number);
    this.#admit();
  }

  #waitsAgain(number: number): void {
    const job = this.#table.jobOf(number);
    this.#table.become(number, job.mayHaveToWait(number - job.offset) ? "blocked" : "ready");
  }

  /** What was set to blocked and needs nothing that is still to come is ready; what has no hope fails. */
  #admit(): void {
    this.#review();
    this.#dispatcher.fill();
  }

  // --- how it is done --------------------------------------------------------------------------

  async #wish(numbers: readonly number[], wish: Wish): Promise<Fulfilment[]> {
    const queued = this.#in(numbers, WAITING[wish]);
    const assigned = new Set(this.#in(numbers, ["assigned"]));
    for (const number of queued) {
      this.#taken(number);
      this.#table.become(number, wish);
    }
    const written = new Promise<void>((done) => this.#fulfil(queued, wish, done));
    const wished = [...assigned].map((number) => this.#add(number, wish));
    for (const slot of this.#dispatcher.slots) {
      const hasOne = [...slot.batches.values()].some(({ open }) => !open.isDisjointFrom(assigned));
      if (!hasOne) continue;
      if (wish === "cancelled") this.#dispatcher.demandBack(slot);
      else this.#dispatcher.askBack(slot, "control");
    }
    await written;
    return [...queued.map(() => wish), ...await Promise.all(wished)];
  }

  #fulfil(numbers: readonly number[], wish: Wish, then: () => void): void {
    this.#appendRuns(WISH_EVENT[wish], numbers, () => {
      if (wish === "cancelled" && numbers.length > 0) {
        for (const number of numbers) this.#tally.cancel(this.#table.jobOf(number));
        this.#review();
      }
      // What was kept free for it is for others.
      if (numbers.length > 0) this.#dispatcher.fill();
      then();
    });
  }

  /** What the plan left alone is this campaign's affair from now on. */
  #taken(number: number): void {
    if (!BEFORE.includes(this.#table.stateOf(number))) return;
    this.#tally.take(this.#table.jobOf(number));
  }

  /** The later wish for a run replaces the earlier one; both hear what became of it. */
  #add(number: number, wish: Wish): Promise<Fulfilment> {
    const earlier = this.#wishes.get(number);
    return new Promise((tell) => {
      this.#wishes.set(number, {
        wish,
        tell: (what) => {
          earlier?.tell(what);
          tell(what);
        },
      });
    });
  }

  #settle(number: number, what: Fulfilment): void {
    const found = this.#wishes.get(number);
    this.#wishes.delete(number);
    found?.tell(what);
  }

  #in(numbers: readonly number[], states: readonly TableState[]): number[] {
    return numbers.filter((number) => states.includes(this.#table.stateOf(number)));
  }

  /** Lines of one type for runs of any jobs; `then` when all of them are durable, at once when there are none. */
  #appendRuns(
    type: "runs.cancelled" | "runs.held" | "runs.continued" | "runs.retried",
    numbers: readonly number[],
    then: () => void,
    more: { readonly earlier?: true } = {},
  ): void {
    const lines = this.#byJob(numbers)
      .flatMap(([job, runs]) => runLines(type, job, runs).map((line) => ({ ...line, ...more })));
    if (lines.length === 0) return then();
    lines.forEach((line, i) => this.#append(line, i === lines.length - 1 ? then : undefined));
  }

  #byJob(numbers: readonly number[]): [job: string, runs: string[]][] {
    const found = new Map<string, string[]>();
    for (const number of numbers) {
      const job = this.#table.jobOf(number);
      const { run } = job.identify(number - job.offset);
      const runs = found.get(job.job.id);
      if (runs === undefined) found.set(job.job.id, [run]);
      else runs.push(run);
    }
    return [...found];
  }
}
