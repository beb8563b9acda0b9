/**
 * Campaigns in a simulated machine, thousands of them, each with other jobs and another fate: killed, stopped, taken over,
 * without power, on a disk that is full or fails. A seed that fails prints itself and the command that plays it again.
 */
import assert from "node:assert/strict";
import { cases } from "../helpers/torture.ts";
import { type Cut, scenarioOf } from "./scenario.ts";
import { simulate } from "./simulation.ts";

const FIRST = Number(Deno.env.get("SIMRUN_SEED") ?? 1);

Deno.test("a seed is one course of the world: played twice it is the same", async () => {
  for (const seed of [FIRST, FIRST + 7, FIRST + 18]) {
    // What is loaded at its first use takes real time once.
    await courseOf(seed);
    const [first, second] = [await courseOf(seed), await courseOf(seed)];
    assert.deepEqual(second, first, `seed ${seed}`);
  }
});

const EVERYTHING = cases({ short: 1_500, long: 2_000 });

Deno.test(`${EVERYTHING} campaigns end with the results of campaigns left alone (seeds from ${FIRST})`, async () => {
  await holdFor(EVERYTHING);
});

const POWER_CUTS = cases({ short: 500, long: 800 });

Deno.test(`${POWER_CUTS} campaigns survive power cuts in a row (seeds from ${FIRST})`, async () => {
  await holdFor(POWER_CUTS, ["power cut"]);
});

async function holdFor(count: number, cuts?: readonly Cut[]): Promise<void> {
  for (let seed = FIRST; seed < FIRST + count; seed++) {
    const trace: string[] = [];
    try {
      await simulate(scenarioOf(seed, cuts), trace);
    } catch (error) {
      const end = trace.slice(-40).join("\n");
      const replay = `deno run -A tests/simulation/replay.ts ${seed}${cuts ? " --power-cuts" : ""}`;
      throw new Error(`seed ${seed}; play it again: ${replay}\n${end}`, { cause: error });
    }
  }
}

/** The trace without what is no part of the world: process ids and the time of day are the machine's. */
async function courseOf(seed: number): Promise<readonly string[]> {
  const { trace } = await simulate(scenarioOf(seed));
  return trace.map((line) =>
    line.replace(/process \d+/, "process").replace(/\/mnt[^/]*/g, "")
      .replace(/\d{17}-\d{4}-[0-9a-f]{8}/, "request")
  );
}
