/** What a campaign is told beside its runs. Types only. */
import type { RunEvent } from "../job/event.ts";
import type { Failure } from "../job/run.ts";
import type { DispatchOptions } from "./dispatcher.ts";
import type { ResultPort } from "./handout.ts";

export interface CampaignOptions extends DispatchOptions {
  /** Where models get the results of the runs they need; without it needs are an order only. */
  readonly results?: ResultPort;
  /** Does not wait for what is paused when nothing else is left. */
  readonly endsWhenPaused?: boolean;
  /** Stop when so many runs failed. */
  readonly maxFails?: number;
  /** Every event, once it is durable. Must not throw. */
  readonly onEvent?: (event: RunEvent) => void;
  /** A failure as it is told, where more is known of it: where in a manifest stands what it is about. Must not throw. */
  readonly placed?: (job: string, failure: Failure) => Failure;
  /** A slot found no room for what it had to write. True: somebody sees to it, and lets runs start when there is. */
  readonly onNoRoom?: (reason: string) => boolean;
}
