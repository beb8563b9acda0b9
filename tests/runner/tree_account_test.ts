import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import { KEEP_ALL } from "../../src/job/job.ts";
import { TreeAccount } from "../../src/runner/tree_account.ts";
import { BLOCK_BYTES } from "../../src/store/room.ts";

function checkpointed(run: string, step: number): RunEvent {
  return {
    type: "run.checkpointed",
    job: "job",
    run,
    step,
    file: `step_${step}.ckpt`,
    bytes: BLOCK_BYTES,
    rawBytes: BLOCK_BYTES,
    ms: 1,
  } as RunEvent;
}

function claimed(keep: number, checkpoints: number): number {
  const account = new TreeAccount("/nowhere", () => keep);
  for (let step = 1; step <= checkpoints; step++) account.heard(checkpointed("a", step));
  return account.sight([]).startBytes / BLOCK_BYTES;
}

Deno.test("TreeAccount claims for a start as many checkpoints as a run may keep", () => {
  assert.equal(claimed(1, 5), 1);
  assert.equal(claimed(3, 1), 3);
  assert.equal(claimed(3, 9), 3);
});

Deno.test("TreeAccount claims no more than runs write, where they may keep all or very many", () => {
  for (const keep of [KEEP_ALL, 1_000]) {
    assert.equal(claimed(keep, 0), 0);
    assert.equal(claimed(keep, 1), 3);
    assert.equal(claimed(keep, 5), 10);
  }
});

Deno.test("TreeAccount knows how many it will be once a run has completed", () => {
  const account = new TreeAccount("/nowhere", () => KEEP_ALL);
  for (let step = 1; step <= 5; step++) account.heard(checkpointed("a", step));
  account.heard({
    type: "runs.completed",
    job: "job",
    runs: [{ run: "a" }],
  } as unknown as RunEvent);
  assert.equal(account.sight([]).startBytes, 5 * BLOCK_BYTES);
  // The next one writes more.
  for (let step = 1; step <= 6; step++) account.heard(checkpointed("b", step));
  assert.equal(account.sight([]).startBytes, 12 * BLOCK_BYTES);
});

Deno.test("TreeAccount claims nothing for jobs of which no run is left", () => {
  const account = new TreeAccount("/nowhere", () => 1);
  account.heard({ ...checkpointed("a", 1), job: "large", bytes: 1000 * BLOCK_BYTES } as RunEvent);
  account.heard(checkpointed("a", 1));
  assert.equal(account.sight([]).startBytes, 1000 * BLOCK_BYTES);
  account.forgetAllBut(new Set(["job"]));
  assert.equal(account.sight([]).startBytes, BLOCK_BYTES);
});
