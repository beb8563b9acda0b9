/** Whether what runs ask for is there: one that needs more memory or cores than all slots have together would never start. */
import type { MemoryBudget } from "../campaign/memory_budget.ts";
import type { Job } from "../job/job.ts";
import type { Diagnostic } from "../manifest/diagnostic.ts";
import type { PlannedJob } from "../plan/plan.ts";
import { memoryBudget } from "./limits.ts";
import { JobProblems, type Locate } from "./prepare.ts";

export interface Room {
  readonly slots: number;
  readonly memoryBytes?: number;
  readonly locate?: Locate | undefined;
  /** What gives more slots, to be typed before their number. */
  readonly word?: string;
}

/** Throws {@linkcode JobProblems} for jobs whose runs could never start. */
export function checkRoom(planned: readonly PlannedJob[], room: Room): void {
  checkMemory(planned.map(({ job }) => job), memoryBudget(room), room.locate);
  checkCores(planned, room);
}

/**
 * Refused rather than cut down: how many cores there are is in the program's words, and its results and how long it takes
 * would be others than those that were asked for.
 */
export function checkCores(
  planned: readonly PlannedJob[],
  { slots, locate = () => undefined, word = "-j" }: Room,
): void {
  const problems = planned.flatMap(({ job: { id, cores = 1 }, toRun }): Diagnostic[] => {
    if (cores <= slots || toRun === 0) return [];
    const place = locate(id, ["cores"]);
    return [{
      code: "cores",
      severity: "error",
      message: `A run of job ${id} takes ${cores} cores; simrun may use ${slots}`,
      hint: `Type ${word} ${cores} to let it use as many, or ask for fewer: cores: ${slots}.`,
      ...(place && { place }),
    }];
  });
  if (problems.length > 0) throw new JobProblems(problems);
}

/** Throws {@linkcode JobProblems} for each job whose runs need more than there is. */
export function checkMemory(
  jobs: readonly Job[],
  { totalBytes }: MemoryBudget,
  locate: Locate = () => undefined,
): void {
  const problems = jobs.flatMap(({ id, memoryBytes = 0 }): Diagnostic[] => {
    if (memoryBytes <= totalBytes) return [];
    const place = locate(id, ["memory"]);
    return [{
      code: "memory",
      severity: "error",
      message: `A run of job ${id} needs ${gibibytes(memoryBytes)}; all slots together have ` +
        gibibytes(totalBytes),
      hint: "Ask for less, or give simrun more with --memory where the machine has it.",
      ...(place && { place }),
    }];
  });
  if (problems.length > 0) throw new JobProblems(problems);
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toPrecision(3)} GiB`;
}
