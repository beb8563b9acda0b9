/** What an untrusted model tries to reach (T32): each try is refused, and leaves no trace outside of its tree. */
import assert from "node:assert/strict";
import { inFolder, place } from "../helpers/folder.ts";
import { amongNeighbours, type Hostile } from "./hostile.ts";

const CANARY = "canary-in-the-coal-mine";

/** Ways out, by name: expressions whose value would be what they reached. */
const TRIES = {
  read_up: `Deno.readTextFileSync(new URL("../secret.txt", import.meta.url))`,
  read_absolute: `Deno.readTextFileSync("/etc/passwd")`,
  read_link: `Deno.readTextFileSync(new URL("./link.txt", import.meta.url))`,
  read_linked_folder: `Deno.readTextFileSync(new URL("./out/secret.txt", import.meta.url))`,
  read_link_node: `fs.readFileSync(new URL("./link.txt", import.meta.url), "utf8")`,
  read_tree: `Deno.readTextFileSync(new URL("../simruns/simrun.json", import.meta.url))`,
  read_manifest: `Deno.readTextFileSync(new URL("../jobs.yaml", import.meta.url))`,
  list_up: `[...Deno.readDirSync(new URL("..", import.meta.url))].length`,
  watch_up: `Deno.watchFs("/etc")`,
  environ: `Deno.readTextFileSync("/proc/self/environ")`,
  cmdline: `Deno.readTextFileSync("/proc/1/cmdline")`,
  fds: `[0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => Deno.openSync("/proc/self/fd/" + n))`,
  dev_fd: `Deno.openSync("/dev/fd/4")`,
  node_fds:
    `[3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => { try { return fs.fstatSync(n); } catch {} }).filter(Boolean)[0]`,
  env: `Deno.env.get("HOME")`,
  env_node: `process.env.HOME`,
  fetch: `await fetch("http://127.0.0.1:1234/")`,
  fetch_file: `await (await fetch(new URL("../secret.txt", import.meta.url))).text()`,
  connect: `await Deno.connect({ port: 1234 })`,
  connect_node:
    `await new Promise((yes, no) => net.connect(1234, "127.0.0.1").on("connect", yes).on("error", no))`,
  listen: `Deno.listen({ port: 0 })`,
  socket: `new WebSocket("ws://127.0.0.1:1234")`,
  resolve: `await Deno.resolveDns("example.com", "A")`,
  run: `new Deno.Command("true").outputSync()`,
  run_node: `cp.execSync("id").toString()`,
  run_fork: `cp.fork("./x.js").pid`,
  ffi: `Deno.dlopen("libc.so.6", {})`,
  pointer: `Deno.UnsafePointer.create(1n)`,
  addon: `process.dlopen({}, "/lib/x86_64-linux-gnu/libc.so.6") ?? "loaded"`,
  write_here: `Deno.writeTextFileSync(new URL("./new.txt", import.meta.url), "x") ?? "wrote"`,
  write_tree:
    `Deno.writeTextFileSync(new URL("../simruns/new.txt", import.meta.url), "x") ?? "wrote"`,
  write_temporary: `Deno.makeTempFileSync()`,
  write_node: `fs.writeFileSync("/tmp/new.txt", "x") ?? "wrote"`,
  write_cache: `await (await caches.open("x")).put("http://a.b/c", new Response("x")) ?? "wrote"`,
  write_database: `(new sqlite.DatabaseSync("/tmp/new.db"), "wrote")`,
  write_attached:
    `(new sqlite.DatabaseSync(":memory:").exec("attach database '/tmp/new.db' as n; create table n.t(x)"), "wrote")`,
  link: `Deno.symlinkSync("/etc/passwd", new URL("./new", import.meta.url)) ?? "linked"`,
  link_hard: `Deno.linkSync("/etc/passwd", "new") ?? "linked"`,
  chdir: `Deno.chdir(new URL(".", import.meta.url)) ?? "went"`,
  umask: `Deno.umask(0o777)`,
  import_up: `await import("../secret.ts")`,
  import_link: `await import("./link.ts")`,
  import_http: `await import("http://127.0.0.1:1234/x.ts")`,
  import_require: `createRequire(import.meta.url)("../secret.cjs")`,
  worker: `new Worker("data:text/javascript,")`,
  worker_full:
    `new Worker("data:text/javascript,", { type: "module", deno: { permissions: "inherit" } })`,
  permission:
    `(await Deno.permissions.request({ name: "read", path: "/" })).state === "granted" || undefined`,
  inspector: `inspector.open(0) ?? "open"`,
  kill: `process.kill(process.ppid, "SIGCONT")`,
  kill_deno: `Deno.kill(Deno.pid, "SIGCONT") ?? "sent"`,
  system: `Deno.hostname()`,
  user: `os.userInfo()`,
  internals: `Deno[Deno.internal].core.print`,
  locks: `await navigator.locks.query()`,
  control: `self.onmessage ?? undefined`,
  code_of_another_realm: `vm.runInNewContext("typeof Deno === 'undefined' ? undefined : Deno")`,
};

