/** `simrun stats`: the founding numbers out of a journal with exactly those counts, several trees, and wrong words. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { sinceMs } from "../../src/cli/since.ts";
import { EXIT, Fault } from "../../src/job/fault.ts";
import type { RequeueCause, RunEvent } from "../../src/job/event.ts";
import type { FailureClass } from "../../src/job/run.ts";
import { JournalWriter } from "../../src/store/journal.ts";
import { rotateJournal } from "../../src/store/seal.ts";
import { openTree } from "../../src/store/tree.ts";
import { inFolder } from "../helpers/folder.ts";
import { completed, failed, planned, SESSION, started } from "../report/fixtures.ts";
import { COUNTER, simrun, withFolder } from "./program.ts";

const BEGAN = Date.parse("2026-08-22T00:00:00Z");
const DAY = 86_400_000;

/** Writes a tree with these parts, each with its own time; all but the last are sealed. */
async function writeTree(
  root: string,
  parts: readonly { readonly at: number; readonly events: readonly RunEvent[] }[],
): Promise<void> {
  const layout = await openTree(root, "write");
  for (const [i, { at, events }] of parts.entries()) {
    const { writer } = await JournalWriter.open(layout, () => new Date(at));
    for (const event of events) writer.appendSoon(event);
    await writer.close();
    if (i < parts.length - 1) assert.ok(await rotateJournal(layout, 0));
  }
}

const requeued = (runs: string[], cause: RequeueCause, counted: boolean): RunEvent => ({
  type: "runs.requeued",
  job: "climate",
  runs,
  cause,
  counted,
});
const done = (runs: readonly string[], attempt = 1): RunEvent => ({
  type: "runs.completed",
  job: "climate",
  model: "m1",
  runs: runs.map((run) => ({ run, digest: `d-${run}`, attempt, steps: 9, ms: 1, result: 1 })),
});
const ids = (name: string, count: number) => Array.from({ length: count }, (_, i) => name + i);
const failedOf = (name: FailureClass, run: string): RunEvent => {
  const event = failed("climate", run, "gone") as RunEvent & { type: "run.failed" };
  return { ...event, failure: { ...event.failure, class: name } };
};

/**
 * 8,547 completed at once, in batches, some of them stopped, preempted or in a slot that another took down; 453 after
 * one or two retries, 20 of them under a later simrun; 50 failed with the fourth attempt: 855 retries of 503 runs.
 */
function foundingMonths(): readonly { readonly at: number; readonly events: RunEvent[] }[] {
  const months: RunEvent[][] = [[SESSION, planned("climate", 9050)], [SESSION], [SESSION]];
  const [first, second, third] = months as [RunEvent[], RunEvent[], RunEvent[]];
  const causes = [
    "stopped",
    "disk",
    "preempted",
    "load",
    "memory",
    "control",
    "slot-lost",
  ] as const;
  const clean = ids("clean", 8547);
  for (let at = 0, batch = 0; at < clean.length; at += 100, batch++) {
    const runs = clean.slice(at, at + 100);
    const month = months[batch % 3]!;
    month.push(started("climate", runs));
    const cause = causes[batch];
    if (cause !== undefined) {
      month.push(requeued(runs.slice(0, 50), cause, false), started("climate", runs.slice(0, 50)));
    }
    month.push(done(runs));
  }
  const counted = ["slot-lost", "hang", "transient", "out-of-memory"] as const;
  for (const [i, run] of ids("retried", 433).entries()) {
    const month = months[i % 3]!;
    month.push(started("climate", [run]));
    for (let retry = 1; retry <= (i < 232 ? 2 : 1); retry++) {
      const again = started("climate", [run], { attempt: retry + 1 });
      month.push(requeued([run], counted[i % 4]!, true), again);
    }
    month.push(done([run], 2));
  }
  for (const run of ids("later", 20)) {
    first.push(started("climate", [run]), requeued([run], "hang", true));
    first.push(started("climate", [run], { attempt: 2 }), failedOf("hang", run));
    second.push(started("climate", [run]), done([run]));
  }
  for (const run of ids("lost", 50)) {
    for (let attempt = 1; attempt <= 4; attempt++) {
      third.push(started("climate", [run], { attempt }));
      third.push(
        attempt < 4 ? requeued([run], "slot-lost", true) : failedOf("slot-lost", run),
      );
    }
  }
  return months.map((events, i) => ({ at: BEGAN + i * 30 * DAY, events }));
}

