/**
 * Leads the runs of a job by the results of those before: which points come next, and whether more are needed. Told
 * results in any order, it heeds them in the order of the runs, so that nothing depends on who was quicker. Pure.
 */
import type { Job } from "../job/job.ts";
import { type Search, searchOf } from "../job/sweep.ts";
import type { Decision } from "../plan/decision.ts";
import type { Guide, Proposal, RunOutcome } from "../plan/guide.ts";
import { metricNames, metricOf } from "../job/metric.ts";
import { searcherOf } from "./methods.ts";
import type { Place, Searcher } from "./searcher.ts";
import { Space } from "./space.ts";
import { StopRule } from "./stop_rule.ts";

/** What the tree tells of the runs of a job, by their indices. */
export interface GuidePast {
  /** What was proposed, by a search of the same definition. */
  proposed(index: number): Proposal | undefined;
  /** What a completed run has come to; undefined where nothing is known. */
  outcome(index: number): RunOutcome | undefined;
  /** It has failed for a reason that is not its point's: it is tried again, whatever was proposed since. */
  hasFailedByChance?(index: number): boolean;
}

export interface GuideOptions {
  /** Who only looks needs no proposals. */
  readonly onlyLooks?: boolean;
  /** `Did you mean …?`, where one of the names is near. */
  readonly suggest?: (name: string, names: readonly string[]) => string | undefined;
}

const NOTHING: GuidePast = { proposed: () => undefined, outcome: () => undefined };

/** Runs whose result will be another one. */
const ANEW: ReadonlySet<Decision> = new Set([
  "extend",
  "extend-anew",
  "changed-parameters",
  "changed-needs",
  "fewer-steps",
  "changed-model",
  "asked",
]);
const ENDED: ReadonlySet<Decision> = new Set(["done", "stale-model"]);
/** Leave a run alone whatever its job has come to. */
const LEFT_ALONE: ReadonlySet<Decision> = new Set([
  "done",
  "stale-model",
  "reuse",
  "cancelled",
  "held-model",
]);

export class RunGuide implements Guide {
  readonly search: Search | undefined;
  readonly metric: string;
  readonly #job: Job;
  readonly #count: number;
  readonly #past: GuidePast;
  readonly #options: GuideOptions;
  readonly #space: Space | undefined;
  #state: State;

  constructor(job: Job, count: number, past: GuidePast = NOTHING, options: GuideOptions = {}) {
    this.#options = options;
    this.#job = job;
    this.#count = count;
    this.#past = past;
    this.search = searchOf(job.sweep);
    this.metric = this.search?.metric ?? job.until!.metric;
    this.#space = this.search && new Space(this.search.over);
    this.#state = this.#begin();
  }

  get ended(): number {
    return this.#state.ended;
  }

  get stopped(): { readonly after: number; readonly why: string } | undefined {
    const { rule, ended } = this.#state;
    return rule.why === undefined ? undefined : { after: ended, why: rule.why };
  }

  get fronts(): readonly number[] {
    return this.stopped === undefined && this.ended < this.#count ? [this.ended] : [];
  }

