/** Requests from other terminals: taken once or never, answered always, and nothing that lies there does harm. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { ControlAction, ControlRequest } from "../../src/job/control.ts";
import type { Fault } from "../../src/job/fault.ts";
import { removeTemporaries } from "../../src/store/disk.ts";
import { useFileSystem } from "../../src/store/file_system.ts";
import { Inbox } from "../../src/store/inbox.ts";
import type { Layout } from "../../src/store/layout.ts";
import { acquireLock } from "../../src/store/lock.ts";
import {
  type Asked,
  makeRequest,
  postRequest,
  takeBack,
  waitForAnswer,
} from "../../src/store/postbox.ts";
import { readAnswer, readRequest, requestText } from "../../src/store/request.ts";
import { Canary, entriesBelow } from "../hostile/planted.ts";
import { cases, seeded, seedOf } from "../helpers/torture.ts";
import { clock, inTree } from "./fixtures.ts";

const SEED = seedOf();
const CANCEL: ControlAction = { type: "cancel", selectors: ["ising*"] };
const DONE = { ok: true, message: "Cancelled 2 runs.", runs: 2 };
const MINUTE = 60_000;

/** An inbox whose time a test sets, and what it warned of. */
async function openInbox(layout: Layout) {
  const time = { nowMs: 0 };
  const warnings: string[] = [];
  const inbox = await Inbox.open(layout, {
    clockMs: () => time.nowMs,
    onWarning: (message) => warnings.push(message),
  });
  return { inbox, time, warnings };
}

/** Posts it, and answers its id. */
async function post(layout: Layout, action: ControlAction = CANCEL): Promise<string> {
  const request = makeRequest(action, clock());
  await postRequest(layout, request);
  return request.id;
}

/** Puts any text where a request would stand. */
async function put(layout: Layout, id: string, text: string | Uint8Array): Promise<void> {
  await Deno.writeFile(
    layout.requestFile(id),
    typeof text === "string" ? new TextEncoder().encode(text) : text,
  );
}

/** The file of an answer, read and left there. */
function answered(layout: Layout, id: string): { ok: boolean; message: string } | undefined {
  try {
    return readAnswer(Deno.readFileSync(layout.answerFile(id)), id);
  } catch {
    return undefined;
  }
}

function wait(layout: Layout, id: string, over: Partial<Parameters<typeof waitForAnswer>[2]> = {}) {
  const isWorkedOn = () => Promise.resolve(true);
  return waitForAnswer(layout, id, { takenMs: 20_000, answeredMs: 20_000, isWorkedOn, ...over });
}

const names = (folder: string) => entriesBelow(folder).map(({ path }) => path);

Deno.test("Inbox hands on a request as it was made, and nothing is left when its answer was read", () =>
  inTree(async (layout) => {
    const { inbox, warnings } = await openInbox(layout);
    const request = makeRequest(CANCEL, clock());
    await postRequest(layout, request);
    assert.deepEqual(await inbox.waiting(), [request.id]);
    assert.deepEqual(await inbox.take(request.id), request);
    assert.deepEqual([await inbox.waiting(), await inbox.take(request.id)], [[], undefined]);
    const asked = wait(layout, request.id);
    await inbox.answer(request.id, DONE);
    const answer = { format: 1, id: request.id, ...DONE };
    assert.deepEqual(await asked, { kind: "answered", answer });
    assert.deepEqual([names(layout.inbox), names(layout.answers), warnings], [[], [], []]);
  }));

Deno.test("Inbox.waiting() gives the oldest first, and those of one moment as they were made", () =>
  inTree(async (layout) => {
    const { inbox } = await openInbox(layout);
    const ids: string[] = [];
    for (let number = 0; number < 12; number++) ids.push(await post(layout));
    // The last two were made a minute before the others, whatever their names say.
    const order = [...ids.slice(10), ...ids.slice(0, 10)];
    for (const [at, id] of order.entries()) {
      const time = new Date(Date.UTC(2026, 0, 1, 0, at < 2 ? 0 : 1));
      await Deno.utime(layout.requestFile(id), time, time);
    }
    assert.deepEqual(await inbox.waiting(), order);
  }));

