/** A job: one entry of a manifest after it was checked. Plain data, every path absolute. */
import type { CommandModel } from "./command.ts";
import type { PlecsModel } from "./plecs.ts";
import type { CheckpointLesson } from "./checkpoint_interval.ts";
import type { Origin } from "./run.ts";
import type { Parameters } from "./parameter.ts";
import type { Sweep } from "./sweep.ts";

export type { Parameters, ParameterValue } from "./parameter.ts";

/** 0 critical, 1 high, 2 normal, 3 low. */
export type Priority = 0 | 1 | 2 | 3;

export const PRIORITY_NAMES = ["critical", "high", "normal", "low"] as const;
export type PriorityName = (typeof PRIORITY_NAMES)[number];

export type FileKind = "module" | "wasm";

export interface ModelFile {
  readonly kind: FileKind;
  /** Absolute path of the model's file. */
  readonly path: string;
}

export type ModelReference = ModelFile | CommandModel | PlecsModel;

/** Whether it is loaded by a simulation thread; others run outside of simrun. */
export function isModelFile(model: ModelReference): model is ModelFile {
  return model.kind === "module" || model.kind === "wasm";
}

/** What a model may reach beside its own folder and its inputs. Permission, not meaning: no digest knows of it. */
export interface Grants {
  /** Absolute paths of files and folders. */
  readonly read: readonly string[];
  /** Hosts, as `name`, `name:port` or `*.name`. */
  readonly net: readonly string[];
}

/** When a checkpoint is due. A run that never reaches the first one leaves none. */
export type Cadence =
  | { readonly kind: "off" }
  | { readonly kind: "steps"; readonly steps: number }
  | { readonly kind: "time"; readonly everyMs: number }
  /** As costs and failures suggest, {@linkcode checkpointInterval}. A slot is told what was `learned` of them. */
  | { readonly kind: "auto"; readonly learned?: CheckpointLesson };

export interface CheckpointPolicy {
  readonly every: Cadence;
  /** How many of the newest checkpoints of a run stay on disk; at least 1. */
  readonly keep: number;
  /** At every multiple of so many steps one is taken that stays for good. */
  readonly keepEverySteps?: number;
  /** A slot is told from which states other runs begin: these are taken, and stay. */
  readonly wanted?: WantedStates;
}

/** Whether the state of this step stays, however many newer ones there are. */
export function isKeptState({ keepEverySteps, wanted }: CheckpointPolicy, step: number): boolean {
  return keepEverySteps !== undefined && step % keepEverySteps === 0 ||
    wanted?.steps.includes(step) === true;
}

/** The first step behind this one whose state stays; infinite where none does. */
export function nextKept({ keepEverySteps, wanted }: CheckpointPolicy, step: number): number {
  let next = keepEverySteps === undefined
    ? Infinity
    : step - (step % keepEverySteps) + keepEverySteps;
  for (const one of wanted?.steps ?? []) if (one > step && one < next) next = one;
  return next;
}

/** States of runs that others are to begin from. */
export interface WantedStates {
  readonly steps: readonly number[];
  /** The one at the end. */
  readonly last: boolean;
}

/** Waits between the attempts of a run that failed for a passing reason: the first, then twice as long each time. */
export interface Backoff {
  readonly firstMs: number;
  /** No wait is longer than this, before a tenth of it is added or taken by chance. */
  readonly mostMs: number;
}

/** What to do when a measurement is not a finite number. */
export type OnNan = "fail" | "warn" | "ignore";

/** What must have ended before a run may start. */
export interface Need {
  /** Id of the job that is needed. */
  readonly job: string;
  /** All its runs; or, for each run, those whose parameters agree with its own where both have them. */
  readonly runs: "all" | "same-point";
  /** `any`: runs that failed or were cancelled will do as well. */
  readonly accept: "completed" | "any";
}

