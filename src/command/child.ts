/** One program while it runs: started, listened to, asked to end, and ended with all that it has started. */
import {
  adoptOrphans,
  descendantsOf,
  killDescendants,
  residentBytes,
  signalAll,
} from "./process_tree.ts";
import { startPolled } from "./polled_program.ts";
import type { Program, ProgramOrders } from "./program.ts";
import { StreamedProgram } from "./streamed_program.ts";
import type { CommandEnd } from "./verdict.ts";

const CLEAR_TRIES_MAX = 1000;

export class Child {
  readonly #reaper = adoptOrphans();
  readonly #program: Program;
  /** Its end, when all that it printed is heard and nothing that it started is left. */
  readonly ended: Promise<CommandEnd>;

  /** Throws what the system says when it cannot be started. */
  constructor(orders: ProgramOrders) {
    const adopts = this.#reaper !== undefined;
    // A group of its own costs milliseconds, and is needed only where orphans cannot be adopted.
    this.#program = (adopts ? startPolled(orders) : undefined) ??
      new StreamedProgram(orders, !adopts);
    this.ended = this.#end();
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** Of the program and all that it has started. */
  get memoryBytes(): number {
    return residentBytes(this.#all());
  }

  /** Asks all of them to end; who is stopped would not hear it. */
  ask(): void {
    const all = this.#all();
    signalAll(all, "SIGTERM");
    signalAll(all, "SIGCONT");
  }

  kill(): void {
    killDescendants();
    signalAll([this.pid], "SIGKILL");
    if (this.#reaper === undefined) signalAll([-this.pid], "SIGKILL");
  }

  #all(): number[] {
    return [this.pid, ...descendantsOf(this.pid)];
  }

  async #end(): Promise<CommandEnd> {
    const end = await this.#program.ended;
    const hasLeftOthers = this.#clearAway();
    await this.#program.hearTheRest();
    return { ...end, hasLeftOthers };
  }

  /** What the program has left behind ends with it. Answers whether there was any, where that can be known. */
  #clearAway(): boolean {
    if (this.#reaper === undefined) {
      signalAll([-this.pid], "SIGKILL");
      return false;
    }
    let tries = 0;
    for (; this.#reaper.hasOrphans() && tries < CLEAR_TRIES_MAX; tries++) killDescendants();
    return tries > 0;
  }
}

/** Why a program could not be started, in the user's words. */
export function startWords(program: string, error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return `there is no program ${program}`;
  if (error instanceof Deno.errors.PermissionDenied) return `${program} may not be run`;
  const why = error instanceof Error ? error.message : String(error);
  if (!/Argument list too long|os error 7\b/.test(why)) {
    return `${program} cannot be started: ${why}`;
  }
  return `the words and variables of ${program} are too long for the system: hand long values over ` +
    "in a template, or with pass: file";
}
