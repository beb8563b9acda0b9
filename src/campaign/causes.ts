/** Why runs fail, in words, and which causes pass: the classes of failures. Pure. */
import type { RunEvent } from "../job/event.ts";
import type { Failure, FailureClass } from "../job/run.ts";
import type { SlotExit } from "./world.ts";

type Cause = Extract<RunEvent, { type: "runs.requeued" }>["cause"];

/**
 * Why a run that failed is tried again, or undefined when it is not: only what may be different the next time
 * is, and a model's own exception never is. Who was out of memory is when there is more to give.
 */
export function retryCause(failure: FailureClass, hasMore: boolean): Cause | undefined {
  switch (failure) {
    case "slot-lost":
    case "hang":
    case "transient":
      return failure;
    case "out-of-memory":
      return hasMore ? failure : undefined;
    default:
      return undefined;
  }
}

/**
 * A run that fails for want of memory had as much as it asked for, or twice that: what to type next. `hadBytes` is
 * undefined when it had all of simrun's.
 */
export function withAdvice(failure: Failure, hadBytes: number | undefined): Failure {
  if (failure.class !== "out-of-memory") return failure;
  const advice = hadBytes === undefined
    ? "--memory gives it more, where there is more"
    : `memory: ${mebibytes(2 * hadBytes).replace(" ", "")} in its job gives it more`;
  return { ...failure, message: `${failure.message}; ${advice}` };
}

/** Of a run whose slot was stopped over it. */
export function hangFailure(
  { afterMs, step }: { readonly afterMs: number; readonly step: number },
): Failure {
  const seconds = Math.round(afterMs / 1000);
  const message = `no step for ${seconds} s after step ${step}; its slot was stopped`;
  return { class: "hang", message, step };
}

/** V8's words for a full heap, and the runtime's for memory that the system refuses it. */
const OUT_OF_MEMORY =
  /heap out of memory|heap limit|Fatal JavaScript out of memory|memory allocation of \d+ bytes failed|^error: out of memory/im;

/** What the end of a slot's process says about the run it was at. `peakBytes` is the most memory it was seen with. */
export function classifyExit(exit: SlotExit, step: number, peakBytes = 0): Failure {
  if (OUT_OF_MEMORY.test(exit.stderr)) {
    const message = memoryWords(exit, peakBytes);
    const { limits } = exit;
    return {
      class: "out-of-memory",
      message,
      step,
      ...(limits !== undefined && { memoryBytes: limits.memoryBytesMax }),
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

function memoryWords({ limits, stderr }: SlotExit, peakBytes: number): string {
  const own = /^error: out of memory: (.*)$/im.exec(stderr)?.[1];
  if (own !== undefined) return own;
  const isHeap = /heap limit|heap out of memory/i.test(stderr);
  const size = limits === undefined || !isHeap ? "" : ` of ${mebibytes(limits.heapBytesMax)}`;
  const what = isHeap ? `its heap${size} is full` : "it asked for more than the system gives it";
  const has = limits === undefined ? "" : `; its slot has ${mebibytes(limits.memoryBytesMax)}`;
  return what + has + (peakBytes === 0 ? "" : `, and was last seen with ${mebibytes(peakBytes)}`);
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** The line that says what was wrong; a stack may stand below it. */
function lastWords(stderr: string): string | undefined {
  const lines = stderr.trim().split("\n");
  return lines.findLast((line) => line.startsWith("error: "))?.slice("error: ".length) ??
    lines.at(-1);
}
