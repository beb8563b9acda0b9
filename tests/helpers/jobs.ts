/** Jobs as the manifest hands them on, with all that a test does not care about filled in. */
import {
  DEFAULT_HANG_MS,
  DEFAULT_PRIORITY,
  DEFAULT_RETRIES,
  type Job,
  type ParameterValue,
} from "../../src/job/job.ts";
import type { Sweep } from "../../src/job/sweep.ts";

export function aJob(over: Partial<Job> = {}): Job {
  return {
    id: "job",
    model: { kind: "module", path: "/models/model.ts" },
    priority: DEFAULT_PRIORITY,
    steps: 100,
    parameters: {},
    seed: 0,
    checkpoint: { every: { kind: "off" }, keep: 3 },
    inputs: {},
    hangMs: DEFAULT_HANG_MS,
    retries: DEFAULT_RETRIES,
    backoff: { firstMs: 0, mostMs: 0 },
    ...over,
  };
}

export function module(path: string): Job["model"] {
  return { kind: "module", path };
}

/** A sweep over the values of one parameter. */
export function sweepOf(name: string, values: readonly ParameterValue[]): Sweep {
  return { parts: [{ kind: "axis", name, axis: { kind: "list", values } }] };
}

/** A sweep of so many points: `i` from 0. */
export function points(count: number): Sweep {
  return {
    parts: [{ kind: "axis", name: "i", axis: { kind: "steps", from: 0, step: 1, count } }],
  };
}
