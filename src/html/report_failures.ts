/** The report's failures: those that failed the same way together, each with its cause, place and last log lines. Pure. */
import { runName } from "../job/run.ts";
import type { FailureGroup } from "../report/failure_groups.ts";
import { describeClass, describePlace, messageBesideClass } from "../report/failure_text.ts";
import { formatBytes, formatCount, formatLong, formatNumberOf } from "../report/format.ts";
import { parametersText } from "../report/points.ts";
import type { TreeReport } from "../report/tree_report.ts";
import { type Html, type HtmlValue, markup } from "./markup.ts";
import { command, factList, note } from "./page_parts.ts";

const GROUPS_MAX = 25;
const MESSAGE_MAX = 4000;

export function failuresSection(report: TreeReport): HtmlValue {
  const { status: { failures, totals }, treeFlag } = report;
  if (totals.counts.failed === 0) return undefined;
  const sorted = failures.toSorted((a, b) => b.count - a.count);
  const shown = sorted.slice(0, GROUPS_MAX);
  const left = totals.counts.failed - shown.reduce((sum, { count }) => sum + count, 0);
  return markup`${shown.map((group) => failure(group, report))}${
    left > 0 &&
    note(`${formatNumberOf(left, "more failed run")}: `, command(`simrun status failed${treeFlag}`))
  }`;
}

function failure(group: FailureGroup, { status, logs, treeFlag }: TreeReport): Html {
  const { job, run, count, failure } = group;
  const name = runName(job, run);
  const log = logs.get(name);
  const { point } = status.runs.find((one) => one.job === job && one.run === run) ?? {};
  const message = messageBesideClass(failure);
  const who = count === 1 ? name : `${formatNumberOf(count, "run")}, ${name} first`;
  return markup`<article class="failure"><h3><span class="bad">${
    describeClass(failure.class)
  }</span> · ${who}</h3>
${message !== "" && markup`<pre class="message">${formatLong(message, MESSAGE_MAX)}</pre>`}
${
    factList([
      ["where", describePlace(failure, status.tree) ?? ""],
      ["at step", failure.step > 0 ? formatCount(failure.step) : ""],
      ["its slot had", failure.memoryBytes === undefined ? "" : formatBytes(failure.memoryBytes)],
      ["parameters", point === undefined ? "" : parametersText(point)],
      ["more", command(`simrun explain ${name}${treeFlag}`)],
    ])
  }${
    log !== undefined &&
    markup`<details><summary>The end of its log</summary><pre>${log}</pre></details>`
  }
</article>`;
}