Deno.test("Inbox lets a request be written to its end, and refuses what stays unfinished", () =>
  inTree(async (layout) => {
    const { inbox, time } = await openInbox(layout);
    const request = makeRequest(CANCEL, clock());
    const text = requestText(request);
    for (const length of [0, 1, 20, text.length - 3]) {
      await put(layout, request.id, text.slice(0, length));
      assert.equal(await inbox.take(request.id), undefined, `${length} bytes`);
      time.nowMs += 1_500;
      assert.equal(await inbox.take(request.id), undefined, `${length} bytes, a little later`);
      time.nowMs += 1_500;
    }
    await put(layout, request.id, text);
    assert.deepEqual(await inbox.take(request.id), request);

    await put(layout, "half", text.slice(0, 30));
    assert.equal(await inbox.take("half"), undefined);
    time.nowMs += 1_000;
    await inbox.take("half");
    assert.equal(answered(layout, "half"), undefined);
    time.nowMs += 1_000;
    assert.equal(await inbox.take("half"), undefined);
    assert.match(answered(layout, "half")!.message, /no JSON, or not the whole of it/);
    assert.deepEqual(await inbox.waiting(), []);
  }));

Deno.test("Inbox answers what it does not understand in words, and never obeys it", () =>
  inTree(async (layout) => {
    const { inbox } = await openInbox(layout);
    const good = makeRequest(CANCEL, clock());
    const action = (over: unknown) => ({ ...good, id: "odd", action: over });
    const submit = (...manifests: unknown[]) => action({ type: "submit", manifests });
    const table: readonly (readonly [value: unknown, words: RegExp])[] = [
      [
        { ...good, id: "odd", format: 2 },
        /simrun \(0\.1\.0\) does not understand requests of f.* 2/,
      ],
      [{ ...good, id: "odd", format: undefined }, /does not understand what has no format/],
      [good, /The id in the request is not odd/],
      [{ ...good, id: "../../odd" }, /The id in the request is not odd/],
      [7, /does not understand what has no format/],
      [null, /does not understand what has no format/],
      [[good], /does not understand what has no format/],
      [action(undefined), /does not understand the request/],
      [action({ type: "defrost" }), /simrun \(0\.1\.0\) does not understand "defrost"/],
      [action({ type: "constructor" }), /does not understand "constructor"/],
      [action({ type: "cancel" }), /cancel without selectors/],
      [action({ type: "cancel", selectors: [] }), /cancel without selectors/],
      [action({ type: "pause", selectors: [""] }), /pause without selectors/],
      [action({ type: "continue", selectors: [1] }), /continue without selectors/],
      [action({ type: "retry", selectors: "all" }), /retry without selectors/],
      [action({ type: "priority", selectors: ["a"], priority: 4 }), /none of 0 to 3/],
      [action({ type: "priority", selectors: ["a"], priority: 1.5 }), /none of 0 to 3/],
      [action({ type: "slots", slots: 0 }), /not from 1 to 4096/],
      [action({ type: "slots", slots: 1e9 }), /not from 1 to 4096/],
      [submit(), /submit without absolute paths/],
      [submit({ path: "a.yaml", text: "" }), /submit without absolute paths/],
      [submit({ path: "/a\0", text: "" }), /submit without absolute paths/],
      [submit({ path: "/a.yaml" }), /submit without absolute paths/],
    ];
    for (const [value, words] of table) {
      await put(layout, "odd", JSON.stringify(value));
      assert.equal(await inbox.take("odd"), undefined, JSON.stringify(value));
      const answer = answered(layout, "odd");
      assert.deepEqual(answer?.ok, false);
      assert.match(answer!.message, words);
      assert.deepEqual(await inbox.waiting(), []);
    }
  }));

