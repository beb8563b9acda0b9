/** `simrun report`: one page that tells all of a tree, to mail or to keep. Reads the tree only, running or not. */
import { EXIT, Fault } from "../job/fault.ts";
import { load } from "../job/load.ts";
import type { JournalEntry } from "../job/event.ts";
import { basename, dirname } from "../job/path.ts";
import { VERSION } from "../job/version.ts";
import { reportPage } from "../html/report_page.ts";
import { formatBytes, formatNumberOf } from "../report/format.ts";
import { type ReportFigure, reportFigures } from "../report/report_figures.ts";
import { ResourceFold } from "../report/resources.ts";
import { ResultFold, type ResultRow } from "../report/results.ts";
import { suggest } from "../manifest/suggest.ts";
import { filterJobs, isVisibleState, unknownName } from "../report/selector.ts";
import { SessionFold } from "../report/sessions.ts";
import { Statistics } from "../report/statistics.ts";
import { statisticsReport } from "../report/statistics_report.ts";
import { treeStatus } from "../report/status.ts";
import { TimelineFold } from "../report/timeline.ts";
import { type DrawnFigure, FailureLogs, reportedResults } from "../report/tree_report.ts";
import { withResultFiles } from "../runner/result_files.ts";
import { safeText } from "../screen/safe_text.ts";
import type { JournalReport } from "../store/journal_read.ts";
import type { Layout } from "../store/layout.ts";
import { journalsOf } from "../store/shards.ts";
import { readWork } from "../store/work.ts";
import type { History } from "../queue/history.ts";
import { type CliContext, type GlobalFlags, printJson, say } from "./context.ts";
import { outputPath, writeWhole } from "./result_output.ts";
import { shellWord } from "../job/shell_word.ts";
import { ledOf } from "./status_reader.ts";
import { readTree } from "./tree_reader.ts";

interface ReportFlags extends GlobalFlags {
  readonly output: string | undefined;
  readonly force: boolean;
  readonly title: string | undefined;
}

/** Entries of the jobs that are named, and what is of no job. */
class JobChoice {
  readonly #names: readonly string[];
  readonly #jobs = new Map<string, boolean>();
  readonly #isChosen: (job: string) => boolean;

  constructor(names: readonly string[]) {
    const one = names.find((name) => name.includes("/") || isVisibleState(name));
    if (one !== undefined) {
      throw new Fault("usage", `A report is of whole jobs, not of "${one}".`, {
        hint: one.includes("/")
          ? `Type simrun explain ${one}, or simrun report ${one.split("/")[0]} -o report.html`
          : "Name jobs; each part of the report tells of all states.",
      });
    }
    this.#names = names;
    this.#isChosen = filterJobs(names);
  }

