/** `simrun logs`, of one run, of several, and followed while a campaign works: in order, safe, and to its end. */
import assert from "node:assert/strict";
import { EXIT } from "../../src/job/fault.ts";
import { lastLines, RunTail } from "../../src/cli/run_tail.ts";
import { Layout } from "../../src/store/layout.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess, slotsOf, until } from "../helpers/processes.ts";
import { Pty } from "../helpers/pty.ts";
import { programCommand, simrun, withFolder } from "./program.ts";

/** Logs a line every ten steps; waits so long at each; throws at step 40 where `bad` is 1. */
const TALKER = `
export const params = {
  wait: { default: 0 }, bad: { default: 0 }, i: { default: 0 }, hold: { default: -1 }, gate: { default: "" },
};
export function init(ctx) { ctx.log("begins \\u001b[2J" + ctx.params.i); return { x: 0 }; }
export function step(state, ctx) {
  for (const end = performance.now() + ctx.params.wait; performance.now() < end;);
  if (ctx.step % 10 === 9) ctx.log("line " + ctx.step);
  for (const end = performance.now() + 60_000; ctx.step === ctx.params.hold && performance.now() < end;) {
    try {
      Deno.statSync(ctx.params.gate);
      break;
    } catch {
      // Shut.
    }
  }
  if (ctx.params.bad === 1 && ctx.step === 40) throw new Error("went bad");
  state.x++;
}
export const result = (state) => state.x;
`;
const FILES = {
  "m.js": TALKER,
  "short.yaml": "id: short\nmodel: ./m.js\nsteps: 20\nsweep: { i: [1, 2, 3] }\n",
  "bad.yaml": "id: bad\nmodel: ./m.js\nsteps: 50\nparameters: { bad: 1 }\n",
  // More than what stands in the journal, and some of it without an end.
  "big.yaml": "id: big\nmodel: ./m.js\nsteps: 3000\n",
  "quiet.yaml": "id: quiet\nmodel: ./q.js\nsteps: 3\n",
  "q.js": "export const init = () => ({ x: 0 });\nexport function step(s) { s.x++; }\n" +
    "export const result = (s) => s.x;\n",
};

Deno.test("simrun logs of several runs has each line's run before it, -n the last lines, --json all of it for programs", async () => {
  await withFolder(FILES, async (cwd) => {
    const manifests = ["short.yaml", "bad.yaml", "big.yaml", "quiet.yaml"];
    await simrun(["-q", ...manifests], { cwd });
    const logs = async (...words: string[]) => await simrun(["logs", ...words], { cwd });

    const one = await logs("bad");
    assert.ok(one.out.startsWith("[step 0] begins \x1b[2J0\n"), one.out);
    assert.match(one.out, /begins .*\n(?:\[step \d+\] line \d+\n){4}$/);
    assert.equal((await logs("bad", "-n", "1")).out, "[step 39] line 39\n");
    assert.equal((await logs("bad", "-n", "0")).out, "");
    assert.equal(JSON.parse((await logs("bad", "--json")).out).log, one.out);
    assert.equal((await logs("big")).out.match(/line/g)?.length, 300);
    assert.deepEqual(await logs("quiet"), {
      code: EXIT.completed.status,
      out: "",
      err: "quiet has logged nothing.\n",
    });

    const several = await logs("short", "big", "-n", "1");
    const lines = several.out.split("\n").slice(0, -1);
    assert.equal(lines.length, 4, several.out);
    assert.equal(
      lines.filter((line) => /^short\/\w+ \| \[step 19\] line 19$/.test(line)).length,
      3,
    );
    assert.equal(lines.filter((line) => /^big *\| \[step 2999\] line 2999$/.test(line)).length, 1);
    assert.match((await logs("failed", "-n", "1")).out, /^bad \| \[step 39\] line 39\n$/);
    assert.equal((await logs("all")).out.split("\n").length - 1, 3 * 3 + 5 + 301);
    const json = (await logs("b*", "--json")).out.trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.equal(json.length, 5 + 301);
    assert.deepEqual(json.find(({ run }) => run === "bad"), {
      run: "bad",
      line: "[step 0] begins \x1b[2J0",
    });

    for (
      const [words, message] of [
        [[], /Nothing runs at the moment/],
        [["shrot"], /Did you mean short\?/],
        [["shor*x"], /knows no job and no run/],
        [["-f", "failed"], /"failed" is none of that/],
      ] as const
    ) {
      const { code, err } = await logs(...words);
      assert.equal(code, EXIT.usage.status, `${words}`);
      assert.match(err, message);
    }
    // Nobody works here, and what is named has ended: it is printed, and that is all.
    assert.equal((await logs("-f", "bad")).out, one.out);
    assert.match((await logs("-f")).err, /The campaign has ended, with failed runs\.\n$/);
  });
});