Deno.test("Inbox opens, moves and removes nothing that is no plain file with a request's name", () =>
  inTree(async (layout) => {
    const canary = new Canary(join(layout.root, "..", "outside"));
    const { inbox, time, warnings } = await openInbox(layout);
    canary.plant(layout.requestFile("a-link"), "to a file");
    canary.plant(layout.requestFile("b-folder-link"), "to a folder");
    canary.plant(layout.requestFile("c-dangling"), "dangling");
    canary.plant(layout.requestFile("d-null"), "to /dev/null");
    await Deno.mkdir(layout.requestFile("e-folder"));
    const made = await new Deno.Command("mkfifo", { args: [layout.requestFile("f-pipe")] })
      .output();
    assert.ok(made.success);
    const odd = [".hidden.json", ".tmp-0123456789abc-x.json", "x", "a b.json", "-x.json", ".json"];
    for (const name of odd) await Deno.writeTextFile(join(layout.inbox, name), "x");
    const before = names(layout.inbox);
    const good = await post(layout);
    assert.deepEqual(await inbox.waiting(), [good]);
    assert.ok(await inbox.take(good));
    for (let look = 0; look < 5; look++) {
      time.nowMs += 1_000;
      assert.deepEqual(await inbox.waiting(), []);
    }
    // Named by somebody who looked at the folder and not by the inbox: still never opened.
    for (const id of ["a-link", "e-folder", "f-pipe"]) {
      assert.equal(await inbox.take(id), undefined, id);
    }
    assert.deepEqual(names(layout.inbox), before);
    assert.equal(canary.harm(), undefined);
    assert.equal(warnings.length, 6, "five are told of, then that there are more");
    assert.match(warnings[0]!, /^hot\/inbox\/.* is not .*; it is left as it is\.$/);
    // The name is free again for a request.
    await Deno.remove(layout.requestFile("f-pipe"));
    await inbox.waiting();
    await put(layout, "f-pipe", requestText({ ...makeRequest(CANCEL, clock()), id: "f-pipe" }));
    assert.deepEqual(await inbox.waiting(), ["f-pipe"]);
  }));

Deno.test("Inbox refuses what is too large, and neither reads nor unfolds it", () =>
  inTree(async (layout) => {
    const { inbox } = await openInbox(layout);
    const longest = { type: "cancel", selectors: Array(5_000).fill("x".repeat(300)) } as const;
    await assert.rejects(post(layout, longest), (error: Fault) => error.code === "usage");
    await put(layout, "long", requestText({ ...makeRequest(longest, clock()), id: "long" }));
    assert.equal(await inbox.take("long"), undefined);
    assert.match(answered(layout, "long")!.message, /too large: it may have 1 MiB/);

    await put(layout, "huge", "");
    await Deno.truncate(layout.requestFile("huge"), (64 << 20) + 1);
    assert.equal(await inbox.take("huge"), undefined);
    assert.match(answered(layout, "huge")!.message, /too large/);

    // Gigabytes, were it parsed.
    await put(layout, "bomb", new Uint8Array(60 << 20).fill(0x5b));
    assert.equal(await inbox.take("bomb"), undefined);
    assert.match(answered(layout, "bomb")!.message, /too large/);

    const text = 'id: "a" # [{,: \\"\\\\\n'.repeat(400_000);
    const submit: ControlAction = { type: "submit", manifests: [{ path: "/a.yaml", text }] };
    const id = await post(layout, submit);
    assert.deepEqual((await inbox.take(id))?.action, submit);
  }));

Deno.test("Inbox refuses an unreadable request, and one it cannot remove it does not obey", () =>
  inTree(async (layout) => {
    const { inbox, warnings } = await openInbox(layout);
    const broken = (call: "open" | "remove") => {
      const fails = () => Promise.reject(new Deno.errors.PermissionDenied("denied (os error 13)"));
      useFileSystem(Object.assign(Object.create(Deno), { [call]: fails }));
    };
    const id = await post(layout);
    try {
      broken("remove");
      assert.equal(await inbox.take(id), undefined);
      assert.deepEqual(await inbox.waiting(), [], "it is left alone from now on");
      assert.match(warnings.join(), /cannot be removed, so it is not obeyed/);
    } finally {
      useFileSystem();
    }
    const other = await post(layout);
    const open = (path: string, options: Deno.OpenOptions) =>
      path === layout.requestFile(other)
        ? Promise.reject(new Deno.errors.PermissionDenied("denied (os error 13)"))
        : Deno.open(path, options);
    useFileSystem(Object.assign(Object.create(Deno), { open }));
    try {
      assert.equal(await inbox.take(other), undefined);
      assert.match(answered(layout, other)!.message, /cannot be read: No permission/);
    } finally {
      useFileSystem();
    }
  }));

Deno.test("Inbox.open() answers what came before it, and obeys none of it", () =>
  inTree(async (layout) => {
    const id = await post(layout);
    // A clock that goes wrong makes it no younger.
    const later = new Date(Date.now() + 60 * MINUTE);
    await Deno.utime(layout.requestFile(id), later, later);
    await put(layout, "half", "{");
    const { inbox } = await openInbox(layout);
    assert.deepEqual(await inbox.waiting(), []);
    for (const one of [id, "half"]) {
      assert.equal(answered(layout, one)!.ok, false);
      assert.match(answered(layout, one)!.message, /came before the simrun that works here now/);
    }
  }));