/** When no more of a job's runs are needed, judged by the results of its runs in their order. */
export interface Until {
  /** A number of the results, named as `simrun results` names it. */
  readonly metric: string;
  readonly below?: number;
  readonly above?: number;
  /** The best of a search has not become better for so many runs. */
  readonly noImprovement?: number;
  /** The mean is known so well: as a number, or as a share of the mean. */
  readonly standardError?: { readonly value: number; readonly isRelative: boolean };
  /** Not before so many runs have ended. */
  readonly atLeast: number;
}

export interface Job {
  readonly id: string;
  readonly model: ModelReference;
  readonly priority: Priority;
  readonly steps: number;
  /** The fixed parameters; a sweep's point is laid over them. */
  readonly parameters: Parameters;
  readonly sweep?: Sweep;
  /** Chosen by the user to get other random numbers for the same parameters; 0 unless given. */
  readonly seed: number;
  readonly checkpoint: CheckpointPolicy;
  /** A row of the measurement series every so many steps; without it only the last state is measured. */
  readonly measureEverySteps?: number;
  /** Files the model reads by name with `ctx.inputs`: name to absolute path. */
  readonly inputs: { readonly [name: string]: string };
  /** Only there when something is granted. */
  readonly allow?: Grants;
  /** A run whose step takes longer than this, and than its own rate explains, is hung. */
  readonly hangMs: number;
  /** How often a run that failed for a passing reason (its slot died or hung) is tried again. */
  readonly retries: number;
  /** {@linkcode DEFAULT_BACKOFF} when absent. */
  readonly backoff?: Backoff;
  /** A run that computes for longer, all its attempts from its first step on, fails. */
  readonly timeoutMs?: number;
  /** {@linkcode DEFAULT_ON_NAN} when absent. */
  readonly onNan?: OnNan;
  /** What one run needs; a slot's even share when absent. */
  readonly memoryBytes?: number;
  /** Places of slots that one run takes: cores that its program computes on. One when absent. */
  readonly cores?: number;
  readonly needs?: readonly Need[];
  /** Its runs begin from states of others. */
  readonly from?: Origin;
  readonly until?: Until;
}

/** The job with all its points, of which a shard has its share. */
export function wholeJob(job: Job): Job {
  if (job.sweep?.share === undefined) return job;
  const { share: _, ...sweep } = job.sweep;
  return { ...job, sweep };
}

/** Whether its runs may have to wait until others have ended. */
export function waitsForOthers({ needs, from }: Job): boolean {
  return needs !== undefined || from !== undefined;
}

/** Its needs, and the run that it begins from as one: that must have completed as well. */
export function allNeeds({ needs = [], from }: Job): readonly Need[] {
  if (from === undefined || needs.some(({ job }) => job === from.job)) return needs;
  return [...needs, { job: from.job, runs: from.match ?? "all", accept: "completed" }];
}

/** Ids of the jobs that must have ended before its runs may begin. */
export function neededJobs({ needs = [], from }: Job): string[] {
  const ids = needs.map(({ job }) => job);
  return from === undefined || ids.includes(from.job) ? ids : [...ids, from.job];
}

/** `keep: all`. */
export const KEEP_ALL = Number.MAX_SAFE_INTEGER;
export const NO_GRANTS: Grants = { read: [], net: [] };
export const DEFAULT_CHECKPOINT: CheckpointPolicy = {
  every: { kind: "auto" },
  keep: 3,
};
export const DEFAULT_HANG_MS = 300_000;
/** Of a command that tells of no progress, and of PLECS: their silence means nothing. */
export const NEVER_HANGS_MS = Number.MAX_SAFE_INTEGER;
export const DEFAULT_RETRIES = 3;
export const DEFAULT_BACKOFF: Backoff = { firstMs: 5_000, mostMs: 300_000 };
export const DEFAULT_ON_NAN: OnNan = "warn";
export const DEFAULT_PRIORITY: Priority = 2;
