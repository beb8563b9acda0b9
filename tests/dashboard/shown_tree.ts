/** Trees that tests show, made by the real program, and the dashboard over them as a process. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/job/fault.ts";
import { place } from "../helpers/folder.ts";
import { until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";

/** An oscillator: throws where it is driven hard and damped much; logs; takes as long as `pace.txt` beside it says. */
const OSCILLATOR = `
const pace = new URL("./pace.txt", import.meta.url);
const bell = new Int32Array(new SharedArrayBuffer(4));
export const params = { damping: { default: 0.1 }, drive: { default: 1 }, slow: { default: 0 } };
export function init(ctx) {
  ctx.log("begins with <img src=x onerror=alert(1)> damping " + ctx.params.damping);
  return { x: 1, v: 0, peak: 0 };
}
export function step(s, ctx) {
  const { damping, drive, slow } = ctx.params;
  if (slow > 0) {
    const waitMs = Number(Deno.readTextFileSync(pace));
    if (waitMs > 0) Atomics.wait(bell, 0, 0, waitMs);
  }
  if (drive >= 3 && damping >= 0.4 && ctx.step === 70) {
    throw new Error("x left the <b>table</b> at drive " + drive);
  }
  s.v += 0.05 * (-s.x - damping * s.v + drive * Math.cos(0.045 * ctx.step));
  s.x += 0.05 * s.v;
  s.peak = Math.max(s.peak, Math.abs(s.x));
}
export function measure(s) { return { x: s.x, energy: (s.v * s.v + s.x * s.x) / 2 }; }
export function result(s) { return { peak: s.peak, energy: (s.v * s.v + s.x * s.x) / 2 }; }
`;

const STUDY = `
defaults: { model: oscillator.js, steps: 300, measure_every: 5, allow: { read: [.] } }
jobs:
  - id: resonance
    sweep:
      damping: [0.05, 0.1, 0.2, 0.4]
      drive: [0.5, 1, 2, 3]
`;

/** Runs that go on until `pace.txt` says 0. */
const SLOW = `
defaults: { model: oscillator.js, steps: 20000, measure_every: 10, checkpoint_every: 50, allow: { read: [.] } }
jobs:
  - id: slow
    parameters: { slow: 1 }
    sweep: { damping: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6] }
  - id: later
    priority: low
    parameters: { slow: 1 }
    sweep: { damping: [0.1, 0.2] }
`;

export async function placeStudy(folder: string): Promise<void> {
  await place(folder, "oscillator.js", OSCILLATOR);
  await place(folder, "study.yaml", STUDY);
  await place(folder, "slow.yaml", SLOW);
  await place(folder, "pace.txt", "20\n");
}

/** A finished tree: 16 runs, of which one failed. */
export async function finishedTree(folder: string): Promise<string> {
  await placeStudy(folder);
  const tree = join(folder, "tree");
  const ran = await simrun(["run", join(folder, "study.yaml"), "--tree", tree, "-j", "2"]);
  assert.equal(ran.status, EXIT.runsFailed.status, ran.stderr);
  return tree;
}

let shared: Promise<string> | undefined;

/** The same for all tests of a file, which only look at it. */
export function sharedTree(): Promise<string> {
  shared ??= Deno.makeTempDir({ prefix: "simrun-test-" }).then((folder) => {
    globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
    return finishedTree(folder);
  });
  return shared;
}

export interface WorkedTree {
  readonly tree: string;
  /** Ends it, as Ctrl-C does. */
  end(): Promise<void>;
}

/** A tree on which a simrun works, until it is ended. */
export async function workedTree(folder: string, ...flags: string[]): Promise<WorkedTree> {
  await placeStudy(folder);
  const tree = join(folder, "tree");
  const study = join(folder, "slow.yaml");
  const child = startSimrun(["run", study, "--tree", tree, "-j", "2", ...flags]);
  const journal = join(tree, "hot/journal.jsonl");
  await until(
    async () => (await Deno.readTextFile(journal).catch(() => "")).includes("run.checkpointed"),
    "the first checkpoint is saved",
  );
  return {
    tree,
    async end() {
      child.kill("SIGINT");
      await child.status;
    },
  };
}

/** The address that a campaign says on its stderr, which goes on being read by whoever wants it. */
export async function addressSaid(child: Deno.ChildProcess) {
  const said = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await said.read();
    assert.ok(!done, text);
    text += value;
    const url = /dashboard: (http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43})\n/.exec(text)?.[1];
    if (url !== undefined) return { url, said };
  }
}

/** The dashboard's process and what it says. */
export class Shown {
  readonly url: string;
  readonly #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async open(
    tree: string,
    flags: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<Shown> {
    const child = startSimrun(["dashboard", "--tree", tree, "--json", ...flags], {
      stdout: "piped",
      env,
    });
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      assert.ok(!done, "the dashboard ended before it said its address");
      text += value;
    }
    await reader.cancel();
    return new Shown(child, JSON.parse(text).url);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get origin(): string {
    return new URL(this.url).origin;
  }

  get token(): string {
    return new URL(this.url).searchParams.get("token")!;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return await fetch(this.origin + path, {
      headers: { authorization: `Bearer ${this.token}`, ...headers },
    });
  }

  // deno-lint-ignore no-explicit-any -- JSON, looked into by its test
  async json(path: string): Promise<any> {
    const response = await this.get(path);
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return JSON.parse(text);
  }

  async control(action: unknown): Promise<{ ok: boolean; message: string; hint?: string }> {
    const response = await fetch(`${this.origin}/api/control`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: JSON.stringify(action),
    });
    return await response.json();
  }

  /** A WebSocket as anybody may open one. */
  live(): WebSocket {
    return new WebSocket(`${this.origin.replace("http", "ws")}/live?token=${this.token}`);
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGINT");
    assert.equal((await this.#child.status).code, 0);
  }
}

/** Calls with the dashboard over a tree, and ends it. */
export async function withShown(
  tree: string,
  flags: readonly string[],
  use: (shown: Shown) => Promise<void>,
  env: Record<string, string> = {},
): Promise<void> {
  const shown = await Shown.open(tree, flags, env);
  try {
    await use(shown);
  } finally {
    await shown.stop();
  }
}
