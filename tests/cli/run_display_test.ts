/** What a campaign shows while it runs: requests are gathered, and what is tried again has not failed. */
import assert from "node:assert/strict";
import type { CliContext } from "../../src/cli/context.ts";
import { RunDisplay } from "../../src/cli/run_display.ts";
import type { Stream } from "../../src/screen/terminal.ts";
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

Deno.test("RunDisplay takes failures out of the picture when their runs are tried again", async () => {
  const stderr = new Kept(true);
  const display = new RunDisplay(contextOn(stderr), false);
  display.heard(failed("s", "a", "boom"));
  display.heard(failed("s", "b", "bang"));
  display.heard({ type: "runs.retried", job: "s", runs: ["a"] });
  display.follow(() => CLIMATE_LIVE, performance.now());
  while (!stderr.text.includes("3 runs")) await new Promise((done) => setTimeout(done, 20));
  display.close();
  assert.match(stderr.text, /s\/b.*bang/);
  assert.doesNotMatch(stderr.text, /boom/);
});
