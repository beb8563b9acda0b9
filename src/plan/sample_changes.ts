/** What a changed number of points means for those that are done: only a Latin hypercube may lose them. Pure. */
import type { Job } from "../job/job.ts";
import type { Sample, SweepPart } from "../job/sweep.ts";
import type { History } from "../queue/history.ts";
import { canonical } from "./digest.ts";
import type { PlannedJob, Remark } from "./plan.ts";

/** Of hypercubes that hold no point of what is done of the one before. */
export function sampleRemarks(jobs: readonly PlannedJob[], history: History): Remark[] {
  return jobs.flatMap((planned) => {
    const { id } = planned.job;
    const now = hypercubeOf(planned.job);
    const past = now && history.jobs.get(id);
    const before = hypercubeOf(past?.job);
    if (now === undefined || before === undefined || past!.counts.completed === 0) return [];
    const [base, baseNow] = [oddPart(before.count), oddPart(now.count)];
    if (base === baseNow || !isSameButCount(before, now) || keepsAny(planned)) return [];
    let kept = base;
    while (kept < now.count) kept *= 2;
    const text = `a Latin hypercube of ${now.count} points has none of the ${before.count} ` +
      `that there were, and is computed anew; one of ${kept} has all of them (count: ${kept})`;
    return [{ job: id, text }];
  });
}

function hypercubeOf(job: Job | undefined): Sample | undefined {
  const isHypercube = (part: SweepPart): part is Sample =>
    part.kind === "sample" && part.method === "lhs";
  return job?.sweep?.parts.find(isHypercube);
}

/** It begins with so many points, and is doubled. */
function oddPart(count: number): number {
  return count % 2 === 0 ? oddPart(count / 2) : count;
}

function isSameButCount(before: Sample, now: Sample): boolean {
  return canonical({ ...before, count: 0 }) === canonical({ ...now, count: 0 });
}

/** Of a plan before that one there may be some. */
function keepsAny(planned: PlannedJob): boolean {
  for (let index = 0; index < planned.count; index++) {
    if (planned.decisionAt(index) !== "new") return true;
  }
  return false;
}
