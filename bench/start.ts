/** How long one waits for simrun itself: for its version, for a status, for the first step of the first run. */
import {
  completedRun,
  denoRun,
  eventsOf,
  modelPath,
  simrun,
  withFolder,
  writeManifest,
} from "./commands.ts";
import type { Section } from "./report.ts";
import type { Sizes } from "./sizes.ts";
import { inTurns, median } from "./statistics.ts";

const EMPTY = "deno run of an empty file";

export function measureStart(sizes: Sizes): Promise<Section> {
  return withFolder(async (folder) => {
    const empty = `${folder}/empty.ts`;
    await Deno.writeTextFile(empty, "");
    const manifest = await writeManifest(folder, {
      id: "first",
      model: modelPath("first_step.ts"),
      steps: 10,
    });
    const small = `${folder}/small`;
    await simrun(["run", manifest, "--tree", small, "-q"]);
    const times = await inTurns(sizes.startRounds, {
      empty: async () => (await denoRun([empty])).wallMs,
      version: async () => (await simrun(["--version"])).wallMs,
      status: async () => (await simrun(["status", "--tree", small])).wallMs,
      firstStep: async () => {
        const tree = `${folder}/${crypto.randomUUID()}`;
        const { startedAt } = await simrun(["run", manifest, "--tree", tree, "-q"]);
        const { result } = completedRun(await eventsOf(tree));
        return (result as { firstStepAt: number }).firstStepAt - startedAt;
      },
    });
    const baseline = { value: median(times.empty), unit: "ms", name: EMPTY } as const;
    const firstStepMs = median(times.firstStep) - baseline.value;
    return {
      title: "Start",
      lines: [
        {
          what: "simrun --version",
          simrun: { value: median(times.version), unit: "ms" },
          baseline,
          goal: { of: "ratio", atMost: 1.5 },
        },
        {
          what: "simrun status, a tree of one run",
          simrun: { value: median(times.status), unit: "ms" },
          baseline,
          goal: { of: "ratio", atMost: 3 },
        },
        {
          what: "first step of the first run, over the baseline",
          simrun: { value: firstStepMs, unit: "ms" },
          baseline,
          goal: { of: "figure", atMost: 250 },
        },
      ],
      notes: [`Medians of ${sizes.startRounds}, in turns; a new tree for every first step.`],
    };
  });
}
