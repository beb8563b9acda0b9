/** What a campaign is asked to do: jobs, a tree, and how. Data only. */
import type { Order } from "../campaign/order.ts";
import type { Job } from "../job/job.ts";
import type { PlanOptions } from "../plan/plan.ts";
import { type SlotHandle, startNiceSlot, type StartSlot } from "../worker/slot_process.ts";
import type { ControllerOptions } from "./controller.ts";
import type { Inspections } from "./inspector.ts";
import type { Locate } from "./prepare.ts";
import type { LoadSource } from "./machine_load.ts";
import type { SessionRequest } from "./tree_session.ts";

/** How much of the disk it may use, and what it does when there is no room. */
export interface DiskRequest {
  /** What the tree may take; as much as there is when absent. */
  readonly diskBytes?: number;
  /** Of the filesystem, to be left alone; a small part of it when absent. */
  readonly diskReserveBytes?: number;
  /** How long room is waited for with nothing to compute, before it stops; 10 minutes when absent. */
  readonly diskWaitMs?: number;
}

export interface RunRequest extends SessionRequest, DiskRequest {
  readonly jobs: readonly Job[];
  /** Kept in the tree as they were submitted. */
  readonly manifests?: readonly { readonly path: string; readonly text: string }[];
  /** Writes down at which commits models and manifests are, where they lie in repositories. */
  readonly tellsSources?: boolean;
  /** Where things stand in the manifests, for messages. */
  readonly locate?: Locate;
  readonly slots: number;
  /** Gives way to others who compute on this machine. */
  readonly nice?: boolean;
  /** What these compute: as the system tells it when absent. */
  readonly load?: LoadSource;
  /** What all slots together may use; a part of the machine's memory when absent. */
  readonly memoryBytes?: number;
  /** A slot that was started already; it is the runner's from now on. */
  readonly slot?: SlotHandle;
  /** What it was asked already of the jobs' models. */
  readonly inspected?: Promise<Inspections>;
  /** Starts the others: processes of this executable when absent. */
  readonly startSlot?: StartSlot;
  readonly options?: Partial<PlanOptions>;
  /** Of runs of one priority; as submitted when absent. */
  readonly order?: Order;
  /** Runs that go to a slot together, at most. */
  readonly batchMax?: number;
  /** Does not wait for what is paused when nothing else is left. */
  readonly endsWhenPaused?: boolean;
  /** Stop when so many runs failed. */
  readonly maxFails?: number;
  /** What was asked for from another terminal, once it was answered. Must not throw. */
  readonly onAnswered?: NonNullable<ControllerOptions["onAnswered"]>;
}

/** Who gives way starts slots that do. */
export function withNiceSlots<Request extends Pick<RunRequest, "nice" | "startSlot">>(
  request: Request,
): Request {
  if (!request.nice || request.startSlot !== undefined) return request;
  return { ...request, startSlot: startNiceSlot };
}

/** The options of a plan, with what is not said filled in. */
export function planOptions(request: RunRequest): PlanOptions {
  return { rerun: "none", reuse: true, acceptModel: false, ...request.options };
}
