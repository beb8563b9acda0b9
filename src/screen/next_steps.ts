/** The last lines of a run's story: what happens to it next, and what to type. Pure. */
import { formatCount } from "../report/format.ts";
import type { RunStatus } from "../report/run_status.ts";
import type { Lacks } from "../report/open_needs.ts";
import { safeText } from "./safe_text.ts";

/** What the next lines follow from. */
export interface Prospect {
  readonly status: RunStatus;
  /** Whether a simrun works on the tree: it can be asked. */
  readonly working: boolean;
  /** Why it waits, if it does; whole sentences. */
  readonly waits: readonly string[];
  /** What the plan of now says of it, when it was asked; whole sentences. */
  readonly decision: readonly string[];
  /** The next simrun leaves it as failed as it is. */
  readonly staysFailed?: boolean;
  /** The command that goes on with what is not done; `simrun resume` if it does not say. */
  readonly goOn?: (more?: string) => string;
  /** Its model changed under it: a person has to say what is to become of it. */
  readonly isHeld?: boolean;
  /** Where it failed for what it needs: the jobs of which runs failed or were cancelled. */
  readonly lacks?: Lacks | undefined;
}

/** What happens next and what to type. */
export function nextSteps(view: Prospect, name: string): string[] {
  const { status, working, goOn = resume } = view;
  const from = status.savedStep > 0 ? `, from step ${formatCount(status.savedStep)}` : "";
  const own = view.decision.map(safeText);
  switch (status.state) {
    case "failed":
      own.push(...afterFailure(view, name));
      break;
    case "interrupted":
      if (view.isHeld) {
        own.push(
          `Next: ${goOn("--accept-model")} goes on from what the old model saved, ` +
            `${goOn("--rerun changed")} starts over with the new one.`,
        );
        break;
      }
      own.push(
        status.savedStep > 0
          ? `Next: ${goOn()} goes on at step ${formatCount(status.savedStep)}.`
          : `Next: ${goOn()} begins it anew; nothing was saved.`,
      );
      break;
    case "paused":
      own.push(
        `Next: simrun continue ${name} lets it go on${from}${working ? "" : `; then ${goOn()}`}.`,
      );
      break;
    case "cancelled":
      own.push(
        working
          ? `Next: simrun retry ${name} takes it up again${from}.`
          : `Next: simrun retry ${name} takes it up again${from}; then ${goOn()}.`,
      );
      break;
    case "waiting":
      own.push(...view.waits.map(safeText));
      break;
    case "completed":
      own.push(`simrun results ${name} shows its result.`);
      break;
    case "running":
      own.push(`simrun logs -f ${name} follows what it logs.`);
  }
  return own;
}

function resume(more = ""): string {
  return `simrun resume${more && ` ${more}`}`;
}

function afterFailure(
  { lacks, staysFailed, working, goOn = resume }: Prospect,
  name: string,
): string[] {
  const logs = `simrun logs ${name} shows what it logged.`;
  if (lacks !== undefined) return [afterNeeds(lacks, working ? undefined : goOn, name)];
  if (staysFailed) return [logs];
  const again = working ? `simrun retry ${name}` : goOn();
  return [`Next: ${again} tries it again; the other runs are not touched.`, logs];
}

/** Tried again alone it would fail again at once, and it has logged nothing. */
function afterNeeds(
  { failed, cancelled }: Lacks,
  goOn: (() => string) | undefined,
  name: string,
): string {
  const ids = [...new Set([...failed, ...cancelled])].map(safeText);
  if (goOn === undefined) {
    return `Next: simrun retry ${[...ids, name].join(" ")} tries it and them again.`;
  }
  // What failed the next one tries in any case; what was cancelled it does not.
  const first = cancelled.length === 0
    ? ""
    : `simrun retry ${cancelled.map(safeText).join(" ")}; then `;
  return `Next: ${first}${goOn()} tries it again, with what it needs.`;
}
