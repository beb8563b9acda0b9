/**
 * The check of what belongs to a run: its checkpoints, as strictly as a resume would check them, and the files
 * of its result, compared with what journal and checkpoints count.
 */
import type { FileSum } from "../job/event.ts";
import { runName } from "../job/run.ts";
import type { CheckpointIdentity } from "../job/snapshot.ts";
import { checkCheckpoint } from "../store/checkpoint_check.ts";
import { stepInName } from "../store/checkpoint_file.ts";
import { BadCheckpoint, HEADER_BYTES } from "../store/checkpoint_header.ts";
import { crc32 } from "../store/crc32.ts";
import { KEPT_FOLDER } from "../store/layout.ts";
import { basename, dirname, join } from "../job/path.ts";
import { cannotRead } from "./archive.ts";
import type { RunFacts } from "./facts.ts";
import { ASIDE } from "./finding.ts";
import { lookAt, namesIn, sumsAt } from "./look.ts";
import { checkResult, type RunFolder, SERIES_FILE } from "./results.ts";
import { isName, type PackedRun, type Scan } from "./scan.ts";
import { readZipEntry } from "../store/zip.ts";

const KNOWN_FILES = [SERIES_FILE, "log.txt", "result.json"];

interface Good {
  readonly path: string;
  readonly identity: CheckpointIdentity;
  readonly bytes: number;
  readonly rawBytes: number;
}

export async function checkRun(scan: Scan, job: string, run: string): Promise<void> {
  const facts = scan.facts.find(job, run);
  const found = await checkCheckpoints(scan, job, run, facts);
  const path = scan.layout.recentFolder(job, run);
  const folder = scan.withFolder.has(`${job}/${run}`)
    ? await lookIntoFolder(scan, path)
    : { path, sizes: undefined };
  const packed = scan.packed.get(`${job}/${run}`);
  const sums = await sumSeries(scan, folder, found, facts);
  const usable: Good[] = [];
  for (const good of found) {
    const { series } = good.identity;
    const reason = folder.sizes === undefined && packed !== undefined
      ? packedSeriesReason(packed, series)
      : seriesReason(folder, sums, series);
    if (reason === undefined) usable.push(good);
    else blameSeries(scan, folder, good, reason);
  }
  const newest = usable[0]?.identity.step ?? 0;
  if (facts === undefined) return unknownRun(scan, usable[0], folder);
  if (facts.state === "completed") {
    await checkResult(scan, { job, run, folder, packed, facts, sums, newest });
  }
  if (facts.savedStep > newest) await checkLost(scan, job, run, facts, newest);
}

/** The good ones, newest first. */
async function checkCheckpoints(
  scan: Scan,
  job: string,
  run: string,
  facts: RunFacts | undefined,
): Promise<Good[]> {
  const folder = scan.layout.checkpointFolder(job, run);
  const good: Good[] = [];
  for (const { name, kind } of await scan.entries(folder)) {
    const path = join(folder, name);
    const step = stepInName(name);
    if (kind !== "file") {
      scan.notPlain(path, kind, "file");
      continue;
    }
    if (step === undefined) {
      scan.alien(path);
      continue;
    }
    scan.counts.checkpoints++;
    try {
      const { identity, header } = await checkCheckpoint(path);
      const bytes = HEADER_BYTES + header.packedBytes;
      scan.counts.bytes += bytes;
      const reason = identityReason(scan, identity, { job, run, step }, facts);
      if (reason === undefined) good.push({ path, identity, bytes, rawBytes: header.rawBytes });
      else scan.damage(path, "alien", reason, ASIDE, { mend: { how: "aside" } });
    } catch (error) {
      if (!(error instanceof BadCheckpoint)) await cannotRead(scan, path, error);
      else {
        const remedy = `${ASIDE}; a resume does the same, and goes on from the one before`;
        scan.damage(path, "damaged", error.message, remedy, { mend: { how: "aside" } });
      }
    }
  }
  return good.sort((a, b) => b.identity.step - a.identity.step);
}

