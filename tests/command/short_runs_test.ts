/** Commands that take milliseconds: a slot starts the next one before it tells of the last, and mixes nothing up. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { RunEvent } from "../../src/job/event.ts";
import { readJournal } from "../../src/store/journal.ts";
import { Layout } from "../../src/store/layout.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";

interface Row {
  readonly run: string;
  readonly parameters: { readonly i: number };
  readonly result: unknown;
}

async function rowsOf(tree: string): Promise<Row[]> {
  const { stdout } = await simrun(["results", "--tree", tree, "--json"]);
  return JSON.parse(stdout) as Row[];
}

function eventsOf<T extends RunEvent["type"]>(tree: string, type: T) {
  const events: Extract<RunEvent, { type: T }>[] = [];
  readJournal(new Layout(tree), (entry) => {
    if (entry.type === type) events.push(entry as RunEvent as Extract<RunEvent, { type: T }>);
  });
  return events;
}

const COUNT = 160;
const numbers = Array.from({ length: COUNT }, (_, at) => at + 1);
const endsWith = (digit: number) => numbers.filter((i) => i % 10 === digit);

Deno.test("short commands of a batch have each their own values, folder, log, files and end, one at a time", async () => {
  await inFolder(async (folder) => {
    await place(
      folder,
      "short.sh",
      `mkdir "$BUSY" || exit 9
trap 'rmdir "$BUSY"' EXIT
[ -z "$(ls -A)" ] || exit 8
i=$SIMRUN_PARAM_i
echo "i=$i"
case $i in
  *3) echo "ERROR: $i is bad" >&2; exit 1 ;;
  *5) echo $i > kept.txt ;;
  *7) exit 0 ;;
esac
echo "twice=$((2 * i))"
`,
    );
    const path = await place(
      folder,
      "jobs.yaml",
      `
id: short
model:
  command: [sh, ./short.sh]
  pass: environment
  env: { BUSY: "${folder}/busy" }
  results: { twice: 'twice=(.*)' }
sweep: { i: { from: 1, to: ${COUNT}, step: 1 } }
`,
    );
    const tree = join(folder, "tree");
    const { status, stderr } = await simrun(["run", path, "--tree", tree, "-j", "1"]);
    assert.equal(status, 3, stderr);
    const batches = eventsOf(tree, "runs.started").map(({ runs }) => runs.length / 2);
    assert.ok(Math.max(...batches) > 3, `they came in batches of ${batches}`);

    const rows = await rowsOf(tree);
    const good = numbers.filter((i) => i % 10 !== 3 && i % 10 !== 7);
    assert.deepEqual(rows.map(({ parameters: { i } }) => i).toSorted((a, b) => a - b), good);
    for (const { parameters: { i }, result } of rows) assert.deepEqual(result, { twice: 2 * i });

    const completed = eventsOf(tree, "runs.completed").flatMap(({ runs }) => runs);
    const logs = new Map(completed.map(({ run, log }) => [run, log]));
    for (const { run, parameters: { i } } of rows) {
      assert.equal(logs.get(run), `i=${i}\ntwice=${2 * i}\n`);
      const file = join(tree, "recent", "short", run, "files", "kept.txt");
      const kept = await Deno.readTextFile(file).catch(() => undefined);
      assert.equal(kept, i % 10 === 5 ? `${i}\n` : undefined, `run ${i}`);
    }

    const failed = eventsOf(tree, "run.failed");
    const told = failed.map(({ failure: { message }, log = "" }) => {
      const i = Number(/^i=(\d+)/.exec(log)?.[1]);
      const why = i % 10 === 3
        ? `it said: ERROR: ${i} is bad`
        : "it printed no line for the result";
      assert.ok(message.includes(why), `${message} of run ${i}`);
      return i;
    });
    const bad = [...endsWith(3), ...endsWith(7)].toSorted((a, b) => a - b);
    assert.deepEqual(told.toSorted((a, b) => a - b), bad);
    const runs = new Set([...failed, ...rows].map(({ run }) => run));
    assert.equal(runs.size, COUNT);

    const { status: verified, stderr: words } = await simrun(["verify", "--tree", tree]);
    assert.equal(verified, 0, words);
  });
});

Deno.test("of a batch of short commands that is given back in the middle none is left out, and only what ran is run again", async () => {
  await inFolder(async (folder) => {
    const done = join(folder, "done");
    await Deno.mkdir(done);
    const path = await place(
      folder,
      "jobs.yaml",
      `
id: short
model:
  shell: '[ -z "$(ls -A)" ] && echo >> "$DONE/$SIMRUN_PARAM_i" && echo $SIMRUN_PARAM_i > i.txt'
  pass: environment
  env: { DONE: "${done}" }
  results: i.txt
  keep: []
sweep: { i: { from: 1, to: 2000, step: 1 } }
`,
    );
    const tree = join(folder, "tree");
    const countDone = () => [...Deno.readDirSync(done)].length;
    const child = startSimrun(["run", path, "--tree", tree, "-j", "1", "-q"]);
    await until(() => countDone() > 100, "a hundred of them");
    child.kill("SIGINT");
    await child.status;
    const before = countDone();
    assert.ok(before < 2000, "it was not stopped in the middle");
    const { status, stderr } = await simrun(["resume", "--tree", tree, "-j", "1"]);
    assert.equal(status, 0, stderr);
    assert.equal(countDone(), 2000);
    const twice = [...Deno.readDirSync(done)].filter(({ name }) =>
      Deno.statSync(join(done, name)).size > 1
    );
    // The one that was asked to end.
    assert.ok(twice.length <= 1, `${twice.map(({ name }) => name)} were run twice`);
    const rows = await rowsOf(tree);
    assert.equal(rows.length, 2000);
    for (const { parameters: { i }, result } of rows) assert.equal(Number(result), i);
  });
});
