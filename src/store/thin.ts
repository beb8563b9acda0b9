/**
 * Room made among the checkpoints of a run that nobody computes: those before the one that it would go on from are
 * removed, and that one is packed harder. Only for the holder of the lock.
 *
 * What a run would go on from is looked at as strictly as a resume does, to the last byte, before anything goes
 * (R4), and it is never the one that goes. So even a slot that took the run up in the middle of it would find what it
 * looks for. A harder packed one replaces the old one whole (R2), after it was inflated again and compared.
 */
import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import {
  constants,
  crc32,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from "node:zlib";
import type { CheckpointIdentity } from "../job/snapshot.ts";
import { listRunFiles } from "./archive.ts";
import { type Expected, listCheckpoints, type ListedCheckpoint, mismatch } from "./checkpoint.ts";
import { checkCheckpoint } from "./checkpoint_check.ts";
import { readHeader, readPacked } from "./checkpoint_file.ts";
import { BadCheckpoint, encodeHeader, HEADER_BYTES } from "./checkpoint_header.ts";
import { diskFault, replaceDurable, writeFully } from "./disk.ts";
import { fs } from "./file_system.ts";
import type { Layout } from "./layout.ts";
import { dirname, join } from "../job/path.ts";
import { checkSeries } from "./series.ts";

export interface ThinnedRun {
  readonly job: string;
  readonly run: string;
  readonly expected: Pick<Expected, "digest" | "steps">;
}

/** Does what changes the run's files while nobody can take the run up; answers false when somebody has it already. */
export type Exclusively = (work: () => Promise<void>) => Promise<boolean>;

/**
 * Removes all checkpoints before the one that the run would go on from, but those that stay. Answers the bytes that
 * were freed.
 */
export async function thinCheckpoints(
  layout: Layout,
  { job, run, expected }: ThinnedRun,
  exclusively: Exclusively,
  stays: (step: number) => boolean = () => false,
): Promise<number> {
  const listed = await listCheckpoints(layout.checkpointFolder(job, run));
  if (listed.length < 2) return 0;
  let kept = 0;
  let before = await inodeOf(listed[kept]!.path);
  while (!await isGoodFor(layout, { job, run, expected }, listed[kept]!)) {
    // Where none is good it is for a resume to say why.
    if (++kept === listed.length) return 0;
    before = await inodeOf(listed[kept]!.path);
  }
  let freed = 0;
  await exclusively(async () => {
    // Meanwhile it may have been computed anew, and these names may mean other files.
    if (before === undefined || await inodeOf(listed[kept]!.path) !== before) return;
    for (const { path, step } of listed.slice(kept + 1)) {
      if (stays(step)) continue;
      try {
        const { size } = await fs.lstat(path);
        await fs.remove(path);
        freed += size;
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw diskFault(error, path);
      }
    }
  });
  return freed;
}

async function inodeOf(path: string): Promise<number | undefined> {
  return (await fs.lstat(path).catch(() => undefined))?.ino ?? undefined;
}

async function isGoodFor(
  layout: Layout,
  { job, run, expected }: ThinnedRun,
  { path, step }: ListedCheckpoint,
): Promise<boolean> {
  try {
    const { identity } = await checkCheckpoint(path);
    return mismatch(identity, step, job, run, expected) === undefined &&
      await hasSeries(layout, job, run, identity.series);
  } catch (error) {
    if (error instanceof BadCheckpoint || error instanceof Deno.errors.NotFound) return false;
    throw diskFault(error, path);
  }
}

/** In its folder, or in a pack, from where a resume puts it back. */
async function hasSeries(
  layout: Layout,
  job: string,
  run: string,
  series: CheckpointIdentity["series"],
): Promise<boolean> {
  if (series.bytes === 0) return true;
  const path = join(layout.recentFolder(job, run), SERIES_FILE);
  if (await checkSeries(path, series) === undefined) return true;
  if (await fs.lstat(dirname(path)).then(() => true, () => false)) return false;
  const files = await listRunFiles(layout, job, run);
  return files.some(({ name, bytes }) => name === SERIES_FILE && bytes >= series.bytes);
}

const SERIES_FILE = "series.csv";

/** Inflated, it is in memory as a whole, twice. */
const RAW_BYTES_MAX = 256 * 2 ** 20;
/** The one in daily use has level 1. Higher ones than this find little more, in five times the time and beyond. */
const LEVEL = 9;
/** What shrinks by less is not worth the write. */
const GAIN_MIN = 0.03;

const PACKING = {
  params: {
    [constants.ZSTD_c_compressionLevel]: LEVEL,
    [constants.ZSTD_c_checksumFlag]: 1,
  },
};
/** What is so small takes some milliseconds here and now: another thread is for what takes longer. */
const AT_ONCE_BYTES_MAX = 64 << 10;

interface InflateLimits {
  readonly maxOutputLength: number;
  readonly chunkSize: number;
}

const compressBeside = promisify(zstdCompress) as unknown as (
  bytes: Uint8Array,
  options: typeof PACKING,
) => Promise<Uint8Array>;
const inflateBeside = promisify(zstdDecompress) as unknown as (
  bytes: Uint8Array,
  limits: InflateLimits,
) => Promise<Uint8Array>;

async function compress(raw: Uint8Array): Promise<Uint8Array> {
  return raw.length <= AT_ONCE_BYTES_MAX
    ? zstdCompressSync(raw, PACKING)
    : await compressBeside(raw, PACKING);
}

async function inflate(packed: Uint8Array, limits: InflateLimits): Promise<Uint8Array> {
  return limits.maxOutputLength <= AT_ONCE_BYTES_MAX
    ? zstdDecompressSync(packed, limits)
    : await inflateBeside(packed, limits);
}

/** Packs the newest checkpoint of a run harder, where that is worth it and was not `tried`. Answers the bytes freed. */
export async function repackNewest(
  layout: Layout,
  { job, run }: Pick<ThinnedRun, "job" | "run">,
  exclusively: Exclusively,
  tried: Set<string>,
): Promise<number> {
  const [newest] = await listCheckpoints(layout.checkpointFolder(job, run));
  if (newest === undefined || tried.has(newest.path)) return 0;
  tried.add(newest.path);
  return await repackCheckpoint(newest.path, exclusively);
}

export async function repackCheckpoint(path: string, exclusively: Exclusively): Promise<number> {
  const before = await fs.lstat(path);
  const repacked = await repack(path);
  if (repacked === undefined) return 0;
  const { header, packed } = repacked;
  let freed = 0;
  await exclusively(async () => {
    const now = await fs.lstat(path).catch(() => undefined);
    // It has gone, or is another one: whoever did that knew why.
    if (now === undefined || now.ino !== before.ino || now.size !== before.size) return;
    await replaceDurable(path, async (file) => {
      await writeFully(file, header);
      await writeFully(file, packed);
    });
    await readHeader(path);
    freed = before.size - HEADER_BYTES - packed.length;
  });
  return freed;
}

/** What the file would be; undefined when it is bad, too large, or would not be smaller by much. */
async function repack(
  path: string,
): Promise<{ readonly header: Uint8Array; readonly packed: Uint8Array } | undefined> {
  try {
    const { header, packed } = await readPacked(path, { rawBytesMax: RAW_BYTES_MAX });
    const limits = {
      maxOutputLength: header.rawBytes,
      chunkSize: Math.min(Math.max(header.rawBytes, 1024), 64 << 20),
    };
    const raw = await inflate(packed, limits);
    if (raw.length !== header.rawBytes) return undefined;
    const smaller = await compress(raw);
    if (smaller.length > packed.length * (1 - GAIN_MIN)) return undefined;
    const again = await inflate(smaller, limits);
    if (!Buffer.from(again.buffer, again.byteOffset, again.length).equals(raw)) return undefined;
    const sums = { packedBytes: smaller.length, crc32: crc32(smaller) };
    return { header: encodeHeader({ ...header, ...sums }), packed: smaller };
  } catch (error) {
    if (error instanceof BadCheckpoint) return undefined;
    throw diskFault(error, path);
  }
}
