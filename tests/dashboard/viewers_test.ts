/** Hundreds of viewers at once, and one that never reads: none delays another, and none costs more than its socket. */
import assert from "node:assert/strict";
import { cases, isTorture } from "../helpers/torture.ts";
import { inFolder } from "../helpers/folder.ts";
import { leavesNoProcess, sleep, until } from "../helpers/processes.ts";
import { withShown, workedTree } from "./shown_tree.ts";

const VIEWERS = cases({ short: 40, long: 500 });
const WATCHED_MS = cases({ short: 3_000, long: 30_000 });
/** What the process may grow by; each socket has buffers of its own. */
const GROWTH_BYTES_MAX = 200 * 2 ** 20;

Deno.test(`simrun dashboard serves ${VIEWERS} viewers and one that never reads${isTorture ? "" : " (500 with SIMRUN_TORTURE=1)"}`, () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const worked = await workedTree(folder);
      try {
        await withShown(worked.tree, [], async (shown) => {
          const before = residentBytes(shown.pid);
          const { hostname, port } = new URL(shown.url);
          // It asks for the line, and reads nothing of it, not even the answer.
          using deaf = await Deno.connect({ hostname, port: Number(port) });
          await deaf.write(new TextEncoder().encode(
            `GET /live?token=${shown.token} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n` +
              "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
              "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
          ));
          const heard = new Map<WebSocket, number[]>();
          for (let i = 0; i < VIEWERS; i++) {
            const socket = shown.live();
            const times: number[] = [];
            socket.onmessage = () => times.push(performance.now());
            heard.set(socket, times);
          }
          await until(
            () => [...heard.values()].every(({ length }) => length > 0),
            "all see a picture",
          );
          const loud = shown.live();
          const closed = new Promise<CloseEvent>((done) => loud.onclose = done);
          loud.onopen = () => loud.send("x".repeat(1 << 20));
          assert.equal((await closed).code, 1008, "who speaks is no viewer");
          await sleep(WATCHED_MS);
          for (const times of heard.values()) {
            const most = Math.max(
              ...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length),
            );
            assert.ok(most <= 5, `${most} messages in one second`);
            assert.ok(times.length >= 2, "nothing new was told");
          }
          // Whoever asks something is answered meanwhile.
          assert.equal((await shown.json("/api/runs")).total, 8);
          const grown = residentBytes(shown.pid) - before;
          assert.ok(grown < GROWTH_BYTES_MAX, `grew by ${Math.round(grown / 2 ** 20)} MiB`);
          for (const socket of heard.keys()) socket.close();
        });
      } finally {
        await worked.end();
      }
    })
  ));

function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024;
}
