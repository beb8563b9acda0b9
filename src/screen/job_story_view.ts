/** A job as `explain` shows it: what it is, what became of its runs and why, and which to look at further. Pure. */
import { type Job, PRIORITY_NAMES } from "../job/job.ts";
import { type Search, searchOf } from "../job/sweep.ts";
import { runName } from "../job/run.ts";
import { sweepNames } from "../plan/sweep.ts";
import { commandText } from "../report/command_text.ts";
import { formatCount, formatNumberOf, formatPercent } from "../report/format.ts";
import { countsText, type RunGroup } from "../report/job_story.ts";
import { needsText, originText } from "../report/needs_text.ts";
import { parametersText } from "../report/points.ts";
import type { RunStatus } from "../report/run_status.ts";
import type { VisibleState } from "../report/selector.ts";
import type { JobStatus } from "../report/status.ts";
import { safeText } from "./safe_text.ts";
import type { StoryCanvas } from "./story_view.ts";
import { relativePath } from "./relative_path.ts";
import { renderTable } from "./table.ts";

export interface JobStoryView {
  readonly status: JobStatus;
  readonly job: Job;
  readonly groups: readonly RunGroup[];
  /** Where it stands whose runs are led by results. */
  readonly led?: readonly string[];
  readonly lessons: readonly (readonly [string, string])[];
  /** What the next simrun would do with its runs; absent while one works. */
  readonly next: string | undefined;
  readonly working: boolean;
  /** The command that goes on with what is not done. */
  readonly goOn: () => string;
}

export function renderJobStory(view: JobStoryView, canvas: StoryCanvas): string[] {
  const { status, job, groups } = view;
  const { paint } = canvas;
  const search = searchOf(job.sweep);
  const fixed = parametersText(job.parameters);
  const fraction = status.stepsTotal > 0 ? status.stepsDone / status.stepsTotal : 0;
  const facts = ([
    ["model", relativePath(job.model.path, canvas.folder)],
    ["program", commandText(job.model)],
    ["priority", PRIORITY_NAMES[job.priority]],
    [
      "sweep",
      search !== undefined || job.sweep === undefined ? "" : sweepNames(job.sweep).join(", "),
    ],
    ["search", search === undefined ? "" : searchText(search)],
    ...(view.led ?? []).map((text) => ["so far", text] as const),
    ["parameters", fixed],
    ["needs", needsText(job.needs ?? [])],
    ["begins from", job.from === undefined ? "" : originText(job.from)],
    ["steps", `${formatCount(job.steps)} each; ${formatPercent(fraction)} of all are done`],
  ] as const).filter(([, text]) => text !== "");
  const lines = [
    `${paint.strong(safeText(status.id))}  ${countsText(status)}`,
    "",
    ...table(facts.map(([title, text]) => [paint.faint(title), safeText(text)]), canvas),
  ];
  if (groups.length > 0) {
    const rows = groups.map(({ state, why, count, examples }) => [
      formatCount(count),
      toned(state, paint),
      safeText(why),
      examples.map(exampleText).join(", ") + (count > examples.length && count > 0 ? ", …" : ""),
    ]);
    lines.push(
      "",
      ...renderTable(
        [{ title: "", align: "right" }, { title: "" }, { title: "", shrinkTo: 20 }, {
          title: "",
          shrinkTo: 20,
        }],
        rows.map((row) => row.map((cell) => cell === ", …" ? "" : cell)),
        { indent: "  ", columns: canvas.columns },
      ),
    );
  }
  if (view.lessons.length > 0) {
    lines.push("", "Learned from the runs in this tree:");
    lines.push(
      ...table(view.lessons.map(([title, text]) => [paint.faint(title), safeText(text)]), canvas),
    );
  }
  lines.push("", ...nextLines(view));
  return lines;
}

/** `bayesian, minimize loss over x, y; 4 under way at most`. */
function searchText({ method, goal, metric, over, parallel }: Search): string {
  const names = over.map(({ name }) => name).join(", ");
  return `${method}, to ${goal} ${metric} over ${names}; ${parallel} under way at most`;
}

function table(rows: string[][], { columns }: StoryCanvas): string[] {
  return renderTable([{ title: "" }, { title: "", shrinkTo: 20 }], rows, { indent: "  ", columns });
}

function toned(state: VisibleState, paint: StoryCanvas["paint"]): string {
  if (state === "failed") return paint.bad(state);
  if (state === "completed") return paint.good(state);
  return state === "running" ? paint.active(state) : paint.warn(state);
}

function exampleText({ job, run, point }: RunStatus): string {
  const name = runName(job, run);
  return safeText(point === undefined ? name : `${name} (${parametersText(point)})`);
}

/** What to type: the run that is most worth a look, then what goes on with the others. */
function nextLines({ groups, status, next, working, goOn }: JobStoryView): string[] {
  const lines: string[] = [];
  if (next !== undefined) lines.push(safeText(`The next simrun: ${next}.`));
  const of = (state: VisibleState) => groups.find((group) => group.state === state)?.examples[0];
  const one = of("failed") ?? of("running") ?? groups.flatMap(({ examples }) => examples)[0];
  const id = safeText(status.id);
  if (one !== undefined) {
    lines.push(`simrun explain ${safeText(runName(one.job, one.run))} tells the story of one.`);
  }
  if (status.counts.paused > 0) {
    lines.push(
      `simrun continue ${id} lets the ${
        status.counts.paused === 1 ? "paused one" : `${formatCount(status.counts.paused)} paused`
      } go on${working ? "" : `; then ${goOn()}`}.`,
    );
  }
  if (status.counts.cancelled > 0) {
    lines.push(
      `simrun retry cancelled ${id} takes up ${
        formatNumberOf(status.counts.cancelled, "cancelled run")
      }${working ? "" : `; then ${goOn()}`}.`,
    );
  }
  if (working && status.counts.failed > 0) {
    lines.push(`simrun retry ${id} tries again what failed.`);
  }
  return lines;
}
