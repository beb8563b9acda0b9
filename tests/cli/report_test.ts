/** `simrun report`: one page from a tree of every kind, whole without a network, with hostile text shown as text. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { RunEvent } from "../../src/job/event.ts";
import { JournalWriter } from "../../src/store/journal.ts";
import { openTree } from "../../src/store/tree.ts";
import { inFolder } from "../helpers/folder.ts";
import {
  completed,
  failed,
  journal,
  planned,
  saved,
  SESSION,
  started,
  sweepOf,
} from "../report/fixtures.ts";
import { COUNTER, simrun, withFolder } from "./program.ts";

const ENDED: RunEvent = {
  type: "campaign.ended",
  outcome: "failed",
  completed: 3,
  failed: 1,
  remaining: 0,
};

/** Writes a tree with these events, a second apart. */
async function writeTree(root: string, events: readonly RunEvent[]): Promise<void> {
  const times = journal(events).map(({ at }) => new Date(at));
  let next = 0;
  const { writer } = await JournalWriter.open(
    await openTree(root, "write"),
    () => times[Math.min(next++, times.length - 1)]!,
  );
  for (const event of events) writer.appendSoon(event);
  await writer.close();
}

async function reportOf(events: readonly RunEvent[], ...more: string[]): Promise<string> {
  let page = "";
  await inFolder(async (folder) => {
    const tree = join(folder, "tree");
    await writeTree(tree, events);
    const before = await snapshot(tree);
    const file = join(folder, "report.html");
    const { code, err } = await simrun(["report", ...more, "--tree", tree, "-o", file]);
    assert.equal(code, 0, err);
    assert.match(err, /^Wrote .*report\.html \(\d.* kB\)\.\n$/);
    assert.deepEqual(await snapshot(tree), before, "the tree is as it was");
    page = await Deno.readTextFile(file);
  });
  return page;
}

/** Every file with its size and when it was changed. */
async function snapshot(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) names.push(...await snapshot(path));
    else {
      const { size, mtime } = await Deno.stat(path);
      names.push(`${path} ${size} ${mtime?.getTime()}`);
    }
  }
  return names.toSorted();
}

/** The text of a section as a reader sees it, a space where tags were. */
function section(page: string, id: string): string {
  const from = page.indexOf(`<section id="${id}"`);
  if (from < 0) return "";
  return page.slice(from, page.indexOf("</section>", from)).replace(/<title>.*?<\/title>/gs, "")
    .replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
}

