/** The rules of the house as a test: who imports whom, where the edges are, how a file looks. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSource, type Source, sourcesBelow, strip } from "./helpers/source.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const SOURCES = sourcesBelow(ROOT, "src");
const ALL = [readSource(ROOT, "main.ts"), readSource(ROOT, "mod.ts"), ...SOURCES];

/** What a folder may import from; each folder stands below those it imports. */
const MAY_IMPORT: { readonly [folder: string]: readonly string[] } = {
  job: [],
  queue: ["job"],
  plan: ["job", "queue"],
  search: ["job", "plan"],
  campaign: ["job", "plan", "queue"],
  store: ["job"],
  verify: ["job", "store"],
  command: ["job", "store"],
  plecs: ["job"],
  worker: ["job", "plan", "campaign", "store", "command", "plecs"],
  report: ["job", "plan", "queue"],
  screen: ["job", "plan", "report"],
  notice: ["job", "report", "screen"],
  html: ["job", "report", "screen"],
  // Diagnostics are text with a caret: that they are safe and aligned is the screen's knowledge.
  manifest: ["job", "plan", "screen"],
  metrics: ["job", "queue", "store", "report"],
  slurm: ["job", "store", "report"],
  traces: ["job", "store", "worker"],
  sink: ["job", "report", "screen", "notice", "store", "worker", "metrics", "traces"],
  runner: [
    "job",
    "plan",
    "search",
    "queue",
    "campaign",
    "command",
    "plecs",
    "worker",
    "store",
    "report",
    "manifest",
  ],
  dashboard: ["job", "plan", "queue", "store", "report", "screen", "notice"],
  cli: [
    "job",
    "plan",
    "queue",
    "store",
    "report",
    "screen",
    "html",
    "manifest",
    "notice",
    "runner",
    "sink",
    "metrics",
    "slurm",
    "traces",
    "verify",
    "worker",
    "dashboard",
    // Names what the executable holds: the package that reads globs.
    "command",
  ],
};

/** Files outside of the edge folders that meet the world, each with what for. */
const EDGE_FILES: { readonly [path: string]: string } = {
  "src/screen/terminal.ts": "is the terminal",
  "src/dashboard/access.ts": "makes tokens at random",
  "src/dashboard/event_listeners.ts": "opens WebSockets, has a clock",
  "src/dashboard/page_files.ts": "reads the files of the page",
  "src/dashboard/plot_thread.ts": "starts the thread of the plots",
  "src/dashboard/plot_worker.ts": "looks at the clock",
  "src/dashboard/server.ts": "upgrades to WebSockets, has a clock",
  "src/dashboard/tree_watch.ts": "has a clock",
  "src/dashboard/turns.ts": "lets others have their turn",
  "src/dashboard/web_server.ts": "listens",
};
const EDGE_FOLDERS = [
  "command",
  "plecs",
  "worker",
  "store",
  "verify",
  "runner",
  "sink",
  "metrics",
  "slurm",
  "traces",
  "cli",
];

