/** Commands as models, run for real: programs of the shell, which every machine has. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder, place } from "../helpers/folder.ts";
import { isAlive, leavesNoProcess, until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";

interface Row {
  readonly job: string;
  readonly run: string;
  readonly parameters: { readonly [name: string]: unknown };
  readonly result: { readonly [name: string]: unknown };
}

/** Runs a manifest to its end; answers what it said and what came of it. */
async function ran(
  folder: string,
  manifest: string,
  { flags = [], env = {} }: {
    readonly flags?: readonly string[];
    readonly env?: Record<string, string>;
  } = {},
) {
  const path = await place(folder, "jobs.yaml", manifest);
  const tree = join(folder, "tree");
  const { status, stderr } = await simrun(["run", path, "--tree", tree, "-j", "1", ...flags], {
    env,
  });
  const { stdout } = await simrun(["results", "--tree", tree, "--json"]);
  const rows = JSON.parse(stdout) as Row[];
  return { status, stderr, rows, tree };
}

function resultsOf(rows: readonly Row[]): unknown[] {
  return rows.map(({ result }) => result);
}

/** Names of the files that were kept of the only run of a job. */
function keptOf(tree: string, job: string): string[] {
  const folder = join(tree, "recent", job, job, "files");
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

async function assertSound(tree: string): Promise<void> {
  const { status, stderr } = await simrun(["verify", "--tree", tree]);
  assert.equal(status, 0, stderr);
}

Deno.test("simrun run gives a command its parameters by every way, and reads its results", async () => {
  await inFolder(async (folder) => {
    await place(folder, "deck.in", "x = ${x}\nlist = ${list}\nown = $${x}\n");
    await place(folder, "data/table.csv", "a,b\n1,2\n");
    const { status, stderr, rows, tree } = await ran(
      folder,
      `
id: all
model:
  command: [sh, -c, 'cat deck.in table.csv parameters.json; echo "word=$1 env=$OWN/$SIMRUN_PARAM_x run=$SIMRUN_RUN"; echo "{\\"x\\": $1}" > r.json', sh, "\${x}"]
  templates: ./deck.in
  env: { OWN: "<\${x}>" }
  pass: [file, environment]
  results:
    word: 'word=(\\S+)'
    file: { file: r.json, at: x }
    input: { file: table.csv, column: b }
    deck: { file: deck.in, pattern: '^x = (.*)$' }
inputs: { table: ./data/table.csv }
parameters: { x: 2.5, list: [1, "a b"] }
`,
    );
    assert.equal(status, 0, stderr);
    assert.deepEqual(resultsOf(rows), [{ word: 2.5, file: 2.5, input: 2, deck: 2.5 }]);
    const { stdout: log } = await simrun(["logs", "all", "--tree", tree]);
    assert.match(log, /x = 2\.5\nlist = \[1,"a b"\]\nown = \$\{x\}/);
    assert.match(log, /"list": \[\s*1,\s*"a b"\s*\]/);
    assert.match(log, /env=<2\.5>\/2\.5 run=all/);
    // A link to an input is no output.
    assert.deepEqual(keptOf(tree, "all"), ["deck.in", "parameters.json", "r.json"]);
    await assertSound(tree);
    const again = await simrun(["run", join(folder, "jobs.yaml"), "--tree", tree]);
    assert.match(again.stderr, /[Nn]othing to do/);
  });
});

Deno.test("no value of a parameter reaches a shell, or becomes more than one word", async () => {
  const hostile = [
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned",
    "a b\nc\t'\"\\",
    "--help",
    "-rf",
    "*",
    "$HOME",
    "${x}",
    "%s%n",
    "ä\u202e\u0007",
    "",
    "x".repeat(100_000),
  ];
  await inFolder(async (folder) => {
    const { status, stderr, rows, tree } = await ran(
      folder,
      `
id: hostile
model:
  command: [sh, -c, 'printf "%s" "$1" > word; printf "%s" "$SIMRUN_PARAM_x" > variable; printf "%s" "$#" > count', sh, "\${x}"]
  pass: environment
  keep: []
  results: { word: { file: out.json, at: word } }
sweep: { x: ${JSON.stringify(hostile)} }
`.replace(
        "keep: []\n  results: { word: { file: out.json, at: word } }",
        "results: { count: { file: count, pattern: '.*' } }",
      ),
    );
    assert.equal(status, 0, stderr);
    assert.equal(rows.length, hostile.length);
    for (const { run, parameters, result } of rows) {
      const kept = join(tree, "recent", "hostile", run, "files");
      assert.equal(result.count, 1);
      assert.equal(Deno.readTextFileSync(join(kept, "word")), parameters.x);
      assert.equal(Deno.readTextFileSync(join(kept, "variable")), parameters.x);
      assert.deepEqual([...Deno.readDirSync(kept)].map(({ name }) => name).sort(), [
        "count",
        "variable",
        "word",
      ]);
    }
  });
});

Deno.test("a word of a megabyte fails its run with a sentence, and goes by file", async () => {
  await inFolder(async (folder) => {
    const x = "y".repeat(1 << 20);
    const long = await ran(
      folder,
      `{ id: long, model: { command: [echo, "\${x}"] }, parameters: { x: ${x} } }`,
    );
    assert.equal(long.status, 3);
    assert.match(long.stderr, /too long for the system: hand long values over in a template/);
    const file = await ran(
      folder,
      `{ id: file, model: { command: [wc, -c, parameters.json], pass: file, results: { n: '(\\d+)' } }, parameters: { x: ${x} } }`,
    );
    assert.equal(file.status, 0, file.stderr);
    assert.deepEqual(resultsOf(file.rows.filter(({ job }) => job === "file")), [{
      n: (1 << 20) + 14,
    }]);
  });
});

Deno.test("a command that fails is failed with its last words, its files are kept, and others go on", async () => {
  await inFolder(async (folder) => {
    const { status, stderr, rows, tree } = await ran(
      folder,
      `
defaults: { parameters: {} }
jobs:
  - { id: bad, model: { command: [sh, -c, 'echo trace > trace.txt; echo cannot open mesh >&2; exit 2'] } }
  - { id: unfinished, model: { command: [echo, hello], done: { pattern: finished } } }
  - { id: empty, model: { command: ["true"], results: { x: 'x=(.*)' } } }
  - { id: crash, model: { command: [sh, -c, 'kill -SEGV $$'] } }
  - { id: good, model: { shell: 'echo "x=$((1 + 1))" | cat', results: { x: 'x=(.*)' } } }
`,
    );
    assert.equal(status, 3);
    assert.match(stderr, /bad[^\n]*it ended with status 2; it said: cannot open mesh/);
    assert.match(
      stderr,
      /unfinished[^\n]*is not done: nothing in what it printed matches finished/,
    );
    assert.match(stderr, /empty[^\n]*printed no line for the result "x"/);
    assert.match(stderr, /crash[^\n]*it ended by SIGSEGV/);
    assert.deepEqual(resultsOf(rows), [{ x: 2 }]);
    assert.deepEqual(keptOf(tree, "bad"), ["trace.txt"]);
    await assertSound(tree);
  });
});

Deno.test("a passing reason is tried again, another is not", async () => {
  await inFolder(async (folder) => {
    const count =
      `n=$(cat ${folder}/$SIMRUN_JOB 2>/dev/null || echo 0); n=$((n+1)); echo $n > ${folder}/$SIMRUN_JOB`;
    const { status, rows, tree } = await ran(
      folder,
      `
defaults: { retry: { limit: 3, backoff: 0s } }
jobs:
  - id: passes
    model: { shell: '${count}; echo "n=$n"; [ $n -ge 3 ] || exit 75', transient: { exit: 75 }, results: { n: 'n=(.*)' } }
  - id: fails
    model: { shell: '${count}; exit 74', transient: { exit: 75 } }
  - id: killed
    model: { shell: '${count}; [ $n -ge 2 ] || kill -KILL $$' }
`,
    );
    assert.equal(status, 3);
    assert.deepEqual(resultsOf(rows), [{ n: 3 }, null]);
    assert.equal(Deno.readTextFileSync(join(folder, "fails")), "1\n");
    assert.equal(Deno.readTextFileSync(join(folder, "killed")), "2\n");
    // What an attempt said that failed may say why: it is not lost over the next one.
    const { stdout } = await simrun(["logs", "passes", "--tree", tree]);
    assert.equal(stdout, "n=1\n--- attempt 2 ---\nn=2\n--- attempt 3 ---\nn=3\n");
  });
});

Deno.test("a command out of time ends with all that it started, politely first", async () => {
  await inFolder((folder) =>
    leavesNoProcess(async () => {
      const { status, stderr, tree } = await ran(
        folder,
        `
defaults: { timeout: 1s }
jobs:
  - { id: polite, model: { shell: 'trap "echo saved > saved; exit 0" TERM; sleep 60 & wait', grace: 10s } }
  - { id: stubborn, model: { shell: 'trap "" TERM; (trap "" TERM; sleep 61) & (setsid sleep 62 &); sleep 63; sleep 64', grace: 0.3s } }
`,
      );
      assert.equal(status, 3);
      assert.match(stderr, /polite[^\n]*its timeout/);
      assert.match(stderr, /stubborn[^\n]*its timeout/);
      assert.deepEqual(keptOf(tree, "polite"), ["saved"]);
    })
  );
});

Deno.test("what a command leaves running ends with its run", async () => {
  await inFolder((folder) =>
    leavesNoProcess(async () => {
      const { status, stderr } = await ran(
        folder,
        "{ id: daemon, model: { shell: '(setsid sleep 60 >/dev/null 2>&1 &); sleep 61 & echo done' } }",
      );
      assert.equal(status, 0, stderr);
    })
  );
});

Deno.test("a flood of output is read to its end, and kept up to a limit", async () => {
  await inFolder(async (folder) => {
    const { status, stderr, rows, tree } = await ran(
      folder,
      `{ id: flood, model: { shell: 'yes a line of a flood | head -c 20000000; echo; echo end=7', results: { end: 'end=(.*)' } } }`,
    );
    assert.equal(status, 0, stderr);
    assert.deepEqual(resultsOf(rows), [{ end: 7 }]);
    const { size } = Deno.statSync(join(tree, "recent", "flood", "flood", "log.txt"));
    assert.ok(size < 1.1 * 2 ** 20, `${size}`);
  });
});

Deno.test("a command with more memory than its slot has is out of memory, and its neighbours go on", async () => {
  await inFolder(async (folder) => {
    // The kernel would refuse a process more than its slot's own limit; these are several below it.
    const hog =
      "for i in 1 2 3 4 5 6; do (head -c 90000000 /dev/zero | tail | sleep 8) & done; wait";
    const { status, stderr, rows } = await ran(
      folder,
      `
jobs:
  - { id: hog, memory: 200MiB, model: { shell: '${hog}' } }
  - { id: good, model: { command: [echo, x=1], results: { x: 'x=(.*)' } } }
`,
      { flags: ["--memory", "450MiB"] },
    );
    assert.equal(status, 3, stderr);
    assert.match(stderr, /hog[^\n]*out of memory: it uses \d+ MiB; its slot has \d+ MiB/);
    assert.deepEqual(resultsOf(rows), [{ x: 1 }]);
  });
});

Deno.test("a command of low priority is nicer than one of high priority", async () => {
  await inFolder(async (folder) => {
    const { status, stderr, rows } = await ran(
      folder,
      `
defaults: { model: { shell: 'sleep 1; echo "nice=$(nice)"', results: { nice: 'nice=(.*)' } } }
jobs:
  - { id: urgent, priority: high }
  - { id: patient, priority: low }
`,
      { flags: ["--nice"] },
    );
    assert.equal(status, 0, stderr);
    const [urgent, patient] = rows.map(({ result }) => Number(result.nice));
    // Nothing is nicer than 19.
    assert.ok(patient! > urgent! || urgent === 19, `${patient} and ${urgent}`);
  });
});

Deno.test("keep says which files stay of a run that completed", async () => {
  await inFolder(async (folder) => {
    const shell =
      "mkdir -p d/e; echo 1 > a.raw; echo 2 > b.tmp; echo 3 > d/e/c.raw; echo 4 > .hidden";
    const { tree } = await ran(
      folder,
      `
jobs:
  - { id: all, model: { shell: '${shell}' } }
  - { id: some, model: { shell: '${shell}', keep: ["**/*.raw"] } }
  - { id: none, model: { shell: '${shell}', keep: [] } }
`,
    );
    assert.deepEqual(keptOf(tree, "all"), [".hidden", "a.raw", "b.tmp", "d"]);
    assert.deepEqual(keptOf(tree, "some"), ["a.raw", "d"]);
    assert.deepEqual(keptOf(tree, "none"), []);
    await assertSound(tree);
    // What is damaged is found.
    await Deno.writeTextFile(join(tree, "recent/all/all/files/a.raw"), "X\n");
    const { status, stdout, stderr } = await simrun(["verify", "--tree", tree]);
    assert.equal(status, 1);
    assert.match(stdout + stderr, /recent\/all\/all\/files\/a\.raw: its checksum does not match/);
  });
});

/** Counts to 60 in hundredths of seconds, saves each tenth number, and can go on from there. */
const COUNTER = `
n=\${1:-0}; end=60
[ $n -eq 0 ] || echo "resumed at $n"
while [ $n -lt $end ]; do
  n=$((n+1)); echo "step $n square=$((n*n))"
  [ $((n % 10)) -ne 0 ] || { echo $n > state.tmp; mv state.tmp state.$n.rst; }
  sleep 0.05
done
echo "{\\"n\\": $n, \\"sum\\": $((n*(n+1)/2))}" > result.json
`;

const COUNTING = `
id: count
model:
  command: [sh, ./count.sh]
  restart: [sh, ./count.sh, "\${simrun.step}"]
  checkpoint: { files: "*.rst", step: 'state\\.(\\d+)', settled: 10ms }
  measure: { pattern: 'step (?<step>\\d+) square=(?<square>\\d+)' }
  results: result.json
steps: 60
checkpoint_every: 0.1s
`;

Deno.test("a command that was killed goes on from its files, and ends as if nothing had been", async () => {
  await inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "count.sh", COUNTER);
      const golden = await ran(folder, COUNTING);
      assert.equal(golden.status, 0, golden.stderr);
      assert.deepEqual(resultsOf(golden.rows), [{ n: 60, sum: 1830 }]);
      const series = await Deno.readTextFile(join(golden.tree, "recent/count/count/series.csv"));
      assert.equal(series.trim().split("\n").length, 61);

      const tree = join(folder, "killed");
      const killed = startSimrun(["run", join(folder, "jobs.yaml"), "--tree", tree, "-j", "1"]);
      const checkpoints = join(tree, "checkpoints/count/count");
      await until(
        () => namesIn(checkpoints).some((name) => name >= "step-000000000030.ckpt"),
        "the command is that far",
      );
      const programs = () =>
        namesIn("/proc").filter((pid) => /^\d+$/.test(pid) && cwdOf(pid).startsWith(tree));
      const left = programs().map(Number);
      assert.ok(left.length > 0);
      killed.kill("SIGKILL");
      await killed.status;
      await until(() => !left.some(isAlive), "the command is that far");
      const { status, stderr } = await simrun(["resume", "--tree", tree]);
      assert.equal(status, 0, stderr);
      assert.match(stderr, /goes on at step [3456]0/);
      assert.equal(await Deno.readTextFile(join(tree, "recent/count/count/series.csv")), series);
      const { stdout } = await simrun(["results", "--tree", tree, "--json"]);
      assert.deepEqual(JSON.parse(stdout)[0].result, { n: 60, sum: 1830 });
      await assertSound(tree);
    })
  );
});