Deno.test("simrun logs --since is of what was computed since then, by any name, and comes first where it is followed", async () => {
  await withFolder(FILES, async (cwd) => {
    const logs = async (...words: string[]) => await simrun(["logs", ...words], { cwd });
    await simrun(["-q", "short.yaml", "quiet.yaml"], { cwd });
    // The next whole second lies behind all that has ended.
    const moment = Math.ceil(Date.now() / 1000) * 1000;
    await until(() => Date.now() >= moment, "the next second");
    const since = ["--since", new Date(moment).toISOString()];
    const nobody = await logs(...since);
    assert.deepEqual([nobody.code, nobody.out], [EXIT.completed.status, ""]);
    assert.equal(nobody.err, "None of them was computed since then.\n");
    await simrun(["-q", "bad.yaml"], { cwd });
    const bad = (await logs("bad")).out;
    const named = bad.replace(/^/gm, "bad | ").replace(/bad \| $/, "");
    assert.equal((await logs(...since)).out, named);
    assert.equal((await logs("failed", ...since)).out, named);
    assert.equal((await logs("bad", ...since)).out, bad);
    assert.equal((await logs("bad", "--since", "1h", "-n", "1")).out, "[step 39] line 39\n");
    assert.equal((await logs("short", ...since)).out, "");
    assert.equal((await logs("quiet", ...since)).err, "quiet was not computed since then.\n");
    assert.equal((await logs("--since", "1h")).out.split("\n").length - 1, 3 * 3 + 5);
    const followed = await logs("-f", ...since);
    assert.equal(followed.out, named);
    assert.match(followed.err, /^The campaign has ended/);
    const { code, err } = await logs("--since", "10");
    assert.equal(code, EXIT.usage.status);
    assert.match(err, /--since needs a unit/);
  });
});

/** Neither of the first two ends before the gate is there. */
const campaignIn = (folder: string) => `
defaults: { model: ./m.js, allow: { read: ["${folder}"] } }
jobs:
  - { id: a, steps: 150, parameters: { wait: 40, hold: 100, gate: "${folder}/gate" }, checkpoint_every: 10, retry: { limit: 2, backoff: 100ms } }
  - { id: b, steps: 60, parameters: { wait: 100, hold: 30, bad: 1, gate: "${folder}/gate" }, checkpoint_every: 10 }
  - { id: late, steps: 20, needs: [a] }
`;

/** A program that says something while it works: when it began to, and all of it. */
function follow(args: readonly string[], cwd: string) {
  const child = programCommand(args, { cwd }).spawn();
  const begun = Promise.withResolvers<void>();
  const read = async (stream: ReadableStream<Uint8Array>, onText: () => void) => {
    let text = "";
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      text += piece;
      onText();
    }
    return text;
  };
  const texts = [read(child.stdout, begun.resolve), read(child.stderr, () => {})] as const;
  const ended = Promise.all([child.status, ...texts]).then(([{ code }, out, err]) => {
    // One that says nothing fails by what it should have said.
    begun.resolve();
    return { code, out, err };
  });
  return { begun: begun.promise, ended };
}

