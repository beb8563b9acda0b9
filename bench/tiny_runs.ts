/** A sweep of very many very small runs: how many a second, what a second look costs, what is left on disk. */
import {
  baselinePath,
  command,
  denoRun,
  modelPath,
  simrun,
  withFolder,
  writeManifest,
} from "./commands.ts";
import type { Line, Section } from "./report.ts";
import type { Sizes } from "./sizes.ts";
import { inTurns, median } from "./statistics.ts";

const STEPS = 5;
const POOLS = ["piscina", "poolifier"] as const;
type Pool = (typeof POOLS)[number];

export function measureTinyRuns(sizes: Sizes): Promise<Section> {
  return withFolder(async (folder) => {
    const runs = sizes.tinyRuns;
    const manifest = await writeManifest(folder, {
      id: "tiny",
      model: modelPath("logistic.mjs"),
      steps: STEPS,
      parameters: { work: 1 },
      sweep: { rate: { from: 3.5, to: 3.9, count: runs } },
    });
    const sampled = await writeManifest(folder, {
      id: "sampled",
      model: modelPath("logistic.mjs"),
      steps: STEPS,
      parameters: { work: 1 },
      sweep: { sample: { method: "sobol", count: runs, over: { rate: { uniform: [3.5, 3.9] } } } },
    });
    const empty = `${folder}/empty.ts`;
    await Deno.writeTextFile(empty, "");
    const pools = await installPools(folder);
    const peaks: number[] = [];
    let tree = "";
    const run = async (): Promise<number> => {
      const args = ["run", manifest, "--tree", tree, "-j", "1", "-q"];
      const { wallMs, peakBytes } = await simrun(args, true);
      peaks.push(peakBytes);
      return wallMs;
    };
    const ms = await inTurns(sizes.tinyRounds, {
      first: () => {
        tree = `${folder}/${crypto.randomUUID()}`;
        return run();
      },
      piscina: () => poolMs(pools, "piscina", runs),
      poolifier: () => poolMs(pools, "poolifier", runs),
      appends: () => appendsMs(folder, runs),
    });
    const page = `${folder}/report.html`;
    const later = await inTurns(sizes.tinyRounds * 2 + 1, {
      again: run,
      plan: async () => (await simrun(["run", "-n", sampled, "--tree", tree])).wallMs,
      status: async () => (await simrun(["status", "--tree", tree])).wallMs,
      report: async () => (await simrun(["report", "-f", "-q", "-o", page, "--tree", tree])).wallMs,
      empty: async () => (await denoRun([empty])).wallMs,
    });
    const perSecond = (times: readonly number[]) =>
      ({ value: runs * 1000 / median(times), unit: "runs/s" }) as const;
    const first = `${runs.toLocaleString("en")} runs, the whole command`;
    const speed: Line[] = [
      {
        what: first,
        simrun: perSecond(ms.first),
        baseline: { ...perSecond(ms.piscina), name: "piscina, 1 thread, no record" },
        goal: { of: "ratio", atLeast: 1 },
      },
      {
        what: first,
        simrun: perSecond(ms.first),
        baseline: { ...perSecond(ms.poolifier), name: "poolifier, 1 thread, no record" },
        goal: { of: "ratio", atLeast: 1 },
      },
      {
        what: first,
        simrun: perSecond(ms.first),
        baseline: { ...perSecond(ms.appends), name: "lines appended, an fsync every 1,000" },
        goal: { of: "figure", atLeast: 50_000 },
      },
    ];
    const seconds = (times: readonly number[]) =>
      ({ value: median(times) / 1000, unit: "s" }) as const;
    const baseline = { ...seconds(later.empty), name: "deno run of an empty file" };
    return {
      title: `${runs.toLocaleString("en")} tiny runs (${STEPS} steps each), one slot`,
      lines: [
        ...speed,
        {
          what: "the same command again: nothing to do",
          simrun: seconds(later.again),
          baseline,
          goal: { of: "figure", atMost: 1.5 },
        },
        {
          what: "as many Sobol points planned in that tree",
          simrun: seconds(later.plan),
          baseline,
          goal: { of: "figure", atMost: 1 },
        },
        {
          what: "simrun status of that tree",
          simrun: seconds(later.status),
          baseline,
          goal: { of: "figure", atMost: 0.5 },
        },
        {
          what: "simrun report -o FILE of that tree",
          simrun: seconds(later.report),
          baseline,
          goal: { of: "figure", atMost: 3 },
        },
        {
          what: "files in the tree",
          simrun: { value: await countFiles(tree), unit: "files" },
          baseline: { value: runs, unit: "files", name: "one a run" },
          goal: { of: "figure", atMost: 199 },
        },
        {
          what: "most memory the orchestrator held",
          simrun: { value: Math.max(...peaks) / 1e6, unit: "MB" },
          baseline: { value: await peakOfEmpty(empty) / 1e6, unit: "MB", name: "an idle deno run" },
          goal: { of: "figure", atMost: 300 },
        },
      ],
      notes: [
        `Medians of ${sizes.tinyRounds} (speed) and ${
          sizes.tinyRounds * 2 + 1
        } (the rest), in turns.`,
        "Speeds are of whole commands, the start of the process included; the pools run on Node.",
        ...pools === undefined ? ["The pools could not be installed from npm."] : [],
      ],
    };
  });
}

