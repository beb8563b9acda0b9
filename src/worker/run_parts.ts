/** What a run of a model is handed by its thread, and what its checkpoints keep beside the arrays. Types only. */
import type { Context } from "../job/model.ts";
import type { FromSimulation } from "./protocol.ts";
import type { RandomState } from "./random.ts";
import type { SnapshotBuffers } from "./snapshot_buffers.ts";
import type { Pace } from "./stepping.ts";

/** What a checkpoint keeps beside the arrays. */
export interface Plain {
  readonly state: unknown;
  readonly rng: RandomState | null;
  readonly columns: readonly string[] | null;
  /** The final state of a run that ended by its own rule: it must not go on after a crash. */
  readonly ending?: string;
}

/** What a run shares with the others of its thread. */
export interface RunParts {
  readonly attempt: number;
  readonly orders: Int32Array;
  readonly progress: Float64Array;
  readonly buffers: SnapshotBuffers;
  readonly tell: (message: FromSimulation) => void;
  readonly pace: Pace;
  /** What the run needs. */
  readonly needs: () => Context["needs"];
}
