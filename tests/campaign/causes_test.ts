/** What the end of a slot's process says, and which failures pass. */
import assert from "node:assert/strict";
import { type FailureClass, PASSING_FAILURES } from "../../src/job/run.ts";
import { classifyExit, retryCause, withAdvice } from "../../src/campaign/causes.ts";

/** Whether it may be different the next time. */
const PASSES: { readonly [name in FailureClass]: boolean } = {
  "model-error": false,
  "command-failed": false,
  "plecs-failed": false,
  "transient": true,
  "bad-state": false,
  "diverged": false,
  "not-finite": false,
  "timeout": false,
  "needs": false,
  "hang": true,
  "out-of-memory": true,
  "slot-lost": true,
  "disk": false,
};

Deno.test("retryCause() tries again only what may be different the next time", () => {
  const classes = Object.keys(PASSES) as FailureClass[];
  const retried = (hasMore: boolean) => classes.filter((name) => retryCause(name, hasMore));
  assert.deepEqual(retried(true), classes.filter((name) => PASSES[name]));
  assert.deepEqual(
    retried(false),
    ["transient", "hang", "slot-lost"],
    "there is no more memory than that",
  );
  // Slots go by these: the log of such an attempt is kept for the next one.
  assert.deepEqual(classes.filter((name) => PASSING_FAILURES.includes(name)), retried(true));
});

Deno.test("withAdvice() says what to type when there is no more memory to give", () => {
  const failure = { class: "out-of-memory", message: "too much", step: 3 } as const;
  assert.match(withAdvice(failure, 2 ** 29).message, /^too much; memory: 1024MiB in its job/);
  assert.match(withAdvice(failure, undefined).message, /^too much; --memory/);
  const other = { class: "hang", message: "still", step: 3 } as const;
  assert.equal(withAdvice(other, 8), other);
});

Deno.test("classifyExit() knows V8's last words when the heap is full", () => {
  for (
    const stderr of [
      "<--- Last few GCs --->\n#\n# Fatal JavaScript out of memory: Reached heap limit\n#\n",
      "FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed\n",
      "# Fatal JavaScript invalid size error\nJavaScript heap out of memory",
    ]
  ) {
    const failure = classifyExit({ status: 133, signal: "SIGTRAP", stderr }, 12);
    assert.deepEqual([failure.class, failure.step], ["out-of-memory", 12]);
  }
});

Deno.test("classifyExit() says how the process ended, with its last words", () => {
  const words = (status: number, signal: string | null, stderr: string) =>
    classifyExit({ status, signal, stderr }, 0).message;
  assert.equal(words(1, null, "a\nlast word\n\n"), "its slot ended with status 1: last word");
  assert.equal(words(0, null, ""), "its slot ended with status 0");
  assert.equal(words(139, "SIGSEGV", ""), "its slot ended by SIGSEGV");
  assert.match(words(137, "SIGKILL", "x"), /killed \(SIGKILL\): by the system for want of memory/);
});
