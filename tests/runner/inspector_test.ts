/** What models offer is found out whatever becomes of the slot that is asked. */
import assert from "node:assert/strict";
import { inspectionKey, type Inspections, inspectModels } from "../../src/runner/inspector.ts";
import { slotLimits } from "../../src/runner/limits.ts";
import { startSlotProcess } from "../../src/worker/slot_process.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module } from "../helpers/jobs.ts";
import { COUNT } from "../helpers/models.ts";
import { leavesNoProcess, slotsOf } from "../helpers/processes.ts";

Deno.test("a slot that is lost while it is asked costs no model its answer", async () => {
  await inspectedWithLosses(1, (answers, keys) => {
    for (const key of keys) assert.ok(answers.get(key)!.ok, key);
  });
});

Deno.test("a model that takes two slots with it is to blame, and the others have their answers", async () => {
  await inspectedWithLosses(2, (answers, [first, deadly, last]) => {
    assert.ok(answers.get(first!)!.ok && answers.get(last!)!.ok);
    const answer = answers.get(deadly!)!;
    assert.ok(!answer.ok);
    assert.match(answer.problem.message, /^a slot ended SIGKILL while loading it/);
  });
});

/** Three models, of which the second's slot is killed while it loads, so many times. */
async function inspectedWithLosses(
  losses: number,
  look: (answers: Inspections, keys: readonly string[]) => void,
): Promise<void> {
  let left = losses;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    // Its answer finds nobody when the slot is killed first, and tells the module nothing when it is not.
    if (left-- > 0) { for (const pid of slotsOf(Deno.pid)) Deno.kill(pid, "SIGKILL"); }
    return new Response("");
  });
  const { hostname, port } = server.addr;
  const allow = { read: [], net: [`${hostname}:${port}`] };
  try {
    await inFolder((folder) =>
      leavesNoProcess(async () => {
        const asks = `await (await fetch("http://${hostname}:${port}/")).text();\n${COUNT}`;
        const texts = { first: COUNT, asks, last: COUNT };
        const jobs = await Promise.all(
          Object.entries(texts).map(async ([id, text]) =>
            aJob({ id, model: module(await place(folder, `${id}.ts`, text)), allow })
          ),
        );
        const slot = startSlotProcess(slotLimits(500e6));
        const answers = await inspectModels(slot, jobs);
        assert.ok(slot.isGone);
        look(answers, jobs.map(inspectionKey));
      })
    );
  } finally {
    await server.shutdown();
  }
}
