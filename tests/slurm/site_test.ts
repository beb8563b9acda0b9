/** What Slurm tells of a site, of times, arrays and tasks, as its programs print it. */
import assert from "node:assert/strict";
import { Fault } from "../../src/job/fault.ts";
import { isQueued, slurmLines, verdictOf } from "../../src/report/slurm_state.ts";
import { arrayText, parseArray } from "../../src/slurm/array.ts";
import { checkAsked } from "../../src/slurm/check.ts";
import { type Slurm, type SlurmAnswer, slurmText } from "../../src/slurm/client.ts";
import { diskUnder } from "../../src/slurm/shared_disk.ts";
import { parseArrayMax, parsePartitions, type Site } from "../../src/slurm/site.ts";
import type { SubmissionRecord } from "../../src/slurm/submission.ts";
import { completionLogOf, parseCompletions } from "../../src/slurm/completion_log.ts";
import { parseAccounts, parseJobs, readState, readTasks } from "../../src/slurm/tasks.ts";
import { inFolder } from "../helpers/folder.ts";
import { parseSlurmTime, timeText } from "../../src/slurm/time.ts";

Deno.test("parseSlurmTime() and timeText() are each other's inverse", () => {
  const cases: readonly [string, number][] = [
    ["00:00:30", 30_000],
    ["04:00:00", 14_400_000],
    ["1-02:03:04", 93_784_000],
  ];
  for (const [text, ms] of cases) {
    assert.equal(parseSlurmTime(text), ms);
    assert.equal(timeText(ms), text);
  }
  assert.equal(parseSlurmTime("30:00"), 1_800_000);
  assert.equal(parseSlurmTime("UNLIMITED"), undefined);
  assert.equal(parseSlurmTime("infinite"), undefined);
});

Deno.test("parseArray() reads what sbatch takes, and arrayText() writes it", () => {
  assert.deepEqual(parseArray("3,5-7%2"), { shards: [3, 5, 6, 7], atOnceMax: 2 });
  assert.deepEqual(parseArray("%4"), { shards: undefined, atOnceMax: 4 });
  assert.equal(arrayText([3, 5, 6, 7], 2), "3,5-7%2");
  assert.equal(arrayText([1]), "1");
  for (const wrong of ["", "0-3", "5-3", "a", "1,,2", "%0", "1-", "1;rm"]) {
    assert.throws(() => parseArray(wrong), (error) => error instanceof Fault, wrong);
  }
});

Deno.test("verdictOf() is the table of states", () => {
  const cases: readonly [string, string | undefined, string][] = [
    ["PENDING", undefined, "waits"],
    ["RUNNING", undefined, "runs"],
    ["COMPLETING", undefined, "runs"],
    ["COMPLETED", "0:0", "done"],
    ["TIMEOUT", "0:0", "resumable"],
    ["DEADLINE", "0:0", "resumable"],
    ["PREEMPTED", "0:0", "resumable"],
    ["NODE_FAIL", "0:0", "fenced"],
    ["BOOT_FAIL", "0:0", "fenced"],
    ["OUT_OF_MEMORY", "0:125", "memory"],
    // Without control groups.
    ["FAILED", "0:9", "memory"],
    ["FAILED", "137:0", "memory"],
    ["FAILED", "75:0", "resumable"],
    ["FAILED", "143:0", "resumable"],
    ["FAILED", "3:0", "failed"],
    ["CANCELLED by 1000", "0:15", "stopped"],
    ["REVOKED", undefined, "stopped"],
    ["SOMETHING_NEW", "1:0", "failed"],
  ];
  for (const [state, exitCode, verdict] of cases) {
    assert.equal(verdictOf(state, exitCode), verdict, `${state} ${exitCode}`);
  }
});

