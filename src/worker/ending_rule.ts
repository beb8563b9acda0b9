/** When a run ends by its model's own word: `done` says that it has converged, or diverged. */
import type { Job } from "../job/job.ts";
import type { Ending } from "../job/model.ts";
import type { RunContext } from "./context.ts";
import type { Instance } from "./model.ts";
import { describeReturned } from "./outcome.ts";
import { RunFailure } from "./run_failure.ts";
import { BadState } from "./state.ts";

/** `done` of an `advance` model is asked this often unless the job says when to measure. */
const ADVANCE_EVERY_STEPS = 1000;

export class EndingRule {
  /** After so many steps the model is asked; 0 for one that never says so. */
  readonly everySteps: number;
  readonly #model: Instance;
  readonly #context: RunContext;
  #ending: string | undefined;

  constructor(model: Instance, { measureEverySteps }: Job, context: RunContext) {
    this.#model = model;
    this.#context = context;
    const own = model.step === undefined ? ADVANCE_EVERY_STEPS : 1;
    this.everySteps = model.done === undefined ? 0 : measureEverySteps ?? own;
  }

  /** What it has said; undefined as long as it goes on. */
  get ending(): string | undefined {
    return this.#ending;
  }

  /** It had ended when its last state was saved. */
  restore(ending: string | undefined): void {
    this.#ending = ending;
  }

  /** Whether it has ended now. */
  ask(state: unknown): boolean {
    const ending = this.#model.done!(state, this.#context as never) as Ending | undefined | false;
    if (ending === undefined || ending === false) return false;
    if (typeof ending === "string" && ending.startsWith("diverged")) {
      throw new RunFailure("diverged", ending);
    }
    if (typeof ending !== "string" || !ending.startsWith("converged")) {
      throw new BadState(
        `done() returned ${describeReturned(ending)}; ` +
          'it returns "converged", "diverged: why", or nothing',
      );
    }
    this.#ending = ending;
    return true;
  }
}
