/** T33: what the environment holds reaches no file of the tree, no stream, no command line and no model. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../helpers/folder.ts";
import { until } from "../helpers/processes.ts";
import { attack, endOf, placeAll, processesOf, startAttack } from "../bad_input/attack.ts";
import { entriesBelow } from "./planted.ts";

const CANARY = "c4n4ry-7f3a91d2-do-not-tell";
const SECRETS = {
  SIMRUN_SECRET_CANARY: CANARY,
  AWS_SECRET_ACCESS_KEY: CANARY,
  GITHUB_TOKEN: CANARY,
  SLACK_WEBHOOK: `https://hooks.example.org/${CANARY}`,
  HTTPS_PROXY: `http://user:${CANARY}@proxy.example.org:3128`,
};

/** Ways by which a model could look at the environment of its process, or of the one that started it. */
const WAYS: Record<string, string> = {
  env: "Deno.env.get('SIMRUN_SECRET_CANARY')",
  env_all: "JSON.stringify(Deno.env.toObject())",
  process_env: "process.env.SIMRUN_SECRET_CANARY",
  process_env_all: "JSON.stringify({ ...process.env })",
  node_process: "JSON.stringify(node.env)",
  proc_self: "Deno.readTextFileSync('/proc/self/environ')",
  proc_thread: "Deno.readTextFileSync('/proc/thread-self/environ')",
  proc_parent: "Deno.readTextFileSync(`/proc/${parent}/environ`)",
  proc_memory: "Deno.readTextFileSync('/proc/self/maps')",
  proc_link: "Deno.readTextFileSync(new URL('./link', import.meta.url))",
  proc_node: "fs.readFileSync('/proc/self/environ', 'utf8')",
  proc_input: "ctx.inputs.env.text()",
  proc_open: "Deno.openSync('/proc/self/environ').statSync().size",
  import_text: "JSON.stringify(await import('/proc/self/environ', { with: { type: 'text' } }))",
  import_json: "JSON.stringify(await import('/proc/self/environ', { with: { type: 'json' } }))",
  import_link: "JSON.stringify(await import('./' + 'link', { with: { type: 'text' } }))",
  import_code: "JSON.stringify(await import('./' + 'code.ts'))",
  fetch_file: "await (await fetch('file:///proc/self/environ')).text()",
  command: "new TextDecoder().decode(new Deno.Command('env').outputSync().stdout)",
  child: "child.execSync('env').toString()",
  worker: "await new Promise((done) => { const w = new Worker('data:application/javascript," +
    "postMessage(Deno.env.toObject())', { type: 'module' }); w.onmessage = (e) => " +
    "done(JSON.stringify(e.data)); w.onerror = (e) => { e.preventDefault(); done(''); }; })",
  report: "JSON.stringify(node.report?.getReport?.() ?? 'none')",
};

const HEAD = `import fs from "node:fs";
import child from "node:child_process";
import node from "node:process";
import process from "node:process";
let parent = 1;
try { parent = Deno.ppid; } catch {}
`;

/** It tells whatever it finds, in every way in which a model can tell something. */
function spy(way: string): string {
  return `${HEAD}
export async function init(ctx) {
  const found = String(await (async () => ${way})());
  console.log(found);
  return { found };
}
export function step(s, ctx) { ctx.log(s.found); }
export const result = (s) => s.found;
`;
}

const CRASHES: Record<string, string> = {
  dies: "export function step() { const a = []; for (;;) a.push(new Array(1e6).fill(a.length)); }",
  throws: "export function step() { throw new Error('words', { cause: globalThis }); }",
  hangs: "export function step() { for (;;); }",
};

function filesOf(): Record<string, string> {
  const job = (name: string) =>
    `  - { id: ${name}, model: ${name}.ts, inputs: { env: /proc/self/environ } }\n`;
  return {
    "spies.yaml": `defaults: { steps: 2, hang_after: 2s, retry: { limit: 0 } }\njobs:\n` +
      Object.keys(WAYS).map(job).join(""),
    "crashes.yaml": `defaults: { steps: 2, hang_after: 1s, retry: { limit: 0 } }\njobs:\n` +
      Object.keys(CRASHES).map((name) => `  - { id: ${name}, model: ${name}.ts }\n`).join(""),
    "steady.yaml": "{ id: steady, model: steady.ts, steps: 1e9, checkpoint_every: 100 }",
    "steady.ts":
      "export function step() { for (const e = performance.now() + 1; performance.now() < e;); }\n",
    "wrong.yaml": "{ id: wrong, model: wrong.ts, steps: 1, x: $SIMRUN_SECRET_CANARY }",
    ...Object.fromEntries(Object.entries(WAYS).map(([name, way]) => [`${name}.ts`, spy(way)])),
    ...Object.fromEntries(Object.entries(CRASHES).map(([name, text]) => [`${name}.ts`, text])),
  };
}

Deno.test("a secret of the environment is in no file, no stream, no command line and no model", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, filesOf());
    await Deno.symlink("/proc/self/environ", join(folder, "link"));
    await Deno.symlink("/proc/self/environ", join(folder, "code.ts"));
    const told: string[] = [];
    const run = async (...args: string[]) => {
      const { stdout, stderr, status } = await attack(folder, args, { env: SECRETS });
      told.push(`simrun ${args.join(" ")}\n${stdout}${stderr}`);
      return status;
    };
    const spied = await run("spies.yaml");
    assert.equal(spied, 3, told.at(-1));
    assert.equal(await run("crashes.yaml"), 3, told.at(-1));
    assert.equal(await run("wrong.yaml"), 2);
    for (const name of ["env", "proc_self", "dies", "throws"]) await run("explain", name);
    await run("logs", "env");
    await run("results", "--json");
    await run("status", "--all", "--json");
    await run("doctor");
    await run("verify", "--json");
    told.push(await debugged(folder));
    await run("validate", "spies.yaml", "--json");

    const running = startAttack(folder, ["steady.yaml"], { env: SECRETS });
    const isUp = () => processesOf(folder).length >= 2 && saved(folder, "steady");
    await until(isUp, "a slot works");
    const lines = processesOf(folder).map((pid) =>
      Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ")
    );
    assert.ok(lines.length >= 2, "orchestrator and slot");
    // A slot that is killed says its last words.
    running.kill("SIGTERM");
    const { stdout, stderr } = await endOf(running, folder);
    told.push(stdout, stderr, ...lines);

    for (const text of told) assert.ok(!text.includes(CANARY), text.slice(0, 4000));
    const files = entriesBelow(join(folder, "simruns")).filter(({ isFile }) => isFile);
    assert.ok(files.length >= 5);
    for (const { path } of files) {
      const text = await Deno.readTextFile(join(folder, "simruns", path));
      assert.ok(!text.includes(CANARY), path);
    }
  });
});

/** A stack trace is what was asked for; what is in it is looked at. */
async function debugged(folder: string): Promise<string> {
  const child = startAttack(folder, ["status", "--debug", "--tree", "nowhere"], { env: SECRETS });
  const [stderr] = await Promise.all([new Response(child.stderr).text(), child.stdout.cancel()]);
  await child.status;
  assert.match(stderr, /^ {4}at /m);
  return stderr;
}

function saved(folder: string, job: string): boolean {
  try {
    return [...Deno.readDirSync(join(folder, "simruns/checkpoints", job, job))].length > 0;
  } catch {
    return false;
  }
}
