/** What is planned of memory, and what is refused because it could never start. */
import assert from "node:assert/strict";
import { MemoryBudget } from "../../src/campaign/memory_budget.ts";
import { plannedMemory } from "../../src/runner/limits.ts";
import { checkMemory } from "../../src/runner/needed_memory.ts";
import { JobProblems } from "../../src/runner/prepare.ts";
import { aJob } from "../helpers/jobs.ts";

const GIB = 2 ** 30;

Deno.test("checkMemory() refuses what could never start, with its place", () => {
  const place = { file: "a.yaml", line: 3, column: 11 };
  const locate = (id: string) => id === "huge" ? place as never : undefined;
  const jobs = [
    aJob({ id: "fits", memoryBytes: 12 * GIB }),
    aJob({ id: "huge", memoryBytes: 13 * GIB }),
    aJob({ id: "plain" }),
  ];
  assert.throws(() => checkMemory(jobs, new MemoryBudget(12 * GIB, 3), locate), (error) => {
    assert.ok(error instanceof JobProblems);
    const [problem, ...others] = error.diagnostics;
    assert.deepEqual([others, problem!.place], [[], place]);
    assert.match(problem!.message, /run of job huge needs 13.0 GiB; all slots together have 12.0/);
    assert.match(problem!.hint!, /--memory/);
    return true;
  });
});

Deno.test("plannedMemory() tells shares, and how many of the larger runs go at a time", () => {
  const { totalBytes, slotBytes, larger } = plannedMemory({
    slots: 4,
    memoryBytes: 20 * GIB,
    jobs: [
      aJob({ id: "small", memoryBytes: 3 * GIB }),
      aJob({ id: "half", memoryBytes: 9 * GIB }),
      aJob({ id: "whole", memoryBytes: 20 * GIB }),
      aJob({ id: "wide", cores: 2 }),
      aJob({ id: "both", cores: 3, memoryBytes: 13 * GIB }),
    ],
  });
  assert.deepEqual([totalBytes, slotBytes], [20 * GIB, 4 * GIB]);
  assert.deepEqual(larger, [
    { job: "half", memoryBytes: 9 * GIB, atOnce: 2 },
    { job: "whole", memoryBytes: 20 * GIB, atOnce: 1 },
    { job: "wide", cores: 2, atOnce: 2 },
    { job: "both", memoryBytes: 13 * GIB, cores: 3, atOnce: 1 },
  ]);
});
