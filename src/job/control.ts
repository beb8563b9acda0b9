/** Requests to a simrun that works, from another terminal: what may be asked for, and what is answered. */
import type { Priority } from "./job.ts";

/** The version of requests and answers; one that is not known is refused in words. */
export const CONTROL_FORMAT = 1;

export type ControlAction =
  /** Selectors as in `status`: jobs, runs, globs, states, `all`. */
  | { readonly type: "cancel"; readonly selectors: readonly string[] }
  /** Running runs are saved and wait, like those in the queue, until `continue`. */
  | { readonly type: "pause"; readonly selectors: readonly string[] }
  | { readonly type: "continue"; readonly selectors: readonly string[] }
  /** Failed and cancelled runs of this campaign are tried again. */
  | { readonly type: "retry"; readonly selectors: readonly string[] }
  | {
    readonly type: "priority";
    readonly selectors: readonly string[];
    readonly priority: Priority;
  }
  /** How many runs may be computed at the same time from now on; at least 1. */
  | { readonly type: "slots"; readonly slots: number }
  /** Manifests as they are submitted: absolute paths, and their texts. */
  | {
    readonly type: "submit";
    readonly manifests: readonly { readonly path: string; readonly text: string }[];
  };

/** The file of a request in `hot/inbox/`. */
export interface ControlRequest {
  readonly format: number;
  /** Also the name of the file, and of that of the answer. */
  readonly id: string;
  readonly at: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly action: ControlAction;
}

/** The file of an answer in `hot/answers/`. */
export interface ControlAnswer {
  readonly format: number;
  readonly id: string;
  readonly ok: boolean;
  /** One or more sentences for people: what was done, or why nothing was. */
  readonly message: string;
  /** How many runs it was done to. */
  readonly runs?: number;
}
