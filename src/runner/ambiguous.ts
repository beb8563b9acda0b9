/** The beginning of a run's name is enough where it is the beginning of one: nobody's run is cancelled by a short word. */
import { Fault } from "../job/fault.ts";
import { filterJobs, filterRuns, namesOneRun } from "../report/selector.ts";

interface Named {
  readonly job: string;
  readonly run: string;
}

/** Throws a Fault for the first selector that begins several runs; `runs` are those of the jobs that may be meant. */
export function refuseAmbiguous(
  selectors: readonly string[],
  runs: (mayBe: (job: string) => boolean) => Iterable<Named>,
): void {
  for (const selector of selectors.filter(namesOneRun)) {
    const names = namesBegunBy(selector, runs(filterJobs([selector])));
    if (names.length < 2) continue;
    const some = names.slice(0, 3).join(", ") + (names.length > 3 ? ", …" : "");
    throw new Fault(
      "not-found",
      `${selector} is the beginning of ${names.length} runs: ${some}.`,
      { hint: `Write more of the name, or ${selector}* for all of them.` },
    );
  }
}

/** One when it is a name in full, whatever else begins so. */
function namesBegunBy(selector: string, runs: Iterable<Named>): string[] {
  const isMeant = filterRuns([selector]);
  const names: string[] = [];
  for (const { job, run } of runs) {
    const name = `${job}/${run}`;
    if (name === selector) return [name];
    if (isMeant(job, run, "running")) names.push(name);
  }
  return names;
}
