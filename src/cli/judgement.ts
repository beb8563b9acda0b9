/** How a campaign ended, as the exit status of the table and in words. */
import { assertNever, EXIT, Fault } from "../job/fault.ts";
import type { Plan } from "../plan/plan.ts";
import { countDecision } from "../report/plan_report.ts";
import type { Outcome } from "../runner/runner.ts";

/** Which status of the table it is, and why it stopped in words. */
export function judge(
  { outcome, signal }: { readonly outcome: Outcome; readonly signal: Deno.Signal | undefined },
  plan: Plan,
  cancelled: number,
): { readonly exitStatus: number; readonly stopped: string | undefined } {
  // A signal that came when all was done stopped nothing.
  const stoppedBy = outcome.remaining === 0 && outcome.stopped === "asked"
    ? undefined
    : outcome.stopped;
  switch (stoppedBy) {
    case undefined: {
      const held = countDecision(plan, "held-model");
      const exit = outcome.failed + cancelled > 0
        ? EXIT.runsFailed
        // Only the user can say what is to be done with these.
        : held > 0
        ? EXIT.usage
        : EXIT.completed;
      const stopped = held > 0 ? "a model changed under unfinished runs" : undefined;
      return { exitStatus: exit.status, stopped };
    }
    case "asked":
      return { exitStatus: stoppedExit(signal).status, stopped: `by ${signal ?? "request"}` };
    case "time-limit":
      return { exitStatus: EXIT.stopped.status, stopped: "before its time was over" };
    case "paused":
      return { exitStatus: EXIT.stopped.status, stopped: "all that is left is paused" };
    case "max-fails":
      return { exitStatus: EXIT.runsFailed.status, stopped: "too many failed runs" };
    case "no-space":
      return { exitStatus: EXIT.noSpace.status, stopped: whatIsFull(outcome.cause) };
    case "broken":
      if (outcome.cause instanceof Fault) throw outcome.cause;
      throw new Error(`the campaign broke: ${describeCause(outcome.cause)}`, {
        cause: outcome.cause,
      });
    default:
      return assertNever(stoppedBy);
  }
}

export function stoppedExit(signal: Deno.Signal | undefined) {
  if (signal === "SIGINT") return EXIT.interrupted;
  return signal === "SIGTERM" ? EXIT.terminated : EXIT.stopped;
}

/** A quota, a limit on files or the disk itself, and at which file: each wants something else of the user. */
function whatIsFull(cause: unknown): string {
  if (typeof cause !== "string") return "the disk is full";
  return cause.charAt(0).toLowerCase() + cause.slice(1).replace(/\.$/, "");
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause ?? "no reason given");
}
