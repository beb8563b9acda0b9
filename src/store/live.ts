/** The moment's picture in `hot/live.json`: written whole, never synced, read by anyone without a lock. */
import type { Live } from "../job/live.ts";
import { isNoSpace, writeFileVolatile } from "./disk.ts";
import { fs } from "./file_system.ts";
import type { Layout } from "./layout.ts";

export async function writeLive(layout: Layout, live: Live): Promise<void> {
  const write = () => writeFileVolatile(layout.live, JSON.stringify(live));
  await write().catch(async (error) => {
    if (!isNoSpace(error)) throw error;
    // On a full disk the old one makes room for the new one, which tells why nothing goes on.
    await removeLive(layout);
    await write();
  });
}

/** The last picture, or undefined when there is none to be read: it is a courtesy, never a truth. */
export async function readLive(layout: Layout): Promise<Live | undefined> {
  try {
    const value: unknown = JSON.parse(await fs.readTextFile(layout.live));
    return isLive(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the picture: nothing is running any more. */
export async function removeLive(layout: Layout): Promise<void> {
  const remove = () => fs.remove(layout.live);
  // A disk that fails once leaves no picture of what is over.
  await remove().catch(remove).catch(() => {});
}

function isLive(value: unknown): value is Live {
  if (typeof value !== "object" || value === null) return false;
  const live = value as Partial<Live>;
  return typeof live.pid === "number" && Array.isArray(live.running) &&
    typeof live.counts === "object" && live.counts !== null && isGivesWay(live.givesWay);
}

function isGivesWay(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== "object" || value === null) return false;
  return ["slots", "of", "othersCores"].every((name) => Number.isFinite(Reflect.get(value, name)));
}