/** Ways to ask the world for something. */
const WORLD = [
  /\bDeno\s*[.[]/,
  /\bconsole\s*[.[]/,
  /\bset(?:Timeout|Interval|Immediate)\s*\(/,
  /\bqueueMicrotask\s*\(/,
  /\bDate\s*\.\s*now\b/,
  /\bnew\s+Date\s*\(\s*\)/,
  /\bnew\s+Date\s*[^(\s]/,
  /\bMath\s*\.\s*random\b/,
  /\bcrypto\s*\.\s*(?:getRandomValues|randomUUID)\b/,
  /(?<![.#\w])fetch\s*\(/,
  /\bnew\s+(?:Worker|WebSocket|BroadcastChannel)\b/,
  /\bperformance\s*\./,
  /\bnavigator\s*\./,
  /\bprocess\s*\.\s*(?!getBuiltinModule\b)/,
];

/** Modules that pure folders may use: they compute, and ask the world for nothing. */
const PURE_MODULES = ["node:crypto", "node:path"];

/** About 300; a line or two more is no reason to tear a file apart. */
const LINES_MAX = 320;

Deno.test("folders import only from those below them", () => {
  const folders = new Set(SOURCES.map(folderOf));
  assert.deepEqual([...folders].toSorted(), Object.keys(MAY_IMPORT).toSorted());
  const broken: string[] = [];
  for (const source of SOURCES) {
    for (const target of neighbours(source)) {
      const from = folderOf(source);
      const to = target.split("/")[1]!;
      if (from !== to && !MAY_IMPORT[from]!.includes(to)) broken.push(`${source.path} → ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

Deno.test("the table of folders itself has no circle", () => {
  const placed = new Set<string>();
  for (let left = Object.keys(MAY_IMPORT); left.length > 0;) {
    const next = left.filter((folder) => MAY_IMPORT[folder]!.every((one) => placed.has(one)));
    assert.ok(next.length > 0, `a circle among ${left}`);
    next.forEach((folder) => placed.add(folder));
    left = left.filter((folder) => !placed.has(folder));
  }
});

Deno.test("every permission of the table is used", () => {
  const used = new Set<string>();
  for (const source of SOURCES) {
    for (const target of neighbours(source)) {
      used.add(`${folderOf(source)} → ${target.split("/")[1]}`);
    }
  }
  const allowed = Object.entries(MAY_IMPORT).flatMap(([from, all]) =>
    all.map((to) => `${from} → ${to}`)
  );
  assert.deepEqual(allowed.filter((one) => !used.has(one) && one !== "cli → worker"), []);
});

// A table of commands that are loaded when they are called may hold one that lists the table.
Deno.test("files load each other without circles", () => {
  const state = new Map<string, "open" | "closed">();
  const byPath = new Map(ALL.map((source) => [source.path, source]));
  const visit = (path: string, trail: readonly string[]): void => {
    assert.notEqual(state.get(path), "open", `a circle: ${[...trail, path].join(" → ")}`);
    if (state.has(path)) return;
    state.set(path, "open");
    for (const target of neighbours(byPath.get(path)!, "static")) visit(target, [...trail, path]);
    state.set(path, "closed");
  };
  for (const { path } of ALL) visit(path, []);
});

Deno.test("every import leads to a file that is there", () => {
  const paths = new Set(ALL.map(({ path }) => path));
  for (const source of ALL) {
    for (const target of neighbours(source)) {
      assert.ok(paths.has(target), `${source.path} imports ${target}`);
    }
  }
});

Deno.test("only edges meet the world", () => {
  const broken: string[] = [];
  for (const { path, bare } of SOURCES) {
    if (EDGE_FOLDERS.includes(path.split("/")[1]!) || path in EDGE_FILES) continue;
    for (const pattern of WORLD) {
      const found = pattern.exec(bare);
      if (found !== null) broken.push(`${path}:${lineAt(bare, found.index)} ${found[0]}`);
    }
  }
  assert.deepEqual(broken, []);
});

/** Calls of the disk that are no part of the tree: the system tells who a process is. */
const BESIDE_THE_TREE = ["src/store/file_system.ts", "src/store/owner.ts"];

Deno.test("the store reaches the disk only where a simulation can stand in", () => {
  const call =
    /\bDeno\s*\.\s*(?:open|l?stat|mkdir|readDir|readFile|readTextFile|readLink|remove|rename|write(?:Text)?File|truncate|link|symlink|copyFile|utime|chmod)(?:Sync)?\b/;
  const broken: string[] = [];
  for (const { path, bare } of SOURCES) {
    if (!/^src\/(?:store|verify)\//.test(path) || BESIDE_THE_TREE.includes(path)) continue;
    const found = call.exec(bare);
    if (found !== null) broken.push(`${path}:${lineAt(bare, found.index)} ${found[0]}`);
  }
  assert.deepEqual(broken, []);
});

Deno.test("pure folders use no module that meets the world", () => {
  const broken: string[] = [];
  for (const source of SOURCES) {
    if (EDGE_FOLDERS.includes(folderOf(source)) || source.path in EDGE_FILES) continue;
    for (const name of source.imports) {
      if (name.startsWith("node:") && !PURE_MODULES.includes(name)) {
        broken.push(`${source.path} ${name}`);
      }
    }
  }
  assert.deepEqual(broken, []);
});

/** Loaded by every run of commands, in simrun itself or in its slots. */
const OF_EVERY_RUN = [
  "src/cli/execute.ts",
  "src/cli/read_jobs.ts",
  "src/cli/run.ts",
  "src/runner/command_check.ts",
  "src/worker/command_identity.ts",
  "src/worker/command_thread.ts",
  "src/worker/slot_main.ts",
];
/** The runtime has loaded it already, for its timers. */
const LOADED_ANYWAY = ["node:buffer"];

Deno.test("what every run loads needs no package and no module of Node, of which each takes 8 to 30 ms", () => {
  const loaded = new Set(OF_EVERY_RUN);
  const broken: string[] = [];
  for (const path of loaded) {
    const source = SOURCES.find((one) => one.path === path);
    assert.ok(source !== undefined, `there is no ${path}`);
    const types = new Set(
      [...source.code.matchAll(/^import type [^;]*? from "([^"]+)";/gm)].map(([, name]) => name),
    );
    for (const name of source.staticImports) {
      if (types.has(name)) continue;
      if (name.startsWith(".")) loaded.add(join(dirname(path), name));
      else if (!LOADED_ANYWAY.includes(name)) {
        broken.push(`${path} ${name}`);
      }
    }
  }
  assert.ok(loaded.size > 150, `${loaded.size}`);
  assert.deepEqual(broken, []);
});

Deno.test("a package is imported in one file, and every package of deno.json in one", () => {
  const users = new Map<string, Set<string>>();
  for (const { path, imports } of ALL) {
    for (const name of imports) {
      if (/^(?:\.|node:)/.test(name)) continue;
      const parts = name.split("/");
      const key = parts.slice(0, name.startsWith("@") ? 2 : 1).join("/");
      users.set(key, (users.get(key) ?? new Set()).add(path));
    }
  }
  for (const [name, files] of users) {
    assert.equal(files.size, 1, `${name} is imported by ${[...files].join(", ")}`);
  }
  const { imports } = JSON.parse(Deno.readTextFileSync(`${ROOT}/deno.json`));
  assert.deepEqual([...users.keys()].toSorted(), Object.keys(imports).toSorted());
});

Deno.test("every file opens with one to four lines that say what it holds", () => {
  for (const { path, text } of ALL) {
    const head = /^\/\*\*[\s\S]*?\*\/\n/.exec(text)?.[0];
    assert.ok(head !== undefined, `${path} does not open with /** … */`);
    const lines = head.replace(/^\/\*\*|\*\/$/gm, "").split("\n")
      .map((line) => line.replace(/^[\s*]+/, "")).filter((line) => line !== "");
    assert.ok(lines.length >= 1, `${path} opens with nothing`);
    assert.ok(lines.length <= headLinesMax(path), `${path} opens with ${lines.length} lines`);
  }
});

Deno.test("a file fits one sitting", () => {
  for (const { path, text } of ALL) {
    const lines = text.trimEnd().split("\n").length;
    assert.ok(lines <= LINES_MAX, `${path} has ${lines} lines`);
  }
});

Deno.test("names of files are snake_case, and there are no default exports and no enums", () => {
  for (const { path, bare } of ALL) {
    assert.match(path, /^(?:src\/[a-z]+\/)?[a-z0-9]+(?:_[a-z0-9]+)*\.ts$/);
    assert.doesNotMatch(bare, /\bexport\s+default\b/, path);
    assert.doesNotMatch(bare, /^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s/m, path);
  }
});

Deno.test("the source names no folder of a person's machine", () => {
  for (const { path, text } of ALL) {
    assert.doesNotMatch(text, /["'` (](?:\/work\/|\/home\/|\/root\/|\/Users\/)/, path);
  }
});

Deno.test("strip() leaves code, and nothing of comments, strings, templates and patterns", () => {
  const text = [
    'const a = "// no comment Deno.x"; // Deno.y',
    "const b = `text ${f({ c: `in ${Deno.z} ner` })} Deno.t`; /* Deno.u */",
    "const d = /[\"/*]Deno\\.v\\//g.test(a) ? 1 / 2 : x / y; const e = 'it\\'s Deno.w';",
    'import { g } from "./g.ts"; // import "./h.ts"',
  ].join("\n");
  const { code, bare } = strip(text);
  assert.deepEqual(bare.match(/Deno\.\w/g), ["Deno.z"]);
  assert.equal(bare.length, text.length);
  assert.match(code, /from "\.\/g\.ts"/);
  assert.doesNotMatch(code, /h\.ts/);
  assert.match(bare, /\? 1 \/ 2 : x \/ y; const e = '/);
});

/** A crash contract stands at the head of its file, and what a library user reads at that of mod.ts. */
function headLinesMax(path: string): number {
  return path === "mod.ts" || /\/(?:campaign|store|worker)\//.test(path) ? 12 : 4;
}

function folderOf({ path }: Source): string {
  return path.split("/")[1]!;
}

/** Files of the project that a file imports, as paths from the root. */
function neighbours(source: Source, which: "all" | "static" = "all"): string[] {
  return (which === "all" ? source.imports : source.staticImports)
    .filter((name) => name.startsWith("."))
    .map((name) => join(dirname(source.path), name));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
