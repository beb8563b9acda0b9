/** `/events`: what anyone hears of a tree's events by a WebSocket, from where on, and what becomes of who does not read. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EventListener } from "../../src/dashboard/event_listener.ts";
import { EventListeners } from "../../src/dashboard/event_listeners.ts";
import { EventTail } from "../../src/dashboard/event_tail.ts";
import { NOTICE_EVENTS } from "../../src/job/sink.ts";
import type { Notice } from "../../src/notice/notice.ts";
import { JournalFollower } from "../../src/store/journal_follow.ts";
import type { Layout } from "../../src/store/layout.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { fromFileUrl, simrun } from "../helpers/program.ts";
import { append, ENDED, EVENTS, makeTree } from "../metrics/fixtures.ts";
import { completed, planned, SESSION, started } from "../report/fixtures.ts";
import { placeStudy, withShown } from "./shown_tree.ts";

interface Heard {
  readonly socket: WebSocket;
  readonly events: Notice[];
  readonly closed: Promise<CloseEvent>;
}

function listen(url: string): Heard {
  const socket = new WebSocket(url);
  const events: Notice[] = [];
  socket.onmessage = ({ data }) => events.push(JSON.parse(data));
  const closed = new Promise<CloseEvent>((done) => socket.onclose = done);
  return { socket, events, closed };
}

const named = ({ events }: Heard) => events.map(({ id }) => id);

/** The listeners of a tree behind a server of their own, without what judges who may ask. */
async function withListeners(
  layout: Layout,
  use: (hear: (query?: string) => Heard, listeners: EventListeners) => Promise<void>,
): Promise<void> {
  const listeners = new EventListeners(layout, () => undefined);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const admitted = listeners.admit(request, new URL(request.url));
      return admitted instanceof Response
        ? admitted
        : new Response(admitted.why, { status: admitted.status });
    },
  );
  const heard: Heard[] = [];
  try {
    await use((query = "") => {
      const one = listen(`ws://127.0.0.1:${server.addr.port}/events${query}`);
      heard.push(one);
      return one;
    }, listeners);
  } finally {
    await listeners.stop("over");
    await Promise.all(heard.map(({ closed }) => closed));
    await server.shutdown();
  }
}

Deno.test("/events tells what the log is told, in its order and words, and goes on behind any event", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await placeStudy(folder);
      const study = await Deno.readTextFile(join(folder, "study.yaml"));
      await place(folder, "study.yaml", `notify: [{ log: { format: json } }]\n${study}`);
      const tree = join(folder, "tree");
      await simrun(["run", join(folder, "study.yaml"), "--tree", tree, "-j", "2"]);
      const log = await Deno.readTextFile(join(tree, "simulation.log"));
      // The log has words for people beside each.
      const told = log.trimEnd().split("\n").map((line): Notice => {
        const { level: _level, text: _text, ...notice } = JSON.parse(line);
        return notice;
      });
      assert.ok(told.length > 30);
      let last: Heard | undefined;
      await withShown(tree, [], async (shown) => {
        const address = `${shown.origin.replace("http", "ws")}/events?token=${shown.token}`;
        const whole = listen(`${address}&after=0`);
        await until(() => whole.events.length >= told.length, "all events");
        assert.deepEqual(whole.events, told);
        for (const [i, { id }] of told.entries()) {
          if (i === told.length - 1) continue;
          const rest = listen(`${address}&after=${id}`);
          await until(() => rest.events.length >= told.length - i - 1, `what is behind ${id}`);
          assert.deepEqual(rest.events, told.slice(i + 1));
          rest.socket.close();
        }
        const few = listen(`${address}&after=0&events=on_error,on_end`);
        await until(() => few.events.length >= 2, "the chosen events");
        assert.deepEqual(few.events.map(({ event }) => event), ["on_error", "on_end"]);
        // The example of docs/events.md, as it stands there.
        const page = await Deno.readTextFile(
          fromFileUrl(new URL("../../docs/events.md", import.meta.url)),
        );
        const [, client] = /^```js file=listen.js\n([^]*?)^```$/m.exec(page)!;
        assert.ok(client!.trimEnd().split("\n").length <= 10);
        const script = await place(folder, "listen.js", client!);
        const listening = new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--no-check", script, shown.url],
          stdout: "piped",
        }).spawn();
        let said = "";
        for await (const text of listening.stdout.pipeThrough(new TextDecoderStream())) {
          said += text;
          if (said.split("\n").length > told.length) break;
        }
        listening.kill();
        await listening.status;
        assert.equal(said, told.map(({ id, event }) => `${id} ${event}\n`).join(""));
        whole.socket.close();
        few.socket.close();
        last = listen(address);
        await until(() => last?.socket.readyState === WebSocket.OPEN, "the line is open");
      });
      const { code, reason } = await last!.closed;
      assert.deepEqual([code, reason], [1001, "The dashboard was ended."]);
    })
  ));

