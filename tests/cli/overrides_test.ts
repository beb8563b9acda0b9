/** Flags that stand for the keys of all jobs: what they change, what they leave, and what they refuse. */
import assert from "node:assert/strict";
import { overridesOf } from "../../src/cli/overrides.ts";
import { Fault } from "../../src/job/fault.ts";
import type { Job } from "../../src/job/job.ts";
import { aJob } from "../helpers/jobs.ts";

type Flags = Parameters<typeof overridesOf>[0];

const NONE: Flags = {
  retries: undefined,
  backoff: undefined,
  timeout: undefined,
  priority: undefined,
};

/** As a manifest without these keys gives it: nothing that is not said. */
const { backoff: _backoff, ...BARE } = aJob();

const overridden = (flags: Partial<Flags>, over: Partial<Job> = {}) =>
  overridesOf({ ...NONE, ...flags })({ ...BARE, ...over });

Deno.test("overridesOf() leaves a job as it is where no flag is given", () => {
  const job = aJob({ timeoutMs: 1000, backoff: { firstMs: 1, mostMs: 2 }, retries: 7 });
  assert.deepEqual(overridesOf(NONE)(job), job);
  for (const field of ["timeoutMs", "backoff"]) {
    assert.equal(Object.hasOwn(overridden({}), field), false, field);
  }
});

Deno.test("overridesOf() sets --timeout for all jobs, and takes it away with off", () => {
  assert.equal(overridden({ timeout: "2h" }).timeoutMs, 7_200_000);
  assert.equal(overridden({ timeout: "01:00:00" }, { timeoutMs: 1 }).timeoutMs, 3_600_000);
  assert.equal(Object.hasOwn(overridden({ timeout: "off" }, { timeoutMs: 1 }), "timeoutMs"), false);
});

Deno.test("overridesOf() sets the first wait by --backoff, and keeps the longest where it can", () => {
  const backoff = (flag: string, own?: Job["backoff"]) =>
    overridden({ backoff: flag }, own === undefined ? {} : { backoff: own }).backoff;
  assert.deepEqual(backoff("10s"), { firstMs: 10_000, mostMs: 300_000 });
  assert.deepEqual(backoff("0s"), { firstMs: 0, mostMs: 300_000 });
  assert.deepEqual(backoff("0"), { firstMs: 0, mostMs: 300_000 });
  assert.deepEqual(backoff("1h"), { firstMs: 3_600_000, mostMs: 3_600_000 });
  assert.deepEqual(backoff("2s", { firstMs: 1, mostMs: 5000 }), { firstMs: 2000, mostMs: 5000 });
  assert.deepEqual(backoff("9s", { firstMs: 1, mostMs: 5000 }), { firstMs: 9000, mostMs: 9000 });
});

Deno.test("overridesOf() sets --retries and --priority", () => {
  const { retries, priority } = overridden({ retries: 0, priority: "background" });
  assert.deepEqual({ retries, priority }, { retries: 0, priority: 3 });
});

Deno.test("overridesOf() refuses what is no duration, before any job is looked at", () => {
  for (
    const [flags, message, hint] of [
      [{ timeout: "soon" }, '--timeout takes a duration, not "soon".', /--timeout 2h/],
      [{ timeout: "90" }, "--timeout needs a unit, and 90 has none.", /Write --timeout 90s for/],
      [{ timeout: "0s" }, "--timeout 0s must be longer than nothing.", /--timeout off/],
      [{ timeout: "0" }, '--timeout takes a duration, not "0".', /--timeout off/],
      [{ timeout: "-5s" }, '--timeout takes a duration, not "-5s".', /--timeout 90s/],
      [{ backoff: "1.5" }, "--backoff needs a unit, and 1.5 has none.", /--backoff 1\.5s/],
      [{ backoff: "off" }, '--backoff takes a duration, not "off".', /--backoff 0s/],
    ] as const
  ) {
    assert.throws(() => overridesOf({ ...NONE, ...flags }), (error) => {
      assert.ok(error instanceof Fault);
      assert.equal(error.code, "usage");
      assert.equal(error.message, message);
      assert.match(error.hint!, hint);
      return true;
    });
  }
});
