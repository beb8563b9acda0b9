/** A failure in words. Pure; the message is the model's own and must be made safe before it is printed. */
import type { Failure, FailureClass } from "../job/run.ts";
import { formatCount } from "./format.ts";

const CLASS_WORDS: { readonly [name in FailureClass]: string } = {
  "model-error": "the model threw an error",
  "command-failed": "its command failed",
  "plecs-failed": "PLECS did not simulate it",
  "transient": "failed for a passing reason",
  "bad-state": "its state or result cannot be kept",
  "diverged": "diverged",
  "not-finite": "measured what is no number",
  "timeout": "took longer than its timeout",
  "needs": "it cannot have what it needs",
  "hang": "hung",
  "out-of-memory": "out of memory",
  "slot-lost": "its process died",
  "disk": "the disk refused to save it",
};

export function describeClass(name: FailureClass): string {
  return CLASS_WORDS[name] ?? name;
}

/** `the model threw an error at step 1,200: message`. */
export function describeFailure(failure: Failure): string {
  // Some messages name the step themselves.
  const isTold = failure.class === "timeout" || failure.class === "not-finite";
  const where = failure.step > 0 && !isTold ? ` at step ${formatCount(failure.step)}` : "";
  const head = `${describeClass(failure.class)}${where}`;
  const message = messageBesideClass(failure);
  return message === "" ? head : `${head}: ${message}`;
}

/** What is said beside the class: a model's own words begin with it. */
export function messageBesideClass(failure: Failure): string {
  return failure.class === "diverged"
    ? failure.message.replace(/^diverged:?\s*/, "")
    : failure.message;
}

/** `the model threw an error: message`, for places where runs of several steps share a line. */
export function describeReason(failure: Failure): string {
  return describeFailure({ ...failure, step: 0 });
}

/** With its step, which some messages name themselves. */
export function describeWarning(
  { message, step }: { readonly message: string; readonly step: number },
): string {
  return message.includes(`step ${formatCount(step)}`)
    ? message
    : `at step ${formatCount(step)}: ${message}`;
}

/** What warnings that differ in their steps only have in common. */
export function warningKind(message: string): string {
  return message.replace(/ at step [\d,]+/, "");
}

/** `file.ts:14:9`, relative to a folder when the file is below it. */
export function describePlace(failure: Failure, folder: string): string | undefined {
  const { place } = failure;
  if (place === undefined) return undefined;
  const base = folder.endsWith("/") ? folder : `${folder}/`;
  const file = place.file.startsWith(base) ? place.file.slice(base.length) : place.file;
  return `${file}:${place.line}:${place.column}`;
}