function identityReason(
  scan: Scan,
  identity: CheckpointIdentity,
  place: { readonly job: string; readonly run: string; readonly step: number },
  facts: RunFacts | undefined,
): string | undefined {
  if (identity.job !== place.job || identity.run !== place.run) {
    return `it belongs to run ${identity.run} of job ${identity.job}`;
  }
  if (identity.step !== place.step) {
    return `it is of step ${identity.step}, not of the one in its name`;
  }
  // What the journal has lost it may know: then the checkpoint is right, and the journal is not.
  if (facts === undefined || facts.digest === "" || !scan.isJournalWhole) return undefined;
  if (identity.digest === facts.digest) return parentReason(identity, facts);
  const isKnown = facts.olderDigests?.includes(identity.digest) === true;
  return isKnown ? undefined : "it was computed with other parameters";
}

/** A run has begun once: all its checkpoints name the same state, or none. */
function parentReason(
  { parent, step }: CheckpointIdentity,
  { parent: counted }: RunFacts,
): string | undefined {
  if (parent !== undefined && step < parent.step) {
    return `it is of step ${step}, before step ${parent.step} at which its run has begun`;
  }
  if (counted === undefined) return undefined;
  const [has, must] = [parent, counted].map((one) =>
    one === undefined ? "step 0" : `${runName(one.job, one.run)} at step ${one.step}`
  );
  if (has !== must) return `it has begun from ${has}, and its run from ${must}`;
  return parent!.state === counted.state
    ? undefined
    : `it has begun from another state of ${must} than its run`;
}

async function lookIntoFolder(scan: Scan, path: string): Promise<RunFolder> {
  if ((await lookAt(path)).kind !== "folder") return { path, sizes: undefined };
  scan.counts.folders++;
  const sizes = new Map<string, number>();
  for (const { name, kind } of await scan.entries(path)) {
    if (kind === "file") {
      sizes.set(name, (await lookAt(join(path, name))).bytes);
      if (!KNOWN_FILES.includes(name)) scan.alien(join(path, name));
    } else if (kind === "folder" && name === KEPT_FOLDER) {
      await lookIntoKept(scan, path, name, sizes);
    } else scan.notPlain(join(path, name), kind, "file");
  }
  return { path, sizes };
}

/** What a command wrote: any names, in any folders. */
async function lookIntoKept(
  scan: Scan,
  path: string,
  folder: string,
  sizes: Map<string, number>,
): Promise<void> {
  for (const { name, kind } of await scan.entries(join(path, folder))) {
    const below = `${folder}/${name}`;
    if (kind === "folder") await lookIntoKept(scan, path, below, sizes);
    else if (kind === "file") sizes.set(below, (await lookAt(join(path, below))).bytes);
    else scan.notPlain(join(path, below), kind, "file");
  }
}

/** CRC-32 of the series at each length that something counts, in one reading. */
async function sumSeries(
  scan: Scan,
  folder: RunFolder,
  good: readonly Good[],
  facts: RunFacts | undefined,
): Promise<ReadonlyMap<number, number>> {
  const counted = facts?.files?.get(SERIES_FILE)?.bytes;
  const lengths = good.map(({ identity }) => identity.series.bytes).filter((bytes) => bytes > 0);
  if (counted !== undefined) lengths.push(counted);
  if (lengths.length === 0 || folder.sizes?.has(SERIES_FILE) !== true) return new Map();
  const path = join(folder.path, SERIES_FILE);
  try {
    const sums = await sumsAt(path, lengths);
    scan.counts.bytes += Math.max(...lengths);
    return sums;
  } catch (error) {
    await cannotRead(scan, path, error);
    return new Map();
  }
}

function seriesReason(
  folder: RunFolder,
  sums: ReadonlyMap<number, number>,
  series: FileSum,
): string | undefined {
  if (series.bytes === 0) return undefined;
  const size = folder.sizes?.get(SERIES_FILE);
  if (size === undefined) return "its series is missing";
  if (size < series.bytes) return `its series has ${size} of ${series.bytes} bytes`;
  return sums.get(series.bytes) === series.crc32
    ? undefined
    : "its series does not match its checksum";
}

