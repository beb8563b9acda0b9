/** What failed and why, on as many lines as there are for it: never out of sight while somebody watches. Pure. */
import { runName } from "../job/run.ts";
import { describeFailure, describePlace, messageBesideClass } from "../report/failure_text.ts";
import { formatCount, formatNumberOf } from "../report/format.ts";
import type { TreeStatus } from "../report/status.ts";
import { MARGIN } from "./run_lines.ts";
import { safeText } from "./safe_text.ts";
import type { ListCanvas } from "./watch_list.ts";
import { cutToWidth, wrapToWidth } from "./width.ts";

/** There words are left out that can be guessed. */
export const NARROW_COLUMNS = 40;

/** The newest stand first; one that met many runs is one line. */
export function failuresInView(status: TreeStatus, most: number, canvas: ListCanvas): string[] {
  const { paint, columns, folder } = canvas;
  const { failed } = status.totals.counts;
  if (failed === 0) return [];
  const groups = status.failures.toReversed();
  const isNarrow = columns < NARROW_COLUMNS;
  const indent = isNarrow ? MARGIN : `${MARGIN}        `;
  const width = columns - indent.length;
  const lines: string[] = [];
  let told = 0;
  for (const { count, job, run, failure } of groups) {
    const place = describePlace(failure, folder);
    const at = place === undefined ? "" : ` (${place})`;
    const name = safeText(runName(job, run));
    const who = count === 1 ? name : `${formatNumberOf(count, "run")}, ${name} first`;
    const why = isNarrow ? messageBesideClass(failure) : describeFailure(failure) + at;
    // Half of a small window is for the reason.
    const short = cutToWidth(name, Math.max(4, width >> 1));
    const whole = `${isNarrow ? short : who}  ${safeText(why)}`;
    const isLast = told + count >= failed;
    const room = most - lines.length - (isLast || lines.length === 0 ? 0 : 1);
    if (room < 1) break;
    // On a wide window a failure has one line, elsewhere two: where it failed stands at its end.
    const [head, ...rest] = room === 1 || isNarrow ? [whole] : wrapToWidth(whole, width);
    lines.push(
      (isNarrow ? MARGIN : `${MARGIN}${paint.bad("failed")}  `) + cutToWidth(head!, width),
    );
    if (rest.length > 0) lines.push(indent + paint.faint(cutToWidth(rest.join(" "), width)));
    told += count;
  }
  const hidden = failed - told;
  if (hidden > 0 && lines.length < most) {
    lines.push(paint.faint(`${indent}… and ${formatCount(hidden)} more`));
  }
  return lines;
}
