/** The lock of a tree: who gets it when many want it, who gets it after whom, and what the loser hears. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT, type Fault } from "../../src/job/fault.ts";
import { JournalWriter } from "../../src/store/journal.ts";
import { Layout } from "../../src/store/layout.ts";
import { acquireLock, readOwner } from "../../src/store/lock.ts";
import { readOwnerRecord } from "../../src/store/owner.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { PACED } from "../helpers/models.ts";
import { leavesNoProcess } from "../helpers/processes.ts";
import { startSimrun } from "../helpers/program.ts";
import { cases } from "../helpers/torture.ts";
import { clock, inTree } from "./fixtures.ts";

const now = () => new Date();
const busy = (error: Fault) => error.code === "tree-busy" && error.exitStatus === 4;

/** The machine may be busy with other things: its limits are for a quiet one. */
const PATIENCE = 4;

/** A process that tries for the lock, says what it got in one line, and holds it until its stdin ends. */
function contender(
  layout: Layout,
  options: { readonly breakLock?: boolean; readonly observeMs?: number } = {},
  env: Record<string, string> = {},
): { child: Deno.ChildProcess; said: Promise<{ [word: string]: unknown }> } {
  const script = `
    import { acquireLock } from "${import.meta.resolve("../../src/store/lock.ts")}";
    import { Layout } from "${import.meta.resolve("../../src/store/layout.ts")}";
    const started = performance.now();
    try {
      const options = { now: () => new Date(), ...${JSON.stringify(options)} };
      const lock = await acquireLock(new Layout(${JSON.stringify(layout.root)}), options);
      const ms = performance.now() - started;
      console.log(JSON.stringify({ won: true, epoch: lock.epoch, pid: Deno.pid, ms }));
      for await (const _ of Deno.stdin.readable) { /* hold */ }
    } catch (e) {
      console.log(JSON.stringify({ won: false, code: e.code, message: e.message, ms: performance.now() - started }));
    }`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", script],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
    env,
  }).spawn();
  return { child, said: firstLine(child.stdout) };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<{ [word: string]: unknown }> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    if (text.includes("\n")) break;
  }
  return JSON.parse(text);
}

async function end(child: Deno.ChildProcess, signal?: Deno.Signal): Promise<void> {
  if (signal !== undefined) child.kill(signal);
  await child.stdin.close().catch(() => {});
  await child.status;
}

Deno.test("acquireLock() raises the epoch, writes the owner, and lets go", () =>
  inTree(async (layout) => {
    assert.equal(await readOwner(layout, now), undefined);
    const first = await acquireLock(layout, { now });
    assert.equal(first.epoch, 1);
    assert.equal(first.fallen, undefined);
    const seen = await readOwner(layout, now);
    assert.deepEqual([seen?.alive, seen?.owner.pid], [true, Deno.pid]);
    await assert.rejects(acquireLock(layout, { now }), busy);
    await first.release();
    assert.equal((await readOwner(layout, now))?.alive, false);
    const second = await acquireLock(layout, { now });
    assert.deepEqual([second.epoch, second.fallen], [2, undefined]);
    await second.release();
    await second.release();
  }));

Deno.test("acquireLock() by 8 processes at once has one winner; the losers name it within 2 s", () =>
  inTree((layout) =>
    leavesNoProcess(async () => {
      for (let round = 1; round <= cases({ short: 5, long: 50 }); round++) {
        const contenders = Array.from({ length: 8 }, () => contender(layout));
        const said = await Promise.all(contenders.map(({ said }) => said));
        const winners = said.filter(({ won }) => won === true);
        assert.equal(winners.length, 1, JSON.stringify(said));
        assert.equal(winners[0]!.epoch, round);
        for (const loser of said.filter(({ won }) => won === false)) {
          assert.equal(loser.code, "tree-busy");
          const name = new RegExp(`process ${winners[0]!.pid} on .* since 20`);
          assert.match(String(loser.message), name);
          assert.ok(Number(loser.ms) < 2_000 * PATIENCE, `after ${loser.ms} ms`);
        }
        await Promise.all(contenders.map(({ child }) => end(child)));
      }
    })
  ));

