/** One small real tree with a little of everything, written by the program itself: what the gallery is made from. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { packRecent, rotateJournal } from "../../src/store/archive.ts";
import { Layout } from "../../src/store/layout.ts";
import { until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";
import { type Kept, keptResults } from "../helpers/real_run.ts";

export const GOLDEN = fileURLToPath(new URL("./golden", import.meta.url));
/** The last one is stopped, the first ones are put away before the others begin. */
export const MANIFESTS = ["early", "late", "large", "long"].map((name) => `${GOLDEN}/${name}.yaml`);

/**
 * A finished sweep in a sealed segment, two runs in a pack, a series and a large result in files, and a run that was
 * stopped with three checkpoints.
 */
export async function makeSmallTree(root: string, manifests = MANIFESTS): Promise<void> {
  const early = manifests[0]!;
  const late = manifests.slice(1, -1);
  const long = manifests.at(-1)!;
  await succeed(["run", early, "--tree", root, "-q"]);
  const layout = new Layout(root);
  await rotateJournal(layout, 0);
  await packRecent(layout, { keep: 0, finished: () => true });
  await succeed(["run", ...late, "--tree", root, "-q"]);
  const stopped = startSimrun(["run", long, "--tree", root, "-q"]);
  await until(() => checkpointsOf(root, "long").length >= 3, "three checkpoints");
  stopped.kill("SIGUSR2");
  assert.equal((await stopped.status).code, 75);
}

/** What all the runs come to when nothing happens to them. */
export async function goldenResults(folder: string): Promise<Record<string, Kept>> {
  await succeed(["run", ...MANIFESTS, "--tree", `${folder}/alone`, "-q"]);
  return await keptResults(`${folder}/alone`);
}

/** Names of the checkpoints of a job without a sweep, oldest first. */
export function checkpointsOf(root: string, job: string): string[] {
  try {
    return [...Deno.readDirSync(`${root}/checkpoints/${job}/${job}`)].map(({ name }) => name)
      .filter((name) => name.endsWith(".ckpt")).sort();
  } catch {
    return [];
  }
}

export async function copyTree(from: string, to: string): Promise<void> {
  const { success } = await new Deno.Command("cp", { args: ["-a", from, to] }).output();
  assert.ok(success);
}

async function succeed(args: readonly string[]): Promise<void> {
  const { status, stderr } = await simrun(args);
  assert.equal(status, 0, stderr);
}