/** A folder with the pools and what they run, or undefined where npm cannot bring them. */
async function installPools(folder: string): Promise<string | undefined> {
  const place = `${folder}/pools`;
  await Deno.mkdir(place);
  for (const name of ["pool.mjs", "piscina_worker.mjs", "poolifier_worker.mjs"]) {
    await Deno.copyFile(baselinePath(name), `${place}/${name}`);
  }
  await Deno.copyFile(modelPath("logistic.mjs"), `${place}/logistic.mjs`);
  await Deno.writeTextFile(`${place}/package.json`, '{ "private": true, "type": "module" }');
  const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  const patience = ["--fetch-retries=0", "--fetch-timeout=20000"];
  const packages = ["piscina@5.3.2", "poolifier@5.3.2"];
  try {
    await command("npm", ["install", ...quiet, ...patience, ...packages], { cwd: place });
    return place;
  } catch {
    return undefined;
  }
}

async function poolMs(place: string | undefined, pool: Pool, runs: number): Promise<number> {
  if (place === undefined) return NaN;
  try {
    const args = [`${place}/pool.mjs`, pool, String(runs), String(STEPS)];
    return (await command("node", args, { cwd: place })).wallMs;
  } catch (error) {
    console.error(`${pool} failed: ${error instanceof Error ? error.message : error}`);
    return NaN;
  }
}

/** The floor of keeping records: one line a run, in a file, durable every thousand. */
async function appendsMs(folder: string, runs: number): Promise<number> {
  const begin = performance.now();
  using file = await Deno.open(`${folder}/appends-${crypto.randomUUID()}`, {
    write: true,
    createNew: true,
  });
  const encoder = new TextEncoder();
  for (let i = 0; i < runs; i++) {
    const rate = 3.5 + 0.4 * i / runs;
    const line = { run: i.toString(16), point: { rate }, ms: 0.001, result: { x: rate / 4 } };
    file.writeSync(encoder.encode(`${JSON.stringify(line)}\n`));
    if (i % 1000 === 999) file.syncSync();
  }
  file.syncSync();
  return performance.now() - begin;
}

async function countFiles(folder: string): Promise<number> {
  let count = 0;
  for await (const entry of Deno.readDir(folder)) {
    count += entry.isDirectory ? await countFiles(`${folder}/${entry.name}`) : 1;
  }
  return count;
}

async function peakOfEmpty(empty: string): Promise<number> {
  const idle = `${empty}.idle.ts`;
  await Deno.writeTextFile(idle, "setTimeout(() => {}, 200);");
  return (await command(Deno.execPath(), ["run", "-A", idle], { watchMemory: true })).peakBytes;
}
