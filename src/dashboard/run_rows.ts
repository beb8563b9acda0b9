/** The table of runs: filtered, sorted and cut on this side, so that a hundred thousand cost a viewer nothing. */
import type { LiveRun } from "../job/live.ts";
import { describeReason } from "../report/failure_text.ts";
import { parametersText } from "../report/points.ts";
import { describeReturn } from "../report/requeue_text.ts";
import { neverBegun, type RunStatus, runStatus } from "../report/run_status.ts";
import { VISIBLE_STATES, type VisibleState, zeroCounts } from "../report/selector.ts";
import { fractionOf } from "../report/status_json.ts";
import type { IndexedRun, RunIndex } from "./run_index.ts";
import type { TreeWatch } from "./tree_watch.ts";
import { sortInTurns, Turn } from "./turns.ts";

export interface RowQuery {
  /** Words that must all be in a run's name or parameters. */
  readonly text: string;
  readonly states: readonly VisibleState[];
  readonly job: string | undefined;
  /** `plan`, `name`, `state`, `done`, `took`, `attempt`, or `param:NAME`. */
  readonly sort: string;
  readonly isDescending: boolean;
  readonly offset: number;
  readonly limit: number;
}

export interface RowAnswer {
  readonly total: number;
  /** Before states were chosen. */
  readonly counts: Readonly<Record<VisibleState, number>>;
  readonly offset: number;
  readonly rows: readonly RunRow[];
}

export interface RunRow {
  readonly job: string;
  readonly run: string;
  readonly state: VisibleState;
  readonly done: number;
  readonly attempt: number;
  readonly tookMs?: number;
  readonly note?: string;
  readonly point?: string;
}

/** What was found once, and how dear it was. */
interface Order {
  readonly version: number;
  readonly madeMs: number;
  readonly costMs: number;
  readonly runs: readonly IndexedRun[];
  readonly counts: Readonly<Record<VisibleState, number>>;
}

type LiveRuns = ReadonlyMap<string, LiveRun>;

const ORDERS_MAX = 12;
/** While a campaign works an order is as old as this at least before it is made anew. */
const ORDER_MS = 1_000;
/** Making orders takes no more than this part of the time. */
const LOAD_MAX = 0.1;
const NOTE_CHARACTERS_MAX = 300;

export class RunRows {
  readonly #watch: TreeWatch;
  readonly #index: RunIndex;
  readonly #orders = new Map<string, Order>();
  readonly #making = new Map<string, Promise<Order>>();
  readonly #texts = new WeakMap<IndexedRun, string>();
  #all: { readonly key: string; readonly runs: readonly IndexedRun[] } = { key: "", runs: [] };

  constructor(watch: TreeWatch, index: RunIndex) {
    this.#watch = watch;
    this.#index = index;
  }