const SPY = `
import fs from "node:fs";
import net from "node:net";
import cp from "node:child_process";
import process from "node:process";
import sqlite from "node:sqlite";
import inspector from "node:inspector";
import os from "node:os";
import vm from "node:vm";
import { createRequire } from "node:module";
const told = {};
const tries = {
${Object.entries(TRIES).map(([name, code]) => `  ${name}: async () => ${code},`).join("\n")}
};
async function tryAll(when) {
  for (const name in tries) {
    try {
      const reached = await tries[name]();
      if (reached !== undefined) told[when + " " + name] = String(reached).slice(0, 200);
    } catch {}
  }
}
await tryAll("while loading");
export async function init() { await tryAll("in init"); return { x: 0 }; }
export function step(state) { state.x++; }
export function result(state) { return { x: state.x, told }; }
`;

Deno.test("a model finds no way out of its sandbox, by any of these ways, while it loads and in init()", async () => {
  await inFolder(async (folder) => {
    await place(folder, "secret.txt", CANARY);
    await place(folder, "secret.ts", `export default "${CANARY}";`);
    await place(folder, "secret.cjs", `module.exports = "${CANARY}";`);
    await place(folder, "models/near.txt", "near");
    await Deno.symlink("../secret.txt", `${folder}/models/link.txt`);
    await Deno.symlink("../secret.ts", `${folder}/models/link.ts`);
    await Deno.symlink("..", `${folder}/models/out`);
    const before = new Set([...Deno.readDirSync("/tmp")].map(({ name }) => name));
    const { status, stderr, results, journal } = await amongNeighbours(folder, {
      spy: { model: SPY },
    });
    assert.equal(status, 0, stderr);
    assert.deepEqual(results["spy/spy"]!.result, { x: 4, told: {} });
    assert.ok(!JSON.stringify(journal).includes(CANARY));
    const made = [...Deno.readDirSync(`${folder}/models`)].map(({ name }) => name);
    assert.deepEqual(made.toSorted(), [
      "good.ts",
      "link.ts",
      "link.txt",
      "near.txt",
      "out",
      "spy.ts",
    ]);
    for (const name of ["new.txt", "new.db"]) {
      assert.ok(before.has(name) || !exists(`/tmp/${name}`), name);
    }
  });
});

