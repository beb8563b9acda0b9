/** Why runs fail, in words, and which causes pass: the classes of failures. Pure. */
import type { Failure, FailureClass } from "../job/run.ts";
import type { SlotExit } from "./world.ts";

/** Only what may be different the next time is tried again; a model's own exception never is. */
export function isRetried(failure: FailureClass): boolean {
  return failure === "slot-lost" || failure === "hang";
}

/** What the end of a slot's process says about the run it was at. */
export function classifyExit(exit: SlotExit, step: number): Failure {
  const outOfHeap = /heap out of memory|heap limit|Fatal JavaScript out of memory/i.test(
    exit.stderr,
  );
  if (outOfHeap) {
    return {
      class: "out-of-memory",
      message: "its heap is full: it needs more memory than a slot has",
      step,
    };
  }
  if (exit.signal === "SIGKILL") {
    const message =
      "its slot was killed (SIGKILL): by the system for want of memory, or by somebody";
    return { class: "slot-lost", message, step };
  }
  const how = exit.signal === null ? `with status ${exit.status}` : `by ${exit.signal}`;
  const why = lastWords(exit.stderr);
  return { class: "slot-lost", message: `its slot ended ${how}${why ? `: ${why}` : ""}`, step };
}

/** The line that says what was wrong; a stack may stand below it. */
function lastWords(stderr: string): string | undefined {
  const lines = stderr.trim().split("\n");
  return lines.findLast((line) => line.startsWith("error: "))?.slice("error: ".length) ??
    lines.at(-1);
}
