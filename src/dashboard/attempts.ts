/** The attempts of a run, from the chapters of its story: when each began, how it ended. Pure. */
import type { Chapter } from "../report/run_story.ts";
import { describeFailure } from "../report/failure_text.ts";
import { describeReturn } from "../report/requeue_text.ts";

export interface Attempt {
  readonly number: number;
  readonly from: string;
  to?: string;
  ending?: "completed" | "failed" | "back to the queue" | "cancelled" | "paused" | "interrupted";
  why?: string;
  /** It went on from a checkpoint of this step. */
  resumedAt?: number;
  checkpoints: number;
}

const ATTEMPTS_MAX = 100;

export function attemptsOf(chapters: readonly Chapter[]): Attempt[] {
  const attempts: Attempt[] = [];
  for (const chapter of chapters) {
    if (chapter.kind === "started") {
      attempts.push({ number: chapter.attempt, from: chapter.at, checkpoints: 0 });
      continue;
    }
    const last = attempts.at(-1);
    if (last === undefined || last.to !== undefined) continue;
    hear(last, chapter);
  }
  return attempts.slice(-ATTEMPTS_MAX);
}

function hear(attempt: Attempt, chapter: Chapter): void {
  const end = (ending: Attempt["ending"] & string, why?: string): void => {
    attempt.to = chapter.at;
    attempt.ending = ending;
    if (why !== undefined) attempt.why = why;
  };
  switch (chapter.kind) {
    case "completed":
      return end("completed");
    case "failed":
      return end("failed", describeFailure(chapter.failure));
    case "requeued":
      return end("back to the queue", describeReturn(chapter.cause, chapter.message));
    case "cancelled":
      return end("cancelled");
    case "paused":
      return end("paused");
    case "lost":
      return end("interrupted", "simrun was killed or lost");
    case "resumed":
      if (chapter.step > 0) attempt.resumedAt = chapter.step;
      return;
    case "saved":
      attempt.checkpoints += chapter.count;
  }
}
