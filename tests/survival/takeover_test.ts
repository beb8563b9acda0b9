/**
 * A holder that stands still, alone or with its slots, while another takes the tree over and ends the campaign.
 * When it wakes up it has lost: it stops, says so, and not a byte or a date of the tree is changed by it.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/job/fault.ts";
import { readJournal } from "../../src/store/journal.ts";
import { encodeLine, lineBody } from "../../src/store/journal_line.ts";
import { Layout } from "../../src/store/layout.ts";
import { readOwnerRecord } from "../../src/store/owner.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { PACED } from "../helpers/models.ts";
import { isAlive, leavesNoProcess, slotsOf, until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";
import { keptResults, sumOf } from "../helpers/real_run.ts";
import { strayFiles, treePicture } from "../helpers/tree_picture.ts";

const STEPS = 4000;
/** A checkpoint every few dozen milliseconds: whatever moment it is, a slot is about to write. */
const MANIFEST = `
id: walk
model: ./paced.ts
steps: ${STEPS}
checkpoint_every: 5
measure_every: 2
sweep: { drift: [0.1, 0.2] }
`;
/** Slow enough to be at work when the lock has been watched for its eleven seconds, on any machine. */
const SLOW_MS = 10;

interface Stage {
  readonly root: string;
  readonly manifest: string;
  readonly pace: (ms: number) => void;
}

async function stage(folder: string): Promise<Stage> {
  await place(folder, "paced.ts", PACED);
  const pace = (ms: number) => Deno.writeTextFileSync(join(folder, "pace.txt"), String(ms));
  pace(0);
  return { root: join(folder, "tree"), manifest: await place(folder, "walk.yaml", MANIFEST), pace };
}

async function golden(folder: string): Promise<string> {
  const { manifest } = await stage(folder);
  const root = join(folder, "golden");
  const ran = await simrun(["run", manifest, "--tree", root, "--slots", "2", "-q"]);
  assert.equal(ran.status, 0, ran.stderr);
  return sumOf(await keptResults(root));
}

/** How many checkpoints the journal tells of. */
function savedCount(root: string): number {
  let saved = 0;
  readJournal(new Layout(root), ({ type }) => saved += type === "run.checkpointed" ? 1 : 0);
  return saved;
}

Deno.test(`a stopped holder whose lock is broken writes nothing more, nor do its slots, and exits ${EXIT.treeBusy.status}`, () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const wanted = await golden(join(folder, "left-alone"));
      // Both at once: most of it is the wait until the lock counts as left behind.
      await Promise.all([
        takeOver(join(folder, "all-stopped"), { stopsSlots: true, wakes: "after", wanted }),
        takeOver(join(folder, "slots-run-on"), { stopsSlots: false, wakes: "while", wanted }),
      ]);
    })
  ));

interface Case {
  /** Or they run on when their orchestrator stands still. */
  readonly stopsSlots: boolean;
  /** When the old holder wakes up: while the new one works, or after it has ended. */
  readonly wakes: "while" | "after";
  readonly wanted: string;
}

async function takeOver(folder: string, { stopsSlots, wakes, wanted }: Case): Promise<void> {
  const { root, manifest, pace } = await stage(folder);
  const layout = new Layout(root);
  pace(SLOW_MS);
  const run = ["run", manifest, "--tree", root, "--slots", "2"];
  const old = startSimrun(run, { stderr: "piped" });
  await until(() => savedCount(root) > 4, "it saves");
  const slots = slotsOf(old.pid);
  assert.equal(slots.length, 2);
  using onItsWay = Deno.openSync(layout.journal, { append: true });
  old.kill("SIGSTOP");
  if (stopsSlots) slots.forEach((pid) => Deno.kill(pid, "SIGSTOP"));

  const heir = simrun(["resume", "--break-lock", "--tree", root, "--slots", "1", "-q"]);
  await until(() => readOwnerRecord(layout)?.epoch === 2, "the lock is broken", 60_000);
  // Nobody tells them; they find out at their next write.
  if (!stopsSlots) await until(() => !slots.some(isAlive), "slots of a lost holder end", 10_000);
  await until(() => epochOf(layout.live) === 2, "the heir works");
  // The one write that no look before it can stop: the old holder stood still between the two.
  await onItsWay.write(forgedLines(1 + readJournal(layout, () => {}).lastSeq));

  const wake = async () => {
    if (stopsSlots) slots.forEach((pid) => Deno.kill(pid, "SIGCONT"));
    old.kill("SIGCONT");
    const ended = await old.output();
    const said = new TextDecoder().decode(ended.stderr);
    assert.equal(ended.code, EXIT.treeBusy.status, said);
    assert.match(said, /was taken over by process \d+/);
    await until(() => !slots.some(isAlive), "slots of a lost holder end");
  };
  if (wakes === "while") {
    await wake();
    assert.equal(epochOf(layout.live), 2, "what the heir shows is still there");
    assert.equal(readOwnerRecord(layout)?.releasedAt, undefined);
  }
  pace(0);
  const { status, stderr } = await heir;
  assert.equal(status, 0, stderr);
  if (wakes === "after") {
    const left = treePicture(root);
    await wake();
    assert.deepEqual(treePicture(root), left);
  }
  assert.equal(sumOf(await keptResults(root)), wanted);
  assert.deepEqual(strayFiles(root), []);
  const { bad, missing } = readJournal(layout, (entry) => {
    assert.ok(entry.type !== "run.failed", "a line of the old holder stands among the heir's");
  });
  assert.deepEqual([bad, missing], [[], []]);
  const checked = await simrun(["verify", "--tree", root]);
  assert.equal(checked.status, 0, checked.stderr);
}

function epochOf(live: string): number | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(live)).epoch;
  } catch {
    return undefined;
  }
}

/** Whole and true in form, and wrong: with the numbers that the heir's next lines will have. */
function forgedLines(firstSeq: number): Uint8Array<ArrayBuffer> {
  const failure = { class: "model-error", message: "forged", step: 0 } as const;
  const event = { type: "run.failed", job: "walk", run: "walk", attempt: 1, failure } as const;
  const bytes = new Uint8Array(64 << 10);
  let end = 0;
  for (let seq = firstSeq; seq < firstSeq + 50; seq++) {
    end = encodeLine(lineBody(event, seq, "2026-01-02T03:04:05.678Z"), bytes, end);
  }
  return bytes.slice(0, end);
}
