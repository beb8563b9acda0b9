/** Does what is asked of a campaign at work: finds the runs that are meant, has it done, says what became of it. */
import type { Steering } from "../campaign/steering.ts";
import type { RunTable, TableState } from "../campaign/run_table.ts";
import type { ControlAction } from "../job/control.ts";
import { assertNever, Fault } from "../job/fault.ts";
import { type Priority, PRIORITY_NAMES } from "../job/job.ts";
import { suggestSelector } from "../manifest/suggest.ts";
import { formatCount, formatNumberOf } from "../report/format.ts";
import { type Asked, nothingDone, pausedWords } from "../report/nothing_done.ts";
import {
  filterJobsOfRuns,
  filterRuns,
  unknownName,
  VISIBLE_STATES,
  type VisibleState,
  zeroCounts,
} from "../report/selector.ts";
import type { Layout } from "../store/layout.ts";
import type { Answer } from "../store/request.ts";
import { refuseAmbiguous } from "./ambiguous.ts";
import { type Controllable, Controller, type ControllerOptions } from "./controller.ts";

export interface LiveParts {
  readonly table: RunTable;
  readonly steering: Steering;
  readonly slots: () => number;
  /** Plans the manifests' jobs and lets them join; answers how many runs are to be computed, and how many jobs. */
  submit(
    manifests: Extract<ControlAction, { type: "submit" }>["manifests"],
  ): Promise<{ readonly jobs: number; readonly toRun: number }>;
}

/** What a run of this campaign looks like to a person. */
const VISIBLE: { readonly [state in TableState]: VisibleState } = {
  settled: "completed",
  ready: "waiting",
  delayed: "waiting",
  blocked: "waiting",
  assigned: "running",
  held: "paused",
  failed: "failed",
  cancelled: "cancelled",
  "paused-before": "paused",
  "cancelled-before": "cancelled",
  unneeded: "completed",
};

/** A running one is saved at its next step boundary; who asks is not kept waiting for a long step. */
const WAIT_MS = 3_000;

export class LiveRequests implements Controllable {
  readonly #parts: LiveParts;

  constructor(parts: LiveParts) {
    this.#parts = parts;
  }

  async perform(action: ControlAction): Promise<Answer> {
    const { steering } = this.#parts;
    switch (action.type) {
      case "cancel":
        return await this.#end(action.selectors, "cancelled", (runs) => steering.cancel(runs));
      case "pause":
        return await this.#end(action.selectors, "held", (runs) => steering.pause(runs));
      case "continue": {
        const runs = this.#select(action.selectors, ["held", "paused-before", "assigned"]);
        // One in the middle of a step is still to be paused: that is taken back.
        const held = runs.filter((number) =>
          this.#parts.table.stateOf(number) !== "assigned" ||
          steering.wishedState(number) === "held"
        ).length;
        steering.unpause(runs);
        return told(
          held,
          held === 0 ? this.#none(action) : `${numberOf(held)} may go on.`,
        );
      }
      case "retry": {
        const runs = this.#select(action.selectors, ["failed", "cancelled", "cancelled-before"]);
        steering.retry(runs);
        const one = runs.length === 1 ? "is" : "are";
        return told(
          runs.length,
          runs.length === 0
            ? this.#none(action)
            : `${numberOf(runs.length)} ${one} tried again, with all attempts before ${
              runs.length === 1 ? "it" : "them"
            }.`,
        );
      }
      case "priority":
        return this.#prioritise(action.selectors, action.priority);
      case "slots": {
        const before = this.#parts.slots();
        steering.resize(action.slots);
        return {
          ok: true,
          message: `${formatNumberOf(action.slots, "slot")} from now on, ${before} before` +
            `${this.#tooWide(action.slots)}.`,
        };
      }
      case "submit": {
        const { jobs, toRun } = await this.#parts.submit(action.manifests);
        const what = toRun === 0
          ? "nothing of it is to be computed"
          : `${formatNumberOf(toRun, "run")} to compute`;
        const message = jobs === 0
          ? "Nothing new; this simrun has all of it already."
          : `${formatNumberOf(jobs, "job")} taken up, ${what}.`;
        return { ok: true, message, runs: toRun };
      }
      default:
        return assertNever(action);
    }
  }

