/** The report of a tree as one page that needs nothing else: no script, no network, no other file. Pure. */
import { assertNever } from "../job/fault.ts";
import {
  formatCount,
  formatDuration,
  formatNumberOf,
  formatShare,
  formatTime,
} from "../report/format.ts";
import { sumCheckpoints } from "../report/resources.ts";
import { successRate } from "../report/statistics_report.ts";
import { formatTimeLeft } from "../report/time_left.ts";
import type { TreeReport } from "../report/tree_report.ts";
import { type Html, type HtmlValue, markup, trusted } from "./markup.ts";
import { failuresSection } from "./report_failures.ts";
import { figuresSection } from "./report_figures.ts";
import { jobsSection, sessionsSection } from "./report_jobs.ts";
import { resourcesSection, resultsSection, statisticsSection } from "./report_numbers.ts";
import { REPORT_STYLE } from "./report_style.ts";
import { progressSection } from "./report_progress.ts";
import { timelineLegend, timelineSvg } from "./timeline_svg.ts";
import { themeStyle } from "./theme.ts";

/** A part of the page: what the table of contents calls it, and what it holds; none where there is nothing to say. */
interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: HtmlValue;
}

export function reportPage(report: TreeReport): string {
  const sections = [
    { id: "progress", title: "How far it is", body: progressSection(report) },
    { id: "failures", title: "Failures", body: failuresSection(report) },
    { id: "timeline", title: "Timeline", body: timelineSection(report) },
    { id: "figures", title: "Figures", body: figuresSection(report) },
    { id: "results", title: "Results", body: resultsSection(report) },
    { id: "statistics", title: "Statistics", body: statisticsSection(report) },
    { id: "resources", title: "Time, memory and checkpoints", body: resourcesSection(report) },
    { id: "jobs", title: "Jobs and parameters", body: jobsSection(report) },
    { id: "provenance", title: "Provenance", body: sessionsSection(report) },
  ].filter(({ body }) => body !== undefined);
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="generator" content="simrun ${report.version}">
<title>${report.title} · simrun</title>
${themeStyle(REPORT_STYLE)}
</head>
<body>
${header(report)}
<main>
<nav aria-label="Sections">${sections.map(link)}</nav>
${sections.map(section)}</main>
${footer(report)}
</body>
</html>
`;
  return page.toString();
}

/** `id` is one of those above: no text of a tree is filled into what a browser follows. */
function link({ id, title }: Section): Html {
  return markup`<a href="${trusted(`#${id}`)}">${title}</a> `;
}

function section({ id, title, body }: Section): Html {
  return markup`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>`;
}

function header(report: TreeReport): Html {
  const { status, nowMs, offsetMinutes } = report;
  const { text, tone } = verdict(report);
  return markup`<header class="top">
<h1>${report.title}</h1>
<p class="verdict ${tone}">${text}</p>
<p>As of ${formatTime(new Date(nowMs).toISOString(), offsetMinutes)} (${
    zone(offsetMinutes)
  }), of the tree <code>${status.tree}</code></p>
${report.damage !== undefined && markup`<p class="warn">${report.damage}</p>`}
${tiles(report)}
</header>`;
}

/** One sentence: what a reader wants to know first. */
function verdict({ status, sessions }: TreeReport): {
  readonly text: string;
  readonly tone: "good" | "bad" | "active" | "warn";
} {
  const { counts, runs } = status.totals;
  const open = counts.waiting + counts.interrupted + counts.paused + counts.running;
  const failed = counts.failed === 0 ? "" : `, ${formatCount(counts.failed)} failed`;
  const done = `${formatCount(counts.completed)} of ${
    formatNumberOf(runs, "run")
  } completed${failed}`;
  const { activity } = status;
  switch (activity.kind) {
    case "never":
      return { text: "Nothing was run here yet.", tone: "warn" };
    case "working": {
      const left = formatTimeLeft(status);
      return {
        text: `Running: ${done}${left === "" ? "" : `; about ${left} left`}.`,
        tone: counts.failed > 0 ? "bad" : "active",
      };
    }
    case "lost":
      return {
        text: `Interrupted: simrun was killed, or its machine went down; ${done}.`,
        tone: "warn",
      };
    case "ended": {
      if (open > 0) return { text: `Not finished: ${done}.`, tone: "warn" };
      if (counts.failed > 0) return { text: `Done, with failures: ${done}.`, tone: "bad" };
      if (counts.cancelled > 0) {
        return { text: `Done, but for what was cancelled: ${done}.`, tone: "warn" };
      }
      const times = sessions.length > 1 ? `, in ${sessions.length} invocations` : "";
      return { text: `Done: all ${formatNumberOf(runs, "run")} completed${times}.`, tone: "good" };
    }
    default:
      return assertNever(activity);
  }
}

function tiles({ status, statistics, resources, timeline }: TreeReport): Html {
  const { counts, runs } = status.totals;
  const computedMs = resources.reduce((sum, { ms }) => sum + (ms?.sum ?? 0), 0);
  const checkpoints = sumCheckpoints(resources.map(({ checkpoints }) => checkpoints));
  const rate = successRate(statistics.totals);
  const wallMs = timeline.sessions.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const tile = (name: string, value: string, more: string, tone = "") =>
    markup`<div class="${tone}"><dt>${name}</dt><dd>${value}<small>${more}</small></dd></div>`;
  return markup`<dl class="tiles">
${tile("Completed", formatCount(counts.completed), `of ${formatNumberOf(runs, "run")}`, "good")}
${
    tile(
      "Failed",
      formatCount(counts.failed),
      counts.failed === 0 ? "none" : "see below",
      counts.failed > 0 ? "bad" : "",
    )
  }
${rate !== undefined && tile("Success rate", formatShare(rate), "of what has ended")}
${
    tile(
      "Elapsed",
      formatDuration(wallMs),
      computedMs > 0 ? `${formatDuration(computedMs)} of computing` : "nothing completed yet",
    )
  }
${
    checkpoints.count > 0 &&
    tile(
      "Checkpoints",
      formatCount(checkpoints.count),
      checkpoints.resumed > 0
        ? `${formatNumberOf(checkpoints.resumed, "run")} went on from one`
        : "none was needed",
    )
  }
</dl>`;
}

function timelineSection({ timeline, offsetMinutes }: TreeReport): HtmlValue {
  const { lanes, sessions, fromMs, toMs } = timeline;
  if (lanes.length === 0) return undefined;
  const bars = lanes.reduce((sum, lane) => sum + lane.bars.length, 0);
  const runs = lanes.reduce((sum, lane) => sum + lane.bars.reduce((n, bar) => n + bar.count, 0), 0);
  const label = `Timeline: ${formatNumberOf(runs, "attempt")} in ${
    formatNumberOf(lanes.length, "lane")
  } over ${formatDuration(toMs - fromMs)}, under ${
    formatNumberOf(sessions.length, "invocation")
  } of simrun`;
  return markup`<div class="card"><div class="scroll-x">${
    timelineSvg(timeline, label, offsetMinutes)
  }</div>${
    timelineLegend(timeline)
  }</div><p class="note">A lane for each run at a time, the first one filled first. ${
    bars < runs &&
    `Short runs that follow each other closely are drawn as one bar: ${
      formatCount(runs)
    } attempts in ${formatNumberOf(bars, "bar")}. `
  }A bar tells what it is when it is pointed at.</p>`;
}

function footer({ version, sessions, treeFlag }: TreeReport): Html {
  const count = formatNumberOf(sessions.length, "invocation");
  return markup`<footer>Made by simrun ${version} from the journal of the tree, ${count}. Again: <code>simrun report${treeFlag} -o report.html</code></footer>`;
}

function zone(offsetMinutes: number): string {
  if (offsetMinutes === 0) return "UTC";
  const size = Math.abs(offsetMinutes);
  const minutes = size % 60 === 0 ? "" : `:${String(size % 60).padStart(2, "0")}`;
  return `UTC${offsetMinutes < 0 ? "−" : "+"}${Math.floor(size / 60)}${minutes}`;
}
