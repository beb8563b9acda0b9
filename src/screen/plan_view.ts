/** A plan as a table for a person. Pure. */
import { formatBytes, formatCount, formatDuration, formatNumberOf } from "../report/format.ts";
import { commandText } from "../report/command_text.ts";
import { grantsText } from "../report/grants_text.ts";
import { needsText, originText } from "../report/needs_text.ts";
import { endText, type Outlook, savingTexts } from "../report/outlook.ts";
import { countDecision, type MemoryPlan, reportJobs, stepsToRun } from "../report/plan_report.ts";
import { type Decision, DECISION_MEANING, DECISIONS, type Plan } from "../plan/plan.ts";
import type { Paint } from "./paint.ts";
import { safeText } from "./safe_text.ts";
import { renderTable } from "./table.ts";

export interface PlanCanvas {
  readonly paint: Paint;
  readonly columns: number | undefined;
}

export function renderPlan(
  plan: Plan,
  { slots, memory, outlook }: {
    readonly slots: number;
    readonly memory: MemoryPlan;
    readonly outlook?: Outlook;
  },
  canvas: PlanCanvas,
): string[] {
  const { paint } = canvas;
  const jobs = reportJobs(plan);
  const isTimed = jobs.some(({ timeoutMs }) => timeoutMs !== undefined);
  const lines = renderTable(
    [
      { title: "job", shrinkTo: 12 },
      { title: "runs", align: "right" },
      { title: "to run", align: "right" },
      { title: "steps each", align: "right" },
      ...(isTimed ? [{ title: "timeout", align: "right" } as const] : []),
      { title: "why", shrinkTo: 16 },
    ],
    jobs.map((job) => [
      safeText(job.job),
      formatCount(job.runs),
      job.toRun === 0 ? paint.faint("–") : paint.strong(formatCount(job.toRun)),
      formatCount(job.steps),
      ...(isTimed ? [timeoutText(job.timeoutMs, paint)] : []),
      job.decisions.map(({ decision, runs }) =>
        job.runs === 1 ? decision : `${formatCount(runs)} ${decision}`
      ).join(", "),
    ]),
    { columns: canvas.columns, header: paint.faint },
  );
  lines.push("", ...meaningLines(plan, canvas), "");
  const terms = termLines(plan, memory, canvas, outlook);
  if (terms.length > 0) lines.push(...terms, "");
  const isShared = slots > 1 || plan.jobs.some(({ job }) => job.memoryBytes !== undefined);
  if (plan.toRun > 0 && isShared) lines.push(memoryLine(memory, slots));
  lines.push(
    plan.toRun === 0
      ? "Nothing is to be run."
      : `${formatNumberOf(plan.toRun, "run")} of ${formatCount(plan.total)}, up to ${
        formatNumberOf(stepsToRun(plan), "step")
      }, on ${formatNumberOf(slots, "slot")}. Without -n they are run.`,
  );
  const end = outlook && endText(outlook);
  if (end !== undefined) lines.push(`It ${end}.`);
  return lines;
}

/** What the user should know before anything runs: work that the plan leaves alone. */
export function planWarnings(plan: Plan): string[] {
  const warnings = (plan.remarks ?? []).map(({ job, text }) => `${job}: ${text}.`);
  for (const decision of ["cancelled", "counted", "held-model", "stale-model"] as const) {
    const runs = countDecision(plan, decision);
    if (runs > 0) warnings.push(`${formatNumberOf(runs, "run")}: ${DECISION_MEANING[decision]}.`);
  }
  const paused = countDecision(plan, "paused");
  if (paused > 0) {
    const [stay, them] = paused === 1 ? ["stays", "it"] : ["stay", "them"];
    warnings.push(
      `${formatNumberOf(paused, "run")} ${stay} paused: simrun continue all lets ${them} go on.`,
    );
  }
  return warnings;
}

function timeoutText(timeoutMs: number | undefined, paint: Paint): string {
  return timeoutMs === undefined ? paint.faint("–") : formatDuration(timeoutMs);
}

/** What runs of jobs need, when they are saved, and what models may reach beside their folders and inputs. */
function termLines(
  plan: Plan,
  { larger }: MemoryPlan,
  canvas: PlanCanvas,
  outlook: Outlook | undefined,
): string[] {
  const saving = outlook === undefined ? [] : savingTexts(plan, outlook);
  const rows = plan.jobs.flatMap(({ job: { id, needs, from, allow, model } }) => [
    // Not in the sandbox: whoever plans it should see what will be started.
    ...(model.kind !== "command"
      ? []
      : [[safeText(id), `program: ${safeText(commandText(model))}`]]),
    ...larger.filter(({ job }) => job === id).map((one) => [safeText(id), largerText(one)]),
    ...(needs === undefined ? [] : [[safeText(id), `needs: ${safeText(needsText(needs))}`]]),
    ...(from === undefined ? [] : [[safeText(id), `begins from ${safeText(originText(from))}`]]),
    ...(allow === undefined ? [] : [[safeText(id), `allowed: ${safeText(grantsText(allow))}`]]),
  ]);
  rows.push(...(plan.remarks ?? []).map(({ job, text }) => [safeText(job), text]));
  rows.push(...saving.map(([jobs, text]) => [safeText(jobs), text]));
  return renderTable(
    [{ title: "" }, { title: "", shrinkTo: 20 }],
    rows,
    { columns: canvas.columns, indent: "  " },
  );
}

/** `memory: 8 GB a run, so 2 run at a time`, `cores: 4 a run, so one runs at a time`. */
function largerText({ memoryBytes, cores, atOnce }: MemoryPlan["larger"][number]): string {
  const asked = [
    ...(memoryBytes === undefined ? [] : [`memory: ${formatBytes(memoryBytes)} a run`]),
    ...(cores === undefined ? [] : [`cores: ${cores} a run`]),
  ];
  return `${asked.join(", ")}, so ${atOnce === 1 ? "one runs" : `${atOnce} run`} at a time`;
}

/** `Memory: 19 GB, 6.4 GB a slot (1.3 GB state, 1.9 GB checkpoints, …).` */
function memoryLine({ totalBytes, slotBytes, parts }: MemoryPlan, slots: number): string {
  const of = slots === 1 ? "for the one slot" : `${formatBytes(slotBytes)} a slot`;
  const shares = Object.entries(parts)
    .map(([what, share]) => `${formatBytes(share * slotBytes)} ${what}`).join(", ");
  return `Memory: ${formatBytes(totalBytes)}, ${of} (${shares}).`;
}

function meaningLines(plan: Plan, canvas: PlanCanvas): string[] {
  const met = DECISIONS.filter((decision: Decision) => countDecision(plan, decision) > 0);
  return renderTable(
    [{ title: "" }, { title: "", shrinkTo: 20 }],
    met.map((decision) => [decision, canvas.paint.faint(DECISION_MEANING[decision])]),
    { columns: canvas.columns, indent: "  " },
  );
}
