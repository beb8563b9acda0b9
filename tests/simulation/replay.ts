/** Plays one seed again and shows its course: `deno run -A tests/simulation/replay.ts SEED [COUNT] [--power-cuts]`. */
import { scenarioOf } from "./scenario.ts";
import { simulate } from "./simulation.ts";

const [first = 1, count = 1] = Deno.args.filter((arg) => !arg.startsWith("-")).map(Number);
const cuts = Deno.args.includes("--power-cuts") ? ["power cut"] as const : undefined;
const { now } = Date;

const begin = now();
let failures = 0;
let operations = 0;
for (let seed = first; seed < first + count; seed++) {
  const trace: string[] = [];
  const scenario = scenarioOf(seed, cuts);
  // What is loaded at its first use takes real time once: as in the middle of many seeds, it is there already.
  if (count === 1) await simulate(scenario).catch(() => {});
  try {
    operations += (await simulate(scenario, trace)).operations;
    if (count === 1) console.log(trace.join("\n"));
  } catch (error) {
    failures++;
    if (count === 1) {
      console.log(JSON.stringify(scenario, null, 1));
      console.log(trace.join("\n"));
    }
    console.log(`seed ${seed}:`, count === 1 ? error : String(error).slice(0, 300));
  }
}
console.log(`${count} seeds, ${failures} failed, ${operations} operations, ${now() - begin} ms`);
