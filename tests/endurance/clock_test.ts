/**
 * T17: the wall clock steps back an hour, on a day, to 2038 and home again while a campaign runs. Nobody
 * loses a lock by it, nothing is saved more often, and no time that is told anywhere is negative.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/job/fault.ts";
import { readJournal } from "../../src/store/journal.ts";
import { Layout } from "../../src/store/layout.ts";
import { readOwnerRecord } from "../../src/store/owner.ts";
import { buildLibrary, CAN_PRELOAD, NEEDS_COMPILER } from "../helpers/c_library.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { PACED } from "../helpers/models.ts";
import { leavesNoProcess, sleep, until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";
import { keptResults, sumOf } from "../helpers/real_run.ts";
import { cases } from "../helpers/torture.ts";

const DAY = 86_400;
/** One run saves by the clock, the other by steps. */
const MANIFEST = `
defaults: { model: ./paced.ts, steps: ${cases({ short: 4_000, long: 20_000 })}, measure_every: 100 }
jobs:
  - { id: by_time, checkpoint_every: 500ms }
  - { id: by_steps, checkpoint_every: 500 }
`;
const SAVE_EVERY_MS = 500;

/** The clock of the programs that see it. */
class SteppedClock {
  readonly env: Record<string, string>;
  readonly #path: string;

  private constructor(library: string, path: string) {
    this.env = { LD_PRELOAD: library, SIMRUN_TEST_CLOCK: path };
    this.#path = path;
  }

  static async in(folder: string): Promise<SteppedClock> {
    const library = await buildLibrary(new URL("./clock_shim.c", import.meta.url), folder);
    const clock = new SteppedClock(library, join(folder, "offset"));
    Deno.writeFileSync(clock.#path, new Uint8Array(8));
    return clock;
  }

  /** In place: the programs have the file mapped. */
  step(seconds: number): void {
    using file = Deno.openSync(this.#path, { write: true });
    file.writeSync(new Uint8Array(new BigInt64Array([BigInt(Math.round(seconds))]).buffer));
  }
}

/** Seconds to add for the clock to stand behind the last second that 31 bits hold. */
const to2038 = (): number => Date.UTC(2038, 0, 20) / 1000 - Date.now() / 1000;

Deno.test({
  name: `a clock that steps while a campaign runs changes nothing of it${NEEDS_COMPILER}`,
  ignore: !CAN_PRELOAD,
  fn: () =>
    inFolder((folder) =>
      leavesNoProcess(async () => {
        await place(folder, "paced.ts", PACED);
        const pace = (ms: number) => Deno.writeTextFileSync(join(folder, "pace.txt"), String(ms));
        const manifest = await place(folder, "walk.yaml", MANIFEST);
        pace(0);
        const alone = join(folder, "alone");
        assert.equal((await simrun(["run", manifest, "--tree", alone, "-q"])).status, 0);

        const clock = await SteppedClock.in(folder);
        const root = join(folder, "tree");
        const layout = new Layout(root);
        pace(10);
        const began = performance.now();
        const run = startSimrun(["run", manifest, "--tree", root, "--slots", "2", "--json"], {
          stdout: "piped",
          stderr: "piped",
          env: clock.env,
        });
        const ended = run.output();
        await until(() => savedByTime(layout) >= 2, "it saves");
        const offsets = [-3600, DAY, to2038(), 0];
        for (const offset of [...offsets, ...offsets.slice(0, cases({ short: 0, long: 5 }))]) {
          const saved = savedByTime(layout);
          clock.step(offset);
          await beats(layout);
          await tellNoNegative(root, clock.env);
          // Whoever looks has the old clock, as on another machine.
          refuseNegative(await tellJson(["status"], root, {}), "status");
          const second = await simrun(["run", manifest, "--tree", root], { env: clock.env });
          assert.equal(second.status, EXIT.treeBusy.status, second.stderr);
          await until(() => savedByTime(layout) > saved, "it still saves");
        }
        if (cases({ short: 0, long: 1 }) > 0) {
          const breaking = ["run", manifest, "--tree", root, "--break-lock"];
          for (const offset of offsets) {
            const broken = simrun(breaking, { env: clock.env });
            await sleep(4_000);
            clock.step(offset);
            assert.equal((await broken).status, EXIT.treeBusy.status, (await broken).stderr);
          }
        }
        const slowMs = performance.now() - began;
        const saves = savedByTime(layout);
        assert.ok(saves <= 2 + slowMs / SAVE_EVERY_MS, `${saves} checkpoints in ${slowMs} ms`);
        assert.equal(readOwnerRecord(layout)!.epoch, 1);
        pace(0);
        const { code, stdout, stderr } = await ended;
        assert.equal(code, 0, new TextDecoder().decode(stderr));
        const summary = JSON.parse(new TextDecoder().decode(stdout));
        const tookMs = performance.now() - began;
        assert.ok(summary.elapsed_seconds > 0 && summary.elapsed_seconds * 1000 <= tookMs);
        readJournal(layout, (entry) => {
          const times = entry.type === "runs.completed"
            ? entry.runs.map(({ ms }) => ms)
            : entry.type === "run.checkpointed"
            ? [entry.ms]
            : [];
          for (const ms of times) assert.ok(ms >= 0 && ms <= tookMs, `${entry.type}: ${ms} ms`);
        });
        await tellNoNegative(root, clock.env);
        assert.equal(sumOf(await keptResults(root)), sumOf(await keptResults(alone)));
      })
    ),
});

/** How many checkpoints the journal tells of the run that saves by the clock. */
function savedByTime(layout: Layout): number {
  let saved = 0;
  readJournal(layout, (entry) => {
    if (entry.type === "run.checkpointed" && entry.job === "by_time") saved++;
  });
  return saved;
}

/** Whoever watches from another host sees nothing else of a holder. */
async function beats(layout: Layout): Promise<void> {
  const beat = () => Deno.statSync(layout.lock).mtime!.getTime();
  const last = beat();
  await until(() => beat() !== last, "the heart beats");
}

/** Every command that tells of times, as text and as JSON. */
async function tellNoNegative(root: string, env: Record<string, string>): Promise<void> {
  for (const words of [["status", "--all", "all"], ["explain", "by_time"], ["checkpoints"]]) {
    const text = await tell(words, root, env);
    assert.doesNotMatch(text, /(?<![\w.-])-\d/, words.join(" "));
  }
  for (const words of [["status"], ["results"], ["checkpoints"], ["explain", "by_time"]]) {
    refuseNegative(await tellJson(words, root, env), words[0]!);
  }
}

async function tellJson(
  words: readonly string[],
  root: string,
  env: Record<string, string>,
): Promise<unknown> {
  return JSON.parse(await tell([...words, "--json"], root, env));
}

async function tell(
  words: readonly string[],
  root: string,
  env: Record<string, string>,
): Promise<string> {
  const { status, stdout, stderr } = await simrun([...words, "--tree", root], { env });
  assert.equal(status, 0, `${words}: ${stderr}`);
  return stdout;
}

/** What a model computed may well be negative; what is named as a time may not. */
function refuseNegative(value: unknown, at: string): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const isTime = /(?:ms|seconds|age|eta)$/i.test(key);
    if (isTime && typeof inner === "number") assert.ok(inner >= 0, `${at}.${key} is ${inner}`);
    else if (key !== "result") refuseNegative(inner, `${at}.${key}`);
  }
}
