/** `run --watch`: takes up manifests that appear or change, and goes on until it is stopped. */
import { Fault } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import { load } from "../job/load.ts";
import { type ManifestReading, readManifests } from "../manifest/manifest.ts";
import type { Diagnostic } from "../manifest/diagnostic.ts";
import type { ManifestSource } from "../manifest/source.ts";
import { formatNumberOf } from "../report/format.ts";
import { JobProblems } from "../runner/prepare.ts";
import type { Runner } from "../runner/runner.ts";
import type { RunDisplay } from "./run_display.ts";
import { collectSources } from "./sources.ts";

const EVERY_MS = 1_000;
/** What lacks a file or a job is looked at again after so many looks: a model may come after its manifest. */
const LOOKS_BETWEEN_TRIES = 20;

export interface Watched {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly maxPoints?: number | undefined;
  /** What flags say of every job. */
  readonly override: (job: Job) => Job;
  readonly runner: Runner;
  readonly display: RunDisplay;
}

export class ManifestWatch {
  readonly #watched: Watched;
  /** Texts that were taken up, or found wanting, by path. */
  readonly #known = new Map<string, string>();
  /** Texts as they were at the last look: one that still changes is being written. */
  #seen = new Map<string, string>();
  /** Those of them that may be right as soon as something else is there. */
  readonly #wanting = new Set<string>();
  #looks = 0;
  /** What was said of a manifest, so that it is said once. */
  readonly #told = new Map<string, string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(watched: Watched, sources: readonly ManifestSource[]) {
    this.#watched = watched;
    for (const { path, text } of sources) this.#known.set(path, text);
  }

  start(): void {
    this.#timer = setTimeout(async () => {
      await this.#look();
      if (!this.#isStopped) this.start();
    }, EVERY_MS);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    if (++this.#looks % LOOKS_BETWEEN_TRIES === 0) this.#tryAgain();
    const sources = await this.#sources();
    const settled = sources.filter(({ path, text }) =>
      this.#known.get(path) !== text && this.#seen.get(path) === text
    );
    this.#seen = new Map(sources.map(({ path, text }) => [path, text]));
    for (const source of settled) {
      if (this.#isStopped) return;
      await this.#takeUp(source);
    }
  }

  async #sources(): Promise<readonly ManifestSource[]> {
    try {
      return await collectSources(this.#watched.args, this.#watched.cwd);
    } catch (error) {
      // Nothing there at the moment, or a file that just went: there will be a next look.
      if (error instanceof Fault && error.code === "no-manifest") return [];
      this.#tell("", error instanceof Error ? error.message : String(error));
      return [];
    }
  }

  async #takeUp(source: ManifestSource): Promise<void> {
    const { path, text } = source;
    const { maxPoints, override, runner, display } = this.#watched;
    const reading = readManifests([source], maxPoints === undefined ? {} : { maxPoints });
    if (reading.diagnostics.some(({ severity }) => severity === "error")) {
      this.#known.set(path, text);
      return this.#tell(path, mistakesIn(path, reading.diagnostics));
    }
    try {
      const plan = await runner.add(reading.jobs.map(override), [source], reading.locate);
      if (plan === undefined) return;
      this.#known.set(path, text);
      this.#told.delete(path);
      this.#wanting.delete(path);
      if (plan.jobs.length === 0) return;
      // It may be what another one needs.
      this.#tryAgain();
      display.say(`${path}: ${formatNumberOf(plan.toRun, "run")} to compute`);
      await this.#tellLateSinks(source, reading.sinks);
    } catch (error) {
      if (error instanceof JobProblems) {
        this.#known.set(path, text);
        this.#wanting.add(path);
        return this.#tell(path, mistakesIn(path, error.diagnostics));
      }
      // A job that is still being computed as it was: it is taken up when that has ended.
      const words = error instanceof Fault ? `${error.message} ${error.hint ?? ""}` : String(error);
      this.#tell(path, `${path}: ${words}`);
    }
  }

  async #tellLateSinks(
    { path }: ManifestSource,
    sinks: ManifestReading["sinks"],
  ): Promise<void> {
    if (sinks.length === 0) return;
    const { lateSinksText } = await load<typeof import("./late_sinks.ts")>(
      import.meta.resolve("./late_sinks.ts"),
    );
    const late = lateSinksText(this.#watched.runner.layout, sinks);
    if (late !== undefined) this.#tell(path, `${path}: ${late}`);
  }

  #tryAgain(): void {
    for (const path of this.#wanting) this.#known.delete(path);
    this.#wanting.clear();
  }

  #tell(path: string, words: string): void {
    if (this.#told.get(path) === words) return;
    this.#told.set(path, words);
    this.#watched.display.warn(words);
  }
}

/** In a line each is told of; `simrun validate` shows where it stands. */
function mistakesIn(path: string, diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const [first] = errors;
  if (first === undefined) return path;
  const { place, message, hint } = first;
  const at = place === undefined ? path : `${place.path}:${place.line}:${place.column}`;
  const more = errors.length > 1
    ? ` (and ${formatNumberOf(errors.length - 1, "more mistake")})`
    : "";
  return `${at}: ${message}.${hint === undefined ? "" : ` ${hint}`}${more}`;
}
