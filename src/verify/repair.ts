/**
 * Mending what a look at the tree found. Holder of the lock only; nothing is deleted that is not elsewhere.
 *
 * Crash order: what is moved is in the quarantine before anything is written in its place, and the journal is told
 * last. A repair that was interrupted is done again; what it had done is sound.
 */
import { dirname } from "node:path";
import type { RunEvent } from "../job/event.ts";
import { removeFolder } from "../store/archive.ts";
import { makeFolderDurable, syncFolder, writeFileDurable } from "../store/disk.ts";
import { fs } from "../store/file_system.ts";
import { JournalWriter } from "../store/journal.ts";
import { repairJournal } from "../store/journal_repair.ts";
import { Layout } from "../store/layout.ts";
import { acquireLock } from "../store/lock.ts";
import { busyFault, readOwnerRecord } from "../store/owner.ts";
import { writePack } from "../store/pack.ts";
import { join } from "../job/path.ts";
import { quarantine, quarantineCopy } from "../store/quarantine.ts";
import { markerText, openTree, sweepTree } from "../store/tree.ts";
import { type Finding, refuseStrangers, type Verdict, verifyTree } from "./verify.ts";
import { badEntry } from "./archive.ts";
import { keyOf, type Mend } from "./finding.ts";
import { lookAt } from "./look.ts";
import { listZip, readZipEntry } from "../store/zip.ts";
import type { PackedFile } from "../store/zip_writer.ts";

export interface Repair {
  /** What was mended, in the order in which it was. */
  readonly mended: readonly Finding[];
  /** How the tree is afterwards. */
  readonly verdict: Verdict;
}

/** What is mended first tells what else there is to mend. */
const PHASES: readonly (readonly Mend["how"][])[] = [
  ["mark", "sweep"],
  ["journal"],
  ["pack", "twin"],
  ["aside", "cut"],
  ["recount", "rebuild", "losses"],
];
const ROUNDS_MAX = 12;
const SMALL_BYTES_MAX = 64 << 10;
/** Content of a pack that is held in memory at once; simrun's own have 64 MiB. */
const PACK_BYTES_MAX = 256 << 20;

/** Mends what can be mended. Throws a Fault when the folder is no tree, or another simrun works on it. */
export async function repairTree(root: string, now: () => Date): Promise<Repair> {
  const layout = new Layout(root);
  const mended: Finding[] = [];
  await refuseStrangers(layout);
  mended.push(...await clearWayToLock(layout));
  const lock = await acquireLock(layout, { now });
  try {
    let verdict = await verifyTree(root, true);
    let tried = new Set<string>();
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const mendable = verdict.findings.filter((one) => one.mend !== undefined);
      const phase = Math.min(...mendable.map(phaseOf));
      const chosen = mendable.filter((one) => phaseOf(one) === phase);
      const keys = new Set(chosen.map(keyOf));
      if (keys.isSubsetOf(tried)) break;
      tried = keys;
      await mendAll(layout, chosen, now);
      mended.push(...chosen);
      verdict = await verifyTree(root, true);
    }
    await openTree(root, "write");
    return { mended, verdict };
  } finally {
    await lock.release();
  }
}

/**
 * Before the lock can be had, what stands in its way is moved; but never under a simrun that works here, which
 * would take it for the loss of its lock.
 */
async function clearWayToLock(layout: Layout): Promise<Finding[]> {
  await refuseHeld(layout);
  const done: Finding[] = [];
  const aside = async (path: string, kind: "file" | "folder") => {
    const found = await lookAt(path);
    if (found.kind === kind || found.kind === "missing" || found.kind === "unreadable") return;
    const reason = `it is no ${kind}`;
    await quarantine(layout, path, reason);
    const [file, remedy] = [path.slice(layout.root.length + 1), "moved to the quarantine"];
    done.push({ file, kind: "damage", problem: "not-plain", reason, remedy });
  };
  const there = (await lookAt(layout.quarantineFolder)).kind;
  if (there !== "folder" && there !== "missing") {
    await fs.rename(layout.quarantineFolder, `${layout.quarantineFolder}.${crypto.randomUUID()}`);
  }
  await aside(layout.hotFolder, "folder");
  await makeFolderDurable(layout.hotFolder);
  for (const path of [layout.lock, layout.owner, layout.journal]) await aside(path, "file");
  const { kind, bytes } = await lookAt(layout.owner);
  if (kind !== "file" || bytes <= SMALL_BYTES_MAX && readOwnerRecord(layout) !== undefined) {
    return done;
  }
  const reason = "it is no record of a holder";
  if (bytes > SMALL_BYTES_MAX) await quarantine(layout, layout.owner, reason);
  else await quarantineCopy(layout, layout.owner, reason, { from: 0, to: bytes });
  const remedy = "copied to the quarantine and written anew";
  done.push({ file: "hot/owner.json", kind: "damage", problem: "damaged", reason, remedy });
  return done;
}