Deno.test("a model reads its own folder, also through links that stay in it, and its inputs", async () => {
  const model = `
    export function step() {}
    const read = (name) => Deno.readTextFileSync(new URL(name, import.meta.url));
    export function result(state, ctx) {
      return [read("./near.txt"), read("./deep/er/far.txt"), read("./inner.txt"), ctx.inputs.grid.text()];
    }
  `;
  await inFolder(async (folder) => {
    await place(folder, "data/grid.txt", "grid");
    await place(folder, "models/near.txt", "near");
    await place(folder, "models/deep/er/far.txt", "far");
    await Deno.symlink("near.txt", `${folder}/models/inner.txt`);
    await Deno.symlink("/etc/passwd", `${folder}/models/deep/outer.txt`);
    const { results, stderr } = await amongNeighbours(folder, {
      reader: { model, keys: "inputs: { grid: data/grid.txt }" },
    });
    assert.deepEqual(results["reader/reader"]?.result, ["near", "far", "near", "grid"], stderr);
  });
});

/** What speaks in another's name: what it forges must be in no record. */
const FORGERS: Record<string, Hostile> = {
  wire: {
    model: `
      import net from "node:net";
      const runs = [0, 1, 2, 3].map((index) => ({ index, step: 300, ms: 1, result: "forged" }));
      const forged = Array.from({ length: 200 }, (_, batch) => JSON.stringify({ type: "results", batch, runs })).join("\\n");
      export async function init() {
        for (let fd = 3; fd < 24; fd++) {
          try { new net.Socket({ fd, readable: false, writable: true }).on("error", () => {}).write(forged + "\\n"); } catch {}
        }
        await new Promise((done) => setTimeout(done, 200));
        return { x: 0 };
      }
      export function step(state) { state.x++; }
      export function result() { return "own"; }
    `,
  },
  thief: {
    model: `
      import net from "node:net";
      export async function init() {
        for (let fd = 3; fd < 24; fd++) {
          try { new net.Socket({ fd, readable: true, writable: false }).on("error", () => {}).on("data", () => {}); } catch {}
        }
        await new Promise((done) => setTimeout(done, 200));
        return { x: 0 };
      }
      export function step(state) { state.x++; }
      export function result() { return "own"; }
    `,
  },
  stringify: {
    model: `
      const own = JSON.stringify;
      export function step() {}
      export function result() {
        JSON.stringify = (value) => own(value) + '],"batch":1,"type":"failed","x":[';
        Array.prototype.join = function () { return '{"index":0}],"batch":1}\\n{"type":"ready"}\\n'; };
        return "own";
      }
    `,
  },
  globals: {
    model: `
      const cell = Float64Array.prototype.set;
      export function init() {
        Math.sin = () => 0; Math.log = () => 0; Math.sqrt = () => 0; performance.now = () => 0;
        Object.prototype.toJSON = () => "forged"; Array.prototype.map = () => ["forged"];
        Object.entries = () => []; Object.keys = () => []; String.prototype.replaceAll = () => "forged";
        Atomics.store = Atomics.load = () => 1; Float64Array.prototype.set = () => {};
        Promise.prototype.then = function () { throw new Error("no"); };
        return { x: 0 };
      }
      export function step(state) { state.x++; }
      export function result() { return "own"; }
    `,
  },
  listener: {
    model: `
      self.onmessage = (event) => { event.data.type = "forged"; };
      addEventListener("message", (event) => event.stopImmediatePropagation(), { capture: true });
      export function step(state) { state.x = (state.x ?? 0) + 1; }
      export function result() { return "own"; }
    `,
  },
};

Deno.test("what a model forges, on the wire or in the globals, stands in no record of another", async () => {
  await inFolder(async (folder) => {
    const { status, stderr, results, journal, elapsedMs } = await amongNeighbours(folder, FORGERS);
    assert.ok(status === 0 || status === 3, stderr);
    const others = journal.filter(({ job }) => job !== undefined && !(job in FORGERS));
    assert.ok(!JSON.stringify(others).includes("forged"));
    for (const name in FORGERS) {
      const { result } = results[`${name}/${name}`] ?? { result: "own" };
      if (name !== "globals") assert.equal(result, "own", name);
    }
    assert.ok(elapsedMs < 120_000, `took ${elapsedMs} ms`);
  });
});

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
