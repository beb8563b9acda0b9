/** Whether what runs ask for is there: a run that needs more memory than all slots have together would never start. */
import type { MemoryBudget } from "../campaign/memory_budget.ts";
import type { Job } from "../job/job.ts";
import type { Diagnostic } from "../manifest/diagnostic.ts";
import { JobProblems, type Locate } from "./prepare.ts";

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
