/** What a campaign shows while it runs: requests are gathered, and what is tried again has not failed. */
import assert from "node:assert/strict";
import type { CliContext } from "../../src/cli/context.ts";
import { RunDisplay } from "../../src/cli/run_display.ts";
import type { Stream } from "../../src/screen/terminal.ts";
import { until } from "../helpers/processes.ts";
import { CLIMATE_LIVE, failed, NOW } from "../report/fixtures.ts";

/** A stream that keeps what is written. */
class Kept implements Stream {
  readonly isTerminal = false;
  readonly color = false;
  readonly glyphs = "unicode";
  text = "";

  constructor(readonly canRepaint: boolean) {}

  size() {
    return { columns: 120, rows: 24 };
  }

  write(text: string): void {
    this.text += text;
  }
}

function contextOn(stderr: Stream): CliContext {
  return {
    cwd: "/home/ada",
    env: () => undefined,
    stdout: new Kept(false),
    stderr,
    now: () => new Date(NOW),
    clockMs: () => performance.now(),
  };
}

Deno.test("RunDisplay tells a request that meets many runs in one line, at the latest when it closes", () => {
  const stderr = new Kept(false);
  const display = new RunDisplay(contextOn(stderr), false);
  for (let line = 0; line < 40; line++) {
    const runs = Array.from({ length: 1000 }, (_, i) => `r${line * 1000 + i}`);
    display.heard({ type: "runs.cancelled", job: "s", runs });
  }
  assert.equal(stderr.text, "");
  display.close();
  assert.equal(stderr.text, "[0 s] note: s (40,000 runs): cancelled\n");
});

Deno.test("RunDisplay prints failures above the picture, each reason once, and names the last one in it", async () => {
  const stderr = new Kept(true);
  const display = new RunDisplay(contextOn(stderr), false);
  display.heard(failed("s", "a", "boom"));
  display.follow(() => CLIMATE_LIVE, performance.now());
  await until(() => stderr.text.includes("3 runs"), "a picture");
  display.heard(failed("s", "b", "bang"));
  for (let i = 0; i < 100; i++) display.heard(failed("s", `c${i}`, "bang"));
  for (let i = 0; i < 100; i++) display.heard(failed("s", `d${i}`, `reason ${i}`));
  await until(() => /s\/d99 /.test(stderr.text), "the last one");
  display.close();
  const { text } = stderr;
  const printed = text.match(/(?<! )failed {2}s\/\w+: /g) ?? [];
  // The notes above stand at the left margin; those in the picture do not.
  assert.deepEqual(printed.slice(0, 3), ["failed  s/a: ", "failed  s/b: ", "failed  s/d0: "]);
  assert.equal(printed.length, 50);
  assert.equal(text.match(/further failures are counted only/g)?.length, 1);
});

Deno.test("RunDisplay takes failures out of the picture when their runs are tried again", async () => {
  const stderr = new Kept(true);
  const display = new RunDisplay(contextOn(stderr), false);
  display.heard(failed("s", "a", "boom"));
  display.heard(failed("s", "b", "bang"));
  display.heard({ type: "runs.retried", job: "s", runs: ["b"] });
  display.follow(() => CLIMATE_LIVE, performance.now());
  await until(() => stderr.text.includes("3 runs"), "a picture");
  display.close();
  const picture = stderr.text.slice(stderr.text.indexOf("3 runs"));
  assert.match(picture, /s\/a.*boom/);
  assert.doesNotMatch(picture, /bang/);
});

Deno.test("RunDisplay leaves the failures of a campaign that has no picture to its summary", () => {
  const stderr = new Kept(true);
  const display = new RunDisplay(contextOn(stderr), false);
  display.follow(() => CLIMATE_LIVE, performance.now());
  display.heard(failed("s", "a", "boom"));
  display.close();
  assert.doesNotMatch(stderr.text, /boom/);
});