Deno.test("simrun started 8 times at once on one tree works once; the others exit 4 and name it", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "paced.ts", PACED);
      await place(folder, "pace.txt", "1000");
      const manifest = await place(folder, "j.yaml", "{ id: j, model: ./paced.ts, steps: 1000 }");
      for (let round = 0; round < cases({ short: 1, long: 50 }); round++) {
        const root = join(folder, `tree-${round}`);
        const all = Array.from({ length: 8 }, () => {
          const child = startSimrun(["run", manifest, "--tree", root], { stderr: "piped" });
          return { child, ended: child.output() };
        });
        // The one that got the tree works on; it ends only when it is told to.
        const told = new Set<number>();
        await Promise.race(all.map(({ ended }) => ended));
        const pid = readOwnerRecord(new Layout(root))!.pid;
        const losers = all.filter(({ child }) => child.pid !== pid);
        for (const { child, ended } of losers) {
          const { code, stderr } = await ended;
          const said = new TextDecoder().decode(stderr);
          assert.equal(code, EXIT.treeBusy.status, said);
          assert.match(said, new RegExp(`process ${pid} on `));
          told.add(child.pid);
        }
        assert.equal(told.size, 7);
        const winner = all.find(({ child }) => child.pid === pid)!;
        winner.child.kill("SIGTERM");
        assert.equal((await winner.ended).code, EXIT.terminated.status);
      }
    })
  ));

Deno.test("acquireLock() takes over within 1 s after kill -9, also when another process has the recorded pid", () =>
  inTree((layout) =>
    leavesNoProcess(async () => {
      for (let round = 1; round <= cases({ short: 5, long: 50 }); round++) {
        const { child, said } = contender(layout);
        const { pid } = await said;
        await end(child, "SIGKILL");
        assert.equal((await readOwner(layout, now))?.alive, false);
        const record = JSON.parse(await Deno.readTextFile(layout.owner));
        assert.equal(record.pid, pid);
        if (round % 2 === 0) {
          // The recorded process id now belongs to a process that lives: this one.
          await Deno.writeTextFile(layout.owner, JSON.stringify({ ...record, pid: Deno.pid }));
          assert.equal((await readOwner(layout, now))?.alive, false);
        }
        const heir = contender(layout);
        const won = await heir.said;
        assert.deepEqual([won.won, won.epoch], [true, 2 * round], JSON.stringify(won));
        assert.ok(Number(won.ms) < 1_000 * PATIENCE, `after ${won.ms} ms`);
        assert.equal((await readOwner(layout, now))?.alive, true);
        await end(heir.child);
      }
    })
  ));

Deno.test("acquireLock() after kill -9 knows whom it follows, and needs no journal of its own", () =>
  inTree(async (layout) => {
    const { child, said } = contender(layout);
    await said;
    await end(child, "SIGKILL");
    const { uuid } = readOwnerRecord(layout)!;
    const lock = await acquireLock(layout, { now });
    assert.deepEqual([lock.fallen?.uuid, lock.isBroken], [uuid, false]);
    await lock.release();
  }));

