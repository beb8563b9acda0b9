/** A tree is made in several steps, by several processes if need be: killed at every operation, then without power at every other. */
import assert from "node:assert/strict";
import { useFileSystem } from "../../src/store/file_system.ts";
import { openTree } from "../../src/store/tree.ts";
import { seeded } from "../helpers/seeded.ts";
import { cases } from "../helpers/torture.ts";
import { SimulatedDisk } from "./simulated_disk.ts";
import { outside, SimulatedProcess, VirtualTime } from "./virtual_time.ts";

/** Operations of the disk: until the marker and the first folder are there, and until the tree is open. */
const MARKED = 24;
const OPERATIONS = 48;

/** Opens the tree in a process of its own, which dies after so many operations. Whether it got to its end. */
async function open(
  time: VirtualTime,
  disk: SimulatedDisk,
  root: string,
  operations: number,
): Promise<boolean> {
  const process = new SimulatedProcess("simrun");
  process.onDeath(() => disk.release(process));
  const last = disk.operations + operations;
  let ended: { readonly error?: unknown } | undefined;
  void time.within(process, () => openTree(root, "write"))
    .then(() => ended = {}, (error) => ended = { error });
  await time.drive(() => ended !== undefined || disk.operations >= last, 60_000);
  time.kill(process);
  if (ended?.error !== undefined) throw ended.error;
  return ended !== undefined;
}

Deno.test("a tree whose making was killed and then met a power cut is a tree, or an empty folder", async () => {
  const luck = cases({ short: 1, long: 20 });
  let worlds = 0;
  for (let killed = 1; killed < MARKED; killed++) {
    for (let cut = 1; cut < OPERATIONS; cut++) {
      for (let seed = 0; seed < luck; seed++) {
        const time = new VirtualTime();
        const uninstall = time.install();
        const disk = new SimulatedDisk(time, seeded(1 + seed + luck * (cut + OPERATIONS * killed)));
        useFileSystem(disk);
        try {
          await outside(async () => {
            // What a process has made durable is remembered by path.
            const root = (life: string) => `/mnt-making-${++worlds}-${life}/tree`;
            await open(time, disk, root("killed"), killed);
            await open(time, disk, root("cut"), cut);
            disk.losePower();
            assert.ok(await open(time, disk, root("last"), Infinity), `${killed} ${cut}`);
          });
        } catch (error) {
          throw new Error(`killed at ${killed}, cut at ${cut}, seed ${seed}: ${error}`);
        } finally {
          uninstall();
          useFileSystem();
        }
      }
    }
  }
});