Deno.test("a folder exchanged for a link while simrun works leads nobody out of the tree", () =>
  inTree(async (layout) => {
    const canary = new Canary(join(layout.root, "..", "outside"));
    const { inbox, time } = await openInbox(layout);
    canary.plant(layout.answers, "to a folder");
    await assert.rejects(inbox.answer("x", DONE), /answers is a link; simrun does not write/);
    canary.plant(layout.inbox, "to a folder");
    await assert.rejects(inbox.waiting(), /inbox is a link/);
    time.nowMs += 10 * MINUTE;
    await assert.rejects(inbox.tidy(), /is a link/);
    await assert.rejects(post(layout), /inbox is a link; simrun does not write/);
    assert.equal(canary.harm(), undefined);
    await Deno.remove(layout.inbox);
    await Deno.remove(layout.answers);
    assert.deepEqual(await inbox.waiting(), []);
    // Whoever asks makes nothing: where the tree itself is gone, a part of it would be in the next one's way.
    await assert.rejects(post(layout), /inbox is not there: nobody hears requests/);
    await Deno.mkdir(layout.inbox);
    const id = await post(layout);
    assert.ok(await inbox.take(id));
    await inbox.answer(id, DONE);
    assert.equal(answered(layout, id)?.ok, true);
  }));

Deno.test("Inbox.answer() replaces a planted link and writes nothing through it", () =>
  inTree(async (layout) => {
    const canary = new Canary(join(layout.root, "..", "outside"));
    const { inbox } = await openInbox(layout);
    for (const plant of ["to a file", "dangling", "to /dev/null", "hard"] as const) {
      canary.plant(layout.answerFile("x"), plant);
      await inbox.answer("x", DONE);
      assert.equal(answered(layout, "x")?.ok, true, plant);
      assert.equal(canary.harm(), undefined, plant);
    }
    // A requester does not follow one either: what is behind it is no answer.
    await Deno.symlink(layout.answerFile("x"), layout.answerFile("y"));
    await inbox.answer("x", DONE);
    const text = await Deno.readTextFile(layout.answerFile("x"));
    await Deno.writeTextFile(layout.answerFile("x"), text.replace('"x"', '"y"'));
    assert.equal((await wait(layout, "y", { answeredMs: 0 })).kind, "in-hand");
  }));

Deno.test("Inbox.tidy() removes answers and temporaries after minutes, and nothing else", () =>
  inTree(async (layout) => {
    const { inbox, time } = await openInbox(layout);
    await inbox.tidy();
    await inbox.answer("x", DONE);
    await Deno.writeTextFile(join(layout.inbox, ".tmp-0123456789abc-x.json"), "{");
    await Deno.writeTextFile(join(layout.inbox, "mine.txt"), "x");
    await Deno.writeTextFile(join(layout.answers, "mine.txt"), "x");
    for (let minute = 1; minute <= 5; minute++) {
      time.nowMs = minute * MINUTE;
      await inbox.tidy();
      assert.equal(answered(layout, "x")?.ok, true, `after ${minute} min`);
      if (minute === 3) await inbox.answer("young", DONE);
    }
    time.nowMs = 7 * MINUTE;
    await inbox.tidy();
    assert.deepEqual(names(layout.answers), ["mine.txt", "young.json"]);
    assert.deepEqual(names(layout.inbox), ["mine.txt"]);
  }));

Deno.test("Inbox takes nothing from a tree whose lock was lost: the request is the next holder's to refuse", () =>
  inTree(async (layout) => {
    const lock = await acquireLock(layout, { now: clock });
    const { inbox } = await openInbox(layout);
    const id = await post(layout);
    const record = await Deno.readTextFile(layout.owner);
    await Deno.writeTextFile(layout.owner, record.replace(lock.owner.uuid, "another"));
    const lost = (error: Fault) => error.code === "tree-busy";
    await assert.rejects(inbox.take(id), lost);
    await assert.rejects(inbox.answer(id, DONE), lost);
    assert.deepEqual(names(layout.inbox), [`${id}.json`]);
    await lock.release();
  }));