/** Lines as Slurm 22.05 prints them, shortened where nobody looks. */
const SHOWN = [
  "JobId=12 ArrayJobId=12 ArrayTaskId=5-8%4 JobName=simrun-w UserId=me(1000) JobState=PENDING Reason=Priority Dependency=(null) Requeue=1 Restarts=0 BatchFlag=1 ExitCode=0:0 NodeList=(null) Command=/t/JobState=x",
  "JobId=13 ArrayJobId=12 ArrayTaskId=1 JobName=simrun-w JobState=RUNNING Reason=None Requeue=1 Restarts=2 ExitCode=0:0 NodeList=n1",
  "JobId=14 ArrayJobId=12 ArrayTaskId=2 JobName=simrun-w JobState=COMPLETED Reason=None Restarts=0 ExitCode=0:0 NodeList=n2",
  "JobId=15 ArrayJobId=12 ArrayTaskId=3 JobName=simrun-w JobState=NODE_FAIL Reason=NodeDown Restarts=0 ExitCode=0:1 NodeList=n2",
  "JobId=16 ArrayJobId=12 ArrayTaskId=4 JobName=simrun-w JobState=FAILED Reason=NonZeroExitCode Restarts=0 ExitCode=3:0 NodeList=n2",
  "",
].join("\n");

Deno.test("parseJobs() finds each task, also those that wait in one line", () => {
  const tasks = parseJobs(SHOWN, "12");
  assert.deepEqual(tasks.map(({ shard, verdict }) => [shard, verdict]), [
    [5, "waits"],
    [6, "waits"],
    [7, "waits"],
    [8, "waits"],
    [1, "runs"],
    [2, "done"],
    [3, "fenced"],
    [4, "failed"],
  ]);
  assert.equal(tasks[0]!.reason, "Priority");
  assert.deepEqual([tasks[4]!.nodes, tasks[4]!.restarts, tasks[4]!.exitCode], ["n1", 2, undefined]);
  assert.deepEqual(parseJobs(SHOWN, "17"), []);
});

Deno.test("readTasks() knows those that were cancelled before they began, which have lost their index", async () => {
  const text = [
    "JobId=12 ArrayJobId=12 ArrayTaskId=4294967294 JobState=CANCELLED Reason=JobHeldUser ExitCode=0:0 NodeList=",
    "JobId=13 ArrayJobId=12 ArrayTaskId=1 JobState=COMPLETED Reason=None ExitCode=0:0 NodeList=n1",
  ];
  const slurm: Slurm = () => Promise.resolve({ ok: true, text: text.join("\n") });
  const states = (await readTasks(slurm, [record("12", [1, 2, 3])])).map((
    { id, state },
  ) => [id, state]);
  assert.deepEqual(states, [["12_1", "COMPLETED"], ["12_2", "CANCELLED"], ["12_3", "CANCELLED"]]);
});

Deno.test("parseAccounts() reads what the accounting remembers", () => {
  // As Slurm 22.05 printed it, which knows no --array.
  const text =
    "12_1|COMPLETED|0:0|n1\n12_2|TIMEOUT|0:0|n2\n12_3|CANCELLED by 0|0:15|None assigned\n12_[4-5]|PENDING|0:0|\n";
  assert.deepEqual(parseAccounts(text, "12").map(({ shard, verdict }) => [shard, verdict]), [
    [1, "done"],
    [2, "resumable"],
    [3, "stopped"],
  ]);
});

