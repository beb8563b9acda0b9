/** What a model module may export and what it is handed: the interface for the authors of models. */

/** One array of numbers as it may stand in a model's state. */
export type TypedArray =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Checks and documents one parameter of a model. */
export interface ParameterRule {
  /** Used when the manifest does not give the parameter; without it the parameter is required. */
  readonly default?: unknown;
  /** `number` and so on; taken from `default` when absent. */
  readonly type?: "number" | "integer" | "string" | "boolean" | "array" | "object";
  /** Smallest value allowed, included. */
  readonly min?: number;
  /** Largest value allowed, included. */
  readonly max?: number;
  /** The only values allowed. */
  readonly choices?: readonly unknown[];
  /** Unit for people, e.g. `"ppm"`, `"W/m²"`. */
  readonly unit?: string;
  /** One sentence for people. */
  readonly about?: string;
}

/** The parameters of a model by name, as exported under `params`. */
export type ParameterRules = { readonly [name: string]: ParameterRule };

/** Random numbers that a checkpoint keeps. Same seed and parameters, same numbers. */
export interface Random {
  /** A float in [0, 1) with 53 random bits. */
  uniform(): number;
  /** A signed 32-bit integer, all values equally likely: the generator's own output, the cheapest. */
  int32(): number;
  /** An integer in [0, below); `below` from 1 to 2³¹. No value is favoured. */
  below(below: number): number;
  /** Normal with the given mean and standard deviation (Marsaglia's polar method). */
  normal(mean?: number, deviation?: number): number;
}

/** A declared input file. */
export interface Input {
  /** Absolute path. */
  readonly path: string;
  bytes(): Uint8Array;
  text(): string;
  json(): unknown;
}

/** How a needed run has ended. `unfinished`: it was left alone, because its model changed since it was begun. */
export type NeededState = "completed" | "failed" | "cancelled" | "unfinished";

/** A run that this one needed, and what it has computed. Frozen, as deep as it goes. */
export interface NeededResult {
  /** Id of the run. */
  readonly run: string;
  /** Its parameters: the fixed ones of its manifest with the sweep's over them. Not the defaults of its model. */
  readonly parameters: { readonly [name: string]: unknown };
  /** Always `completed`, unless the manifest says `if: any`. */
  readonly state: NeededState;
  /** What its `result` returned, or its last measurement. Undefined unless it completed. */
  readonly result: unknown;
}

/** What a model's functions are handed besides the state. */
export interface Context<P = { readonly [name: string]: number }> {
  /** The run's parameters: the manifest's over the model's defaults. */
  readonly params: P;
  /** The run's own random generator. */
  readonly rng: Random;
  /** Steps done before the one being computed: 0 in `init` and in the first `step`. */
  readonly step: number;
  /** Steps the run was asked for. A model that reads it is computed anew when `steps` grows. */
  readonly steps: number;
  /** Declared inputs by name. */
  readonly inputs: { readonly [name: string]: Input };
  /**
   * The runs that this one needs, by the id of their job and in the order of its sweep: all of them, or with
   * `match: point` those with the same parameters. Empty for a run that needs nothing. A run is computed again when
   * these would be others.
   */
  readonly needs: { readonly [job: string]: readonly NeededResult[] };
  /** Job and run, for messages. */
  readonly job: string;
  readonly run: string;
  /** A line in the run's log. */
  log(text: string): void;
}

/** The run whose state another one begins from, as far as its model may know it. */
export interface BranchParent {
  /** Steps behind the state. */
  readonly step: number;
  /** The parameters it was computed with; where its manifest gave none, the defaults of this model. Frozen. */
  readonly parameters: { readonly [name: string]: unknown };
}

/** What `done` may answer to end a run early: a reason that starts with one of two words. */
export type Ending = "converged" | "diverged" | `converged: ${string}` | `diverged: ${string}`;

/** A model module. `step` or `advance` is required. */
// deno-lint-ignore no-explicit-any -- the state is the model author's own type
export interface ModelModule<S = any, P = any> {
  readonly params?: ParameterRules;
  /** The state at step 0. Plain values and typed arrays, as deep as you like. */
  init?(ctx: Context<P>): S;
  /**
   * Called once, in place of `init`, when a run begins from another's state: fits it to the run's own parameters, in
   * place, or returns another one.
   */
  branch?(state: S, ctx: Context<P>, parent: BranchParent): S | void;
  /** One step, in place. */
  step?(state: S, ctx: Context<P>): void;
  /** `n` steps at once, for kernels that loop themselves. Any split of n gives the same bits. */
  advance?(state: S, n: number, ctx: Context<P>): void;
  /** Numbers taken of the state: one row of the series. */
  measure?(state: S, ctx: Context<P>): { readonly [name: string]: number };
  /** A reason to end the run now, or undefined. Asked where the state is measured. */
  done?(state: S, ctx: Context<P>): Ending | undefined | false;
  /** The run's result; the last measurement when absent. Plain values. */
  result?(state: S, ctx: Context<P>): unknown;
}
