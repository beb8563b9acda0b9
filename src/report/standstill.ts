/** Whether simruns that worked on a tree one after the other got anywhere. Pure. */
import type { JournalEntry } from "../job/event.ts";

/** Feed it every entry in order. */
export class StandstillFold {
  /** Simruns since the last one that saved or ended anything. */
  sessions = 0;
  readonly #since: string;

  /** Only those are counted that began after this moment. */
  constructor(since: string) {
    this.#since = since;
  }

  apply(entry: JournalEntry): void {
    switch (entry.type) {
      case "campaign.started":
        if (entry.at >= this.#since) this.sessions++;
        return;
      case "run.checkpointed":
      case "runs.completed":
      case "run.reused":
      case "run.failed":
      case "runs.cancelled":
        this.sessions = 0;
    }
  }
}