function packedSeriesReason(packed: PackedRun, series: FileSum): string | undefined {
  if (series.bytes === 0) return undefined;
  const entry = packed.files.get(SERIES_FILE);
  if (entry === undefined || !entry.isGood) return "its series is missing";
  if (entry.bytes < series.bytes) return `its series has ${entry.bytes} of ${series.bytes} bytes`;
  // A checkpoint before the end counts the beginning only.
  const sum = entry.bytes === series.bytes
    ? entry.crc32
    : crc32(readZipEntry(packed.path, entry.entry).subarray(0, series.bytes));
  return sum === series.crc32 ? undefined : "its series does not match its checksum";
}

/** The series is at fault; what is of no use without it is the checkpoint. */
function blameSeries(scan: Scan, folder: RunFolder, good: Good, reason: string): void {
  const file = basename(good.path);
  const remedy = "--repair moves that checkpoint to the quarantine; " +
    "a resume does the same, and goes on from one before or from step 0";
  scan.damage(
    join(folder.path, SERIES_FILE),
    reason.endsWith("missing") ? "lost" : "damaged",
    `${file} cannot be used: ${reason}`,
    remedy,
    { mend: { how: "aside", file: scan.name(good.path) } },
  );
}

function unknownRun(
  scan: Scan,
  newest: Good | undefined,
  folder: RunFolder,
): void {
  if (newest !== undefined) {
    const { identity, bytes, rawBytes } = newest;
    return scan.damage(
      dirname(newest.path),
      "lost",
      `the journal does not know this run, of which there is a checkpoint at step ${identity.step}`,
      "--repair writes it down again; its manifest, run again, goes on from there",
      { mend: { how: "rebuild", identity, bytes, rawBytes } },
    );
  }
  if (folder.sizes === undefined) return;
  const remedy = "its manifest, run again, computes it again";
  scan.note(folder.path, "alien", "the journal does not know this run", remedy);
}

/** Journalled, and neither here nor in the quarantine. */
async function checkLost(
  scan: Scan,
  job: string,
  run: string,
  facts: RunFacts,
  newest: number,
): Promise<void> {
  const { layout } = scan;
  const file = `step-${String(facts.savedStep).padStart(12, "0")}.ckpt`;
  const path = join(layout.checkpointFolder(job, run), file);
  if ((await lookAt(path)).kind !== "missing") return;
  const aside = await namesIn(join(layout.quarantineFolder, scan.name(dirname(path))));
  if (typeof aside !== "string" && aside.some(({ name }) => name.startsWith(file))) return;
  const from = newest > 0 ? `step ${newest}` : "step 0";
  const remedy = facts.state === "completed"
    ? `the result is there; more steps would be computed from ${from}`
    : `a resume goes on from ${from}`;
  scan.damage(path, "lost", "the journal counts this checkpoint, and it is not there", remedy, {
    mend: { how: "recount", job, run, step: newest, again: false },
  });
}

/** Every run that something tells of: a folder, a pack, or a line of the journal that counts on files. */
export async function runsToCheck(scan: Scan): Promise<readonly (readonly [string, string])[]> {
  const runs = new Map<string, readonly [string, string]>();
  const add = (job: string, run: string) => runs.set(`${job}/${run}`, [job, run]);
  for (const root of [scan.layout.checkpointRoot, scan.layout.recentRoot]) {
    for (const job of await scan.folders(root)) {
      for (const run of await scan.folders(join(root, job))) {
        add(job, run);
        if (root === scan.layout.recentRoot) scan.withFolder.add(`${job}/${run}`);
      }
    }
  }
  for (const [job, known] of scan.facts.jobs) {
    for (const [run, { savedStep, files }] of known) {
      if ((savedStep > 0 || files !== undefined) && isName(job) && isName(run)) add(job, run);
    }
  }
  return [...runs.values()];
}
