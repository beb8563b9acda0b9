/**
 * The dashboard of a campaign: `simrun dashboard` as a process of its own, so that it can neither slow the campaign
 * down nor take it with it. It ends when its input closes, however the campaign ends.
 */
import { Fault } from "../job/fault.ts";
import { CAMPAIGN_VARIABLE } from "./campaign_variable.ts";
import { programWords } from "./own_program.ts";

export interface DashboardProcess {
  /** Undefined when it could not be started; the campaign goes on without. */
  readonly url: string | undefined;
  /** What it said instead. */
  readonly trouble: string | undefined;
  /** It tells its viewers and ends. */
  stop(): Promise<void>;
}

/** One that does not end is killed after so long. */
const LAST_MS = 3_000;
const ADDRESS_BYTES_MAX = 4096;

/** Nothing of it is waited for, and without it the campaign is the same. */
export async function showCampaign(
  root: string,
  tell: (text: string) => void,
): Promise<DashboardProcess> {
  const page = await startDashboard(root);
  tell(page.url === undefined ? `no dashboard: ${page.trouble}` : `dashboard: ${page.url}`);
  return page;
}

async function startDashboard(root: string): Promise<DashboardProcess> {
  const [program, ...words] = programWords();
  const child = new Deno.Command(program!, {
    args: [...words, "dashboard", "--tree", root, "--json"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { [CAMPAIGN_VARIABLE]: "1" },
  }).spawn();
  const said = new Response(child.stderr).text().catch(() => "");
  const url = await addressIn(child.stdout).catch(() => undefined);
  return {
    url,
    trouble: url === undefined ? (await said).trim().split("\n")[0] : undefined,
    async stop() {
      await child.stdin.close().catch(() => {});
      const timer = setTimeout(() => {
        try {
          child.kill("SIGKILL");
        } catch {
          // It has just ended.
        }
      }, LAST_MS);
      await child.status;
      clearTimeout(timer);
      await said;
    },
  };
}

/** The first line that it prints; the rest, of which there is none, is not waited for. */
async function addressIn(output: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const reader = output.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n") && text.length < ADDRESS_BYTES_MAX) {
    const { value, done } = await reader.read();
    if (done) return undefined;
    text += value;
  }
  void reader.cancel();
  const { url } = JSON.parse(text) as { readonly url?: unknown };
  if (typeof url !== "string") throw new Fault("io", "The dashboard did not say its address.");
  return url;
}