Deno.test("acquireLock(breakLock) asked 8 times at once has one holder, whose lock holds", async () => {
  let late = 0;
  for (let round = 0; round < cases({ short: 20, long: 1000 }); round++) {
    await inTree(async (layout) => {
      const stopped = await acquireLock(layout, { now });
      // In one process they all have watched long enough at the same moment, as processes seldom do.
      const asked = await Promise.allSettled(
        Array.from(
          { length: 8 },
          () => acquireLock(layout, { now, breakLock: true, observeMs: 5 }),
        ),
      );
      const won = asked.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
      for (const one of asked) if (one.status === "rejected") assert.ok(busy(one.reason));
      // Whoever comes so late that it watches the winner may break that one's lock in turn: 5 ms are no heartbeat.
      won.sort((a, b) => a.epoch - b.epoch);
      assert.deepEqual(won.map(({ epoch }) => epoch), won.map((_, at) => at + 2));
      assert.ok(won.length === 1 || round > 0 && ++late <= round / 10, `${late} of ${round}`);
      const holder = won.pop()!;
      holder.assertMine();
      for (const other of [stopped, ...won]) {
        assert.throws(() => other.assertMine(), busy);
        await other.release();
      }
      holder.assertMine();
      await holder.release();
    });
  }
});

Deno.test("acquireLock(breakLock) takes the tree from a stopped holder, which finds out before it writes", () =>
  inTree(async (layout) => {
    const { child, said } = contender(layout);
    await said;
    child.kill("SIGSTOP");
    await assert.rejects(acquireLock(layout, { now }), busy);
    const lock = await acquireLock(layout, { now, breakLock: true, observeMs: 50 });
    assert.equal(lock.epoch, 2);
    assert.equal(lock.isBroken, true);
    child.kill("SIGCONT");
    lock.assertMine();
    await end(child);
    await assert.rejects(acquireLock(layout, { now }), busy);
    await lock.release();
  }));

Deno.test("acquireLock(breakLock) leaves a holder alone whose heart beats", () =>
  inTree(async (layout) => {
    const lock = await acquireLock(layout, { now });
    let beats = 0;
    // On a busy machine both come late, and still the one before the other.
    const heart = setInterval(() => {
      const at = new Date(Date.now() + ++beats * 1_000);
      Deno.utimeSync(layout.lock, at, at);
    }, 20);
    const breaking = acquireLock(layout, { now, breakLock: true, observeMs: 200 });
    await assert.rejects(breaking, busy).finally(() => clearInterval(heart));
    lock.assertMine();
    await lock.release();
  }));

Deno.test("a lock that was broken says so to its old holder, once it looks", () =>
  inTree(async (layout) => {
    const old = await acquireLock(layout, { now });
    const { writer } = await JournalWriter.open(layout, clock);
    const lock = await acquireLock(layout, { now, breakLock: true, observeMs: 10 });
    assert.throws(() => old.assertMine(), busy);
    const event = { type: "run.degraded", job: "j", run: "r", reason: "" } as const;
    await assert.rejects(writer.append(event), busy);
    await writer.close().catch(() => {});
    assert.equal((await Deno.stat(layout.journal)).size, 0);
    // Letting go of what is not held must not tell the world that the new holder is gone.
    await old.release();
    assert.equal((await readOwner(layout, now))?.alive, true);
    lock.assertMine();
    await lock.release();
  }));

Deno.test("acquireLock() refuses the tree of a holder on another host, unless the lock is broken", () =>
  inTree(async (layout) => {
    const lock = await acquireLock(layout, { now });
    await lock.release();
    const elsewhere = { uuid: "u", epoch: 41, host: "node17", machineId: "m", bootId: "b", pid: 1 };
    const record = { ...elsewhere, startedAt: "2026-01-01T00:00:00.000Z" };
    await Deno.writeTextFile(layout.owner, JSON.stringify(record));
    await assert.rejects(acquireLock(layout, { now }), (error: Fault) => {
      return busy(error) && /process 1 on node17, since 2026/.test(error.message) &&
        /--break-lock/.test(error.hint ?? "");
    });
    assert.equal((await readOwner(layout, now))?.alive, true, "its heartbeat is fresh");
    const later = () => new Date(Date.now() + 3_600_000);
    assert.equal((await readOwner(layout, later))?.alive, false, "its heartbeat is old");
    const taken = await acquireLock(layout, { now, breakLock: true, observeMs: 10 });
    assert.equal(taken.epoch, 42);
    await taken.release();
  }));