  /** `; mpi needs 4 cores, and waits for more slots`. */
  #tooWide(slots: number): string {
    const { table } = this.#parts;
    const isOpen = (number: number) => OPEN.includes(table.stateOf(number));
    return table.jobs.flatMap(({ job: { id, cores = 1 }, offset, count }) => {
      if (cores <= slots) return [];
      const numbers = Array.from({ length: count }, (_, i) => offset + i);
      return numbers.some(isOpen) ? [`; ${id} needs ${cores} cores, and waits for more slots`] : [];
    }).join("");
  }

  #prioritise(selectors: readonly string[], priority: Priority): Answer {
    const states: readonly TableState[] = ["ready", "delayed", "held", "blocked", "assigned"];
    const runs = this.#select(selectors, states);
    this.#parts.steering.prioritise(runs, priority);
    const name = PRIORITY_NAMES[priority];
    return told(
      runs.length,
      runs.length === 0
        ? this.#none({ type: "priority", selectors })
        : `${numberOf(runs.length)} now ${name}.`,
    );
  }

  async #end(
    selectors: readonly string[],
    wish: "cancelled" | "held",
    act: (runs: readonly number[]) => Promise<readonly string[]>,
  ): Promise<Answer> {
    const states: TableState[] = ["ready", "delayed", "blocked", "assigned"];
    if (wish === "cancelled") states.push("held", "paused-before");
    const runs = this.#select(selectors, states);
    const type = wish === "cancelled" ? "cancel" : "pause";
    if (runs.length === 0) return told(0, this.#none({ type, selectors }));
    const done = await soon(act(runs), WAIT_MS);
    const verb = wish === "cancelled" ? "cancelled" : "paused";
    if (done === undefined) {
      const later = `${numberOf(runs.length)} to be ${verb}: what is in the middle of a step, ` +
        "at the end of that step.";
      return { ok: true, message: later, runs: runs.length };
    }
    const count = done.filter((what) => what === wish).length;
    const ended = done.length - count;
    const others = ended === 0 ? "" : ` ${numberOf(ended)} had just ended.`;
    const what = count === 1 ? "it" : "them";
    const next = wish === "held" && count > 0
      ? ` simrun continue ${pausedWords(selectors)} lets ${what} go on.`
      : "";
    return told(count, `${numberOf(count)} ${verb}.${others}${next}`);
  }

  /** Says what those are that are meant. */
  #none(asked: Asked): string {
    const counts = zeroCounts();
    for (const number of this.#select(asked.selectors, STATES)) {
      counts[VISIBLE[this.#parts.table.stateOf(number)]]++;
    }
    return nothingDone(asked, counts);
  }

  /** The runs that are meant and are in one of these states. Throws a Fault for a name that stands for nothing. */
  #select(selectors: readonly string[], states: readonly TableState[]): number[] {
    const { table } = this.#parts;
    const jobs = table.jobs.map(({ job }) => job.id);
    const unknown = unknownName(selectors, jobs, () => this.#runs());
    if (unknown !== undefined) {
      const meant = suggestSelector(unknown, jobs, [...VISIBLE_STATES, "all"]);
      throw new Fault("not-found", `This campaign has no job or run ${unknown}.`, {
        hint: meant === undefined ? "simrun status shows what there is." : `Did you mean ${meant}?`,
      });
    }
    refuseAmbiguous(selectors, (mayBe) => this.#runs(mayBe));
    const isMeant = filterRuns(selectors);
    const mayBe = filterJobsOfRuns(selectors);
    const found: number[] = [];
    for (const job of table.jobs) {
      if (!mayBe(job.job.id)) continue;
      for (let number = job.offset; number < job.offset + job.count; number++) {
        const state = table.stateOf(number);
        if (!states.includes(state)) continue;
        const { run } = job.identify(number - job.offset);
        if (isMeant(job.job.id, run, VISIBLE[state])) found.push(number);
      }
    }
    return found;
  }

  *#runs(
    mayBe: (job: string) => boolean = () => true,
  ): IterableIterator<{ readonly job: string; readonly run: string }> {
    for (const job of this.#parts.table.jobs) {
      if (!mayBe(job.job.id)) continue;
      for (let index = 0; index < job.count; index++) {
        yield { job: job.job.id, run: job.identify(index).run };
      }
    }
  }
}

const STATES = Object.keys(VISIBLE) as TableState[];
const OPEN: readonly TableState[] = ["ready", "delayed", "held", "blocked", "assigned"];

function told(runs: number, message: string): Answer {
  return { ok: runs > 0, message, runs };
}

function numberOf(runs: number): string {
  return runs === 1 ? "1 run" : `${formatCount(runs)} runs`;
}

/** The value, or undefined when it takes longer. */
async function soon<T>(work: Promise<T>, waitMs: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((done) => timer = setTimeout(() => done(undefined), waitMs));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Nothing waits for it, and nothing fails with it: what cannot be steered is a campaign all the same. */
export async function hearRequests(
  layout: Layout,
  parts: LiveParts,
  { onWarning, onAnswered }: Pick<ControllerOptions, "onWarning" | "onAnswered"> = {},
): Promise<Controller | undefined> {
  try {
    const controller = await Controller.open(layout, {
      ...(onWarning && { onWarning }),
      ...(onAnswered && { onAnswered }),
    });
    controller.start(new LiveRequests(parts));
    return controller;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    onWarning?.(`Nobody can steer this simrun from outside: ${reason}`);
    return undefined;
  }
}