Deno.test(`a request is either taken or taken back, never both and never neither`, () =>
  inTree(async (layout) => {
    const { inbox } = await openInbox(layout);
    const random = seeded(SEED);
    let taken = 0;
    const rounds = cases({ short: 60, long: 3000 });
    for (let round = 0; round < rounds; round++) {
      const id = await post(layout);
      const pauses = random.below(12);
      const holder = inbox.take(id);
      for (let i = 0; i < pauses; i++) await Deno.lstat(layout.root);
      const [request, isBack] = await Promise.all([holder, takeBack(layout, id)]);
      assert.notEqual(request !== undefined, isBack, `seed ${SEED}, round ${round}`);
      taken += Number(request !== undefined);
    }
    assert.ok(taken > 0 && taken < rounds, `${taken} of ${rounds} were taken`);
  }));

Deno.test("requesters at the same time get an answer each, and their own", () =>
  inTree(async (layout) => {
    const { inbox } = await openInbox(layout);
    const ask = async (selector: string): Promise<readonly [string, Asked]> => {
      const id = await post(layout, { type: "pause", selectors: [selector] });
      return [selector, await wait(layout, id)];
    };
    const all = Array.from({ length: 20 }, (_, number) => ask(`job${number}`));
    for (let answers = 0; answers < all.length;) {
      for (const id of await inbox.waiting()) {
        const { action } = (await inbox.take(id)) as ControlRequest;
        assert.ok(action.type === "pause");
        await inbox.answer(id, { ok: true, message: `Paused ${action.selectors[0]}.` });
        answers++;
      }
    }
    for (const [selector, asked] of await Promise.all(all)) {
      assert.ok(asked.kind === "answered");
      assert.equal(asked.answer.message, `Paused ${selector}.`);
    }
    assert.deepEqual([names(layout.inbox), names(layout.answers)], [[], []]);
  }));

Deno.test("waitForAnswer() takes a request back when nobody comes for it, is there, or wants it any more", () =>
  inTree(async (layout) => {
    const { inbox } = await openInbox(layout);
    const nobody = () => Promise.resolve(false);
    for (
      const over of [{ takenMs: 100 }, { isWorkedOn: nobody }, { signal: AbortSignal.abort() }]
    ) {
      const id = await post(layout);
      assert.deepEqual(await wait(layout, id, over), { kind: "taken-back" });
      assert.deepEqual(await inbox.waiting(), []);
    }
    for (
      const over of [{ answeredMs: 100 }, { isWorkedOn: nobody }, { signal: AbortSignal.abort() }]
    ) {
      const id = await post(layout);
      await inbox.take(id);
      assert.deepEqual(await wait(layout, id, over), { kind: "in-hand" });
    }
  }));

Deno.test("postRequest() writes again when a simrun that begins has swept its temporary away", () =>
  inTree(async (layout) => {
    const request = makeRequest(CANCEL, clock());
    let sweeps = 0;
    const rename = async (from: string, to: string) => {
      if (sweeps++ === 0) await removeTemporaries(layout.inbox);
      await Deno.rename(from, to);
    };
    useFileSystem(Object.assign(Object.create(Deno), { rename }));
    try {
      await postRequest(layout, request);
    } finally {
      useFileSystem();
    }
    assert.equal(sweeps, 2);
    assert.equal(await Deno.readTextFile(layout.requestFile(request.id)), requestText(request));
  }));

Deno.test("readRequest() makes of random bytes a request as asked for, or words, and never throws", () => {
  const random = seeded(SEED);
  const actions: readonly ControlAction[] = [
    CANCEL,
    { type: "priority", selectors: ["a", "b"], priority: 3 },
    { type: "slots", slots: 3 },
    { type: "submit", manifests: [{ path: "/a.yaml", text: "id: a" }] },
  ];
  let understood = 0;
  for (let round = 0; round < cases({ short: 3_000, long: 300_000 }); round++) {
    const request = makeRequest(random.pick(actions), clock());
    const bytes = new TextEncoder().encode(requestText(request));
    for (let changes = random.below(4); changes > 0; changes--) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    const reading = readRequest(bytes.subarray(0, bytes.length - random.below(3)), request.id);
    if (reading.kind !== "request") continue;
    understood++;
    const { id, action } = reading.request;
    assert.equal(id, request.id, `seed ${SEED}`);
    assert.deepEqual(Object.keys(action), Object.keys(request.action), `seed ${SEED}`);
  }
  assert.ok(understood > 100);
});
