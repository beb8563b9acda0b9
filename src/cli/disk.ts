/** What `--disk` and its like say of the disk. Pure. */
import { Fault } from "../job/fault.ts";
import { parseSize } from "../manifest/quantity.ts";
import type { DiskRequest } from "../runner/run_request.ts";
import { durationOf } from "./overrides.ts";

interface DiskFlags {
  readonly disk?: string | undefined;
  readonly diskReserve?: string | undefined;
  readonly diskWait?: string | undefined;
}

/** In less there is hardly room for the journal. */
const LEAST_BYTES = 2 ** 20;

/** `isAttended`: somebody sees that it waits, or it was started to go on for ever. Throws a usage fault. */
export function diskOf(
  { disk, diskReserve, diskWait }: DiskFlags,
  isAttended: boolean,
): DiskRequest {
  const diskBytes = disk === undefined ? undefined : sizeOf("--disk", disk);
  if (diskBytes !== undefined && diskBytes < LEAST_BYTES) {
    throw new Fault("usage", `--disk is for the whole tree; ${disk} is too little for it.`, {
      hint: "For example --disk 512MiB, --disk 200GiB.",
    });
  }
  const diskReserveBytes = diskReserve === undefined
    ? undefined
    : sizeOf("--disk-reserve", diskReserve);
  const waitMs = diskWait === undefined
    ? undefined
    : durationOf("--disk-wait", diskWait, { zero: true, hint: "--disk-wait 1h, --disk-wait 0s" });
  const diskWaitMs = waitMs ?? (isAttended ? Infinity : undefined);
  return {
    ...(diskBytes === undefined ? {} : { diskBytes }),
    ...(diskReserveBytes === undefined ? {} : { diskReserveBytes }),
    ...(diskWaitMs === undefined ? {} : { diskWaitMs }),
  };
}

function sizeOf(flag: string, text: string): number {
  const size = parseSize(/^\d+$/.test(text) ? Number(text) : text);
  if (size.ok) return size.value;
  throw new Fault("usage", `${flag} takes a size, not "${text}".`, {
    hint: `For example ${flag} 512MiB, ${flag} 20GB.`,
  });
}