Deno.test("a command that cannot go on from its checkpoint goes on from the one before", async () => {
  await inFolder(async (folder) => {
    // Whoever restarts at 40 finds its file torn.
    await place(
      folder,
      "count.sh",
      `[ "$1" != 40 ] || { echo bad restart file >&2; exit 1; }\n${COUNTER}`,
    );
    await place(folder, "jobs.yaml", COUNTING);
    const tree = join(folder, "tree");
    const run = startSimrun(["run", join(folder, "jobs.yaml"), "--tree", tree, "-j", "1"]);
    const checkpoints = join(tree, "checkpoints/count/count");
    await until(
      () => namesIn(checkpoints).includes("step-000000000040.ckpt"),
      "the command is that far",
    );
    run.kill("SIGKILL");
    await run.status;
    if (namesIn(checkpoints).some((name) => name > "step-000000000040.ckpt")) return;
    const { status, stderr } = await simrun(["resume", "--tree", tree]);
    assert.equal(status, 0, stderr);
    assert.match(
      stderr,
      /going on from step 40 failed: it ended with status 1; its last words: bad restart file/,
    );
    assert.match(stderr, /goes on at step [23]0/);
    assert.ok(
      namesIn(join(tree, "quarantine/checkpoints/count/count")).includes("step-000000000040.ckpt"),
    );
    await assertSound(tree);
  });
});

