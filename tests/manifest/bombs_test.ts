/** T26: every bomb is read in a process of its own, which says what it cost and what it has to say. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../helpers/folder.ts";
import { fromFileUrl } from "../helpers/program.ts";
import { isTorture } from "../helpers/torture.ts";
import { type Bomb, BOMBS } from "./bombs.ts";
import type { Cost } from "./read_bomb.ts";

const READER = fromFileUrl(new URL("./read_bomb.ts", import.meta.url));

/** What a small bomb may cost, in time of its own process. */
const CPU_MS = 200;
/** A file of megabytes is read to its end, whatever is in it. */
const CPU_MS_PER_MEGABYTE = 30;
/** Half a million elements, the most that is read, are an honest file's. */
const CPU_MS_LONG = 5000;
const BYTES = 120 * 2 ** 20;
const BYTES_LONG = 600 * 2 ** 20;
/** Neighbours take caches and memory bandwidth from each other. */
const BUSY = 2.5;

Deno.test("each bomb is refused in words, within 200 ms and 120 MiB", async () => {
  await inFolder(async (folder) => {
    const bombs = Object.entries(BOMBS).filter(([, { isLong }]) => isTorture || !isLong);
    assert.ok(bombs.length >= 50);
    for (const [name, bomb] of bombs) await explode(join(folder, "bomb.yaml"), name, bomb);
  });
});

async function explode(path: string, name: string, { make, said, isLong }: Bomb): Promise<void> {
  await Deno.writeTextFile(path, make());
  const { size } = await Deno.stat(path);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", READER, path],
  }).output();
  assert.ok(success, `${name}: ${new TextDecoder().decode(stderr).slice(0, 2000)}`);
  const cost = JSON.parse(new TextDecoder().decode(stdout)) as Cost;
  assert.equal(cost.jobs, 0, name);
  assert.match(cost.said, said, name);
  const megabytes = size / 2 ** 20;
  const cpuMsMax = isLong ? CPU_MS_LONG : CPU_MS + CPU_MS_PER_MEGABYTE * megabytes;
  const bytesMax = isLong ? BYTES_LONG : BYTES + 4 * size;
  assert.ok(cost.cpuMs < BUSY * cpuMsMax, `${name} took ${cost.cpuMs} ms of ${cpuMsMax}`);
  // What the collector has not taken back yet differs from call to call.
  assert.ok(cost.bytes < 1.2 * bytesMax, `${name} took ${cost.bytes} bytes of ${bytesMax}`);
}
