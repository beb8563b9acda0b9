/** What it costs a campaign of very many very small runs that everybody is told of them. */
import { readJournal } from "../src/store/journal.ts";
import { openTree } from "../src/store/tree.ts";
import { modelPath, simrun, withFolder, writeManifest } from "./commands.ts";
import type { Section } from "./report.ts";
import type { Sizes } from "./sizes.ts";
import { inTurns, median } from "./statistics.ts";

export function measureSinks(sizes: Sizes): Promise<Section> {
  return withFolder(async (folder) => {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        // Who receives is elsewhere, as a rule: what it costs to read is not measured here.
        await request.body?.cancel();
        return new Response();
      },
    );
    const url = `http://127.0.0.1:${server.addr.port}/`;
    await Deno.writeTextFile(`${folder}/slack`, `${url}\n`);
    await Deno.writeTextFile(`${folder}/hooks.ts`, "export function on_complete() {}\n");
    const jobs = [{
      id: "tiny",
      model: modelPath("logistic.mjs"),
      steps: 5,
      parameters: { work: 1 },
      sweep: { rate: { from: 3.5, to: 3.9, count: sizes.tinyRuns } },
    }];
    const notify = [
      { log: true },
      { webhook: url },
      { slack: { file: `${folder}/slack` } },
      { module: `${folder}/hooks.ts` },
      { command: ["true"] },
    ];
    const silent = await writeManifest(folder, { jobs });
    const telling = await writeManifest(folder, { notify, jobs });
    const wholeMs = { silent: [] as number[], telling: [] as number[] };
    const run = async (name: "silent" | "telling", manifest: string): Promise<number> => {
      const tree = `${folder}/${crypto.randomUUID()}`;
      const { wallMs } = await simrun(["run", manifest, "--tree", tree, "-j", "1", "-q"]);
      wholeMs[name].push(wallMs);
      return await campaignMs(tree);
    };
    const rounds = sizes.tinyRounds * 2 + 1;
    const ms = await inTurns(rounds, {
      silent: () => run("silent", silent),
      telling: () => run("telling", telling),
    });
    await server.shutdown();
    const seconds = (times: readonly number[]) =>
      ({ value: median(times) / 1000, unit: "s" }) as const;
    const runs = sizes.tinyRuns.toLocaleString("en");
    return {
      title: `${runs} tiny runs of which a log, a webhook, Slack, a module and a program are told`,
      lines: [
        {
          what: "from the first run's start to the end of the campaign",
          simrun: seconds(ms.telling),
          baseline: { ...seconds(ms.silent), name: "nobody is told" },
          goal: { of: "ratio", atMost: 1.01 },
        },
        {
          what: "the whole command, until all are told",
          simrun: seconds(wholeMs.telling),
          baseline: { ...seconds(wholeMs.silent), name: "nobody is told" },
        },
      ],
      notes: [
        `Medians of ${rounds}, in turns. Who receives the webhooks reads nothing of them.`,
      ],
    };
  });
}

async function campaignMs(tree: string): Promise<number> {
  let first = NaN;
  let last = NaN;
  readJournal(await openTree(tree, "read"), ({ type, at }) => {
    if (type === "runs.started" && Number.isNaN(first)) first = Date.parse(at);
    if (type === "campaign.ended") last = Date.parse(at);
  });
  return last - first;
}
