/** The library's face: submit jobs as plain objects, run them, look at them. Everything a program needs. */
import { resolve } from "node:path";
import type { RunEvent } from "../job/event.ts";
import { Fault } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import { readManifests } from "../manifest/manifest.ts";
import { renderDiagnostics } from "../manifest/render.ts";
import { ResultFold, type ResultRow } from "../report/results.ts";
import { type TreeStatus, treeStatus } from "../report/status.ts";
import { statusJson } from "../report/status_json.ts";
import type { PlanOptions } from "../plan/plan.ts";
import { History } from "../queue/history.ts";
import { readCampaign } from "../store/campaign_journal.ts";
import { readWork } from "../store/work.ts";
import { openTree } from "../store/tree.ts";
import { JobProblems } from "./prepare.ts";
import { withResultFiles } from "./result_files.ts";
import type { RunRequest } from "./run_request.ts";
import type { Outcome } from "../campaign/outcome.ts";
import { openRunner, type Runner } from "./runner.ts";

/** A job as a manifest spells it; relative paths are resolved against the working folder. */
export interface JobRequest {
  /** Letters, digits, `.`, `_`, `-`; at most 100 characters. */
  readonly id: string;
  /** Path of a `.ts`, `.js`, `.mjs` or `.wasm` file. */
  readonly model: string;
  readonly steps: number | string;
  readonly priority?: "critical" | "high" | "normal" | "low" | "background" | 0 | 1 | 2 | 3;
  readonly parameters?: { readonly [name: string]: unknown };
  readonly sweep?: unknown;
  readonly optimize?: unknown;
  readonly until?: unknown;
  readonly seed?: number;
  /** Steps, a duration such as `"5m"`, `"auto"` or `"off"`. */
  readonly checkpoint_every?: number | string;
  readonly checkpoint?: {
    readonly every?: number | string;
    readonly keep?: number | "all";
    readonly keep_every?: number | string;
  };
  readonly measure_every?: number;
  readonly inputs?: { readonly [name: string]: string };
  /** What the model may reach beside its own folder and its inputs: paths, and hosts. */
  readonly allow?: { readonly read?: readonly string[]; readonly net?: readonly string[] };
  readonly hang_after?: string | number;
  readonly retry?: {
    readonly limit?: number;
    /** Before the first attempt anew, then twice as long each time: `"5s"`, or seconds. */
    readonly backoff?: number | string;
    /** No wait is longer than this. */
    readonly backoff_max?: number | string;
  };
  /** A run that computes for longer fails: a duration such as `"2h"`, seconds, or `"off"`. */
  readonly timeout?: number | string;
  /** What to do when a measurement is not a finite number; `warn` unless given. */
  readonly on_nan?: "fail" | "warn" | "ignore";
  /** Jobs that must have completed before the runs of this one begin. */
  readonly needs?: string | NeedRequest | readonly (string | NeedRequest)[];
  /** The run whose state its runs begin from: a job, or `job/run`. */
  readonly from?: string | OriginRequest;
}

/** Where runs begin; `run` or `job` is given. */
export interface OriginRequest {
  /** A job of one run, or `job/run`. */
  readonly run?: string;
  readonly job?: string;
  /** For each run the one that has its values of what the other job sweeps. */
  readonly match?: "point";
  /** The end unless given. */
  readonly step?: number | "last";
}

/** A job that is needed; only its id is the same as all its runs, completed. */
export interface NeedRequest {
  readonly job: string;
  /** `point`: each run needs those that have the same parameters. */
  readonly match?: "all" | "point";
  /** `any`: runs that failed or were cancelled will do as well. */
  readonly if?: "completed" | "any";
}

export interface SimrunOptions {
  /** Folder of the tree; `./simruns` unless given. */
  readonly tree?: string;
  /** Runs at the same time; cores − 1 unless given. */
  readonly slots?: number;
  /** Give way to others who compute on this machine: slots pause while they do, at least one goes on. */
  readonly nice?: boolean;
  /** Take results of equal runs; true unless given. */
  readonly reuse?: boolean;
  /** Which finished runs to compute again. */
  readonly rerun?: PlanOptions["rerun"];
  /** Stop when so many runs failed. */
  readonly maxFails?: number;
  readonly onWarning?: (message: string) => void;
}

/**
 * A tree and the jobs submitted to it.
 *
 * ```ts
 * const simrun = new Simrun({ tree: "simruns" });
 * simrun.submit({ id: "sim_123", model: "./model.ts", steps: 1_000_000, priority: "high" });
 * const outcome = await simrun.run();
 * for (const row of await simrun.results()) console.log(row.run, row.result);
 * ```
 */
