/** A slot as the campaign sees it: its process, the batches it holds, the run it is at. */
import type { PlannedJob } from "../plan/plan.ts";
import type { SlotPort } from "./world.ts";

/** Runs handed to a slot together; the numbers still open are those it has not answered for. */
export interface SlotBatch {
  readonly id: number;
  readonly job: PlannedJob;
  readonly attempt: number;
  readonly open: Set<number>;
  /** Run ids and digests by number, as they were journalled. */
  readonly identities: ReadonlyMap<number, { readonly run: string; readonly digest: string }>;
  readonly runs: number;
  sent: boolean;
  /** No run of it was given back: the time it took says how long its runs take. */
  whole: boolean;
}

/** What is known of the run a slot is at, from its last signs of life. */
export interface CurrentRun {
  readonly batch: SlotBatch;
  readonly number: number;
  readonly startedAt: number;
  readonly fromStep: number;
  step: number;
  stepsPerSecond: number;
  seenAt: number;
  checkpoint: { readonly step: number; readonly at: string } | undefined;
}

export class Slot {
  readonly id: number;
  port: SlotPort | undefined;
  ready = false;
  readonly batches = new Map<number, SlotBatch>();
  readonly jobsKnown = new Set<number>();
  current: CurrentRun | undefined;
  memoryBytes = 0;
  /** When it began the batch it is at: the later of being sent it and ending the one before. */
  busySince = 0;
  /** Deaths in a row that no run can be blamed for. */
  deaths = 0;

  constructor(id: number) {
    this.id = id;
  }

  /** The batch being computed: batches are worked off in the order they were sent. */
  get working(): SlotBatch | undefined {
    for (const batch of this.batches.values()) return batch;
    return undefined;
  }
}
