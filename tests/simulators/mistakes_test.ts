/** What is wrong with the files of a command: told at the word that names them, before anything runs. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder, place } from "../helpers/folder.ts";
import { simrun } from "../helpers/program.ts";

Deno.test("simrun validate tells of each file of a command at the word that names it", async () => {
  await inFolder(async (folder) => {
    const scripts = { good: "#!/bin/sh\n", windows: "#!/bin/sh\r\n", lost: "#!/no/such/shell\n" };
    for (const [name, text] of Object.entries(scripts)) {
      await Deno.chmod(await place(folder, `${name}.sh`, text), 0o755);
    }
    await place(folder, "plain.sh", "echo\n");
    await Deno.chmod(join(folder, "plain.sh"), 0o644);
    await place(folder, "deck.in", "T = ${T}\n$${x} ${Tmax}\n\n${ x }\n");
    const cases: readonly (readonly [model: string, told: RegExp])[] = [
      ["command: [./good.sh, ./none.in]", /:3:24: error: There is no file \S+\/none\.in\n/],
      ["templates: [./deck.in, ./none.in]\n  command: [sh]", /:3:26: .* no file \S+\/none\.in\n/],
      [
        "command: [./lost.sh]",
        /:3:13: .*lost\.sh begins with #!\/no\/such\/shell, and there is no/,
      ],
      ["command: [./windows.sh]", /:3:13: .*ends as on Windows[^]*sed -i/],
      ["command: [./plain.sh]", /:3:13: .*plain\.sh is not executable[^]*chmod \+x/],
      [
        "command: [sh, deck.in]\n  templates: ./deck.in",
        /:4:14: .*deck\.in:4: \$\{x\} stands for no parameter/,
      ],
      ["command: [sh]\n  measure: { pattern: '(a)' }", /:4:23: .* must be a pattern with named gr/],
      ["command: [sh]\n  results: { 'a b': c }", /:4:14: .* cannot be the name of a result/],
      [
        "command: [sh]\n  restart: [sh]\n  checkpoint: '*.rst'\n  measure: { pattern: '(?<x>a)' }",
        /:5:3: .*Nothing tells the step of a checkpoint[^]*progress:/,
      ],
      [
        "command: [sh]\n  restart: [sh]\n  checkpoint: '/tmp/*.rst'",
        /:5:15: .*must be a glob over files(?![^]*stands without)/,
      ],
      ["command: []", /:3:12: .* a list of one word or more/],
    ];
    for (const [model, told] of cases) {
      const text = `id: a\nmodel:\n  ${model}\nparameters: { T: 1, Tmax: 2 }\n`;
      const path = await place(folder, "a.yaml", text);
      const { status, stdout, stderr } = await simrun(["validate", path], { cwd: folder });
      assert.equal(status, 2, model);
      assert.match(stdout + stderr, told, model);
    }
  });
});

Deno.test("a line of a shell finds in its environment all that placeholders stand for", async () => {
  await inFolder(async (folder) => {
    const line =
      `echo "x=$SIMRUN_PARAM_x seed=$SIMRUN_RANDOM_SEED of=$SIMRUN_STEPS at=$SIMRUN_STEP<$SIMRUN_CHECKPOINT>"`;
    const path = await place(
      folder,
      "a.yaml",
      `id: a\nmodel: { shell: '${line}' }\nsteps: 7\nparameters: { x: 0.5 }\n`,
    );
    const { status, stderr } = await simrun([path], { cwd: folder });
    assert.equal(status, 0, stderr);
    const { stdout } = await simrun(["logs", "a"], { cwd: folder });
    assert.match(stdout, /^x=0\.5 seed=[1-9]\d+ of=7 at=0<>$/m);
  });
});

Deno.test("a result that is not there, or not a number, is told with the line that asks for it", async () => {
  await inFolder(async (folder) => {
    const path = await place(
      folder,
      "a.yaml",
      `jobs:
  - id: printed
    model:
      command: [echo, "x=abc"]
      results: { x: 'x=(\\S+)' }
  - id: whole
    model: { command: [echo], results: out.json }
  - id: column
    model:
      command: [sh, -c, "printf 'a,b\\n1,2\\n' > t.csv"]
      results:
        r.last: { file: t.csv, column: c }
  - id: unfinished
    model: { command: [echo, on the way], done: ^finished }
  - id: good
    model: { command: [echo, x=1], results: { x: 'x=(\\d)' } }
`,
    );
    const places = {
      printed: `the result "x" is "abc" in what it printed, not a number (a.yaml:5:21)`,
      whole: "it left no file out.json (a.yaml:7:40)",
      column: `t.csv has no column "c"; it has a, b (a.yaml:12:17)`,
      unfinished: "nothing in what it printed matches ^finished; " +
        "its last words: on the way (a.yaml:14:49)",
    };
    const cwd = { cwd: folder };
    const { status, stderr } = await simrun([path], cwd);
    assert.equal(status, 3, stderr);
    const { stdout: story } = await simrun(["explain", "column"], cwd);
    assert.ok(story.includes(places.column), story);
    const { stdout: shown } = await simrun(["status"], cwd);
    for (const told of Object.values(places)) assert.ok(shown.includes(told), shown);
    const results = await simrun(["results"], cwd);
    assert.match(results.stdout, /^good/m);
    assert.match(results.stderr, /^1 of 5 runs; 4 failed\.$/m);
    assert.match(
      results.stderr,
      /^simrun explain \w+ tells what .*; simrun resume tries them aga/m,
    );
    for (const [job, told] of Object.entries(places)) {
      for (const text of [stderr, results.stderr]) {
        const line = text.split("\n").find((line) => line.startsWith(`failed  ${job}  `));
        assert.ok(line?.endsWith(told), `${job}: ${text}`);
      }
    }
    // The tree alone knows no lines: the entry is named.
    const again = await simrun(["resume"], cwd);
    assert.match(
      again.stderr,
      /t\.csv has no column "c"; it has a, b \(model\.results\.r\.last\)$/m,
    );
  });
});
