/** The dashboard over a tree of very many runs: how soon it is there, how smoothly its table scrolls, how much it says. */
import { fileURLToPath } from "node:url";
import { modelPath, simrun, withFolder, writeManifest } from "./commands.ts";
import type { Section } from "./report.ts";
import type { Sizes } from "./sizes.ts";
import { median } from "./statistics.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const BROWSER = fileURLToPath(new URL("dashboard_browser.ts", import.meta.url));

interface Seen {
  /** From the start of the server's process until the overview can be used. */
  readonly openMs: number;
  readonly framesPerSecond: number;
  /** Of a page that only counts frames. */
  readonly emptyFramesPerSecond: number;
}

export function measureDashboard(sizes: Sizes): Promise<Section> {
  return withFolder(async (folder) => {
    const runs = sizes.tinyRuns;
    const tree = `${folder}/tree`;
    const manifest = await writeManifest(folder, {
      id: "tiny",
      model: modelPath("logistic.mjs"),
      steps: 5,
      parameters: { work: 1 },
      sweep: { rate: { from: 3.5, to: 3.9, count: runs } },
    });
    await simrun(["run", manifest, "--tree", tree, "-j", "1", "-q"]);
    const statusMs: number[] = [];
    const seen: Seen[] = [];
    for (let round = 0; round < sizes.dashboardRounds; round++) {
      statusMs.push((await simrun(["status", "--tree", tree])).wallMs);
      seen.push(await look(tree));
    }
    const slow = await writeManifest(folder, {
      id: "slow",
      model: modelPath("marked.ts"),
      steps: 1_000_000,
      checkpoint_every: 100,
    });
    const perSecond = await messagesPerSecond(slow, `${folder}/slow`, sizes.dashboardListenMs);
    const count = runs.toLocaleString("en");
    return {
      title: "Dashboard",
      lines: [
        {
          what: `simrun dashboard of ${count} runs, from its start to the overview`,
          simrun: { value: median(seen.map(({ openMs }) => openMs)), unit: "ms" },
          baseline: { value: median(statusMs), unit: "ms", name: "simrun status of that tree" },
          goal: { of: "figure", atMost: 1000 },
        },
        {
          what: `frames while the table of ${count} runs scrolls`,
          simrun: {
            value: median(seen.map(({ framesPerSecond }) => framesPerSecond)),
            unit: "frames/s",
          },
          baseline: {
            value: median(seen.map(({ emptyFramesPerSecond }) => emptyFramesPerSecond)),
            unit: "frames/s",
            name: "a page with nothing in it",
          },
          goal: { of: "ratio", atLeast: 0.95 },
        },
        {
          what: "messages to a viewer of a campaign at work",
          simrun: { value: perSecond, unit: "messages/s" },
          baseline: { value: 5, unit: "messages/s", name: "what is allowed" },
          goal: { of: "figure", atMost: 5 },
        },
      ],
      notes: [
        `Medians of ${sizes.dashboardRounds}, in Chromium without a screen, which is started before. Needs chromium and`,
        "playwright-core, fetched as in .ci/run.",
      ],
    };
  });
}

/** NaN where there is no browser. */
async function look(tree: string): Promise<Seen> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--cached-only", "--no-config", "--no-lock", BROWSER, MAIN, tree],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  return { openMs: NaN, framesPerSecond: NaN, emptyFramesPerSecond: NaN };
}

/** What one viewer hears while a run of very many steps is computed and saved often. */
async function messagesPerSecond(manifest: string, tree: string, ms: number): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", MAIN, "run", manifest, "--tree", tree, "-j", "1", "--dashboard"],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let text = "";
    let address: RegExpExecArray | null = null;
    while (address === null) {
      const { value, done } = await said.read();
      if (done) throw new Error(`no dashboard: ${text}`);
      address = /dashboard: http:(\S+)\/\?(token=\S+)\n/.exec(text += value);
    }
    const socket = new WebSocket(`ws:${address[1]}/live?${address[2]}`);
    let count = 0;
    socket.onmessage = () => count++;
    await new Promise((done) => socket.onopen = done);
    await new Promise((done) => setTimeout(done, ms));
    socket.close();
    return count / (ms / 1000);
  } finally {
    child.kill("SIGINT");
    await said.cancel();
    await child.status;
  }
}