Deno.test("/events refuses strangers, what is no place, and who speaks", () =>
  inFolder(async (folder) => {
    const layout = await makeTree(join(folder, "tree"));
    await append(layout, EVENTS);
    await withShown(layout.root, [], async (shown) => {
      const upgrade = {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      };
      const statusOf = async (path: string, headers: Record<string, string> = {}) => {
        const answer = await shown.get(path, headers);
        await answer.body?.cancel();
        return answer.status;
      };
      assert.equal(await statusOf("/events"), 426);
      assert.equal(await statusOf("/events", { authorization: "Bearer x" }), 401);
      assert.equal(await statusOf("/events", { origin: "http://attacker.example" }), 403);
      for (const query of ["after=x", "after=-1", "after=1.0", "after=", "events=on_errors"]) {
        assert.equal(await statusOf(`/events?${query}`, upgrade), 400, query);
      }
      const address = `${shown.origin.replace("http", "ws")}/events?token=${shown.token}`;
      const ahead = await listen(`${address}&after=999`).closed;
      assert.equal(ahead.code, 1008);
      assert.match(ahead.reason, new RegExp(`ends at ${EVENTS.length}; .*after=${EVENTS.length},`));
      const loud = listen(address);
      loud.socket.onopen = () => loud.socket.send("x");
      assert.equal((await loud.closed).code, 1008);
    });
  }));

Deno.test("/events tells of what happens from now on, and reads again what lies further back than is kept", () =>
  inFolder(async (folder) => {
    const layout = await makeTree(join(folder, "tree"));
    const runs = Array.from({ length: 6_000 }, (_, i) => `r${i}`);
    await append(layout, [
      ...[SESSION, planned("heat", 6_000), started("heat", runs)],
      ...runs.map((run) => completed("heat", run, { text: "x".repeat(200) })),
    ]);
    assert.ok((await Deno.stat(layout.journal)).size > 2 << 20, "more than is kept");
    await withListeners(layout, async (hear) => {
      // More than may read the past at the same time.
      const all = Array.from({ length: 7 }, () => hear("?after=0"));
      const now = hear();
      await until(() => all.every(({ events }) => events.length === 12_002), "the past");
      assert.equal(now.events.length, 0);
      await append(layout, [ENDED]);
      await until(
        () => [now, ...all].every(({ events }) => events.at(-1)?.event === "on_end"),
        "the end",
      );
      assert.equal(now.events.length, 1);
      const ids = named(all[0]!);
      assert.equal(new Set(ids).size, ids.length);
      assert.ok(all[0]!.events.every(({ host }) => host === now.events[0]!.host && host !== ""));
      for (const one of all) assert.deepEqual(named(one), ids);
    });
  }));