Deno.test("a command that never wrote its checkpoint is told of, when it ran for long", async () => {
  await inFolder(async (folder) => {
    const { status, stderr } = await ran(
      folder,
      `{ id: a, steps: 2, model: { command: [sh, -c, "sleep 5.2; echo step 1"], restart: [echo], checkpoint: "*.rst", progress: 'step (.*)' } }`,
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /a[^\n]*never saved: no file matched its checkpoint \*\.rst/);
  });
});

Deno.test("Ctrl-C saves what a command has written, and simrun resume goes on from there", async () => {
  await inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "count.sh", COUNTER);
      await place(folder, "jobs.yaml", COUNTING);
      const tree = join(folder, "tree");
      const run = startSimrun(["run", join(folder, "jobs.yaml"), "--tree", tree, "-j", "1"]);
      await until(
        () => namesIn(join(tree, "checkpoints/count/count")).length > 0,
        "the command is that far",
      );
      run.kill("SIGINT");
      assert.equal((await run.status).code, 130);
      const { status, stderr } = await simrun(["resume", "--tree", tree]);
      assert.equal(status, 0, stderr);
      assert.match(stderr, /goes on at step \d0/);
      await assertSound(tree);
    })
  );
});

Deno.test("Ctrl-C saves what a command that dies of it had written since it was last saved", async () => {
  await inFolder((folder) =>
    leavesNoProcess(async () => {
      const manifest = `
id: slow
model:
  command: [sh, -c, 'for n in 1 2; do echo $n > $n.rst; sleep 1.5; done; echo > up; sleep 60']
  restart: [sh, -c, 'cat "$1"', sh, "\${simrun.checkpoint}"]
  checkpoint: { files: "*.rst", step: '(\\d+)', settled: 50ms }
  results: { from: '(\\d+)' }
steps: 9
checkpoint_every: 1h
`;
      const path = await place(folder, "jobs.yaml", manifest);
      const tree = join(folder, "tree");
      const run = startSimrun(["run", path, "--tree", tree, "-j", "1"]);
      const isUp = () => findsBelow(join(tree, "hot/work"), "up");
      await until(isUp, "the command is that far");
      run.kill("SIGINT");
      assert.equal((await run.status).code, 130);
      const { status, stderr } = await simrun(["resume", "--tree", tree]);
      assert.equal(status, 0, stderr);
      assert.match(stderr, /goes on at step 2/);
      const { stdout } = await simrun(["results", "--tree", tree, "--json"]);
      assert.deepEqual(resultsOf(JSON.parse(stdout)), [{ from: 2 }]);
      await assertSound(tree);
    })
  );
});

