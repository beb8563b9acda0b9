/** Why simrun itself ends a run whose model would go on, in words: diverged, out of time, or what it measures is no number. */
import type { Job } from "../job/job.ts";
import { type Failure, type FailureClass, PASSING_FAILURES } from "../job/run.ts";

/** Ends the run at hand. Its message is whole: nothing of a place or a stack belongs to it. */
export class RunFailure extends Error {
  constructor(readonly failureClass: FailureClass, message: string) {
    super(message);
  }
}

/** Whether this attempt may have been one of several: what it said is then not all that the run has to say. */
export function mayBeTriedAgain(failure: Failure, attempt: number, { retries }: Job): boolean {
  return attempt <= retries && PASSING_FAILURES.includes(failure.class);
}

/** A thread that looks ends its run in time; one that does not is given so much longer to look at last. */
export function graceMs(timeoutMs: number): number {
  return Math.max(2_000, timeoutMs / 10);
}

/** Seen between two steps: `step` is saved, where the job saves anything. */
export function timeoutWords(job: Job, step: number, ms: number): string {
  const spent = spentWords(job, ms);
  // Of a program that counts none it is no news that it has not done its one step.
  if (job.steps === 1) return `${spent.replace(/,$/, "")}; ${adviceWords(job, step)}`;
  return `${spent} and has done ${stepsWords(job, step)} steps; ${adviceWords(job, step)}`;
}

/** Seen from outside: the thread has not come back from what it began after `step`. */
export function endlessStepWords(job: Job, step: number, ms: number): string {
  return `${spentWords(job, ms)} and what it began after step ${stepsWords(job, step)} ` +
    `did not come to an end; ${adviceWords(job, step)}`;
}

function spentWords({ timeoutMs }: Job, ms: number): string {
  const [spent, timeout] = [spanWords(ms), spanWords(timeoutMs!)];
  return spent === timeout
    ? `it computed for ${spent}, its timeout,`
    : `it computed for ${spent}, longer than its timeout of ${timeout},`;
}

function stepsWords({ steps }: Job, step: number): string {
  return `${countWords(step)} of ${countWords(steps)}`;
}

function adviceWords({ checkpoint }: Job, step: number): string {
  if (checkpoint.every.kind === "off") {
    return "raise timeout and run again: it keeps no checkpoints and begins anew";
  }
  return step === 0
    ? "raise timeout and run again: it begins anew"
    : "raise timeout and run again: it goes on from its last checkpoint";
}

/** `mean is NaN at step 1,200`. */
export function notFiniteWords({ name, value, others }: NotFinite, step: number): string {
  const more = others === 0 ? "" : `, and so ${others === 1 ? "is one" : `are ${others}`} more`;
  return `${name.slice(0, NAME_CHARACTERS_MAX)} is ${value} at step ${countWords(step)}${more}`;
}

/** A model may call its measurements what it likes. */
const NAME_CHARACTERS_MAX = 100;

export interface NotFinite {
  /** The first one; in a list with its place, `profile.3`. */
  readonly name: string;
  readonly value: number;
  readonly others: number;
}

/** Kept before a model takes the floor. */
const { isFinite } = Number;

/** What of a measurement is no finite number: of its numbers by name, and of lists of numbers. */
export function findNotFinite(measured: unknown): NotFinite | undefined {
  if (typeof measured !== "object" || measured === null) return undefined;
  let first: NotFinite | undefined;
  let others = -1;
  const look = (value: unknown, name: string, at?: number) => {
    if (typeof value !== "number" || isFinite(value)) return;
    others++;
    first ??= { name: at === undefined ? name : `${name}.${at}`, value, others: 0 };
  };
  for (const name in measured) {
    const value: unknown = measured[name as keyof typeof measured];
    if (typeof value !== "object" || value === null) look(value, name);
    else if (isList(value)) { for (let i = 0; i < value.length; i++) look(value[i], name, i); }
  }
  return first && { ...first, others };
}

function isList(value: object): value is ArrayLike<unknown> & object {
  return Array.isArray(value) || ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function countWords(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

const UNITS = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1_000]] as const;

/** As a manifest says it: `2h 5m`, `45s`, `500ms`. The two largest units, what is below is cut off. */
function spanWords(ms: number): string {
  const largest = UNITS.findIndex(([, unitMs]) => ms >= unitMs);
  if (largest === -1) return `${Math.floor(ms)}ms`;
  let left = ms;
  const parts: string[] = [];
  for (const [unit, unitMs] of UNITS.slice(largest, largest + 2)) {
    const count = Math.floor(left / unitMs);
    left -= count * unitMs;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(" ");
}
