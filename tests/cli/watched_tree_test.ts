/** What is watched of a tree: searches are told from the places of their results, whatever is sealed meanwhile. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { CliContext } from "../../src/cli/context.ts";
import { WatchedTree } from "../../src/cli/watched_tree.ts";
import { useFileSystem } from "../../src/store/file_system.ts";
import { JournalWriter } from "../../src/store/journal.ts";
import { Layout } from "../../src/store/layout.ts";
import { rotateJournal } from "../../src/store/seal.ts";
import { ended } from "../store/fixtures.ts";
import { simrun, withFolder } from "./program.ts";

const search = (budget: number) =>
  `id: fit\nmodel: ./m.js\nsteps: 1\noptimize: { metric: loss, budget: ${budget}, over: { x: { uniform: [0, 3] } } }\n`;

const MODEL = `
export const params = { x: { default: 0 } };
export const init = ({ params }) => ({ x: params.x });
export function step() {}
export const result = ({ x }) => ({ loss: (x - 1) ** 2 });
`;

const FLAGS = {
  json: false,
  quiet: true,
  debug: false,
  tree: undefined,
  watch: true,
  all: false,
};

function contextIn(cwd: string): CliContext {
  const stream = { write: () => {}, color: false, isTerminal: false };
  return {
    cwd,
    env: () => undefined,
    stdout: stream,
    stderr: stream,
    now: () => new Date(),
    // Looking takes no time: nothing is spared.
    clockMs: () => 0,
  } as unknown as CliContext;
}

/** How much is read of files whose paths end so, from now on. */
function countReads(end: string): { bytes: number } {
  const counted = { bytes: 0 };
  useFileSystem(Object.assign(Object.create(Deno), {
    openSync(path: string, options: Deno.OpenOptions) {
      const file = Deno.openSync(path, options);
      if (!path.endsWith(end)) return file;
      const readSync = file.readSync.bind(file);
      file.readSync = (into) => {
        const read = readSync(into);
        counted.bytes += read ?? 0;
        return read;
      };
      return file;
    },
  }));
  return counted;
}

Deno.test("WatchedTree tells the best of a search as it goes on, across sealings, and reads no journal twice", () =>
  withFolder({ "m.js": MODEL, "a.yaml": search(6), "b.yaml": search(12) }, async (cwd) => {
    const layout = new Layout(join(cwd, "simruns"));
    const run = async (manifest: string) => {
      const { code, err } = await simrun(["-q", manifest], { cwd });
      assert.equal(code, 0, err);
    };
    await run("a.yaml");
    const reads = countReads("journal.jsonl");
    try {
      using tree = new WatchedTree(contextIn(cwd), FLAGS, []);
      const led = async () => (await tree.read()).status.led![0]!;
      const first = await led();
      assert.equal(first.metric, "loss");
      const { size } = await Deno.stat(layout.journal);
      assert.ok(reads.bytes >= size);
      // Something is new: the results are read again, and nothing else.
      const { writer } = await JournalWriter.open(layout, () => new Date());
      await writer.append(ended(6));
      await writer.close();
      reads.bytes = 0;
      assert.deepEqual(await led(), first);
      assert.ok(reads.bytes > 0 && reads.bytes < size, `${reads.bytes} of ${size} bytes`);
      await run("b.yaml");
      // Places that were told before are those of a file that is sealed now.
      assert.ok(await rotateJournal(layout, 0));
      const second = await led();
      assert.ok(second.best!.value <= first.best!.value);
      assert.equal((await tree.read()).status.jobs[0]!.counts.completed, 12);
      using late = new WatchedTree(contextIn(cwd), FLAGS, []);
      assert.deepEqual((await late.read()).status.led, [second]);
    } finally {
      useFileSystem();
    }
  }));
