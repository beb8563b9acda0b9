/** What a command's run is handed by its slot, and what its checkpoints remember beside the files. Types only. */
import type { Variables } from "../command/program.ts";
import type { Context } from "../job/model.ts";
import type { FromSimulation } from "./protocol.ts";

export interface CommandPlace {
  /** Its own, of this attempt. */
  readonly folder: string;
  /** The folder is there, and empty. */
  readonly isMade: boolean;
  readonly run: string;
  readonly index: number;
  readonly batch: number;
  readonly attempt: number;
}

export interface CommandParts {
  readonly orders: Int32Array;
  readonly progress: Float64Array;
  /** Of all programs of its job. */
  readonly environment: Variables;
  readonly memoryBytesMax: number;
  readonly needs: () => Context["needs"];
  /** What was said of the job already, and need not be said of each of its runs. */
  readonly told: Set<string>;
  readonly tell: (message: FromSimulation) => void;
}

/** What stands beside the files in a command's checkpoint. */
export interface Saved {
  readonly columns: readonly string[] | null;
  readonly lastRowStep: number;
  /** The file to go on from: the one of those that was written last. */
  readonly newest: string;
}

/** The rows that a checkpoint counts. */
export interface SavedSeries {
  readonly text: string;
  readonly columns: readonly string[] | null;
  readonly lastRowStep: number;
  readonly place: CommandPlace;
}