/** Lines as Slurm 22.05 wrote them. */
const COMPLETIONS = [
  "JobId=13 UserId=me(1000) GroupId=me(1000) Name=simrun-w JobState=NODE_FAIL Partition=normal TimeLimit=30 StartTime=2026-11-01T00:00:00 EndTime=2026-11-01T00:01:00 NodeList=n1 NodeCnt=1 ProcCnt=2 WorkDir=/t ReservationName= Tres=cpu=2 Account= QOS= WcKey= Cluster=simrun SubmitTime=2026-11-01T00:00:00 EligibleTime=2026-11-01T00:00:00 ArrayJobId=12 ArrayTaskId=1 DerivedExitCode=0:0 ExitCode=0:0 ",
  "JobId=13 UserId=me(1000) Name=simrun-w JobState=COMPLETED NodeList=n2 ArrayJobId=12 ArrayTaskId=1 ExitCode=0:0 ",
  "JobId=14 UserId=me(1000) Name=simrun-w JobState=CANCELLED NodeList=(null) ArrayJobId=12 ArrayTaskId=2 ExitCode=0:0 ",
  "JobId=15 UserId=me(1000) Name=other JobState=FAILED NodeList=n2 ExitCode=1:0 ",
  "JobId=16 UserId=me(1000) Name=simrun-w JobState=FAILED NodeList=n2 ArrayJobId=16 ArrayTaskId=1 ExitCode=3:0 ",
  "",
].join("\n");

Deno.test("parseCompletions() reads of the log of completed jobs how each task of an array ended last", () => {
  assert.deepEqual(parseCompletions(COMPLETIONS, "12"), [
    { shard: 1, id: "12_1", state: "COMPLETED", verdict: "done", nodes: "n2", exitCode: "0:0" },
    { shard: 2, id: "12_2", state: "CANCELLED", verdict: "stopped", exitCode: "0:0" },
  ]);
  const config = (type: string) =>
    `JobCompHost = localhost\nJobCompLoc             = /a b/log\nJobCompType = ${type}\n`;
  assert.equal(completionLogOf(config("jobcomp/filetxt")), "/a b/log");
  assert.equal(completionLogOf(config("jobcomp/none")), undefined);
  assert.equal(completionLogOf(""), undefined);
});

Deno.test("readTasks() asks the log of completed jobs where there is no accounting", () =>
  inFolder(async (folder) => {
    const path = `${folder}/jobcomp.log`;
    Deno.writeTextFileSync(path, COMPLETIONS);
    const slurm: Slurm = (program, args) =>
      Promise.resolve(
        args[1] === "config"
          ? { ok: true, text: `JobCompLoc = ${path}\nJobCompType = jobcomp/filetxt\n` }
          : { ok: false, missing: program === "sacct", message: "Invalid job id specified" },
      );
    const states = async () =>
      (await readTasks(slurm, [record("12", [1, 2, 3])])).map(({ state }) => state);
    assert.deepEqual(await states(), ["COMPLETED", "CANCELLED", "UNKNOWN"]);
    Deno.removeSync(path);
    assert.deepEqual(await states(), ["UNKNOWN", "UNKNOWN", "UNKNOWN"]);
  }));

const record = (job: string | undefined, shards: readonly number[]): SubmissionRecord => ({
  number: 1,
  folder: "/t/slurm/1",
  job: job === undefined ? undefined : { job },
  submission: {
    ...{ format: "simrun submission", version: 1, submittedAt: "2026-11-01T00:00:00Z", host: "h" },
    ...{ of: 8, shards, runs: 8, stepMs: {}, manifests: [] },
  },
});

Deno.test("readTasks() knows the newest task of each shard, asks the accounting, and never throws", async () => {
  const answers: { [words: string]: SlurmAnswer } = {
    "scontrol 12": { ok: true, text: SHOWN },
    "scontrol 9": { ok: false, missing: false, message: "Invalid job id specified" },
    "sacct 9": { ok: true, text: "9_9|TIMEOUT|0:0|n1\n" },
    "scontrol 7": { ok: false, missing: false, message: "Unable to contact slurm controller" },
  };
  const slurm: Slurm = (program, args) => {
    if (program === "squeue") return Promise.resolve({ ok: true, text: "" });
    const job = args.join(" ").match(/\d+$/)?.[0] ?? /--jobs=(\d+)/.exec(args.join(" "))![1];
    return Promise.resolve(answers[`${program} ${job}`]!);
  };
  const tasks = await readTasks(slurm, [
    record("9", [1, 9, 10]),
    record(undefined, [2]),
    record("12", [1, 2, 3]),
  ]);
  assert.deepEqual(tasks.map(({ id, verdict }) => [id, verdict]), [
    ["12_1", "runs"],
    ["12_2", "done"],
    ["12_3", "fenced"],
    ["9_9", "resumable"],
    ["9_10", "unknown"],
  ]);
  assert.ok(isQueued(tasks));
  const [silent] = await readTasks(slurm, [record("7", [1])]);
  assert.deepEqual([silent!.verdict, silent!.reason], [
    "unasked",
    "Unable to contact slurm controller",
  ]);
});

