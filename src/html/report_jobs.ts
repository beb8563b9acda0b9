/** The report's last parts: each job with its parameters, and who computed what with which versions. Pure. */
import { isModelFile, type Job, PRIORITY_NAMES } from "../job/job.ts";
import type { Cadence } from "../job/job.ts";
import { commandText } from "../report/command_text.ts";
import {
  formatCount,
  formatDuration,
  formatLong,
  formatNumberOf,
  formatTime,
} from "../report/format.ts";
import { needsText, originText } from "../report/needs_text.ts";
import { commitOf } from "../report/provenance.ts";
import { briefText } from "../report/result_table.ts";
import type { WorkSession } from "../report/sessions.ts";
import { sweepTexts } from "../report/sweep_text.ts";
import type { ReportedJob, TreeReport } from "../report/tree_report.ts";
import { type Html, type HtmlValue, markup } from "./markup.ts";
import { factList, note, pageTable } from "./page_parts.ts";

const JOBS_MAX = 60;
const PARAMETERS_MAX = 60;
const SESSIONS_MAX = 60;
const TEXT_MAX = 400;

export function jobsSection({ jobs, manifests }: TreeReport): HtmlValue {
  if (jobs.length === 0) return undefined;
  const shown = jobs.slice(0, JOBS_MAX);
  return markup`${shown.map(jobPart)}${
    jobs.length > shown.length &&
    note(`… and ${formatNumberOf(jobs.length - shown.length, "more job")}.`)
  }${
    manifests.map(({ path, text }) =>
      markup`<details><summary>Manifest ${path}</summary><pre>${
        text ?? "It is not in the tree any more."
      }</pre></details>`
    )
  }`;
}

function jobPart({ job, model, runs }: ReportedJob): Html {
  const fixed = Object.entries(job.parameters);
  const swept = sweepTexts(job.sweep);
  const parameters = [
    ...swept.map(([name, text]) => [name, text, "swept"]),
    ...fixed.slice(0, PARAMETERS_MAX).map(([name, value]) => [name, briefText(value), "fixed"]),
  ];
  const left = fixed.length - PARAMETERS_MAX;
  return markup`<h3>${job.id}</h3>
${
    factList([
      ["model", markup`<code>${modelText(job)}</code>`],
      ["model digest", model === undefined ? "" : markup`<code>${model.digest}</code>`],
      ["runs", markup`${formatCount(runs)} of ${formatNumberOf(job.steps, "step")}`],
      ["seed", String(job.seed)],
      ["priority", PRIORITY_NAMES[job.priority]],
      ["checkpoints", cadenceText(job.checkpoint.every)],
      ["retries", String(job.retries)],
      ["timeout", job.timeoutMs === undefined ? "" : formatDuration(job.timeoutMs)],
      ["needs", job.needs === undefined ? "" : needsText(job.needs)],
      ["begins from", job.from === undefined ? "" : originText(job.from)],
      ["inputs", formatLong(Object.values(job.inputs).join(", "), TEXT_MAX)],
    ])
  }${
    parameters.length > 0 &&
    pageTable(`Parameters of ${job.id}`, [{ title: "parameter" }, { title: "value" }, {
      title: "",
    }], parameters)
  }${left > 0 && note(`… and ${formatNumberOf(left, "more parameter")}.`)}`;
}

function modelText({ model }: Job): string {
  if (isModelFile(model)) return model.path;
  return formatLong(model.kind === "command" ? commandText(model) : model.path, TEXT_MAX);
}

function cadenceText(every: Cadence): string {
  switch (every.kind) {
    case "off":
      return "none";
    case "steps":
      return `every ${formatNumberOf(every.steps, "step")}`;
    case "time":
      return `every ${formatDuration(every.everyMs)}`;
    case "auto":
      return "as costs and failures suggest";
  }
}

export function sessionsSection(report: TreeReport): HtmlValue {
  const { sessions, jobs, offsetMinutes, status, nowMs } = report;
  if (sessions.length === 0) return undefined;
  const shown = sessions.slice(-SESSIONS_MAX);
  const left = sessions.length - shown.length;
  const atWork = status.activity.kind === "working" ? sessions.at(-1) : undefined;
  const endMs = (session: WorkSession) => session === atWork ? nowMs : Date.parse(session.ended);
  const path = jobs.map(({ job }) => job.model).find(isModelFile)?.path;
  return markup`${
    pageTable(
      "Invocations of simrun that worked on the tree",
      ["began", "took", "slots", "completed", "failed", "ended", "simrun", "Deno", "host", "commit"]
        .map((title, i) => ({ title, isNumber: i > 0 && i < 5 })),
      shown.map((session) => [
        formatTime(session.started, offsetMinutes),
        formatDuration(endMs(session) - Date.parse(session.started)),
        String(session.slots),
        formatCount(session.completed),
        formatCount(session.failed),
        session === atWork ? "at work" : ENDINGS[session.outcome],
        session.simrun,
        session.deno ?? "–",
        session.host,
        commitText(session, path),
      ]),
    )
  }${left > 0 && note(`${formatNumberOf(left, "earlier one")} left out.`)}`;
}

const ENDINGS: { readonly [outcome in WorkSession["outcome"]]: string } = {
  completed: "all done",
  failed: "with failures",
  stopped: "stopped",
  lost: "no word of an end",
};

/** `9f1c2d3+dirty`. */
function commitText(session: WorkSession, path: string | undefined): HtmlValue {
  const commit = commitOf(session, path);
  if (commit === undefined) return "–";
  return markup`<code>${commit.replace(/^([0-9a-f]{10})[0-9a-f]+/, "$1")}</code>`;
}
