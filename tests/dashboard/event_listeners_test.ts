/** Hundreds who listen to events at once, and some who never read: the others hear all, and nothing is kept for anybody. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../helpers/folder.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { cases, isTorture } from "../helpers/torture.ts";
import { append, ENDED, makeTree } from "../metrics/fixtures.ts";
import { completed, planned, SESSION, started } from "../report/fixtures.ts";
import { withShown } from "./shown_tree.ts";

const LISTENERS = cases({ short: 40, long: 500 });
const PATIENCE_MS = 120_000;
const RUNS = 2_000;
const EVENTS = 2 * RUNS + 2;
/** What the process may grow by; each socket has buffers of its own. */
const GROWTH_BYTES_MAX = 200 * 2 ** 20;

Deno.test(`/events tells ${LISTENERS} listeners everything, beside four that never read${isTorture ? "" : " (500 with SIMRUN_TORTURE=1)"}`, () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const layout = await makeTree(join(folder, "tree"));
      const runs = Array.from({ length: RUNS }, (_, i) => `r${i}`);
      await append(layout, [
        ...[SESSION, planned("heat", RUNS), started("heat", runs)],
        ...runs.map((run) => completed("heat", run, { text: "x".repeat(800) })),
      ]);
      await withShown(layout.root, [], async (shown) => {
        const before = residentBytes(shown.pid);
        const { hostname, port } = new URL(shown.url);
        const deaf: Deno.Conn[] = [];
        for (let i = 0; i < 4; i++) {
          const one = await Deno.connect({ hostname, port: Number(port) });
          deaf.push(one);
          await one.write(new TextEncoder().encode(
            `GET /events?after=0&token=${shown.token} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n` +
              "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
              "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
          ));
        }
        const address = `${shown.origin.replace("http", "ws")}/events?token=${shown.token}`;
        const counts = new Map<WebSocket, number>();
        for (let i = 0; i < LISTENERS; i++) {
          const socket = new WebSocket(`${address}&after=0`);
          counts.set(socket, 0);
          socket.onmessage = () => counts.set(socket, counts.get(socket)! + 1);
        }
        const haveHeard = (count: number) => [...counts.values()].every((one) => one === count);
        await until(() => haveHeard(EVENTS), "all have heard all", PATIENCE_MS);
        await append(layout, [ENDED]);
        await until(() => haveHeard(EVENTS + 1), "all have heard the end", PATIENCE_MS);
        const grown = residentBytes(shown.pid) - before;
        assert.ok(grown < GROWTH_BYTES_MAX, `grew by ${Math.round(grown / 2 ** 20)} MiB`);
        for (const socket of counts.keys()) socket.close();
        for (const one of deaf) one.close();
      });
    })
  ));

function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024;
}