Deno.test("/events sends back who heard what was undone, and who heard of another tree", () =>
  inFolder(async (folder) => {
    const layout = await makeTree(join(folder, "tree"));
    await append(layout, [SESSION, planned("heat", 3), started("heat", ["a", "b", "c"])]);
    const { size } = await Deno.stat(layout.journal);
    await append(layout, [completed("heat", "a", 1)]);
    await withListeners(layout, async (hear) => {
      const first = hear("?after=0");
      await until(() => first.events.length === 6, "all events");
      await Deno.truncate(layout.journal, size);
      await append(layout, [completed("heat", "b", 2)]);
      const { code, reason } = await first.closed;
      assert.equal(code, 1012);
      const [, after] = /undone; come again with after=(\d+)$/.exec(reason)!;
      const second = hear(`?after=${after}`);
      const last = () => second.events.at(-1);
      await until(() => last()?.event === "on_complete", "what is there now");
      assert.equal((last() as Notice & { event: "on_complete" }).run, "b");

      await append(await makeTree(join(folder, "other")), [SESSION, ENDED]);
      await Deno.rename(layout.root, join(folder, "away"));
      await Deno.rename(join(folder, "other"), layout.root);
      const other = await second.closed;
      assert.deepEqual([other.code, /after=(\d+)$/.exec(other.reason)?.[1]], [1012, "0"]);
      const third = hear("?after=0");
      await until(() => third.events.length === 2, "the other tree's events");
    });
  }));

/** Stands for a socket whose reader is slow. */
class SlowSocket extends EventTarget {
  bufferedAmount = 0;
  readonly sent: string[] = [];
  closed: readonly [number, string] | undefined;

  send(message: string): void {
    this.sent.push(message);
    this.bufferedAmount += message.length;
  }

  close(code: number, why: string): void {
    this.closed = [code, why];
  }
}

Deno.test("an EventListener that does not read is given no more, and after a minute told where to go on", () =>
  inFolder(async (folder) => {
    const layout = await makeTree(join(folder, "tree"));
    const runs = Array.from({ length: 2_000 }, (_, i) => `r${i}`);
    // One entry of many events: it is full in the middle of it.
    await append(layout, [SESSION, started("heat", runs)]);
    const tail = new EventTail(layout.root);
    using follower = new JournalFollower(layout);
    follower.read((entry, location) => tail.apply(entry, location));
    const all = new Set(NOTICE_EVENTS);
    const idOf = (text: string) => (JSON.parse(text) as Notice).id;
    const open = (after: { seq: number; index?: number }) => {
      const socket = new SlowSocket();
      const listener = new EventListener(socket as unknown as WebSocket, all);
      listener.place(after);
      return { socket, listener };
    };
    const slow = open({ seq: 0 });
    assert.equal(slow.listener.tell(tail, 0), "unread");
    assert.ok(slow.socket.bufferedAmount < 66 << 10, "bounded");
    assert.equal(slow.listener.tell(tail, 60_000), "unread");
    assert.equal(slow.socket.closed, undefined);
    slow.listener.tell(tail, 60_001);
    const [code, why] = slow.socket.closed!;
    assert.equal(code, 1013);
    const after = /come again with after=((\d+)\.(\d+))$/.exec(why)!;
    assert.equal(after[1], idOf(slow.socket.sent.at(-1)!));
    const again = open({ seq: Number(after[2]), index: Number(after[3]) - 1 });
    while (again.listener.tell(tail, 0) === "unread") again.socket.bufferedAmount = 0;
    const ids = [...slow.socket.sent, ...again.socket.sent].map(idOf);
    assert.deepEqual(ids.length, 2_001);
    assert.equal(new Set(ids).size, ids.length);
  }));

Deno.test("an EventTail keeps no more than it may, and says from where on it has all", () =>
  inFolder(async (folder) => {
    const layout = await makeTree(join(folder, "tree"));
    await append(layout, EVENTS);
    const tail = new EventTail(layout.root, 1_000);
    using follower = new JournalFollower(layout);
    follower.read((entry, location) => tail.apply(entry, location));
    assert.equal(tail.lastSeq, EVENTS.length);
    assert.ok(!tail.hasAllBehind(0));
    const from = EVENTS.findIndex((_, seq) => tail.hasAllBehind(seq));
    assert.ok(from > 0 && from < EVENTS.length);
    assert.equal(tail.behind(from)?.seq, from + 1);
    assert.equal(tail.behind(EVENTS.length), undefined);
  }));