/** What is no file is out of the way before anything is opened. */
function phaseOf({ problem, mend }: Finding): number {
  return problem === "not-plain" ? 0 : PHASES.findIndex((hows) => hows.includes(mend!.how));
}

async function refuseHeld(layout: Layout): Promise<void> {
  if ((await lookAt(layout.lock)).kind !== "file") return;
  using file = await fs.open(layout.lock, { read: true });
  const isFree = await file.tryLock(true).catch(() => true);
  if (isFree) return;
  const isPlain = (await lookAt(layout.owner)).kind === "file";
  throw busyFault(layout, isPlain ? readOwnerRecord(layout) : undefined);
}

async function mendAll(
  layout: Layout,
  findings: readonly Finding[],
  now: () => Date,
): Promise<void> {
  const events: RunEvent[] = [];
  const hows = new Set(findings.map(({ mend }) => mend!.how));
  if (hows.has("sweep")) await sweepTree(layout);
  if (hows.has("journal")) await repairJournal(layout);
  for (const finding of findings) {
    const path = join(layout.root, finding.file);
    const mend = finding.mend!;
    switch (mend.how) {
      case "mark":
        await aside(layout, layout.marker, finding.reason);
        await writeFileDurable(layout.marker, markerText());
        break;
      case "aside":
        await aside(
          layout,
          mend.file === undefined ? path : join(layout.root, mend.file),
          finding.reason,
        );
        break;
      case "pack":
        await keepGoodEntries(layout, path, finding.reason);
        break;
      case "twin":
        await removeFolder(layout.recentFolder(mend.job, mend.run));
        break;
      case "cut":
        await cutBack(layout, path, mend.bytes, finding.reason);
        break;
      case "recount": {
        if (mend.aside !== undefined) {
          await aside(layout, join(layout.root, mend.aside), finding.reason);
        }
        const { job, run, step, again } = mend;
        const reason = `${finding.file}: ${finding.reason}`;
        events.push({ type: "run.repaired", job, run, step, again, reason });
        break;
      }
      case "rebuild":
        events.push(...linesOf(mend));
        break;
      case "losses":
        events.push({ type: "tree.repaired", lost: [{ from: mend.from, to: mend.to }] });
        break;
      case "sweep":
      case "journal":
        break;
    }
  }
  if (events.length === 0) return;
  const { writer } = await JournalWriter.open(layout, now);
  for (const event of events) writer.appendSoon(event);
  await writer.close();
}

/** Several findings may want the same thing moved. */
async function aside(layout: Layout, path: string, reason: string): Promise<void> {
  if ((await lookAt(path)).kind !== "missing") await quarantine(layout, path, reason);
}

/** What the journal would have said of the run, as far as its checkpoint tells. */
function linesOf({ identity, bytes, rawBytes }: Extract<Mend, { how: "rebuild" }>): RunEvent[] {
  const { job, run, digest, model, step, attempt, ms, dependsOnSteps, parent } = identity;
  const steps = dependsOnSteps ?? step;
  const file = `step-${String(step).padStart(12, "0")}.ckpt`;
  return [
    { type: "runs.started", job, model, steps, attempt, runs: [run, digest] },
    {
      ...{ type: "run.checkpointed", job, run, step, file, bytes, rawBytes, ms },
      ...(parent !== undefined && { from: parent }),
    },
  ];
}

/** The pack without its damaged entries; as it was it stays in the quarantine. */
async function keepGoodEntries(layout: Layout, path: string, reason: string): Promise<void> {
  const there = await lookAt(path);
  if (there.kind !== "file") return;
  const good: PackedFile[] = [];
  let bytes = 0;
  for (const entry of listZip(path)) {
    if (bytes + entry.rawBytes > PACK_BYTES_MAX || badEntry(path, entry) !== undefined) continue;
    bytes += entry.rawBytes;
    good.push({ name: entry.name, data: readZipEntry(path, entry) });
  }
  if (good.length === 0) return void await quarantine(layout, path, reason);
  await quarantineCopy(layout, path, reason, { from: 0, to: there.bytes });
  await writePack(path, good);
}

async function cutBack(
  layout: Layout,
  path: string,
  bytes: number,
  reason: string,
): Promise<void> {
  const { size } = await fs.stat(path);
  await quarantineCopy(layout, path, `${reason}; this is what was beyond`, {
    from: bytes,
    to: size,
  });
  using file = await fs.open(path, { read: true, write: true });
  await file.truncate(bytes);
  await file.sync();
  await syncFolder(dirname(path));
}
