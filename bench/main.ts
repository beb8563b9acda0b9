/**
 * `deno task bench`: measures simrun side by side with what stands below it, and prints both sides.
 * `--quick` takes less time; names choose: steps checkpoints auto tiny start verify steer sinks programs search dashboard
 * scale.
 */
import { measureAutoCheckpoints } from "./auto_checkpoints.ts";
import { measureCheckpoints } from "./checkpoints.ts";
import { measureDashboard } from "./dashboard.ts";
import { isReached, renderSection, type Section } from "./report.ts";
import { measurePrograms } from "./programs.ts";
import { measureScale } from "./scale.ts";
import { measureSearch } from "./search.ts";
import { FULL, QUICK, type Sizes, SMOKE } from "./sizes.ts";
import { measureSinks } from "./sinks.ts";
import { measureStart } from "./start.ts";
import { measureSteering } from "./steer.ts";
import { measureSteps } from "./steps.ts";
import { measureTinyRuns } from "./tiny_runs.ts";
import { measureVerify } from "./verify.ts";

type Bench = (sizes: Sizes) => Promise<Section>;

export const BENCHES: { readonly [name: string]: Bench } = {
  start: measureStart,
  tiny: measureTinyRuns,
  checkpoints: measureCheckpoints,
  auto: measureAutoCheckpoints,
  steps: measureSteps,
  verify: measureVerify,
  steer: measureSteering,
  sinks: measureSinks,
  programs: measurePrograms,
  search: measureSearch,
  scale: measureScale,
  dashboard: measureDashboard,
};

if (import.meta.main) {
  const flags = Deno.args.filter((arg) => arg.startsWith("-"));
  const chosen = Deno.args.filter((arg) => !arg.startsWith("-"));
  const unknown = [
    ...flags.filter((flag) => flag !== "--quick" && flag !== "--smoke"),
    ...chosen.filter((name) => !Object.hasOwn(BENCHES, name)),
  ];
  if (unknown.length > 0) {
    const names = Object.keys(BENCHES).join(" ");
    console.error(`Not known: ${unknown.join(" ")}. Say: deno task bench [--quick] [${names}]`);
    Deno.exit(2);
  }
  const sizes = flags.includes("--smoke") ? SMOKE : flags.includes("--quick") ? QUICK : FULL;
  await measureAll(chosen.length === 0 ? Object.keys(BENCHES) : chosen, sizes);
}

async function measureAll(names: readonly string[], sizes: Sizes): Promise<void> {
  console.log(describeMachine());
  const lines = [];
  for (const name of names) {
    const section = await BENCHES[name]!(sizes);
    lines.push(...section.lines);
    console.log(renderSection(section));
  }
  const goals = lines.filter((line) => line.goal !== undefined);
  console.log(`${goals.filter(isReached).length} of ${goals.length} goals reached`);
}

function describeMachine(): string {
  const cores = `${navigator.hardwareConcurrency} cores`;
  const { deno, v8 } = Deno.version;
  const load = Deno.loadavg()[0]!.toFixed(1);
  return `${cores}, ${Deno.build.os} ${Deno.build.arch}, Deno ${deno}, V8 ${v8}, load ${load}\n`;
}