Deno.test("slurmLines() says how many run, wait and ended, and what to do about those that ended badly", () => {
  assert.deepEqual(slurmLines({ tasks: parseJobs(SHOWN, "12") }), [
    "Slurm job 12: 1 runs on n1, 4 wait (Priority), 1 has ended well, 2 ended otherwise.",
    "  shard 3 (12_3): NODE_FAIL on n2, exit status 0:1: its node is gone: submit it again; a copy that wakes up there writes nothing",
    "  shard 4 (12_4): FAILED on n2, exit status 3:0: some of its runs failed or were cancelled",
  ]);
  assert.deepEqual(slurmLines({ tasks: [] }), []);
});

Deno.test("readState() knows what became of the last job: by the controller, the accounting or the log", async () => {
  const line = (state: string, more: string) =>
    `JobId=20 JobState=${state} ${more} NodeList=n2 Name=x\n`;
  const forgotten = { ok: false, missing: false, message: "Invalid job id specified" } as const;
  const told = async (answer: (program: string, asked: string) => SlurmAnswer) => {
    const slurm: Slurm = (program, args) => Promise.resolve(answer(program, args.join(" ")));
    const submitted = record("12", [1]);
    const { tasks, last } = await readState(slurm, [
      { ...submitted, number: 3, job: { job: "12", then: "20" } },
    ]);
    assert.equal(tasks.length, 1);
    return slurmLines({ tasks: parseJobs(SHOWN, "12"), ...(last !== undefined && { last }) }).at(
      -1,
    );
  };
  const shows = (text: string) => told(() => ({ ok: true, text }));
  assert.equal(
    await shows(line("PENDING", "Reason=Dependency").replace("NodeList=n2", "NodeList=(null)")),
    "  last job 20: waits for the pilots",
  );
  assert.equal(await shows(line("RUNNING", "Reason=None")), "  last job 20: runs on n2");
  assert.equal(
    await shows(line("COMPLETED", "Reason=None ExitCode=0:0")),
    "  last job 20: has ended well, its words are in slurm/3/then.log",
  );
  assert.equal(
    await shows(line("FAILED", "Reason=NonZeroExitCode ExitCode=2:0")),
    "  last job 20: FAILED, exit status 2:0: slurm/3/then.log says why",
  );
  assert.equal(
    await told((program) =>
      program === "sacct"
        ? { ok: true, text: "12_1|COMPLETED|0:0|n1\n20|TIMEOUT|0:0|n2\n" }
        : forgotten
    ),
    "  last job 20: TIMEOUT: slurm/3/then.log says why",
  );
  assert.equal(
    await told(() => forgotten),
    "  last job 20: Slurm has forgotten it, its words are in slurm/3/then.log",
  );
  assert.deepEqual(parseCompletions(COMPLETIONS, "15").map(({ state }) => state), ["FAILED"]);
});

