/** Failed runs in lines, those that failed the same way together. Pure. */
import { runName } from "../job/run.ts";
import type { FailureGroup } from "../report/failure_groups.ts";
import { describeFailure, describePlace } from "../report/failure_text.ts";
import { formatCount, formatNumberOf } from "../report/format.ts";
import type { Paint } from "./paint.ts";
import { safeText } from "./safe_text.ts";

const FAILURES_SHOWN = 5;

/** `count` is how many runs failed in all; paths below `folder` are shown relative to it. */
export function failureLines(
  groups: readonly FailureGroup[],
  count: number,
  { paint, folder }: { readonly paint: Paint; readonly folder: string },
): string[] {
  const lines: string[] = [];
  let hidden = count;
  for (const { job, run, failure, count } of groups.slice(0, FAILURES_SHOWN)) {
    hidden -= count;
    const place = describePlace(failure, folder);
    const at = place === undefined ? "" : ` (${place})`;
    const name = runName(job, run);
    const who = count === 1 ? name : `${formatNumberOf(count, "run")}, ${name} first`;
    lines.push(
      `${paint.bad("failed")}  ${safeText(who)}  ${safeText(describeFailure(failure) + at)}`,
    );
  }
  if (hidden > 0) lines.push(`        … and ${formatCount(hidden)} more`);
  return lines;
}
