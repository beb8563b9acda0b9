/** A tree that is looked at again and again: what is new comes once, and another tree in its place is another. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { TreeFollower } from "../../src/cli/tree_follower.ts";
import { Fault } from "../../src/job/fault.ts";
import { COUNTER, simrun, withFolder } from "./program.ts";

const manifest = (id: string, steps: number) => `id: ${id}\nmodel: ./m.js\nsteps: ${steps}\n`;

Deno.test("TreeFollower reads what is new once, begins anew with another tree, and says when there is none", async () => {
  const files = { "m.js": COUNTER, "a.yaml": manifest("a", 3), "b.yaml": manifest("b", 3) };
  await withFolder(files, async (cwd) => {
    await simrun(["-q", "a.yaml"], { cwd });
    const root = join(cwd, "simruns");
    const seen: number[] = [];
    let timesAnew = 0;
    using follower = new TreeFollower(root, ({ seq }) => seen.push(seq), () => timesAnew++);
    const first = await follower.read();
    assert.equal(first.history.jobs.get("a")?.counts.completed, 1);
    const { length } = seen;
    await follower.read();
    assert.equal(seen.length, length, "nothing is new");
    await simrun(["-q", "b.yaml"], { cwd });
    const second = await follower.read();
    assert.equal(second.history, first.history);
    assert.deepEqual([...second.history.jobs.keys()], ["a", "b"]);
    assert.deepEqual(seen, Array.from({ length: seen.length }, (_, i) => i + 1));
    assert.deepEqual([second.isDamaged, timesAnew], [false, 0]);

    await Deno.remove(root, { recursive: true });
    await assert.rejects(follower.read(), (error) => error instanceof Fault);
    await simrun(["-q", "b.yaml"], { cwd });
    const other = await follower.read();
    assert.deepEqual([...other.history.jobs.keys()], ["b"]);
    assert.equal(timesAnew, 1);

    // A line in the middle is not there any more.
    const journal = join(root, "hot/journal.jsonl");
    const lines = (await Deno.readTextFile(journal)).split("\n");
    await Deno.writeTextFile(journal, lines.toSpliced(1, 1).join("\n"));
    using late = new TreeFollower(root);
    assert.equal((await late.read()).isDamaged, true);
  });
});
