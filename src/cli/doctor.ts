/** `simrun doctor`: what this machine and the tree's disk offer, and what will not work well. */
import { statfsSync as statfs } from "node:fs";
import { dirname, join } from "node:path";
import { EXIT } from "../job/fault.ts";
import { load } from "../job/load.ts";
import { VERSION } from "../job/version.ts";
import { formatBytes, formatDuration, formatNumberOf } from "../report/format.ts";
import { safeText } from "../screen/safe_text.ts";
import { renderTable } from "../screen/table.ts";
import { Layout } from "../store/layout.ts";
import {
  type CliContext,
  columnsOf,
  type GlobalFlags,
  paintOf,
  printJson,
  printLines,
  treeRoot,
} from "./context.ts";
import { availableCores, coreLimits } from "./cores.ts";
import { parseSlots } from "./slots.ts";

export interface Finding {
  readonly name: string;
  readonly verdict: "good" | "warning" | "bad";
  readonly text: string;
}

const FREE_BYTES_MIN = 1e9;

export async function doctor(context: CliContext, flags: GlobalFlags): Promise<number> {
  const root = treeRoot(context, flags);
  const findings = [
    versions(),
    ...cores(context),
    memory(),
    ...await disk(root),
    clock(context),
    ...await sinks(root),
  ];
  const bad = findings.some(({ verdict }) => verdict === "bad");
  if (flags.json) printJson(context.stdout, { healthy: !bad, tree: root, findings });
  else {
    const paint = paintOf(context.stdout);
    const mark = { good: paint.good("ok"), warning: paint.warn("note"), bad: paint.bad("bad") };
    printLines(
      context.stdout,
      renderTable(
        [{ title: "" }, { title: "" }, { title: "", shrinkTo: 20 }],
        findings.map(({ name, verdict, text }) => [mark[verdict], name, safeText(text)]),
        { columns: columnsOf(context.stdout) },
      ),
    );
  }
  return bad ? EXIT.internal.status : EXIT.completed.status;
}

/** Who is told of what happens in the tree; nothing is loaded where nobody is. */
async function sinks(root: string): Promise<Finding[]> {
  const layout = new Layout(root);
  if (!await Deno.stat(layout.notifyFolder).then(() => true, () => false)) return [];
  const { lookAtSinks } = await load<typeof import("../sink/sink_health.ts")>(
    import.meta.resolve("../sink/sink_health.ts"),
  );
  return lookAtSinks(layout).map(({ name, trouble, text }) => ({
    name: `told: ${name}`,
    verdict: trouble === undefined ? "good" : "warning",
    text: trouble ?? text,
  }));
}

function versions(): Finding {
  const { os, arch, standalone } = Deno.build;
  const how = standalone ? "standalone executable" : "from source";
  return {
    name: "versions",
    verdict: "good",
    text:
      `simrun ${VERSION}, ${how}; Deno ${Deno.version.deno}, V8 ${Deno.version.v8}; ${os} ${arch}`,
  };
}

function cores(context: CliContext): Finding[] {
  const limits = coreLimits(context.env);
  const usable = availableCores(limits);
  const narrowest = limits.reduce((a, b) => b.cores < a.cores ? b : a);
  const { slots } = parseSlots(undefined, usable);
  return [{
    name: "cores",
    verdict: "good",
    text: `${formatNumberOf(usable, "core")} by ${narrowest.source}: ${
      formatNumberOf(slots, "slot")
    } unless -j says otherwise`,
  }];
}

function memory(): Finding {
  const { total, available } = Deno.systemMemoryInfo();
  return {
    name: "memory",
    verdict: available < total / 20 ? "warning" : "good",
    text: `${formatBytes(available)} of ${formatBytes(total)} available`,
  };
}