Deno.test("simrun stats tells the founding numbers of a journal with exactly these counts", async () => {
  await inFolder(async (folder) => {
    const tree = join(folder, "tree");
    await writeTree(tree, foundingMonths());
    const { code, out, err } = await simrun(["stats", tree]);
    assert.deepEqual([code, err], [0, ""]);
    assert.equal(
      out,
      [
        "completed on the first attempt  8,547   94%",
        "completed after a retry           453    5%",
        "failed                             50  0.6%",
        "all                             9,050",
        "",
        "success rate        99.4%  of 9,050 that ended",
        "failures recovered    90%  453 of 503 runs with a failed attempt",
        "mean retries          1.7  for each of these runs",
        "",
        "why attempts failed          attempts  runs  recovered",
        "its process died                  367   159        109   69%",
        "hung                              206   128        128  100%",
        "out of memory                     166   108        108  100%",
        "failed for a passing reason       166   108        108  100%",
        "",
      ].join("\n"),
    );
    const page = await Deno.readTextFile(new URL("../../docs/scheduling.md", import.meta.url));
    assert.ok(page.includes("\n```\n" + out + "```\n"), "the example of the documentation");
    const json = JSON.parse((await simrun(["stats", tree, "--json"])).out);
    const { jobs, models, causes, trees, ...totals } = json;
    assert.deepEqual(totals, {
      runs_total: 9050,
      runs_completed_first_attempt: 8547,
      runs_completed_after_retry: 453,
      runs_failed: 50,
      runs_cancelled: 0,
      runs_unfinished: 0,
      runs_reused: 0,
      retries: 855,
      success_rate: 9000 / 9050,
      recovered_share: 453 / 503,
      mean_retries: 855 / 503,
    });
    for (const key of [...Object.keys(json), "since"]) assert.ok(page.includes(`\`${key}\``), key);
    assert.deepEqual([jobs, models, trees], [{ climate: totals }, { "m.ts": totals }, [tree]]);
    assert.deepEqual(causes[0], {
      class: "slot-lost",
      attempts_failed: 367,
      runs: 159,
      runs_recovered: 109,
      runs_failed: 50,
    });

    const since = async (when: string) =>
      JSON.parse(
        (await simrun(["stats", tree, "--json", "--since", when], { env: { TZ: "UTC" } }))
          .out,
      );
    const lastMonth = await since("2026-10-21T00:00:00Z");
    assert.equal(lastMonth.runs_failed, 50, "the last month's alone");
    assert.ok(lastMonth.runs_total > 2000 && lastMonth.runs_total < 4000);
    assert.equal((await since("2026-10-21T00:00:00.001Z")).runs_total, lastMonth.runs_total);
    assert.equal((await since("2026-10-21T00:00:01Z")).runs_total, 0);
  });
});

Deno.test("simrun stats adds several trees up, each once, and refuses what is no tree before it reads any", async () => {
  await withFolder({}, async (cwd) => {
    for (const [name, runs] of [["one", 2], ["two", 3]] as const) {
      const events = [SESSION, planned("a", runs), started("a", ids("r", runs))];
      const results = ids("r", runs).map((run) => completed("a", run, 1));
      await writeTree(join(cwd, name), [{ at: BEGAN, events: [...events, ...results] }]);
    }
    await Deno.symlink("one", join(cwd, "link"));
    const { out } = await simrun(["stats", "one", "two", "link", "--by", "tree"], { cwd });
    assert.match(out, /^2 trees\n\ncompleted on the first attempt +5 +100%\n/);
    assert.match(out, new RegExp(`\n${cwd}/one +2 +2 +0 +0 +100% +–`));
    const newer = join(cwd, "newer");
    await Deno.mkdir(newer);
    await Deno.writeTextFile(join(newer, "simrun.json"), '{"format":2}');
    for (
      const [words, said] of [
        ["one gone", `There is no tree at ${cwd}/gone.`],
        ["one newer", `${newer} was written by a newer simrun: format 2, this one knows 1.`],
        ["one --tree two", "Trees are named both by --tree and without it."],
        ["one --since soon", '--since takes a date, a time or a duration, not "soon".'],
        ["one --by colour", undefined],
      ] as const
    ) {
      const refused = await simrun(["stats", ...words.split(" ")], { cwd });
      assert.deepEqual([refused.code, refused.out], [EXIT.usage.status, ""], words);
      if (said !== undefined) assert.equal(refused.err.split("\n")[0], `error: ${said}`);
    }
    assert.deepEqual([...Deno.readDirSync(newer)].map(({ name }) => name), ["simrun.json"]);
  });
});