Deno.test("a command finds the results of what it needs in needs.json", async () => {
  await inFolder(async (folder) => {
    const { status, stderr, rows } = await ran(
      folder,
      `
jobs:
  - id: first
    model: { shell: 'echo "{\\"x\\": $SIMRUN_PARAM_x}" > r.json', results: r.json }
    sweep: { x: [1, 2] }
  - id: second
    model: { shell: 'grep -c "\\"x\\": " needs.json', results: { n: '(\\d+)' } }
    needs: [first]
`,
    );
    assert.equal(status, 0, stderr);
    const [second] = rows.filter(({ job }) => job === "second");
    assert.ok(Number(second?.result.n) >= 2, JSON.stringify(second));
  });
});

Deno.test("what is wrong with a command is told with its place before anything runs", async () => {
  const cases: readonly (readonly [model: string, words: RegExp, rest?: string])[] = [
    [
      "{ command: [no-such-program] }",
      /jobs\.yaml:2:\d+[\s\S]*There is no program no-such-program/,
    ],
    ["{ command: [./none.sh] }", /There is no file \S*none\.sh/],
    ["{ command: [echo, '${co3}'] }", /\$\{co3\} stands for no parameter[\s\S]*co2/],
    ["{ command: [echo] }", /The command never gets the parameter "co2"/],
    [
      "{ command: [echo, '${co2}'], results: { x: '(' } }",
      /"model\.results\.x" is no regular expression/,
    ],
    ["{ command: [echo, '${co2}'], progress: 'step' }", /a regular expression with a group/],
    ["{ command: [echo, '${co2}'], templates: ./t.in }", /There is no file \S*t\.in/],
    ["{ command: [echo, '${co2}'], checkpoint: '*.rst' }", /"checkpoint" stands without "restart"/],
    ["{ command: [echo, '${co2}'], keep: ../up }", /stays in it/],
    ["{ command: [echo, '${co2}'], results: /etc/passwd }", /stays in it/],
    ["{ command: 'echo ${co2}' }", /must be a list of words/],
    [
      "{ shell: 'echo ${co2}' }",
      /\$\{co2\} is not filled in within a line of a shell[\s\S]*"\$SIMRUN_PARAM_co2"/,
    ],
    ["{ command: [echo, '${co2}'], comand: [a] }", /Unknown key "comand" in "model"[\s\S]*command/],
  ];
  await inFolder(async (folder) => {
    for (const [model, words, rest = ""] of cases) {
      const path = await place(
        folder,
        "jobs.yaml",
        `id: a\nmodel: ${model}\nparameters: { co2: 1 }\n${rest}`,
      );
      const { status, stdout, stderr } = await simrun(["validate", path]);
      assert.equal(status, 2, `${model}: ${stdout}${stderr}`);
      assert.match(stdout + stderr, words, model);
      assert.doesNotMatch(stdout + stderr, /\n\s+at /);
    }
  });
});

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}

function findsBelow(folder: string, name: string): boolean {
  return namesIn(folder).some((one) => one === name || findsBelow(join(folder, one), name));
}

function cwdOf(pid: string): string {
  try {
    return Deno.readLinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}

Deno.test("what a command has left in folders of its own is taken over with its result", async () => {
  await inFolder(async (folder) => {
    const job = (id: string): string => `
id: ${id}
model:
  command: [sh, -c, 'date +%N > when.txt; mkdir -p sub/deep; cp when.txt sub/deep/; echo y=1']
  results: { y: 'y=(\\d+)' }
`;
    await ran(folder, job("first"));
    const { status, stderr, rows, tree } = await ran(folder, job("second"));
    assert.equal(status, 0, stderr);
    assert.match(stderr, /1 of them taken from equal runs/);
    assert.deepEqual(resultsOf(rows), [{ y: 1 }, { y: 1 }]);
    const read = (job: string, name: string): string =>
      Deno.readTextFileSync(join(tree, "recent", job, job, "files", name));
    for (const name of ["when.txt", "sub/deep/when.txt"]) {
      assert.equal(read("second", name), read("first", name), name);
    }
    await assertSound(tree);
  });
});