/** Tries on the tree's own disk what the promises rest on. The tree need not exist; nothing is left behind. */
async function disk(root: string): Promise<Finding[]> {
  const place = await nearestFolder(root);
  const findings: Finding[] = [{
    name: "tree",
    verdict: "good",
    text: place === root ? root : `${root} (to be made in ${place})`,
  }];
  let folder: string;
  try {
    folder = await Deno.makeTempDir({ dir: place, prefix: ".simrun-doctor-" });
  } catch (error) {
    return [...findings, {
      name: "disk",
      verdict: "bad",
      text: `cannot be written: ${wordsOf(error)}`,
    }];
  }
  try {
    findings.push(await tryFsync(folder), await tryFolderSync(folder), await tryLock(folder));
    findings.push(await tryRename(folder), freeSpace(folder));
  } finally {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
  return findings;
}

async function nearestFolder(path: string): Promise<string> {
  for (let at = path;; at = dirname(at)) {
    const info = await Deno.stat(at).catch(() => undefined);
    if (info?.isDirectory || at === dirname(at)) return at;
  }
}

async function tryFsync(folder: string): Promise<Finding> {
  const name = "durable writes";
  try {
    using file = await Deno.open(join(folder, "sync"), { write: true, create: true });
    const rounds = 10;
    const began = performance.now();
    for (let i = 0; i < rounds; i++) {
      await file.write(new Uint8Array(512));
      await file.sync();
    }
    const each = (performance.now() - began) / rounds;
    const slow = each > 50;
    const text = `fsync takes ${formatDuration(each)}`;
    return { name, verdict: slow ? "warning" : "good", text: slow ? `${text}; slow` : text };
  } catch (error) {
    return { name, verdict: "bad", text: `fsync fails: ${wordsOf(error)}` };
  }
}

async function tryFolderSync(folder: string): Promise<Finding> {
  const name = "folder sync";
  try {
    using handle = await Deno.open(folder, { read: true });
    await handle.sync();
    return { name, verdict: "good", text: "works" };
  } catch (error) {
    const text = `not offered (${wordsOf(error)}): a power cut may undo the last renames`;
    return { name, verdict: "warning", text };
  }
}

/** Two handles, one lock: the second must not get it. */
async function tryLock(folder: string): Promise<Finding> {
  const name = "locking";
  const path = join(folder, "lock");
  try {
    using first = await Deno.open(path, { write: true, create: true });
    using second = await Deno.open(path, { write: true });
    if (!await first.tryLock(true)) return { name, verdict: "warning", text: "flock is refused" };
    if (await second.tryLock(true)) {
      const text = "flock does not exclude others: never start two simruns on this tree";
      return { name, verdict: "bad", text };
    }
    return { name, verdict: "good", text: "flock works" };
  } catch (error) {
    const text = `flock is not offered (${wordsOf(error)}): never start two simruns on this tree`;
    return { name, verdict: "warning", text };
  }
}

async function tryRename(folder: string): Promise<Finding> {
  const name = "atomic rename";
  try {
    await Deno.writeTextFile(join(folder, "old"), "old");
    await Deno.writeTextFile(join(folder, "new"), "new");
    await Deno.rename(join(folder, "new"), join(folder, "old"));
    const text = await Deno.readTextFile(join(folder, "old"));
    return text === "new"
      ? { name, verdict: "good", text: "works" }
      : { name, verdict: "bad", text: "a rename over a file does not replace it" };
  } catch (error) {
    return { name, verdict: "bad", text: `fails: ${wordsOf(error)}` };
  }
}

function freeSpace(folder: string): Finding {
  const name = "free space";
  try {
    const { bavail, bsize, blocks } = statfs(folder);
    const free = bavail * bsize;
    return {
      name,
      verdict: free < FREE_BYTES_MIN ? "warning" : "good",
      text: `${formatBytes(free)} of ${formatBytes(blocks * bsize)}`,
    };
  } catch (error) {
    return { name, verdict: "warning", text: `cannot be told: ${wordsOf(error)}` };
  }
}

/** A clock that is far off spoils only ages and dates: nothing is ordered by it. */
function clock(context: CliContext): Finding {
  const now = context.now();
  const plausible = now.getUTCFullYear() >= 2025 && now.getUTCFullYear() < 2100;
  return {
    name: "clock",
    verdict: plausible ? "good" : "warning",
    text: `${now.toISOString().slice(0, 19)}Z${
      plausible ? "" : ": looks wrong; ages will be, too"
    }`,
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
