/**
 * The standalone executable: what is embedded in it, seen with the ordinary binary as a stand-in for the base
 * that `deno compile` fetches; and the hidden sub-command by which the executable becomes a slot.
 */
import assert from "node:assert/strict";
import { PAGE_FILES, STYLE_FILES } from "../src/dashboard/page_files.ts";
import { parseFromSlot, WIRE } from "../src/worker/slot_wire.ts";
import { dirname, join, normalize } from "../src/job/path.ts";
import { readSource, sourcesBelow } from "./helpers/source.ts";
import { fromFileUrl, withFolder } from "./helpers/program.ts";

const ROOT = fromFileUrl(new URL("..", import.meta.url));

Deno.test("deno task compile embeds the simulation thread, templates and examples", async () => {
  await withFolder(async (folder) => {
    const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
    const words: string[] = tasks.compile.split(" ").slice(1);
    words[words.indexOf("--output") + 1] = `${folder}/simrun`;
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: words,
      cwd: ROOT,
      env: { DENORT_BIN: Deno.execPath(), NO_COLOR: "1" },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    // The archive of embedded files is plain bytes at the end of the executable: sources can be searched.
    const bytes = await Deno.readFile(`${folder}/simrun`);
    const base = (await Deno.stat(Deno.execPath())).size;
    const decoder = new TextDecoder("latin1");
    const embedded = decoder.decode(bytes.subarray(base));
    for (
      const mark of [
        "What a command is handed of the world",
        "The agent: the main thread of a slot",
        "The simulation thread of a slot",
        "logistic",
        "One-dimensional energy balance model",
        "climate_2030",
        "json-schema.org",
        // What is loaded when a figure or a Parquet file is written.
        '"name": "vega-scenegraph"',
        "ParquetWriter class",
        "index_bg.wasm",
        "Arimo_400Regular.ttf",
        // The dashboard's server, as a process beside a campaign, and the thread of its plots.
        "Who may ask the dashboard's server",
        "The dashboard of a campaign: `simrun dashboard` as a process of its own",
        "The thread of the plots",
        // Who is told, in a process beside the campaign.
        "The process beside a campaign that tells its sinks",
        "The process of a hooks module",
      ]
    ) assert.ok(embedded.includes(mark), `"${mark}" is not in the executable`);
    // The page is there to the byte: its server answers with these files.
    for (const name of [...PAGE_FILES, ...STYLE_FILES]) {
      const file = decoder.decode(await Deno.readFile(`${ROOT}/src/dashboard/page/${name}`));
      assert.ok(embedded.includes(file), `${name} is not in the executable`);
    }
  });
});

const LOAD =
  /\bload<\s*typeof import\("([^"]+)"\)\s*>\(\s*import\.meta\.resolve\("([^"]+)"\),?\s*\)/g;

Deno.test("everything.ts imports each file that is loaded at need, and nothing else", () => {
  const file = "src/cli/everything.ts";
  const { text } = readSource(ROOT, file);
  const embedded = [...text.matchAll(/import\("([^"]+)"\)/g)].map(([, to]) =>
    resolvePath(file, to!)
  );
  const loaded = new Set<string>();
  for (const { path, text } of sourcesBelow(ROOT, "src")) {
    if (path === "src/job/load.ts") continue;
    const calls = [...text.matchAll(LOAD)];
    assert.equal(calls.length, text.split(/\bload</).length - 1, `${path} loads in another form`);
    for (const [, type, url] of calls) {
      assert.equal(url, type, path);
      loaded.add(resolvePath(path, type!));
    }
  }
  assert.deepEqual(embedded.sort(), [...loaded].sort());
});

function resolvePath(from: string, to: string): string {
  return normalize(join(dirname(from), to));
}

Deno.test("simrun __slot says it is ready and ends when its input closes", async () => {
  const pipes = `exec "$@" ${WIRE.orders}<&0 ${WIRE.answers}>&1 0</dev/null 1>/dev/null`;
  const main = `${ROOT}/main.ts`;
  const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", pipes, "slot", Deno.execPath(), "run", "-A", "-q", main, "__slot", "1000000000"],
    stdin: "null",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const said = new TextDecoder().decode(stdout);
  assert.deepEqual(parseFromSlot(said.trimEnd()), { type: "ready" });
});
