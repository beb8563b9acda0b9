/** The check of a finished run's files: what the journal counts among its result must be there, to the byte. */
import type { FileSum } from "../job/event.ts";
import { join } from "../job/path.ts";
import { cannotRead } from "./archive.ts";
import type { RunFacts } from "./facts.ts";
import { readSmallText, sumsAt } from "./look.ts";
import type { PackedRun, Scan } from "./scan.ts";

export const SERIES_FILE = "series.csv";
const RESULT_BYTES_MAX = 256 << 20;

/** What stands in a run's folder, before anything is compared. */
export interface RunFolder {
  readonly path: string;
  /** Plain files with their sizes; undefined when there is no folder. */
  readonly sizes: ReadonlyMap<string, number> | undefined;
}

export interface ResultPlace {
  readonly job: string;
  readonly run: string;
  readonly folder: RunFolder;
  readonly packed: PackedRun | undefined;
  readonly facts: RunFacts;
  readonly sums: ReadonlyMap<number, number>;
  /** Step of the newest checkpoint that can be used. */
  readonly newest: number;
}

/** The files of a completed run: in its folder if it has one, else in a pack. */
export async function checkResult(scan: Scan, place: ResultPlace): Promise<void> {
  const { job, run, folder, packed, facts } = place;
  let bad = 0;
  for (const [name, sum] of facts.files ?? []) {
    const path = join(folder.path, name);
    const reason = folder.sizes === undefined
      ? packedReason(packed, name, sum)
      : await fileReason(scan, place, name, sum);
    if (reason === undefined) continue;
    bad++;
    if (typeof reason !== "string") {
      const remedy = "--repair cuts it back, and keeps what was beyond in the quarantine";
      const mend = { how: "cut", bytes: reason.bytes } as const;
      scan.damage(path, "damaged", reason.words, remedy, { mend });
      continue;
    }
    const isPacked = folder.sizes !== undefined && packedReason(packed, name, sum) === undefined;
    if (isPacked) {
      const remedy = `--repair moves the folder to the quarantine; ${
        packed!.pack
      } has the file whole`;
      const mend = { how: "aside", file: scan.name(folder.path) } as const;
      scan.damage(path, "damaged", reason, remedy, { mend });
      continue;
    }
    const aside = folder.sizes?.has(name) === true ? { aside: scan.name(path) } : {};
    scan.damage(
      path,
      aside.aside === undefined ? "lost" : "damaged",
      reason,
      "--repair marks the run as unfinished; a resume computes it again",
      { mend: { how: "recount", job, run, step: place.newest, again: true, ...aside } },
    );
  }
  if (bad === 0 && packed !== undefined && folder.sizes !== undefined) {
    await checkTwin(scan, place, packed);
  }
}

function packedReason(
  packed: PackedRun | undefined,
  name: string,
  sum: FileSum | undefined,
): string | undefined {
  const entry = packed?.files.get(name);
  if (entry === undefined) return "the journal counts it as part of a result, and it is not there";
  if (!entry.isGood) return "it is part of a result, and damaged in its pack";
  const fits = sum === undefined || sum.bytes === entry.bytes && sum.crc32 === entry.crc32;
  return fits ? undefined : "it is not what the journal counts";
}

async function fileReason(
  scan: Scan,
  { folder, sums }: ResultPlace,
  name: string,
  sum: FileSum | undefined,
): Promise<string | { readonly words: string; readonly bytes: number } | undefined> {
  const size = folder.sizes!.get(name);
  if (size === undefined) return "the journal counts it as part of a result, and it is not there";
  const path = join(folder.path, name);
  if (sum === undefined) return await jsonReason(path);
  if (size < sum.bytes) return `it has ${size} of the ${sum.bytes} bytes that the journal counts`;
  let found = name === SERIES_FILE ? sums.get(sum.bytes) : undefined;
  try {
    found ??= (await sumsAt(path, [sum.bytes])).get(sum.bytes);
    scan.counts.bytes += sum.bytes;
  } catch (error) {
    await cannotRead(scan, path, error);
    return undefined;
  }
  if (found !== sum.crc32) return "its checksum does not match the one in the journal";
  if (size === sum.bytes) return undefined;
  const words = `it has ${size} bytes, of which the journal counts ${sum.bytes}`;
  return { words, bytes: sum.bytes };
}

/** An older simrun wrote no sums: at least it must be what it is called. */
async function jsonReason(path: string): Promise<string | undefined> {
  const read = await readSmallText(path, RESULT_BYTES_MAX);
  if ("reason" in read) return read.reason;
  try {
    JSON.parse(read.text);
    return undefined;
  } catch {
    return "it is not JSON";
  }
}

/** A crash between packing and removing leaves a run in both places, which counts as one. */
async function checkTwin(scan: Scan, place: ResultPlace, packed: PackedRun): Promise<void> {
  const { folder, job, run } = place;
  if (folder.sizes!.size !== packed.files.size) return;
  for (const [name, entry] of packed.files) {
    if (!entry.isGood || folder.sizes!.get(name) !== entry.bytes) return;
    const sum = (await sumsAt(join(folder.path, name), [entry.bytes])).get(entry.bytes);
    if (sum !== entry.crc32) return;
  }
  const reason = `it stands in ${packed.pack} as well; the two count as one`;
  const remedy = "nothing needs to be done; --repair removes the folder";
  scan.note(folder.path, "leftover", reason, remedy, { mend: { how: "twin", job, run } });
}
