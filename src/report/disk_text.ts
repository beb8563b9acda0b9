/** How the disk stands, in words: for the live picture, lines, status and explain. Pure. */
import type { LiveDisk } from "../job/live.ts";
import { formatBytes, formatRemaining } from "./format.ts";

/** `the disk is full: 12 MB free of the reserve of 64 MB`: goes on after `It waits: `. */
export function describeDisk(disk: LiveDisk): string {
  const { level, limit, freeBytes = 0, reserveBytes = 0, treeBytes = 0, budgetBytes = 0 } = disk;
  switch (limit) {
    case "refused":
      return "the disk is full: a write found no room";
    case "reserve":
      return level === "full"
        ? `the disk is full: ${formatBytes(freeBytes)} free of the reserve of ${
          formatBytes(reserveBytes)
        }`
        : `the disk fills up: ${formatBytes(freeBytes)} free, and ${
          formatBytes(reserveBytes)
        } of it the reserve`;
    case "budget":
      return `${level === "full" ? "the tree is full" : "the tree fills up"}: ${
        formatBytes(treeBytes)
      } of the ${formatBytes(budgetBytes)} of --disk`;
  }
}

/** When it will be full, or what happens while it is; goes on after {@linkcode describeDisk}. */
export function describeDiskNext(
  { level, bytesPerSecond, fullInMs, stopsInMs }: LiveDisk,
): string | undefined {
  if (level === "near") {
    if (fullInMs === undefined) return undefined;
    return `at ${formatBytes(bytesPerSecond * 60)}/min it is full in ${formatRemaining(fullInMs)}`;
  }
  const wait = stopsInMs === undefined ? "" : `, and stops in ${formatRemaining(stopsInMs)}`;
  return `nothing is started until there is room${wait}`;
}
