/** Every bench runs to its end at a tiny size and prints its lines; what the figures are is not looked at. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { isReached, type Line, ratioOf, renderSection } from "../bench/report.ts";
import { inTurns, median } from "../bench/statistics.ts";

const MAIN = fileURLToPath(new URL("../bench/main.ts", import.meta.url));

async function bench(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("every bench prints both sides, their ratio and the goal", async () => {
  const { code, stdout, stderr } = await bench(
    "--smoke",
    "start",
    "checkpoints",
    "auto",
    "steps",
    "tiny",
    "verify",
    "steer",
    "programs",
    "search",
    "dashboard",
    "scale",
  );
  assert.equal(code, 0, stderr);
  for (
    const line of [
      /^a critical run, from its submission .* two lines appended, each synced .* ≤ 101 ms/m,
      /^simrun --version .* deno run of an empty file .* × +≤ 1.5 ×/m,
      /^simrun status, .* deno run of an empty file .* × +≤ 3 ×/m,
      /^first step of the first run, .* ms .* ≤ 250 ms/m,
      /^computing time, a checkpoint every .* checkpoints off .* × +≤ 1.03 ×/m,
      /^computing time, checkpoint_every: auto .* checkpoints off .* × +≤ 1.01 ×/m,
      /^work lost by a kill, the worst of 1 .* its interval .* × +≤ 1.05 ×/m,
      /^stall of the run, .* set\(\) into a warm shared buffer .* × +≤ 1.5 ×/m,
      /^a step of about 1 µs .* bare loop, deno run .* × +≤ 1.02 ×/m,
      /^a step of about 100 ns .* bare loop, deno run .* × +≤ 1.1 ×/m,
      /^500 runs, .* runs\/s .* piscina, .* ≥ 1 ×/m,
      /^500 runs, .* runs\/s .* lines appended, .* ×/m,
      /^the same command again: .* ≤ 1.5 s/m,
      /^simrun status of that tree .* ≤ 0.5 s/m,
      /^simrun report -o FILE of that tree .* ≤ 3 s/m,
      /^files in the tree .* one a run .* ≤ 199 files/m,
      /^most memory the orchestrator held .* MB .* ≤ 300 MB/m,
      /^verify, 2 checkpoints of 1 MiB .* MB\/s .* read them, zstd -t .* ≥ 0.5 ×/m,
      /^verify, 3 small checkpoints of each of 20 runs .* read them, zstd -t/m,
      /^10 of \/bin\/true, 2 at a time: each .* ms .* xargs -P2 -n1, no record .* ≤ 1.2 ×/m,
      /^20 done already: .* ≤ 0.5 s/m,
      /^Rosenbrock, 2 parameters, 12 runs, cma-es .* random points .* ×/m,
      /^Branin, 2 parameters, 12 runs, bayesian .* random points .* ≤ 0.5 ×/m,
      /^simrun dashboard of 500 runs, .* simrun status of that tree .* ≤ 1,000 ms/m,
      /^frames while the table of 500 runs scrolls .* a page with nothing in it .* ≥ 0.95 ×/m,
      /^messages to a viewer of a campaign at work .* messages\/s .* ≤ 5 messages\/s/m,
      /^simrun status, 1,000 runs, a line each .* s .* read and parse the journals/m,
      /^resume to the first step, a tree of 20 runs.* ≤ 300 ms/m,
      /^\d+ of \d+ goals reached$/m,
    ]
  ) assert.match(stdout, line);
});

Deno.test("bench refuses a name that it does not know and says which it knows", async () => {
  const { code, stderr } = await bench("stepz");
  assert.equal(code, 2);
  assert.match(stderr, /stepz.*steps/);
});

const LINE: Line = {
  what: "a thing",
  simrun: { value: 102, unit: "ms" },
  baseline: { value: 100, unit: "ms", name: "another thing" },
};

Deno.test("isReached() compares the ratio or the figure, whichever the goal is of", () => {
  assert.equal(ratioOf(LINE), 1.02);
  assert.equal(isReached(LINE), true);
  assert.equal(isReached({ ...LINE, goal: { of: "ratio", atMost: 1.02 } }), true);
  assert.equal(isReached({ ...LINE, goal: { of: "ratio", atMost: 1.01 } }), false);
  assert.equal(isReached({ ...LINE, goal: { of: "figure", atMost: 101 } }), false);
  assert.equal(isReached({ ...LINE, goal: { of: "figure", atLeast: 101 } }), true);
});

Deno.test("isReached() does not take a missing figure for a good one", () => {
  const simrun = { value: NaN, unit: "ms" } as const;
  assert.equal(isReached({ ...LINE, simrun, goal: { of: "ratio", atMost: 1 } }), false);
});

Deno.test("renderSection() says that a baseline was not there", () => {
  const baseline = { value: NaN, unit: "ms", name: "a package" } as const;
  const text = renderSection({ title: "T", lines: [{ ...LINE, baseline }], notes: [] });
  assert.match(text, /a thing +102 ms +not there +a package$/m);
});

Deno.test("median() takes the middle, or the mean of the two middle ones", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 2, 9]), 3);
  assert.ok(Number.isNaN(median([])));
});

Deno.test("inTurns() does every piece of work once a round and changes who begins", async () => {
  const done: string[] = [];
  const work = (name: string) => () => Promise.resolve(done.push(name));
  const numbers = await inTurns(2, { a: work("a"), b: work("b") });
  assert.deepEqual(done, ["a", "b", "b", "a"]);
  assert.deepEqual(numbers, { a: [1, 4], b: [2, 3] });
});