Deno.test("simrun report tells of runs, failures, timeline, figures, results, checkpoints and versions in one page", async () => {
  const sweep = sweepOf([1, 2, 4, 8]);
  const page = await reportOf([
    SESSION,
    sweep.planned,
    planned("other"),
    started("s", sweep.runs),
    saved("s", sweep.runs[0]!, 500),
    ...sweep.completed,
    started("other", ["other"]),
    { ...failed("other", "other", "x went bad"), log: "first line\nlast line" } as RunEvent,
    ENDED,
  ]);
  assert.match(page, /Done, with failures: 4 of 5 runs completed, 1 failed\./);
  assert.match(section(page, "progress"), /s 100% 4\/4 other 1% 0\/1 1 failed/);
  const failures = section(page, "failures");
  assert.match(failures, /the model threw an error · other x went bad where .*ising\.ts:14:9/);
  assert.match(failures, /last line/);
  assert.match(section(page, "timeline"), /completed failed checkpoints \(1\)/);
  assert.match(page, /<svg class="timeline"[^>]*aria-label="Timeline: \d attempts in \d lanes?/);
  assert.match(section(page, "figures"), /twice over T s .*simrun results s .*--plot x=T,y=twice/);
  assert.match(section(page, "results"), /Results s run T steps took twice \w+ 1 1000000 1\.5 s 2/);
  assert.match(section(page, "statistics"), /success rate 80% of what has ended/);
  assert.match(section(page, "resources"), /saved 1, 1\.2 MB in all.*2\.0 to 1, from 2\.4 MB/);
  assert.match(section(page, "jobs"), /T 1, 2, 4, 8 swept/);
  assert.match(section(page, "provenance"), /2 4 1 with failures 0\.1\.0 – node1/);
});

Deno.test("simrun report needs no network and runs nothing, and its structure is one for all readers", async () => {
  const sweep = sweepOf([1, 2, 4, 8]);
  const page = await reportOf([
    SESSION,
    sweep.planned,
    started("s", sweep.runs),
    ...sweep.completed,
  ]);
  assert.doesNotMatch(page, /<(?:script|link|img|iframe|object|embed|base|form)\b/i);
  assert.doesNotMatch(page, /\bon\w+=|url\(|@import/i);
  const addresses = [...page.matchAll(/\b(?:href|src|xlink:href)="([^"]*)"/g)].map(([, to]) => to!);
  assert.ok(addresses.length >= 5);
  for (const to of addresses) {
    assert.match(to, /^#/);
    assert.ok(page.includes(`id="${to.slice(1)}"`), to);
  }
  assert.match(page, /^<!doctype html>\n<html lang="en">/);
  assert.match(page, /default-src 'none'/);
  assert.equal(page.match(/<h1>/g)?.length, 1);
  for (const [row] of page.matchAll(/<tr><t[hd].*?<\/tr>/gs)) {
    assert.match(row, /<th scope="(?:row|col)"/);
  }
  for (const [svg] of page.matchAll(/<svg[^>]*>/g)) {
    assert.ok(/aria-(?:label|hidden)=/.test(svg) || svg.includes('class="marks"'), svg);
  }
  const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("simrun report shows hostile text of every origin as text", async () => {
  const evil = `</script><img src=x onerror=alert(1)>"'\`&\u001b[31m\u202e`;
  const sweep = sweepOf([1, 2, 3, 4], { parameters: { [evil]: evil } });
  const page = await reportOf(
    [
      {
        ...SESSION,
        host: evil,
        manifests: [{ path: evil, digest: "0000000000000000" }],
      } as RunEvent,
      sweep.planned,
      { ...planned("b"), model: { name: evil, digest: evil } } as RunEvent,
      started("s", sweep.runs),
      ...sweep.runs.map((run, i) =>
        completed("s", run, { [evil]: i, text: evil }, { point: { T: i + 1 }, ending: evil })
      ),
      started("b", ["b"]),
      { ...failed("b", "b", evil), log: evil } as RunEvent,
      {
        type: "run.resumed",
        job: "b",
        run: "b",
        step: 4,
        rejected: [{ file: evil, reason: evil }],
      },
      ENDED,
    ],
    "--title",
    evil,
  );
  assert.doesNotMatch(page, /<img|<\/script/i);
  for (const [tag] of page.matchAll(/<[a-z][^>]*>/gi)) {
    assert.doesNotMatch(tag.replace(/"[^"]*"/g, ""), /onerror/i);
  }
  // deno-lint-ignore no-control-regex -- that there is none is what is asserted
  assert.doesNotMatch(page, /[\u0000-\u0008\u000b-\u001f\u202e]/);
  assert.match(page, /<title>&lt;\/script&gt;&lt;img src=x onerror=alert\(1\)&gt;&quot;&#39;/);
  const balance = (name: string) =>
    page.match(new RegExp(`<${name}\\b`, "g"))?.length ===
      page.match(new RegExp(`</${name}>`, "g"))?.length;
  for (const name of ["section", "table", "tr", "svg", "figure", "pre", "dl", "div"]) {
    assert.ok(balance(name), name);
  }
});

Deno.test("simrun report tells of a tree whose simrun was killed, and of one that never ran anything", async () => {
  const killed = await reportOf([
    SESSION,
    planned("a"),
    planned("b"),
    started("a", ["a"]),
    saved("a", "a", 400_000),
    completed("b", "b", { x: 1 }),
  ]);
  assert.match(killed, /Interrupted: simrun was killed, .*; 1 of 2 runs completed\./);
  assert.match(section(killed, "progress"), /a 40% 0\/1 1 interrupted/);
  assert.match(section(killed, "timeline"), /under way when simrun was gone/);
  const empty = await reportOf([]);
  assert.match(empty, /Nothing was run here yet\./);
  assert.doesNotMatch(empty, /<section/);
});

Deno.test("simrun report tells of a journal that is damaged in the page itself, and of all the rest", async () => {
  await inFolder(async (folder) => {
    const tree = join(folder, "tree");
    await writeTree(tree, [
      SESSION,
      planned("a"),
      started("a", ["a"]),
      completed("a", "a", 1),
      ENDED,
    ]);
    const journal = join(tree, "hot/journal.jsonl");
    const lines = (await Deno.readTextFile(journal)).split("\n");
    lines[2] = lines[2]!.replace("runs.started", "runs.stolen<b>");
    await Deno.writeTextFile(journal, lines.join("\n"));
    const { code, out, err } = await simrun(["report", "--tree", tree]);
    assert.equal(code, 0);
    assert.match(err, /the journal is damaged/);
    assert.match(out, /<p class="warn">The journal of the tree is damaged: 1 line of it/);
    assert.match(out, /1 of 1 run completed|all 1 run completed/);
  });
});

Deno.test("simrun report JOB tells of these jobs only", async () => {
  const page = await reportOf([
    SESSION,
    planned("alpha"),
    planned("beta"),
    started("alpha", ["alpha"]),
    started("beta", ["beta"]),
    completed("alpha", "alpha", { x: 1 }),
    failed("beta", "beta", "bad"),
    ENDED,
  ], "al*");
  assert.match(page, /Done: all 1 run completed\./);
  assert.doesNotMatch(page, /beta/);
});

Deno.test("simrun report refuses what it cannot write or find, before anything else, and overwrites only with --force", async () => {
  await withFolder(
    { "m.js": COUNTER, "a.yaml": "id: a\nmodel: ./m.js\nsteps: 3\n" },
    async (cwd) => {
      assert.equal((await simrun(["-q", "a.yaml"], { cwd })).code, 0);
      const said = async (...args: string[]) => {
        const { code, err } = await simrun(["report", ...args], { cwd });
        return `${code} ${err}`;
      };
      assert.match(await said("-o", "report.pdf"), /^2 .*cannot be written as "report\.pdf"/s);
      assert.match(await said("-o", "no/report.html"), /^2 .*no folder no.*mkdir -p no/s);
      assert.match(await said("aa", "-o", "r.html"), /^2 .*no job "aa".*Did you mean a\?/s);
      assert.match(await said("a/x", "-o", "r.html"), /^2 .*whole jobs, not of "a\/x"/s);
      assert.match(await said("failed", "-o", "r.html"), /^2 .*whole jobs, not of "failed"/s);
      assert.match(await said("--tree", "none", "-o", "r.html"), /^2 /);
      assert.equal(await said("-o", "r.html", "-q"), "0 ");
      const first = await Deno.readTextFile(join(cwd, "r.html"));
      assert.match(await said("-o", "r.html"), /^2 .*is there already.*--force/s);
      assert.match(await said("-o", "r.html", "--force", "--title", "Again"), /^0 Wrote/);
      assert.notEqual(await Deno.readTextFile(join(cwd, "r.html")), first);
      const piped = await simrun(["report"], { cwd });
      assert.match(piped.out, /^<!doctype html>.*Done: all 1 run completed/s);
      const json = await simrun(["report", "-o", "r.html", "-f", "--json"], { cwd });
      assert.equal(JSON.parse(json.out).file, "r.html");
    },
  );
});