export class Simrun {
  readonly #root: string;
  readonly #options: SimrunOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #listeners = new Set<(event: RunEvent) => void>();
  #runner: Runner | undefined;
  #running: Promise<Outcome> | undefined;

  constructor(options: SimrunOptions = {}) {
    this.#root = resolve(options.tree ?? "simruns");
    this.#options = options;
  }

  /**
   * Checks jobs and takes them up; nothing runs before {@linkcode Simrun.run}. While it runs, they are
   * planned at once and join the queue.
   *
   * @throws {Fault} code `manifest`, with every mistake in the message.
   */
  async submit(...requests: readonly JobRequest[]): Promise<void> {
    const source = {
      path: "submit()",
      folder: Deno.cwd(),
      text: JSON.stringify(requests, null, 1),
    };
    const { jobs, diagnostics } = readManifests([source]);
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    if (errors.length > 0) {
      throw new Fault("manifest", errors.map(({ message }) => message).join("\n"));
    }
    for (const job of jobs) {
      if (this.#jobs.has(job.id)) {
        throw new Fault("manifest", `Job ${job.id} was submitted already.`, {
          hint: "Give each job an id of its own.",
        });
      }
    }
    for (const job of jobs) this.#jobs.set(job.id, job);
    if (this.#runner !== undefined) await told(this.#runner.add(jobs));
  }

  /**
   * Runs all that was submitted and is not done, and resolves when nothing is left or it was stopped.
   * Runs that fail do not reject: they are counted in the outcome.
   *
   * @throws {Fault} `tree-busy`, `manifest` and the other codes of {@linkcode Fault}.
   */
  run(): Promise<Outcome> {
    return this.#running ??= this.#run().finally(() => {
      this.#runner = undefined;
      this.#running = undefined;
    });
  }

  /** Hears every event once it is durable. Answers a function that ends the subscription. */
  subscribe(listener: (event: RunEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** `checkpoint` saves what runs, `now` does not wait; {@linkcode Simrun.run} resolves afterwards. */
  stop(how: "checkpoint" | "now" = "checkpoint"): void {
    this.#runner?.stop(how);
  }

  /**
   * The runs by name as `simrun status --json` prints them: `progress` (percent), `steps_done`,
   * `memory_used`, `last_checkpoint`, and the same as numbers with their units in the names.
   */
  async getStatus(): Promise<ReturnType<typeof statusJson>> {
    return statusJson(await this.status());
  }

  /** The same as {@linkcode Simrun.getStatus}, typed and with plain numbers (milliseconds, bytes, steps). */
  async status(): Promise<TreeStatus> {
    const layout = await openTree(this.#root, "read");
    const history = new History();
    readCampaign(layout, (entry, location) => history.apply(entry, location));
    const work = await readWork(layout, () => new Date());
    return treeStatus(history, {
      tree: this.#root,
      nowMs: Date.now(),
      live: this.#runner?.live() ?? work.live,
      working: this.#runner !== undefined || work.working,
      selectors: ["all"],
      listMax: Infinity,
    });
  }

  /** Results of completed runs, one row a run; all jobs, or those named. */
  async results(...jobs: readonly string[]): Promise<ResultRow[]> {
    const layout = await openTree(this.#root, "read");
    const fold = new ResultFold(jobs);
    readCampaign(layout, (entry, location) => fold.apply(entry, location));
    return await withResultFiles(layout, fold.rows(), (error) => {
      throw error;
    });
  }

  async #run(): Promise<Outcome> {
    const runner = await told(openRunner(this.#request()));
    this.#runner = runner;
    return await runner.run();
  }

  #request(): RunRequest {
    const { slots, nice = false, reuse, rerun, maxFails, onWarning } = this.#options;
    return {
      root: this.#root,
      jobs: [...this.#jobs.values()],
      slots: slots ?? Math.max(1, navigator.hardwareConcurrency - 1),
      nice,
      options: { ...(reuse === undefined ? {} : { reuse }), ...(rerun && { rerun }) },
      ...(maxFails === undefined ? {} : { maxFails }),
      ...(onWarning === undefined ? {} : { onWarning }),
      onEvent: (event) => {
        for (const listener of this.#listeners) {
          // A listener that throws is its own affair: the campaign goes on.
          try {
            listener(event);
          } catch (error) {
            onWarning?.(`A listener threw: ${error}`);
          }
        }
      },
    };
  }
}

/** Mistakes in jobs become a fault like any other: a program wants one kind of error. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof JobProblems)) throw error;
    throw new Fault("manifest", renderDiagnostics(error.diagnostics, []), { cause: error });
  }
}
