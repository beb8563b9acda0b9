/** The check of what was put away: packs entry by entry, segments of the journal, manifests by their digests. */
import { createHash } from "node:crypto";
import { fs } from "../store/file_system.ts";
import { packNumber } from "../store/layout.ts";
import { join } from "../job/path.ts";
import { ASIDE } from "./finding.ts";
import { lookAt, namesIn, readChunks, wordsOf } from "./look.ts";
import type { PackedEntry, Scan } from "./scan.ts";
import { BadZip, isSafeName, listZip, readZipEntry, type ZipEntry } from "../store/zip.ts";

/** Packs before runs: where a run's files are, the packs tell. */
export async function checkArchive(scan: Scan): Promise<void> {
  const folder = scan.layout.archiveFolder;
  const packs: { number: number; path: string }[] = [];
  for (const { name, kind } of await scan.entries(folder)) {
    const path = join(folder, name);
    if (name === "manifests") {
      if (kind === "folder") await checkManifests(scan, path);
      else scan.notPlain(path, kind, "folder");
      continue;
    }
    const runs = packNumber("runs", name);
    if (runs === undefined && packNumber("journal", name) === undefined) scan.alien(path);
    else if (kind !== "file") scan.notPlain(path, kind, "file");
    else if (runs === undefined) scan.counts.segments++;
    else packs.push({ number: runs, path });
  }
  packs.sort((a, b) => a.number - b.number);
  for (const { path } of packs) await checkPack(scan, path);
}

async function checkPack(scan: Scan, path: string): Promise<void> {
  let entries: readonly ZipEntry[];
  try {
    entries = listZip(path);
    scan.counts.packs++;
  } catch (error) {
    if (!(error instanceof BadZip)) return await cannotRead(scan, path, error);
    const remedy = `${ASIDE}; runs whose results it held are run again`;
    return scan.damage(path, "damaged", error.message, remedy, { mend: { how: "aside" } });
  }
  const runs = new Map<string, Map<string, PackedEntry>>();
  for (const entry of entries) {
    const [job, run, ...rest] = entry.name.split("/");
    const name = rest.join("/");
    const bad = job === undefined || run === undefined || name === "" || !isSafeName(entry.name)
      ? `${entry.name} is no name of a run's file`
      : badEntry(path, entry);
    scan.counts.bytes += entry.rawBytes;
    if (bad !== undefined) {
      const remedy = "--repair keeps the other entries, and this pack in the quarantine";
      scan.damage(path, "damaged", bad, remedy, { mend: { how: "pack" } });
    }
    if (run === undefined || name === "") continue;
    const key = `${job}/${run}`;
    const files = runs.get(key) ?? new Map<string, PackedEntry>();
    runs.set(key, files);
    const { rawBytes: bytes, crc32 } = entry;
    files.set(name, { bytes, crc32, isGood: bad === undefined, entry });
  }
  for (const [key, files] of runs) scan.packed.set(key, { pack: scan.name(path), path, files });
}

/** Why an entry cannot be read, or undefined when it can. */
export function badEntry(path: string, entry: ZipEntry): string | undefined {
  try {
    readZipEntry(path, entry);
    return undefined;
  } catch (error) {
    if (error instanceof BadZip) return error.message;
    throw error;
  }
}

async function checkManifests(scan: Scan, folder: string): Promise<void> {
  const found = new Set<string>();
  for (const { name, kind } of await scan.entries(folder)) {
    const path = join(folder, name);
    const digest = /^([0-9a-f]{16})\.yaml$/.exec(name)?.[1];
    if (digest === undefined) scan.alien(path);
    else if (kind !== "file") scan.notPlain(path, kind, "file");
    else {
      found.add(digest);
      scan.counts.manifests++;
      await checkManifest(scan, path, digest);
    }
  }
  for (const digest of scan.facts.manifests) {
    if (found.has(digest)) continue;
    const remedy = "nothing needs it; the next run with that manifest keeps it again";
    scan.note(join(folder, `${digest}.yaml`), "lost", "the copy of this manifest is lost", remedy);
  }
}

async function checkManifest(scan: Scan, path: string, digest: string): Promise<void> {
  const hash = createHash("sha256");
  try {
    await readChunks(path, (await lookAt(path)).bytes, (chunk) => {
      hash.update(chunk);
      scan.counts.bytes += chunk.length;
    });
  } catch (error) {
    return await cannotRead(scan, path, error);
  }
  if (hash.digest("hex").startsWith(digest)) return;
  const remedy = `${ASIDE}; the next run with that manifest keeps it again`;
  scan.damage(path, "damaged", "its content is not the one its name says", remedy, {
    mend: { how: "aside" },
  });
}

/** Files in the quarantine: told as a number, and never looked into. */
export async function countQuarantined(folder: string, depth = 8): Promise<number> {
  const names = await namesIn(folder);
  if (typeof names === "string" || depth === 0) return 0;
  let count = 0;
  for (const { name, kind } of names) {
    if (kind === "folder") count += await countQuarantined(join(folder, name), depth - 1);
    else if (!name.endsWith(".reason.txt")) count++;
  }
  return count;
}

/** Not there any more is no finding: a simrun that works on the tree has moved it. */
export async function cannotRead(scan: Scan, path: string, error: unknown): Promise<void> {
  const gone = await fs.lstat(path).then(() => false, (e) => e instanceof Deno.errors.NotFound);
  if (!gone) scan.unreadable(path, wordsOf(error));
}
