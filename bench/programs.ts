/** Commands that do nothing: what running a thousand programs costs, beside the tools that people use for that. */
import { command, simrun, withFolder, writeManifest } from "./commands.ts";
import type { Line, Section } from "./report.ts";
import type { Sizes } from "./sizes.ts";
import { inTurns, median } from "./statistics.ts";

/** At a time, on either side. */
const AT_A_TIME = 2;
const PROGRAM = "/bin/true";

/** Tools that may be missing, and how many of the programs each is given: some would take minutes for all. */
const TOOLS = [
  { name: "GNU parallel", program: "parallel", share: 1 },
  { name: "ninja", program: "ninja", share: 1 },
  { name: "Snakemake", program: "snakemake", share: 1 / 20 },
] as const;
type Tool = (typeof TOOLS)[number];

export function measurePrograms(sizes: Sizes): Promise<Section> {
  return withFolder(async (folder) => {
    const { programs } = sizes;
    const manifest = await manifestOf(folder, programs);
    const found: Tool[] = [];
    for (const tool of TOOLS) if (await isThere(tool.program)) found.push(tool);
    let tree = "";
    const run = async (path: string): Promise<number> =>
      (await simrun(["run", path, "--tree", tree, "-j", String(AT_A_TIME), "-q"])).wallMs;
    const ms = await inTurns(sizes.programRounds, {
      simrun: () => {
        tree = `${folder}/${crypto.randomUUID()}`;
        return run(manifest);
      },
      xargs: async () => {
        const line = `seq ${programs} | xargs -P${AT_A_TIME} -n1 ${PROGRAM}`;
        return (await command("/bin/sh", ["-c", line], {})).wallMs;
      },
    });
    const perProgram: Record<string, number> = {};
    for (const tool of found) perProgram[tool.name] = await toolMs(tool, folder, programs);
    const many = await manifestOf(folder, sizes.programsDone);
    tree = `${folder}/${crypto.randomUUID()}`;
    await run(many);
    const again = await inTurns(sizes.programRounds * 2 + 1, { again: () => run(many) });
    const each = median(ms.simrun) / programs;
    const count = programs.toLocaleString("en");
    const what = `${count} of ${PROGRAM}, ${AT_A_TIME} at a time: each`;
    const lines: Line[] = [
      {
        what,
        simrun: { value: each, unit: "ms" },
        baseline: {
          value: median(ms.xargs) / programs,
          unit: "ms",
          name: `xargs -P${AT_A_TIME} -n1, no record`,
        },
        goal: { of: "ratio", atMost: 1.2 },
      },
      ...found.map(({ name }): Line => ({
        what,
        simrun: { value: each, unit: "ms" },
        baseline: { value: perProgram[name]!, unit: "ms", name },
        goal: { of: "ratio", atMost: 1 },
      })),
      {
        what: `${sizes.programsDone.toLocaleString("en")} done already: the whole command`,
        simrun: { value: median(again.again) / 1000, unit: "s" },
        baseline: { value: median(ms.xargs) / 1000, unit: "s", name: `xargs running ${count}` },
        goal: { of: "figure", atMost: 0.5 },
      },
    ];
    const missing = TOOLS.filter((tool) => !found.includes(tool)).map(({ program }) => program);
    return {
      title: "Commands that do nothing",
      lines,
      notes: [
        `Medians of ${sizes.programRounds} (xargs), one call (the others; Snakemake with a ` +
        `${Math.round(1 / TOOLS[2].share)}th of the programs), ${
          sizes.programRounds * 2 + 1
        } (done already).`,
        "simrun's time holds its start, a folder and a record for each run, and an fsync for each group of them.",
        ...(missing.length > 0 ? [`Not there, and left out: ${missing.join(", ")}.`] : []),
      ],
    };
  });
}

function manifestOf(folder: string, count: number): Promise<string> {
  return writeManifest(folder, {
    id: "nothing",
    model: { command: [PROGRAM], pass: "environment" },
    sweep: { i: { from: 1, to: count, step: 1 } },
  });
}

async function isThere(program: string): Promise<boolean> {
  try {
    await command("/bin/sh", ["-c", `command -v ${program}`], {});
    return true;
  } catch {
    return false;
  }
}

/** Milliseconds a program, in a folder of its own. */
async function toolMs({ program, share }: Tool, folder: string, programs: number): Promise<number> {
  const count = Math.max(2, Math.round(programs * share));
  const cwd = `${folder}/${program}`;
  await Deno.mkdir(cwd);
  const numbers = Array.from({ length: count }, (_, i) => i);
  const call = async (name: string, args: readonly string[]) =>
    (await command(name, args, { cwd })).wallMs / count;
  switch (program) {
    case "parallel":
      return await call("/bin/sh", [
        "-c",
        `seq ${count} | parallel --will-cite -j${AT_A_TIME} ${PROGRAM}`,
      ]);
    case "ninja": {
      const builds = numbers.map((i) => `build out${i}: nothing\n`).join("");
      const text = `rule nothing\n  command = ${PROGRAM}\n${builds}`;
      await Deno.writeTextFile(`${cwd}/build.ninja`, text);
      return await call("ninja", ["-j", String(AT_A_TIME), "--quiet"]);
    }
    case "snakemake": {
      const text = `rule all:\n  input: expand("out{i}", i=range(${count}))\n` +
        `rule one:\n  output: touch("out{i}")\n  shell: "${PROGRAM}"\n`;
      await Deno.writeTextFile(`${cwd}/Snakefile`, text);
      return await call("snakemake", ["--cores", String(AT_A_TIME), "--quiet", "all"]);
    }
  }
}