Deno.test("simrun stats counts what a real campaign did, and what a second one took up again", async () => {
  const files = {
    "counter.js": COUNTER,
    "a.yaml": "- { id: a, model: ./counter.js, steps: 5, sweep: { by: [1, 2], bad: [0, 1] } }\n" +
      "- id: flaky\n  retry: { limit: 1, backoff: 0s }\n" +
      "  model: { command: [sh, ./flaky.sh], transient: { exit: 75 }, results: { x: 'x=(.)' } }\n",
    // Passes the second time.
    "flaky.sh":
      'tried="$(dirname "$0")/tried"; echo x=1; [ -e "$tried" ] || { : > "$tried"; exit 75; }\n',
  };
  await withFolder(files, async (cwd) => {
    const counted = async () => {
      const { out } = await simrun(["stats", "--json"], { cwd });
      const json = JSON.parse(out);
      return { ...json, models: Object.keys(json.models) };
    };
    assert.equal((await simrun(["-q", "-j", "1", "a.yaml"], { cwd })).code, EXIT.runsFailed.status);
    const first = await counted();
    assert.deepEqual(
      [first.runs_completed_first_attempt, first.runs_failed, first.retries, first.success_rate],
      [2, 2, 1, 0.6],
    );
    const { flaky } = first.jobs;
    assert.deepEqual([flaky.runs_completed_after_retry, flaky.mean_retries], [1, 1]);
    const causes = first.causes.map((one: Record<string, unknown>) => [one.class, one.runs]);
    assert.deepEqual(causes, [["model-error", 2], ["transient", 1]]);
    // The mistake is mended.
    await Deno.writeTextFile(join(cwd, "counter.js"), COUNTER.replace("bad === 1", "bad === 9"));
    assert.equal((await simrun(["-q", "-j", "1", "a.yaml"], { cwd })).code, 0);
    const mended = await counted();
    assert.deepEqual(
      [mended.runs_completed_first_attempt, mended.runs_completed_after_retry, mended.mean_retries],
      [2, 3, 1],
    );
    assert.deepEqual(mended.models, ["counter.js", "flaky.sh"]);
  });
});

Deno.test("sinceMs() takes durations, dates and times of the reader's own clock, and none that are not there", () => {
  const now = new Date(2026, 10, 22, 14, 30);
  const at = (text: string) => sinceMs(text, now);
  assert.equal(at("12h"), now.getTime() - DAY / 2);
  assert.equal(at("1d 12h"), now.getTime() - 1.5 * DAY);
  assert.equal(at("90000000d"), 0, "further back than anything");
  assert.equal(at("2026-11-01"), new Date(2026, 10, 1).getTime());
  assert.equal(at("2026-11-01 7:05"), new Date(2026, 10, 1, 7, 5).getTime());
  assert.equal(at("2026-11-01T07:05:09"), new Date(2026, 10, 1, 7, 5, 9).getTime());
  assert.equal(at("2026-11-01T07:05Z"), Date.UTC(2026, 10, 1, 7, 5));
  assert.equal(at("2026-11-01T07:05:09.5+02:00"), Date.UTC(2026, 10, 1, 5, 5, 9));
  assert.equal(at("2024-02-29"), new Date(2024, 1, 29).getTime());
  assert.equal(at("9:15"), new Date(2026, 10, 22, 9, 15).getTime());
  for (
    const [text, said] of [
      ["2026-02-29", /a day and time that there are/],
      ["2026-11-31", /a day and time that there are/],
      ["2026-13-01", /a day and time that there are/],
      ["2026-11-01T24:30", /a day and time that there are/],
      ["25:00", /a day and time that there are/],
      ["01:30:00", /may be a time or a duration/],
      ["30", /needs a unit, and 30 has none/],
      ["-3d", /a date, a time or a duration/],
      ["0s", /a date, a time or a duration/],
      ["yesterday's", /a date, a time or a duration/],
      ["15:00", /is in the future/],
      ["2026-11-23", /is in the future/],
    ] as const
  ) {
    assert.throws(() => at(text), (error) => {
      assert.ok(error instanceof Fault && error.code === "usage" && error.hint !== undefined, text);
      assert.match(error.message, said, text);
      return true;
    });
  }
});
