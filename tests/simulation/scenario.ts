/** What a seed means: the jobs of a campaign, the machine it runs on, and what befalls it. */
import type { Job } from "../../src/job/job.ts";
import { type Seeded, seeded } from "../helpers/seeded.ts";

/** How one life of an orchestrator is cut short. */
export type Cut =
  | "kill -9 of simrun"
  | "kill -9 of everything"
  | "power cut"
  | "asked to stop"
  | "asked to stop at once"
  | "stopped and taken over"
  | "stopped with its slots and taken over";

export interface Life {
  readonly cut: Cut;
  readonly afterMs: number;
  /** Of those taken over: when the old one wakes up. */
  readonly wakesAfterMs: number;
  /** Whether the disk fails during this life. */
  readonly isDiskBad: boolean;
}

/** How often things go wrong: chances by operation or step. */
export interface Dangers {
  readonly slotDies: number;
  readonly slotHangs: number;
  readonly syncFails: number;
  readonly anyFails: number;
  readonly shortWrite: number;
  readonly renameDoneButFails: number;
  /** Part of the time in which the disk is full. */
  readonly full: number;
  readonly clockSteps: number;
}

export interface Scenario {
  readonly seed: number;
  readonly jobs: readonly Job[];
  /** Lives before this one are asked for half of the steps: what they finished is gone on with later. */
  readonly grownFromLife: number;
  readonly slots: number;
  readonly stepMs: number;
  readonly diskMs: number;
  readonly inlineCharactersMax: number;
  readonly journalBytesMax: number;
  readonly recentFoldersMax: number;
  readonly dangers: Dangers;
  readonly lives: readonly Life[];
  /** How long a full disk is waited for. */
  readonly diskWaitMs: number;
  /** Somebody steers it about so often, in all lives but the last one. */
  readonly askEveryMs?: number;
}

export const MODEL_PATH = "/models/toy.ts";

/** With `cuts` every life ends by one of them, at least one does, and the disk itself is good. */
export function scenarioOf(seed: number, cuts?: readonly Cut[]): Scenario {
  const random = seeded(seed);
  const jobs = Array.from({ length: 1 + random.below(3) }, (_, i) => jobOf(random, i));
  // One that computes the same under another name: it may take the results, if they are there first.
  if (random.next() < 0.3) jobs.push({ ...jobs[0]!, id: "twin", priority: 3 });
  const grownFromLife = random.next() < 0.3 ? 1 + random.below(3) : 0;
  const branch = random.next() < 0.4 ? branchOf(random, jobs, grownFromLife > 0) : undefined;
  if (branch !== undefined) jobs.push(branch);
  // Who wakes up with other wishes than those of whoever took over may compute something again, rightly.
  const possible = cuts ??
    (grownFromLife > 0 ? CUTS.filter((cut) => !cut.includes("taken")) : CUTS);
  const slots = 1 + random.below(3);
  const stepMs = random.pick([0.01, 1, 20]);
  const steps = jobs.reduce((sum, job) => sum + job.steps * pointsOf(job), 0);
  const estimateMs = 200 + steps * stepMs / slots;
  const isSteered = random.next() < 0.3;
  const some = (chance: number, value: number) => random.next() < chance ? value : 0;
  const scenario: Scenario = {
    seed,
    jobs,
    grownFromLife,
    slots,
    stepMs,
    diskMs: random.pick([0.02, 0.2, 5]),
    inlineCharactersMax: random.pick([0, 60, 4096]),
    journalBytesMax: random.pick([1_500, 6_000, 1 << 25]),
    recentFoldersMax: random.pick([1, 3, 64]),
    dangers: {
      slotDies: some(0.3, 0.01),
      slotHangs: some(0.2, 0.004),
      syncFails: some(0.3, 0.03),
      anyFails: some(0.2, 0.01),
      shortWrite: some(0.3, 0.1),
      renameDoneButFails: some(0.3, 0.1),
      full: some(0.3, 0.3),
      clockSteps: some(0.3, 1),
    },
    ...(isSteered && { askEveryMs: random.pick([20, 200, 2_000]) }),
    lives: Array.from(
      { length: cuts === undefined ? random.below(6) : 1 + random.below(6) },
      () => ({
        cut: random.pick(possible),
        afterMs: random.next() * estimateMs * random.pick([0.2, 1]),
        wakesAfterMs: random.next() * 40_000,
        isDiskBad: random.next() < 0.5 && cuts === undefined,
      }),
    ),
    diskWaitMs: random.pick([0, 300, Infinity]),
  };
  // What somebody cancels, or asks for fewer steps of, is another search afterwards, and rightly.
  if (isSteered || grownFromLife > 0 || random.next() < 0.6) return scenario;
  const { syncFails, anyFails } = scenario.dangers;
  // What goes on without a run that a bad disk has failed proposes other points, unless it heeds no results.
  const methods = syncFails + anyFails > 0 ? ["random"] as const : METHODS;
  return { ...scenario, jobs: [...jobs, searchOf(random, random.pick(methods))] };
}