Deno.test("simrun logs -f follows all that runs and what begins later, tells failures and second attempts, and ends with the campaign", async () => {
  await withFolder({ "m.js": TALKER }, async (cwd) => {
    await leavesNoProcess(async () => {
      await Deno.writeTextFile(`${cwd}/a.yaml`, campaignIn(cwd));
      const campaign = programCommand(["-j", "2", "a.yaml"], { cwd }).spawn();
      void campaign.stdout.cancel();
      void campaign.stderr.cancel();
      await until(() => slotsOf(campaign.pid).length > 0, "a slot works");
      await until(
        async () => (await simrun(["status"], { cwd })).out.includes("1 running"),
        "a run",
      );
      const all = follow(["logs", "-f"], cwd);
      const json = follow(["logs", "-f", "--json"], cwd);
      const one = follow(["logs", "-f", "b"], cwd);
      const pty = new Pty(["logs", "-f", "a", "late"], { cwd });
      await pty.sees(/^a +\| \[step 29\] line 29/m);
      // Nobody begins to follow when what is to be told is over.
      for (const { begun } of [all, json, one]) await begun;
      // All slots are gone: what they computed is tried again.
      for (const pid of slotsOf(campaign.pid)) Deno.kill(pid, "SIGKILL");
      await pty.sees(/it is tried again/);
      await Deno.writeTextFile(`${cwd}/gate`, "");
      await campaign.status;

      const { code, out, err } = await all.ended;
      assert.equal(code, EXIT.completed.status);
      const linesOf = (name: string) =>
        out.split("\n").filter((line) => line.startsWith(`${name} `))
          .map((line) => line.replace(/^\w+ +\| /, ""));
      assert.ok(linesOf("a").includes("[step 149] line 149"), out);
      assert.deepEqual(linesOf("late").slice(-2), ["[step 9] line 9", "[step 19] line 19"]);
      // Each line of an attempt once, in its order.
      const steps = linesOf("a").map((line) => Number(/^\[step (\d+)\]/.exec(line)?.[1]));
      assert.ok(steps.filter((step) => step === 149).length === 1, out);
      assert.match(err, /^a +\| .*it is tried again/m);
      assert.match(err, /^a +\| attempt 2 begins$/m);
      assert.match(err, /^a +\| goes on at step \d+$/m);
      assert.match(err, /^b +\| failed: the model threw an error at step 40: went bad/m);
      assert.match(err, /^late +\| completed in /m);
      assert.match(err, /The campaign has ended, with failed runs\.\n$/);

      const events = (await json.ended).out.trim().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(events.at(-1), {
        event: "ended",
        outcome: "failed",
        text: "The campaign has ended, with failed runs.",
      });
      const failed = events.findIndex(({ run, event }) => run === "b" && event === "failed");
      const lastLine = events.findLastIndex(({ run, line }) => run === "b" && line !== undefined);
      assert.ok(failed > lastLine && lastLine >= 0, "what a run logged stands before how it ended");

      const alone = await one.ended;
      assert.ok(alone.out.startsWith("[step 0] begins \x1b[2J0\n"), alone.out);
      assert.match(alone.err, /failed: the model threw an error/);
      assert.doesNotMatch(alone.out + alone.err, /campaign|late/);

      await pty.ended();
      // Written by the model, and not to move a cursor.
      assert.match(pty.text, /begins \\x1b\[2J0/);
      assert.ok(!pty.text.includes("\x1b[2J"));
      assert.match(pty.text, /late +\| completed in/);
    });
  });
});

Deno.test("RunTail reads what is appended, whole lines only, and says when the file begins anew", async () => {
  await inFolder(async (folder) => {
    const path = await place(folder, "recent/a/b/log.txt", "one\ntw");
    const tail = new RunTail(new Layout(folder), "a", "b");
    const seen: string[] = [];
    const read = () => tail.read((text) => void seen.push(text), () => void seen.push("anew"));
    await read();
    await Deno.writeTextFile(path, "o é", { append: true });
    await read();
    assert.deepEqual(seen, ["one\n"]);
    await Deno.writeFile(path, new Uint8Array([0xc3]), { append: true });
    await read();
    await Deno.writeFile(path, new Uint8Array([0xa9, 0x0a]), { append: true });
    await read();
    assert.deepEqual(seen.splice(0), ["one\n", "two éé\n"]);
    await Deno.remove(path);
    await read();
    await Deno.writeTextFile(path, "x\nend");
    await read();
    assert.deepEqual(seen.splice(0), ["anew", "x\n"]);
    await tail.end((text) => void seen.push(text));
    assert.deepEqual(seen, ["end"]);
  });
});

Deno.test("RunTail hands over a long log in pieces, and a line without end too", async () => {
  await inFolder(async (folder) => {
    await place(folder, "recent/a/b/log.txt", "x".repeat(1 << 20));
    const pieces: number[] = [];
    await new RunTail(new Layout(folder), "a", "b").read((text) => void pieces.push(text.length));
    assert.ok(Math.max(...pieces) <= 128 << 10, `${pieces}`);
    assert.ok(pieces.reduce((a, b) => a + b) >= (1 << 20) - (64 << 10));
  });
});

Deno.test("lastLines() counts lines from the end, with or without an end of the last", () => {
  assert.equal(lastLines("a\nb\nc\n", 2), "b\nc\n");
  assert.equal(lastLines("a\nb\nc", 2), "b\nc");
  assert.equal(lastLines("a\nb\nc\n", 9), "a\nb\nc\n");
  assert.equal(lastLines("\n\n", 1), "\n");
  assert.equal(lastLines("", 3), "");
  assert.equal(lastLines("a\n", 0), "");
});
