/** What flags say of every job, whatever its manifest says. Pure. */
import { Fault } from "../job/fault.ts";
import { type Job, type Priority, PRIORITY_NAMES } from "../job/job.ts";
import { backoffOf } from "../manifest/backoff.ts";
import { parseDuration } from "../manifest/quantity.ts";
import type { RunFlags } from "./run_flags.ts";

type Flags = Pick<RunFlags, "retries" | "backoff" | "timeout" | "priority">;

/** Throws a usage fault, before any job is looked at, when a flag makes no sense. */
export function overridesOf(flags: Flags): (job: Job) => Job {
  const { retries } = flags;
  const backoffMs = flags.backoff === undefined
    ? undefined
    : durationOf("--backoff", flags.backoff, { zero: true, hint: "--backoff 10s, --backoff 0s" });
  const timeoutMs = flags.timeout === undefined || flags.timeout === "off"
    ? undefined
    : durationOf("--timeout", flags.timeout, {
      zero: false,
      hint: "--timeout 2h, --timeout 90s, --timeout off",
    });
  const priority = flags.priority === undefined ? undefined : priorityOf(flags.priority);
  return (job) => ({
    ...(flags.timeout === "off" ? withoutTimeout(job) : job),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(retries === undefined ? {} : { retries }),
    ...(backoffMs === undefined ? {} : { backoff: withFirst(job, backoffMs) }),
    ...(priority === undefined ? {} : { priority }),
  });
}

function withoutTimeout({ timeoutMs: _timeoutMs, ...job }: Job): Job {
  return job;
}

/** The longest wait stays what it was, unless the first one is longer. */
function withFirst({ backoff }: Job, firstMs: number): NonNullable<Job["backoff"]> {
  const most = backoff === undefined ? undefined : Math.max(backoff.mostMs, firstMs);
  return backoffOf(firstMs, most);
}

/** Milliseconds. Throws a usage fault that names the flag. */
export function durationOf(
  flag: string,
  text: string,
  { zero, hint }: { readonly zero: boolean; readonly hint: string },
): number {
  const parsed = parseDuration(zero && text === "0" ? 0 : text, { zero });
  if (parsed.ok) return parsed.value;
  // Batch systems take minutes for it, manifests seconds.
  if (/^[0-9]+([.][0-9]+)?$/.test(text) && Number(text) > 0) {
    throw new Fault("usage", `${flag} needs a unit, and ${text} has none.`, {
      hint: `Write ${flag} ${text}s for seconds, ${flag} ${text}m for minutes.`,
    });
  }
  const what = parsed.mistake === "must be a duration"
    ? `takes a duration, not "${text}"`
    : `${text} ${parsed.mistake}`;
  throw new Fault("usage", `${flag} ${what}.`, { hint: `For example ${hint}.` });
}

function priorityOf(name: NonNullable<RunFlags["priority"]>): Priority {
  return PRIORITY_NAMES.indexOf(name === "background" ? "low" : name) as Priority;
}