  isMeant(entry: JournalEntry): boolean {
    if (this.#names.length === 0) return true;
    const id = entry.type === "job.planned" ? entry.job.id : "job" in entry ? entry.job : undefined;
    if (id === undefined) return true;
    let isChosen = this.#jobs.get(id);
    if (isChosen === undefined) this.#jobs.set(id, isChosen = this.#isChosen(id));
    return isChosen;
  }

  refuseUnknown(): void {
    const unknown = unknownName(this.#names, this.#jobs.keys(), () => []);
    if (unknown === undefined) return;
    const near = suggest(unknown, this.#jobs.keys());
    throw new Fault("not-found", `The tree knows no job "${unknown}".`, {
      hint: near === undefined ? "simrun status lists the jobs." : `Did you mean ${near}?`,
    });
  }
}

/** More figures are not looked at; each costs up to a tenth of a second. */
const FIGURES_MAX = 12;
/** Results that are files of their own are read for so many runs only. */
const RESULT_FILES_MAX = 300;
const MANIFESTS_MAX = 20;
const MANIFEST_BYTES_MAX = 100_000;

export async function report(
  context: CliContext,
  flags: ReportFlags,
  selectors: readonly string[],
): Promise<number> {
  await checkOutput(context, flags);
  const meant = new JobChoice(selectors);
  const folds = {
    results: new ResultFold([]),
    statistics: new Statistics(),
    timeline: new TimelineFold(),
    resources: new ResourceFold(),
    sessions: new SessionFold(),
    logs: new FailureLogs(),
  };
  const { layout, history, journal } = await readTree(context, flags, (entry, location) => {
    const atMs = Date.parse(entry.at);
    folds.results.apply(entry, location);
    folds.statistics.apply(entry, atMs);
    folds.timeline.apply(entry, atMs);
    folds.resources.apply(entry);
    folds.sessions.apply(entry);
    folds.logs.apply(entry);
  }, (entry) => meant.isMeant(entry));
  meant.refuseUnknown();
  const { working, live } = await readWork(layout, context.now);
  const nowMs = context.now().getTime();
  const rows = await rowsOf(layout, folds.results.rows());
  const { figures, figuresLeft } = await draw(history, rows);
  const page = reportPage({
    title: flags.title ?? titleOf(layout),
    treeFlag: flags.tree === undefined ? "" : ` --tree ${shellWord(flags.tree)}`,
    version: VERSION,
    nowMs,
    offsetMinutes: -context.now().getTimezoneOffset(),
    status: treeStatus(history, {
      tree: layout.root,
      nowMs,
      live,
      working,
      led: await ledOf(history, layout),
    }),
    sessions: folds.sessions.sessions,
    jobs: [...history.jobs.values()].flatMap(({ job, model, count }) =>
      job === undefined ? [] : [{ job, model, runs: count }]
    ),
    manifests: await manifestsOf(layout, folds.sessions),
    timeline: folds.timeline.read({ nowMs, working, live }),
    statistics: statisticsReport([folds.statistics]),
    resources: folds.resources.read(),
    results: reportedResults(rows),
    figures,
    figuresLeft,
    logs: folds.logs.logs,
    damage: damageText(journal),
  });
  const bytes = new TextEncoder().encode(page);
  if (flags.output === undefined) context.stdout.write(page);
  else {
    await writeWhole(await outputPath(context, flags), [bytes]);
    say(context, flags, safeText(`Wrote ${flags.output} (${formatBytes(bytes.length)}).`));
    if (flags.json) printJson(context.stdout, { file: flags.output, bytes: bytes.length });
  }
  return EXIT.completed.status;
}

/** Whoever is mailed the page sees no other word of it. */
function damageText({ bad, missing }: JournalReport): string | undefined {
  const lost = missing.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  if (bad.length + lost === 0) return undefined;
  const lines = formatNumberOf(Math.max(bad.length, lost), "line");
  return `The journal of the tree is damaged: ${lines} of it could not be read, and what they told is missing here.`;
}

async function checkOutput(context: CliContext, flags: ReportFlags): Promise<void> {
  if (flags.output !== undefined) {
    if (!/\.html?$/i.test(flags.output)) {
      throw new Fault("usage", `A report cannot be written as "${flags.output}".`, {
        hint: "Name a file that ends in .html; a browser prints it as PDF.",
      });
    }
    await outputPath(context, flags);
  } else if (context.stdout.isTerminal) {
    throw new Fault("usage", "A report is a page for a browser, not for the terminal.", {
      hint: "Name a file: simrun report -o report.html",
    });
  }
}

/** `climate` of `…/climate/simruns`. */
function titleOf({ root }: Layout): string {
  const name = basename(root);
  return name === "simruns" ? basename(dirname(root)) || name : name;
}

async function rowsOf(layout: Layout, rows: readonly ResultRow[]): Promise<readonly ResultRow[]> {
  const inFiles = rows.filter(({ resultFile }) => resultFile !== undefined).length;
  if (inFiles === 0 || inFiles > RESULT_FILES_MAX) return rows;
  return await withResultFiles(layout, rows, () => {});
}

async function draw(
  history: History,
  rows: readonly ResultRow[],
): Promise<{ readonly figures: readonly DrawnFigure[]; readonly figuresLeft: number }> {
  const wanted: ReportFigure[] = [];
  for (const [id, ofJob] of Map.groupBy(rows, ({ job }) => job)) {
    const { job } = history.jobs.get(id) ?? {};
    if (job !== undefined) wanted.push(...reportFigures(job, ofJob));
  }
  const shown = wanted.slice(0, FIGURES_MAX);
  const figures: DrawnFigure[] = [];
  for (const figure of shown) {
    figures.push({ ...figure, svg: await svgOf(figure) });
  }
  return { figures, figuresLeft: wanted.length - shown.length };
}

async function svgOf({ drawing }: ReportFigure): Promise<string | undefined> {
  if (drawing.kind !== "plot") return undefined;
  const { figureSvg } = await load<typeof import("../screen/figure.ts")>(
    import.meta.resolve("../screen/figure.ts"),
  );
  return await figureSvg(drawing.plot);
}

/** Each shard keeps what it was given. */
async function readManifestCopy(layout: Layout, digest: string): Promise<Uint8Array | undefined> {
  for (const { layout: home } of journalsOf(layout)) {
    const bytes = await Deno.readFile(home.manifestCopy(digest)).catch(() => undefined);
    if (bytes !== undefined) return bytes;
  }
  return undefined;
}

async function manifestsOf(layout: Layout, { sessions }: SessionFold) {
  const last = new Map(
    sessions.flatMap(({ manifests }) => manifests.map(({ path, digest }) => [path, digest])),
  );
  const texts: { path: string; text: string | undefined }[] = [];
  for (const [path, digest] of [...last].slice(0, MANIFESTS_MAX)) {
    const bytes = await readManifestCopy(layout, digest);
    const head = bytes && new TextDecoder().decode(bytes.subarray(0, MANIFEST_BYTES_MAX));
    texts.push({ path, text: head });
  }
  return texts;
}
