/** What a model's functions are handed: parameters, random numbers, inputs, a log. Lives in the simulation thread. */
import type { Context, Input, ParameterRules } from "../job/model.ts";
import type { Job } from "../job/job.ts";
import type { Point } from "../plan/sweep.ts";
import { randomSeed } from "../plan/digest.ts";
import { sweptParameters } from "../plan/point_numbers.ts";
import { LOG_BYTES_MAX, LOG_FULL } from "./log_limits.ts";
import { type RandomState, RunRandom } from "./random.ts";

/** A log that grows past this many characters is cut: one run may not fill the disk with words. */
const LOG_CHARACTERS_MAX = LOG_BYTES_MAX;

/** Only this much is read of a line of its own accord; the rest of a huge line is noise. */
const LINE_CHARACTERS_MAX = 8192;

export class RunContext implements Context {
  readonly params: Context["params"];
  readonly inputs: Context["inputs"];
  readonly job: string;
  readonly run: string;
  /** Written before every step by the run loop. */
  step = 0;
  /** The model looked at `steps`: its state is good for no other number of steps. */
  dependsOnSteps = false;
  readonly #steps: number;
  readonly #rules: ParameterRules | undefined;
  readonly #job: Job;
  readonly #point: Point;
  readonly #readNeeds: () => Context["needs"];
  #needs: Context["needs"] | undefined;
  #rng: RunRandom | undefined;
  #lines: string[] = [];
  #logged = 0;

  constructor(
    job: Job,
    run: string,
    point: Point,
    rules: ParameterRules | undefined,
    needs: () => Context["needs"] = () => NO_NEEDS,
  ) {
    this.job = job.id;
    this.run = run;
    const swept = sweptParameters(job.sweep, point);
    this.params = overDefaults(rules, job.parameters, swept) as Context["params"];
    this.#rules = rules;
    this.inputs = inputsOf(job);
    this.#steps = job.steps;
    this.#job = job;
    this.#point = point;
    this.#readNeeds = needs;
  }

  /** Read at first use: there may be much of it, and many a model only waits for what it needs. */
  get needs(): Context["needs"] {
    return this.#needs ??= this.#readNeeds();
  }

  get steps(): number {
    this.dependsOnSteps = true;
    return this.#steps;
  }

  /** Made at first use: most models draw no numbers, and seeding costs a hash. */
  get rng(): RunRandom {
    return this.#rng ??= RunRandom.fromSeed(randomSeed(this.#job, this.#point));
  }

  /** Other parameters than its own, and what the model has for those that are not given. */
  withDefaults(parameters: object): Context["params"] {
    return overDefaults(this.#rules, parameters) as Context["params"];
  }

  randomState(): RandomState | null {
    return this.#rng?.state() ?? null;
  }

  restoreRandom(state: RandomState | null): void {
    this.#rng = state === null ? undefined : new RunRandom(state);
  }

  /** Bound to the context: models take it out of it, `({ log }) => …`. */
  readonly log = (text: string): void => {
    const left = LOG_CHARACTERS_MAX - this.#logged;
    if (left <= 0) return;
    const limit = Math.min(left, LINE_CHARACTERS_MAX);
    const line = String(text);
    const kept = line.length > limit ? `${line.slice(0, limit)} …` : line;
    const written = `[step ${this.step}] ${kept.replaceAll("\n", "\n  ")}\n`;
    this.#logged += written.length;
    this.#lines.push(written);
    if (this.#logged >= LOG_CHARACTERS_MAX) this.#lines.push(LOG_FULL);
  };

  /** Takes the lines logged since the last call. */
  takeLog(): string {
    if (this.#lines.length === 0) return "";
    const text = this.#lines.join("");
    this.#lines = [];
    return text;
  }
}

function overDefaults(rules: ParameterRules | undefined, ...given: object[]): object {
  const params: Record<string, unknown> = {};
  for (const name in rules) {
    if (rules[name]!.default !== undefined) params[name] = rules[name]!.default;
  }
  return Object.freeze(Object.assign(params, ...given));
}

function inputsOf(job: Job): { readonly [name: string]: Input } {
  const names = Object.keys(job.inputs);
  if (names.length === 0) return NO_INPUTS;
  return Object.fromEntries(names.map((name) => [name, new FileInput(job.inputs[name]!)]));
}

const NO_NEEDS = Object.freeze({});
const NO_INPUTS = Object.freeze({});

class FileInput implements Input {
  constructor(readonly path: string) {}

  bytes(): Uint8Array {
    return Deno.readFileSync(this.path);
  }

  text(): string {
    return Deno.readTextFileSync(this.path);
  }

  json(): unknown {
    return JSON.parse(this.text());
  }
}