Deno.test("slurmText() says that there is no Slurm, that it cannot be reached, or what it said", async () => {
  const says = (message: string, missing = false): Slurm => () =>
    Promise.resolve({ ok: false, missing, message });
  const cases: readonly [Slurm, RegExp][] = [
    [says("No such file", true), /^There is no Slurm here/],
    [says("fatal: Could not establish a configuration source"), /cannot be reached from here/],
    [says("Unable to contact slurm controller (connect failure)"), /cannot be reached from here/],
    [says("Invalid account"), /^Slurm's sinfo said no: Invalid account/],
  ];
  for (const [slurm, message] of cases) {
    await assert.rejects(slurmText(slurm, "sinfo", []), (error) => {
      assert.ok(error instanceof Fault);
      assert.match(error.message, message);
      assert.ok(error.hint);
      return true;
    });
  }
});

const SITE: Site = {
  arrayMax: 1001,
  hosts: ["a"],
  partitions: parsePartitions(
    "short*|up|1:00:00|10|16|64000\nshort*|up|1:00:00|2|32|128000\nlong|up|infinite|4|16+|64000+\nold|drain|infinite|1|4|8000\n",
  ),
};

Deno.test("parsePartitions() puts the kinds of nodes of a partition together", () => {
  assert.deepEqual(SITE.partitions, [
    {
      ...{ name: "short", isDefault: true, isUp: true, timeMsMax: 3_600_000, nodes: 12 },
      ...{ cpusMax: 32, memoryBytesMax: 128_000 * 2 ** 20 },
    },
    {
      ...{ name: "long", isDefault: false, isUp: true, timeMsMax: Infinity, nodes: 4 },
      ...{ cpusMax: Infinity, memoryBytesMax: Infinity },
    },
    {
      ...{ name: "old", isDefault: false, isUp: false, timeMsMax: Infinity, nodes: 1 },
      ...{ cpusMax: 4, memoryBytesMax: 8_000 * 2 ** 20 },
    },
  ]);
  assert.equal(parseArrayMax("MaxArraySize            = 501\nMaxDBDMsgs = 3\n"), 501);
  assert.equal(parseArrayMax(""), 1001);
});

Deno.test("checkAsked() refuses what would wait for ever, and says what would not", () => {
  const asked = (wishes: object, shardMax = 8) => ({ wishes, shardMax });
  assert.equal(checkAsked(asked({}), SITE)?.name, "short");
  assert.equal(checkAsked(asked({ partition: "long", timeMs: 1e9 }), SITE)?.name, "long");
  assert.equal(checkAsked(asked({ partition: "short,long" }), SITE), undefined);
  const refused: readonly [object, number, RegExp][] = [
    [{}, 1001, /arrays of up to 1000 tasks/],
    [{ partition: "fast" }, 8, /no partition fast/],
    [{ partition: "old" }, 8, /takes no jobs/],
    [{ timeMs: 7_200_000 }, 8, /for 01:00:00 at most/],
    [{ cpusPerTask: 64 }, 8, /No node of partition short has 64 cores/],
    [{ memoryBytes: 2 ** 40 }, 8, /so much memory/],
  ];
  for (const [wishes, shardMax, message] of refused) {
    assert.throws(() => checkAsked(asked(wishes, shardMax), SITE), (error) => {
      assert.ok(error instanceof Fault);
      assert.match(error.message, message);
      assert.ok(error.hint);
      return true;
    });
  }
});

Deno.test("diskUnder() tells a disk of this machine from one that others see", () => {
  const mounts = [
    "22 1 8:1 / / rw - ext4 /dev/sda1 rw",
    "23 22 0:5 / /dev/shm rw - tmpfs tmpfs rw",
    "24 22 0:44 / /home rw shared:1 - nfs4 server:/home rw",
    "25 22 0:45 / /my\\040disk rw - lustre a@tcp:/x rw",
  ].join("\n");
  assert.deepEqual(diskUnder("/tmp/simruns", mounts), { kind: "local", type: "ext4" });
  assert.deepEqual(diskUnder("/dev/shm/x", mounts), { kind: "memory", type: "tmpfs" });
  assert.deepEqual(diskUnder("/home/me", mounts), { kind: "shared", type: "nfs4" });
  assert.deepEqual(diskUnder("/homework", mounts), { kind: "local", type: "ext4" });
  assert.deepEqual(diskUnder("/my disk/a", mounts), { kind: "shared", type: "lustre" });
});
