/** Where results come from, told from the journal. */
import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import { commitOf, ProvenanceFold, provenanceJson } from "../../src/report/provenance.ts";
import { completed, entryOf } from "../helpers/events.ts";
import { aJob } from "../helpers/jobs.ts";

const started = (epoch: number, more = {}): RunEvent => ({
  type: "campaign.started",
  epoch,
  version: `0.${epoch}`,
  host: `host-${epoch}`,
  pid: 1,
  slots: 1,
  manifests: [],
  ...more,
});
const begun = (runs: readonly string[], more = {}): RunEvent => ({
  type: "runs.started",
  job: "a",
  model: "m1",
  steps: 100,
  attempt: 1,
  runs,
  ...more,
});
const sources = (commit: string, changed?: boolean): RunEvent => ({
  type: "campaign.sources",
  commits: [
    { folder: "/other", commit: "zzz" },
    { folder: "/models", commit, ...(changed !== undefined && { changed }) },
  ],
});
const PLANNED: RunEvent = {
  type: "job.planned",
  job: aJob({ id: "a", seed: 7 }),
  count: 1,
  model: { name: "model.ts", digest: "m1" },
};

function foldOf(...events: readonly RunEvent[]): ProvenanceFold {
  const fold = new ProvenanceFold();
  events.forEach((event, i) => fold.apply(entryOf(event, i + 1)));
  return fold;
}

Deno.test("ProvenanceFold tells every simrun that has computed a part, with the commit it was at", () => {
  const fold = foldOf(
    started(1),
    PLANNED,
    begun(["a", "d1", "b", "d2"]),
    sources("111", true),
    started(2, { deno: "2.9.6" }),
    begun(["a", "d1"]),
    { type: "runs.completed", job: "a", model: "m1", runs: [completed("a", "d1")] },
    { type: "campaign.ended", outcome: "completed", completed: 1, failed: 0, remaining: 0 },
    sources("222", false),
    started(3),
    begun(["b", "d3"]),
    { type: "runs.completed", job: "a", model: "m1", runs: [completed("b", "d3")] },
    {
      type: "run.reused",
      job: "c",
      model: "m1",
      from: { job: "a", run: "a" },
      run: completed("c", "d1"),
    },
  );
  const { seed, spec, started: at, ended, sessions } = fold.find("a", "a")!;
  assert.deepEqual([seed, spec], [7, "d1"]);
  assert.deepEqual([at, ended], ["2026-01-02T03:04:3Z", "2026-01-02T03:04:7Z"]);
  assert.deepEqual(
    sessions.map((one) => [one.simrun, one.deno, one.host, commitOf(one, "/models/model.ts")]),
    [["0.1", undefined, "host-1", "111+dirty"], ["0.2", "2.9.6", "host-2", "222"]],
  );
  // Of other parameters nothing of what was begun before is a part.
  assert.deepEqual(fold.find("a", "b")!.sessions.map(({ simrun }) => simrun), ["0.3"]);
  assert.deepEqual(fold.find("c", "c")!.sessions, sessions, "it was computed for the other one");
  assert.equal(fold.find("a", "z"), undefined);
});

Deno.test("commitOf() goes by the folder of the model, and says what nobody has looked at", () => {
  const fold = foldOf(
    started(1),
    PLANNED,
    sources("111"),
    begun(["a", "d1"]),
    { type: "runs.completed", job: "a", model: "m1", runs: [completed("a", "d1")] },
  );
  const [session] = fold.find("a", "a")!.sessions;
  assert.equal(commitOf(session!, "/models/deep/model.ts"), "111+unchecked");
  assert.equal(commitOf(session!, "/modelsx/model.ts"), "zzz+unchecked");
  assert.deepEqual(provenanceJson(fold.find("a", "a")!).computed_by, [{
    simrun: "0.1",
    deno: undefined,
    host: "host-1",
    commit: "111+unchecked",
    began: "2026-01-02T03:04:1Z",
  }]);
});
