/** Every simrun that worked on a tree: which versions, where, from which manifests, and what came of it. Pure. */
import type { JournalEntry } from "../job/event.ts";
import type { Session } from "./provenance.ts";

export interface WorkSession extends Session {
  readonly slots: number;
  readonly manifests: readonly { readonly path: string; readonly digest: string }[];
  /** When it was last heard of. */
  ended: string;
  /** `lost`: it never said that it ended; perhaps it works. */
  outcome: "completed" | "failed" | "stopped" | "lost";
  completed: number;
  failed: number;
}

/** Feed it every entry in order. */
export class SessionFold {
  readonly sessions: WorkSession[] = [];

  apply(entry: JournalEntry): void {
    if (entry.type === "campaign.started") {
      const { epoch, version, deno, host, at, slots, manifests } = entry;
      const versions = { epoch, simrun: version, deno, host, slots, manifests };
      const outcome = { started: at, ended: at, outcome: "lost", completed: 0, failed: 0 } as const;
      this.sessions.push({ ...versions, ...outcome, commits: [] });
      return;
    }
    const session = this.sessions.at(-1);
    if (session === undefined) return;
    switch (entry.type) {
      case "campaign.sources":
        session.commits = entry.commits;
        return;
      case "run.repaired":
      case "tree.repaired":
        return;
      case "campaign.ended":
        session.outcome = entry.outcome;
        break;
      case "runs.completed":
        session.completed += entry.runs.length;
        break;
      case "run.reused":
        session.completed++;
        break;
      case "run.failed":
        session.failed++;
        break;
    }
    // What is told later, by nobody at work, was not its end.
    if (session.outcome === "lost" || entry.type === "campaign.ended") session.ended = entry.at;
  }
}