  get needless(): Guide["needless"] {
    return this.stopped === undefined ? [] : [{ from: this.ended, to: this.#count }];
  }

  get hopeless(): string | undefined {
    const { ended, unnamed, missing } = this.#state;
    const isHopeless = this.search !== undefined && ended >= this.search.parallel &&
      unnamed === ended;
    return isHopeless ? missing : undefined;
  }

  get best(): { readonly index: number; readonly value: number } | undefined {
    return this.#state.best;
  }

  get standing(): string | undefined {
    return this.#state.rule.standing;
  }

  decideAll(decide: (index: number) => Decision): Decision[] {
    // What failed counts, if that is all that is missing to its end. Else it is tried again.
    const counting = this.#replay(decide, () => true);
    const isOver = this.stopped !== undefined ||
      this.search !== undefined && this.ended === this.#count;
    const isAnyDone = counting.some((decision) => ENDED.has(decision));
    if (!counting.includes("counted") || isOver && isAnyDone) return counting;
    // In a search also if others were proposed since, and have come to something.
    const last = this.search === undefined ? -1 : counting.findLastIndex((one) => ENDED.has(one));
    const parallel = this.search?.parallel ?? 0;
    return this.#replay(decide, (index) => index + parallel <= last);
  }

  #replay(
    decide: (index: number) => Decision,
    counts: (index: number) => boolean,
  ): Decision[] {
    this.#state = this.#begin();
    const { places } = this.#state;
    const parallel = this.search?.parallel ?? Infinity;
    const decisions: Decision[] = [];
    let trustedTo = Infinity;
    let heldFrom = Infinity;
    for (let index = 0; index < this.#count; index++) {
      const known = index < trustedTo ? this.#past.proposed(index) : undefined;
      if (known !== undefined) {
        places[index] = known.at;
        this.#state.from[index] = known.from;
      } else if (this.stopped === undefined) this.admits(index);
      let decision = decide(index);
      const isByChance = decision === "retry" &&
        this.#past.hasFailedByChance?.(index) === true;
      if (ANEW.has(decision)) trustedTo = Math.min(trustedTo, index + parallel);
      const isOpen = !LEFT_ALONE.has(decision);
      if (this.stopped !== undefined && isOpen) {
        decision = decision === "retry" ? "counted" : "not-needed";
      } else if (decision === "retry" && !isByChance && counts(index)) decision = "counted";
      else if (index >= heldFrom && isOpen) decision = "held-model";
      if (decision === "held-model") heldFrom = Math.min(heldFrom, index + parallel);
      decisions.push(decision);
      if (ENDED.has(decision)) this.tell(index, this.#past.outcome(index));
      else if (decision === "cancelled" || decision === "counted") this.tell(index, undefined);
    }
    return decisions;
  }

  admits(index: number): boolean {
    if (this.search === undefined) return this.stopped === undefined;
    if (this.stopped !== undefined || index >= this.#count) return false;
    const { places } = this.#state;
    if (index < this.ended && places[index] !== undefined) return true;
    if (this.ended < index - this.search.parallel + 1) return false;
    // One after the other: each is proposed from just as many results, however many more there are by now.
    for (; this.#state.settled <= index; this.#state.settled++) {
      const next = this.#state.settled;
      if (places[next] !== undefined) continue;
      if (this.#options.onlyLooks || !this.#learnFor(next)) return false;
      places[next] = this.#propose(next);
      this.#state.from[next] = this.#state.told;
    }
    return places[index] !== undefined;
  }

  proposalAt(index: number): Proposal | undefined {
    const at = this.#state.places[index];
    return at && { at, values: this.#space!.valuesAt(at), from: this.#state.from[index]! };
  }

  tell(index: number, outcome: RunOutcome | undefined): string | undefined {
    const value = outcome === undefined ? NaN : metricOf(this.metric, outcome);
    if (value !== undefined) {
      this.#heed(index, value);
      return undefined;
    }
    const state = this.#state;
    state.unnamed++;
    const isFirst = state.missing === undefined;
    state.missing ??= this.#missingText(metricNames(outcome!));
    this.#heed(index, NaN);
    return isFirst ? state.missing : undefined;
  }

  #begin(): State {
    return {
      searcher: this.search && searcherOf(this.search),
      rule: new StopRule({
        until: this.#job.until,
        together: runsTogether(this.#job),
        ...(this.search && { goal: this.search.goal }),
      }),
      values: [],
      places: [],
      from: [],
      ended: 0,
      told: 0,
      settled: 0,
      best: undefined,
      unnamed: 0,
      missing: undefined,
    };
  }

  #heed(index: number, value: number): void {
    const state = this.#state;
    state.values[index] ??= value;
    for (; state.ended < this.#count; state.ended++) {
      const next = state.values[state.ended];
      if (next === undefined || state.rule.why !== undefined) return;
      state.rule.tell(next);
      const isBetter = Number.isFinite(next) &&
        (state.best === undefined || this.#lossOf(next) < this.#lossOf(state.best.value));
      if (isBetter) state.best = { index: state.ended, value: next };
    }
  }

  /** Tells the searcher just what the point of that number is proposed from; false when it is not there yet. */
  #learnFor(number: number): boolean {
    const state = this.#state;
    const searcher = state.searcher!;
    for (;;) {
      const needed = Math.max(number - this.search!.parallel + 1, searcher.waitsFor(number));
      if (needed <= state.told) return true;
      if (state.ended < needed) return false;
      const place = state.places[state.told]!;
      searcher.tell(place, this.#lossOf(state.values[state.told]!));
      state.told++;
    }
  }

  #propose(number: number): Place {
    const { searcher, places, told } = this.#state;
    return searcher!.propose(number, places.slice(told, number));
  }

  #missingText(names: readonly string[]): string {
    const meant = this.#options.suggest?.(this.metric, names);
    const shown = names.slice(0, NAMES_MAX).join(", ") + (names.length > NAMES_MAX ? ", …" : "");
    const there = names.length === 0 ? "It has none." : `Its numbers: ${shown}.`;
    return `The result has no number "${this.metric}". ${meant === undefined ? "" : `${meant} `}` +
      there;
  }

  #lossOf(value: number): number {
    if (!Number.isFinite(value)) return Infinity;
    return this.search?.goal === "maximize" ? -value : value;
  }
}

interface State {
  readonly searcher: Searcher | undefined;
  readonly rule: StopRule;
  /** By index, as far as they are known. */
  readonly values: number[];
  readonly places: Place[];
  /** From how many results each was proposed. */
  readonly from: number[];
  /** So many runs have ended without a gap. */
  ended: number;
  /** So many results the searcher knows. */
  told: number;
  /** So many places are known without a gap. */
  settled: number;
  best: { readonly index: number; readonly value: number } | undefined;
  /** Completed runs whose results have no such number. */
  unnamed: number;
  missing: string | undefined;
}

/** Repeats of the points of a sample are no independent values of its mean. */
function runsTogether({ sweep }: Job): number {
  const parts = sweep?.parts ?? [];
  if (!parts.some(({ kind }) => kind === "sample")) return 1;
  const repeat = parts.find(({ kind }) => kind === "repeat");
  return repeat?.kind === "repeat" ? repeat.count : 1;
}

const NAMES_MAX = 20;