const METHODS = ["nelder-mead", "cma-es", "random"] as const;

/** A search for the start that comes to the smallest word: each of its points follows from results before. */
function searchOf(random: Seeded, method: (typeof METHODS)[number]): Job {
  const job = jobOf(random, 9);
  const { sweep: _sweep, ...others } = job;
  return {
    ...others,
    id: "search",
    steps: 1 + random.below(10),
    parameters: {},
    sweep: {
      parts: [{
        kind: "search",
        method,
        metric: "word",
        goal: random.pick(["minimize", "maximize"] as const),
        count: 4 + random.below(12),
        seed: random.below(1000),
        parallel: 1 + random.below(5),
        over: [{ name: "start", distribution: { kind: "integer", min: 0, max: 999_999 } }],
      }],
    },
  };
}

const CUTS: readonly Cut[] = [
  "kill -9 of simrun",
  "kill -9 of everything",
  "power cut",
  "asked to stop",
  "asked to stop at once",
  "stopped and taken over",
  "stopped with its slots and taken over",
];

function jobOf(random: Seeded, number: number): Job {
  const points = random.pick([1, 1, 2, 5, 12, 40]);
  const steps = points > 5 ? 1 + random.below(12) : 5 + random.below(60);
  const every = random.below(4) === 0
    ? { kind: "off" } as const
    : { kind: "steps", steps: 1 + random.below(12) } as const;
  const start = random.below(1_000_000);
  const isSwept = points > 1 || random.below(2) === 0;
  const axis = { kind: "steps", from: start, step: 1, count: points } as const;
  return {
    id: `job-${number}`,
    model: { kind: "module", path: MODEL_PATH },
    priority: random.pick([0, 1, 2, 3] as const),
    steps,
    parameters: isSwept ? {} : { start },
    ...(isSwept ? { sweep: { parts: [{ kind: "axis", name: "start", axis }] } } : {}),
    seed: random.below(100),
    checkpoint: { every, keep: 1 + random.below(3) },
    ...(random.below(3) === 0 ? {} : { measureEverySteps: 1 + random.below(9) }),
    inputs: {},
    hangMs: 3_000,
    // How a run ends must not hang on luck.
    retries: 1_000,
  } as Job;
}

/** One whose runs begin from states of another's, if any saves them. */
function branchOf(random: Seeded, jobs: readonly Job[], isGrown: boolean): Job | undefined {
  const parent = random.pick(jobs);
  if (parent.checkpoint.every.kind === "off") return undefined;
  const isSwept = parent.sweep !== undefined;
  const { sweep: _, ...own } = jobOf(random, 9);
  // Of one that grows the end is another state later on.
  const isLast = !isGrown && random.below(2) === 0;
  return {
    ...own,
    id: "branch",
    steps: parent.steps + 2 + random.below(20),
    parameters: isSwept ? {} : { start: random.below(1_000) },
    ...(isSwept && { sweep: parent.sweep! }),
    from: {
      job: parent.id,
      ...(isSwept && { match: "same-point" }),
      step: isLast ? "last" : 1 + random.below(Math.ceil(parent.steps / 2)),
    },
  };
}

/** The jobs as a life is asked for them. */
export function jobsOf({ jobs, grownFromLife }: Scenario, life: number): readonly Job[] {
  if (life >= grownFromLife) return jobs;
  return jobs.map((job) => ({ ...job, steps: Math.ceil(job.steps / 2) }));
}

export function pointsOf(job: Job): number {
  const part = job.sweep?.parts[0];
  if (part?.kind === "search") return part.count;
  return part?.kind === "axis" && part.axis.kind === "steps" ? part.axis.count : 1;
}