/** What Slurm tells a job; it counts its starts from the second one on. */
function jobOf(id: number, restarts: number): Record<string, string> {
  const count = restarts === 0 ? {} : { SLURM_RESTART_COUNT: String(restarts) };
  return { SLURM_JOB_ID: String(id), ...count };
}

Deno.test("acquireLock() in a Slurm job that was started again takes the tree from its predecessor, unasked and without watching it", () =>
  inTree((layout) =>
    leavesNoProcess(async () => {
      const old = contender(layout, {}, jobOf(7, 1));
      await old.said;
      // Whoever watched for so long would never come to an end.
      const observeMs = 3_600_000;
      for (const [id, restarts] of [[7, 0], [7, 1], [8, 2]] as const) {
        const other = contender(layout, { observeMs }, jobOf(id, restarts));
        assert.equal((await other.said).won, false, `${id}, ${restarts}`);
        await end(other.child);
      }
      const heir = contender(layout, { observeMs }, jobOf(7, 2));
      const won = await heir.said;
      assert.deepEqual([won.won, won.epoch], [true, 2], JSON.stringify(won));
      assert.equal(readOwnerRecord(layout)?.slurmRestart, 2);
      await assert.rejects(acquireLock(layout, { now }), busy);
      await Promise.all([end(old.child), end(heir.child)]);
    })
  ));

Deno.test("acquireLock() in a Slurm job that was started again needs no word of the node that it was on before", () =>
  inTree((layout) =>
    leavesNoProcess(async () => {
      const elsewhere = { uuid: "u", host: "node17", machineId: "m", bootId: "b", pid: 1 };
      const began = { startedAt: "2026-01-01T00:00:00.000Z", slurmJob: "7" };
      await (await acquireLock(layout, { now })).release();
      await Deno.writeTextFile(layout.owner, JSON.stringify({ ...elsewhere, ...began, epoch: 41 }));
      const other = contender(layout, {}, jobOf(8, 1));
      assert.equal((await other.said).won, false);
      await end(other.child);
      const heir = contender(layout, { observeMs: 3_600_000 }, jobOf(7, 1));
      const won = await heir.said;
      assert.deepEqual([won.won, won.epoch], [true, 42], JSON.stringify(won));
      await end(heir.child);
    })
  ));

Deno.test("acquireLock() finds the epoch in the journal when the owner record is lost", () =>
  inTree(async (layout) => {
    const { writer } = await JournalWriter.open(layout, clock);
    const started = { host: "h", pid: 1, slots: 1, version: "0", manifests: [] };
    await writer.append({ type: "campaign.started", epoch: 9, ...started });
    await writer.close();
    for (const damage of [undefined, "", "{", '{"epoch":3}']) {
      if (damage !== undefined) await Deno.writeTextFile(layout.owner, damage);
      else await Deno.remove(layout.owner).catch(() => {});
      assert.equal(readOwnerRecord(layout), undefined);
      const lock = await acquireLock(layout, { now });
      assert.equal(lock.epoch, 10);
      await lock.release();
    }
  }));

Deno.test("acquireLock() does not follow a planted link", () =>
  inTree(async (layout) => {
    await Deno.symlink(`${layout.root}/canary`, layout.lock);
    await assert.rejects(acquireLock(layout, { now }), (error: Fault) =>
      error.code === "tree-invalid");
    await assert.rejects(Deno.lstat(`${layout.root}/canary`));
  }));

Deno.test("readOwner() never disturbs a start: it takes no lock", () =>
  inTree(async (layout) => {
    let reading = true;
    const reader = (async () => {
      while (reading) {
        await readOwner(layout, now);
        await new Promise((resolve) => setTimeout(resolve));
      }
    })();
    for (let i = 0; i < 30; i++) await (await acquireLock(layout, { now })).release();
    reading = false;
    await reader;
  }));
