/** A PLECS model: where PLECS listens, what it is handed, and what of its signals is the result. Plain data. */
import type { ParameterValue } from "./parameter.ts";

/** Of a signal, over a window of time. `mean` and `rms` are over time, whatever the steps of the solver. */
export const SIGNAL_FIGURES = ["last", "mean", "min", "max", "rms", "pp"] as const;
export type SignalFigure = (typeof SIGNAL_FIGURES)[number];

export interface SignalResult {
  /** From 1, in the order of the model's top-level outports. */
  readonly signal: number;
  readonly of: SignalFigure;
  /** In seconds of the simulation; open ends when absent. */
  readonly from?: number;
  readonly to?: number;
}

export type PlecsProtocol = "auto" | "json" | "xml";

export interface PlecsModel {
  readonly kind: "plecs";
  /** Absolute path of the model's file. */
  readonly path: string;
  /** Without a slash at its end. */
  readonly url: string;
  readonly protocol: PlecsProtocol;
  /** Names of the signals, in the order of the outports. */
  readonly signals: readonly string[];
  /** Handed on as SolverOpts. */
  readonly solver: { readonly [name: string]: ParameterValue };
  /** The last value of every signal when absent. */
  readonly results?: { readonly [name: string]: SignalResult };
  /** Rows of the series, at most. */
  readonly measureRows?: number;
  /** Every sample is kept as `waveforms.csv`. */
  readonly waveforms: boolean;
  /** Runs in one call, at most. */
  readonly batch: number;
  /** A run is simulated in so many pieces of equal length, with a checkpoint between; 1 is in one. */
  readonly segments: number;
  /** How long it is waited for a PLECS that is busy with something else. */
  readonly waitMs: number;
}

export const DEFAULT_PLECS_URL = "http://localhost:1080";
export const DEFAULT_PLECS_BATCH = 16;
export const DEFAULT_PLECS_WAIT_MS = 600_000;
/** Of one run, for PLECS itself, where the job has no `timeout`. */
export const DEFAULT_PLECS_TIMEOUT_MS = 3_600_000;

/** In a run's files. */
export const WAVEFORMS_FILE = "waveforms.csv";

/** What a series calls the time of a row. */
export const TIME_COLUMN = "time";

/** A name in the workspace in which a model's variables are looked up. */
export const MODEL_VARIABLE = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

/** What a signal without a name is called. */
export function signalName({ signals }: PlecsModel, signal: number): string {
  return signals[signal - 1] ?? `y${signal}`;
}
