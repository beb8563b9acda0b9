/** A campaign that stands still as a whole and goes on: a suspended batch job, a frozen container. Nothing hangs by it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readJournal } from "../../src/store/journal.ts";
import { Layout } from "../../src/store/layout.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { PACED } from "../helpers/models.ts";
import { leavesNoProcess, sleep, slotsOf, until } from "../helpers/processes.ts";
import { startSimrun } from "../helpers/program.ts";

const HANG_MS = 1_500;
/** A step is under way whenever it is stopped, and ends some time after it is woken. */
const STEP_MS = 500;

Deno.test("a campaign that was suspended for longer than hang_after goes on where it was, at its first attempt", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "paced.ts", PACED);
      const pace = (ms: number) => Deno.writeTextFileSync(join(folder, "pace.txt"), String(ms));
      pace(STEP_MS);
      const manifest = await place(
        folder,
        "walk.yaml",
        `{ id: walk, model: ./paced.ts, steps: 200, hang_after: ${HANG_MS}ms, sweep: { drift: [0.1, 0.2] } }`,
      );
      const root = join(folder, "tree");
      const child = startSimrun(["run", manifest, "--tree", root, "--slots", "2", "-q"]);
      await until(() => slotsOf(child.pid).length === 2, "it runs");
      await sleep(STEP_MS);
      const all = [child.pid, ...slotsOf(child.pid)];
      all.forEach((pid) => Deno.kill(pid, "SIGSTOP"));
      await sleep(2 * HANG_MS);
      all.forEach((pid) => Deno.kill(pid, "SIGCONT"));
      await sleep(STEP_MS);
      pace(0);
      assert.equal((await child.status).code, 0);
      const requeued: unknown[] = [];
      const attempts: number[] = [];
      readJournal(new Layout(root), (entry) => {
        if (entry.type === "runs.requeued") requeued.push(entry);
        if (entry.type === "runs.completed") {
          attempts.push(...entry.runs.map(({ attempt }) => attempt));
        }
      });
      assert.deepEqual([requeued, attempts], [[], [1, 1]]);
    })
  ));