  async query(query: RowQuery): Promise<RowAnswer> {
    const { runs, counts } = await this.#order(query);
    const offset = Math.min(query.offset, runs.length);
    const live = this.#live();
    const rows = runs.slice(offset, offset + query.limit).map((run) => this.#row(run, live));
    return { total: runs.length, counts, offset, rows };
  }

  status(run: IndexedRun, live = this.#live()): RunStatus {
    const watch = this.#watch;
    const past = watch.folds.history.jobs.get(run.job)!;
    const steps = past.job?.steps ?? 0;
    const found = past.find(run.run);
    if (found === undefined) return neverBegun(run.job, run.run, steps);
    const picture = live.get(`${run.job}/${run.run}`);
    const isOver = ["completed", "failed", "cancelled"].includes(found.state);
    return runStatus(run.job, past, found, isOver ? undefined : picture, steps, {
      nowMs: watch.nowMs,
      working: watch.working,
    });
  }

  #live(): LiveRuns {
    return new Map((this.#watch.live?.running ?? []).map((run) => [`${run.job}/${run.run}`, run]));
  }

  async #order(query: RowQuery): Promise<Order> {
    const { text, states, job, sort, isDescending } = query;
    const key = JSON.stringify([text, states, job, sort, isDescending]);
    const { version } = this.#watch;
    for (let known = this.#orders.get(key);;) {
      if (known !== undefined) {
        const ageMs = this.#watch.clockMs() - known.madeMs;
        // Old ones only as long as more is certain to come: who asks then asks again.
        const isFresh = this.#watch.working &&
          ageMs < Math.max(ORDER_MS, known.costMs / LOAD_MAX);
        if (known.version >= version || isFresh) return known;
      }
      let making = this.#making.get(key);
      if (making === undefined) {
        making = this.#make(query, key).finally(() => this.#making.delete(key));
        this.#making.set(key, making);
      }
      // Perhaps it was begun for somebody who asked before the last change.
      known = await making;
    }
  }

  async #make(query: RowQuery, key: string): Promise<Order> {
    // What changes while it is made has a later version.
    const { version } = this.#watch;
    const madeMs = this.#watch.clockMs();
    const found = await this.#find(query);
    const order = { version, madeMs, costMs: this.#watch.clockMs() - madeMs, ...found };
    this.#orders.delete(key);
    this.#orders.set(key, order);
    const [oldest] = this.#orders.keys();
    if (this.#orders.size > ORDERS_MAX) this.#orders.delete(oldest!);
    return order;
  }

  async #find(
    { text, states, job, sort, isDescending }: RowQuery,
  ): Promise<Pick<Order, "runs" | "counts">> {
    const turn = new Turn();
    const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const counts = zeroCounts();
    const live = this.#live();
    let chosen: { readonly run: IndexedRun; readonly key: number | string }[] = [];
    const keyOf = this.#keyOf(sort);
    const isAny = states.length === 0;
    for (const run of await this.#everyRun(turn)) {
      if (turn.isOver()) await turn.next();
      if (job !== undefined && run.job !== job) continue;
      if (words.length > 0 && !this.#holds(run, words)) continue;
      const status = this.status(run, live);
      counts[status.state]++;
      if (isAny || states.includes(status.state)) chosen.push({ run, key: keyOf(run, status) });
    }
    if (sort !== "plan") {
      chosen = await sortInTurns(chosen, (a, b) => compare(a.key, b.key), turn);
    }
    if (isDescending) chosen.reverse();
    return { runs: chosen.map(({ run }) => run), counts };
  }

  async #everyRun(turn: Turn): Promise<readonly IndexedRun[]> {
    const { history } = this.#watch.folds;
    const key = [...history.jobs.values()].map(({ size, count, generations, stopped }) =>
      `${size} ${count} ${generations} ${stopped?.after}`
    ).join();
    if (key === this.#all.key) return this.#all.runs;
    const runs: IndexedRun[] = [];
    for (const run of this.#index.runs(history)) {
      if (turn.isOver()) await turn.next();
      runs.push(run);
    }
    this.#all = { key, runs };
    return runs;
  }

  #holds(run: IndexedRun, words: readonly string[]): boolean {
    let text = this.#texts.get(run);
    if (text === undefined) {
      const point = this.#index.point(this.#watch.folds.history, run);
      const values = Object.entries(point).map(([name, value]) => `${name}=${String(value)}`);
      text = `${run.job}/${run.run} ${values.join(" ")}`.toLowerCase();
      this.#texts.set(run, text);
    }
    return words.every((word) => text.includes(word));
  }

  #keyOf(sort: string): (run: IndexedRun, status: RunStatus) => number | string {
    switch (sort) {
      case "plan":
        return () => 0;
      case "state":
        return (_, status) => VISIBLE_STATES.indexOf(status.state);
      case "done":
        return (_, status) => fractionOf(status);
      case "took":
        return (_, status) => status.state === "completed" ? status.ms : -1;
      case "attempt":
        return (_, status) => status.attempt;
    }
    if (!sort.startsWith("param:")) return (run) => `${run.job}/${run.run}`;
    const name = sort.slice("param:".length);
    const { history } = this.#watch.folds;
    return (run) => {
      const value = this.#index.point(history, run)[name];
      return typeof value === "number" ? value : String(value ?? "");
    };
  }

  #row(indexed: IndexedRun, live: LiveRuns): RunRow {
    const status = this.status(indexed, live);
    const { job, run, state, attempt } = status;
    const point = parametersText(this.#index.point(this.#watch.folds.history, indexed));
    const note = noteOf(status).slice(0, NOTE_CHARACTERS_MAX);
    return {
      job,
      run,
      state,
      done: fractionOf(status),
      attempt,
      ...(state === "completed" && { tookMs: status.ms }),
      ...(note !== "" && { note }),
      ...(point !== "" && { point }),
    };
  }
}

/** What there is to know of it at a glance. */
function noteOf(status: RunStatus): string {
  switch (status.state) {
    case "failed":
      return status.failure === undefined ? "" : describeReason(status.failure);
    case "completed":
      return status.ending ?? status.warning ?? "";
    case "waiting":
      if (status.next === undefined) return "";
      return describeReturn(status.next.cause, status.next.message);
    case "running":
      return `slot ${status.slot}`;
    default:
      return status.warning ?? status.degraded ?? "";
  }
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === "number" ? -1 : 1;
}
