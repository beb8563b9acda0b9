/** What a person picks runs by: states, job ids, run names, globs. Pure. */

/** States as a person sees them: what the journal says, corrected by whether a simrun works on it now. */
export const VISIBLE_STATES = [
  "running",
  "paused",
  "interrupted",
  "failed",
  "cancelled",
  "waiting",
  "completed",
] as const;
export type VisibleState = (typeof VISIBLE_STATES)[number];

/** Of a run that nobody is at, and that is not over. */
export const OPEN: readonly VisibleState[] = ["waiting", "interrupted", "paused"];

/** A number for every state, to be counted up. */
export function zeroCounts(): Record<VisibleState, number> {
  return {
    running: 0,
    paused: 0,
    interrupted: 0,
    failed: 0,
    cancelled: 0,
    waiting: 0,
    completed: 0,
  };
}

export type RunFilter = (job: string, run: string, state: VisibleState) => boolean;

/**
 * `all`, a state, a job (`ising`), a run (`ising/3fa9c1`), or either with `*` and `?`. States narrow what the
 * names choose: `failed ising` are the failed runs of ising. Without selectors everything is chosen.
 */
export function filterRuns(selectors: readonly string[]): RunFilter {
  const states = new Set(selectors.filter(isVisibleState));
  const names = selectors
    .filter((selector) => selector !== "all" && !isVisibleState(selector))
    .map(runPattern);
  const everyName = names.length === 0 || selectors.includes("all");
  return (job, run, state) => {
    if (states.size > 0 && !states.has(state)) return false;
    if (everyName) return true;
    return names.some(({ pattern, whole }) =>
      whole ? pattern.test(`${job}/${run}`) : pattern.test(job) || pattern.test(run)
    );
  };
}

/** Whether runs of a state may be chosen at all. */
export function mayChoose(selectors: readonly string[], state: VisibleState): boolean {
  const states = selectors.filter(isVisibleState);
  return states.length === 0 || states.includes(state);
}

/** Whether it names a run by its beginning, or in full: one run is meant. */
export function namesOneRun(selector: string): boolean {
  return selector.includes("/") && !/[*?]/.test(selector) && !selector.endsWith("/");
}

/** Of the names in `selectors`, the first that stands for nothing in the tree. */
export function unknownName(
  selectors: readonly string[],
  jobs: Iterable<string>,
  runs: () => Iterable<{ readonly job: string; readonly run: string }>,
): string | undefined {
  const ids = [...jobs];
  return selectors.find((selector) => {
    if (selector === "all" || isVisibleState(selector)) return false;
    const { pattern, whole } = runPattern(selector);
    if (!whole && ids.some((id) => pattern.test(id))) return false;
    const chosen = filterRuns([selector]);
    for (const { job, run } of runs()) if (chosen(job, run, "completed")) return false;
    return true;
  });
}

/** The jobs that some selector may touch; a filter for whole jobs, so that others need no look. */
export function filterJobs(selectors: readonly string[]): (job: string) => boolean {
  const names = selectors.filter((selector) => selector !== "all" && !isVisibleState(selector));
  if (names.length === 0 || selectors.includes("all")) return () => true;
  const patterns = names.map((name) => globPattern(name.split("/")[0]!));
  return (job) => patterns.some((pattern) => pattern.test(job));
}

/** The same where runs are meant: an id alone may be of any job's. */
export function filterJobsOfRuns(selectors: readonly string[]): (job: string) => boolean {
  return selectors.some((selector) => RUN_ID.test(selector)) ? () => true : filterJobs(selectors);
}

const RUN_ID = /^[0-9a-f]{16}$/;

export function isVisibleState(word: string): word is VisibleState {
  return (VISIBLE_STATES as readonly string[]).includes(word);
}

/** The beginning of a run's id will do where a run is named in full. */
function runPattern(
  selector: string,
): { readonly pattern: { test(text: string): boolean }; readonly whole: boolean } {
  const whole = selector.includes("/");
  return { pattern: globPattern(namesOneRun(selector) ? `${selector}*` : selector), whole };
}

/** Matches in time that grows with the lengths alone: a selector may come from anybody. */
function globPattern(glob: string): { test(text: string): boolean } {
  return { test: (text) => matches(glob, text) };
}

function matches(glob: string, text: string): boolean {
  let at = 0;
  let from = 0;
  /** The last star, and where the text goes on behind what it stands for. */
  let star = -1;
  let behind = 0;
  while (from < text.length) {
    if (glob[at] === "*") {
      star = at++;
      behind = from;
    } else if (at < glob.length && (glob[at] === "?" || glob[at] === text[from])) {
      at++;
      from++;
    } else if (star >= 0) {
      at = star + 1;
      from = ++behind;
    } else return false;
  }
  while (glob[at] === "*") at++;
  return at === glob.length;
}
