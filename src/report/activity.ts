/** Whether somebody works on a tree, and how the last one left it. Pure. */
import type { GivesWay, Live } from "../job/live.ts";
import type { History } from "../queue/history.ts";

export type Activity =
  | { readonly kind: "never" }
  | {
    readonly kind: "working";
    readonly pid: number;
    readonly host: string;
    readonly since: string;
    readonly slots: number | undefined;
    /** Of them, those that must not work for now. */
    readonly givesWay: GivesWay | undefined;
    /** Age of the live picture; a large one means that the simrun does not answer. */
    readonly heardMs: number | undefined;
  }
  | { readonly kind: "ended"; readonly at: string; readonly outcome: string }
  | {
    /** It began, is gone, and never said that it ended: killed, or the machine went down. */
    readonly kind: "lost";
    readonly pid: number;
    readonly host: string;
    readonly since: string;
  };

/** The live picture is of account only while somebody works. */
export function activityOf(
  { session, sessionEnded }: History,
  options: { readonly live: Live | undefined; readonly working: boolean; readonly nowMs: number },
): Activity {
  const { live } = options;
  if (options.working) {
    return {
      kind: "working",
      pid: live?.pid ?? session?.pid ?? 0,
      host: live?.host ?? session?.host ?? "",
      since: live?.startedAt ?? session?.at ?? "",
      slots: live?.slots,
      givesWay: live?.givesWay,
      heardMs: live === undefined ? undefined : options.nowMs - Date.parse(live.at),
    };
  }
  if (session === undefined) return { kind: "never" };
  if (sessionEnded !== undefined) return { kind: "ended", ...sessionEnded };
  return { kind: "lost", pid: session.pid, host: session.host, since: session.at };
}
