/** What the dashboard's server refuses: wrong tokens, other hosts and origins, paths out of its list, changes that were not allowed. */
import assert from "node:assert/strict";
import { EXIT } from "../../src/job/fault.ts";
import { Viewers } from "../../src/dashboard/viewers.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess } from "../helpers/processes.ts";
import { simrun } from "../helpers/program.ts";
import { sharedTree, type Shown, withShown } from "./shown_tree.ts";

Deno.test("the dashboard's server refuses who lacks the token, comes by another host or from another site", () =>
  leavesNoProcess(async () => {
    await withShown(await sharedTree(), [], async (shown) => {
      await refusals(shown);
      await cookies(shown);
      await paths(shown);
    });
  }));

const HANDSHAKE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
};

async function refusals(shown: Shown): Promise<void> {
  const { token } = shown;
  const host = new URL(shown.url).host;
  const bearer = { authorization: `Bearer ${token}` };
  const other = token.slice(0, -1) + (token.endsWith("A") ? "B" : "A");
  const cases: readonly [number, string, Record<string, string>][] = [
    [401, "/", {}],
    [401, "/api/picture", {}],
    [401, "/page/app.js", {}],
    [401, `/?token=${other}`, {}],
    [401, "/?token=", {}],
    [401, "/api/picture", { authorization: `Bearer ${other}` }],
    [401, "/api/picture", { authorization: `Bearer ${token}x` }],
    [200, "/api/picture", bearer],
    [200, "/api/picture", { ...bearer, host: "localhost:1" }],
    [200, "/api/picture", { ...bearer, host: "[::1]:99" }],
    // A name that a stranger's name server points to this machine.
    [403, "/api/picture", { ...bearer, host: "attacker.example" }],
    [403, "/api/picture", { ...bearer, host: host.replace("127.0.0.1", "attacker.example") }],
    [403, "/api/picture", { ...bearer, host: "127.0.0.1.attacker.example" }],
    [403, "/api/picture", { ...bearer, host: "192.168.0.7" }],
    [403, "/api/picture", { ...bearer, origin: "http://attacker.example" }],
    [403, "/api/picture", { ...bearer, origin: "null" }],
    [403, "/api/picture", { ...bearer, origin: "http://127.0.0.1:1" }],
    [200, "/api/picture", { ...bearer, origin: `http://${host}` }],
    [403, "/api/picture", { ...bearer, "sec-fetch-site": "cross-site" }],
    [403, "/live", { ...bearer, ...HANDSHAKE, origin: "http://attacker.example" }],
    [401, "/live", { ...HANDSHAKE, origin: `http://${host}` }],
    [101, "/live", { ...bearer, ...HANDSHAKE }],
  ];
  for (const [status, path, headers] of cases) {
    const answer = await raw(shown, "GET", path, headers);
    assert.equal(answer.status, status, `${path} ${JSON.stringify(headers)}: ${answer.text}`);
    if (status !== 200 && status !== 101) assert.ok(!answer.text.includes(token));
  }
}

async function cookies(shown: Shown): Promise<void> {
  const opened = await fetch(shown.url);
  await opened.body?.cancel();
  const cookie = opened.headers.get("set-cookie")!;
  assert.match(cookie, /^simrun_[\w-]+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
  const policy = opened.headers.get("content-security-policy")!;
  assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'/);
  assert.doesNotMatch(policy, /unsafe/);
  const kept = { cookie: cookie.split(";")[0]! };
  const origin = shown.origin;
  const json = { "content-type": "application/json" };
  assert.equal((await raw(shown, "GET", "/api/picture", kept)).status, 200);
  // A browser says where a request comes from that changes something, or opens a line.
  assert.equal((await raw(shown, "GET", "/live", { ...kept, ...HANDSHAKE })).status, 403);
  assert.equal((await raw(shown, "GET", "/live", { ...kept, ...HANDSHAKE, origin })).status, 101);
  assert.equal((await raw(shown, "POST", "/api/control", { ...kept, ...json })).status, 403);
  const asked = await raw(shown, "POST", "/api/control", { ...kept, ...json, origin });
  assert.equal(asked.status, 403);
  assert.match(asked.text, /only looks.*--control/s);
}

async function paths(shown: Shown): Promise<void> {
  const bearer = { authorization: `Bearer ${shown.token}` };
  for (
    const path of [
      "/page/../server.ts",
      "/page/..%2fserver.ts",
      "/page/%2e%2e/server.ts",
      "/page//etc/passwd",
      "/etc/passwd",
      "/page/index.html/..",
      "/page/jsconfig.json",
      "/hot/journal.jsonl",
      "/api/run?job=..&run=../../hot",
      "/api/run?job=resonance&run=..%2f..%2f..%2fhot%2flive.json",
      "/api/run?job=__proto__&run=constructor",
    ]
  ) {
    const { status, text } = await raw(shown, "GET", path, bearer);
    assert.equal(status, 404, `${path}: ${text}`);
  }
  for (const path of ["/api/run", "/api/plot?job=resonance&x=damping&y=nothing"]) {
    assert.equal((await raw(shown, "GET", path, bearer)).status, 400, path);
  }
  assert.equal((await raw(shown, "PUT", "/api/picture", bearer)).status, 405);
}

Deno.test("with --control the server takes what is meant, and no more", () =>
  leavesNoProcess(async () => {
    await withShown(await sharedTree(), ["--control"], async (shown) => {
      const send = (body: string, type = "application/json") =>
        fetch(`${shown.origin}/api/control`, {
          method: "POST",
          headers: { authorization: `Bearer ${shown.token}`, "content-type": type },
          body,
        }).then(async (answer) => [answer.status, await answer.text()] as const);
      assert.equal((await send("{}", "text/plain"))[0], 415);
      assert.equal((await send("{"))[0], 400);
      assert.equal((await send('{"type":"cancel"}'))[0], 400);
      assert.equal((await send('{"type":"cancel","selectors":[""]}'))[0], 400);
      assert.equal((await send('{"type":"slots","slots":1}'))[0], 400);
      assert.equal(
        (await send('{"type":"submit","manifests":[{"path":"/etc/x","text":"a"}]}'))[0],
        400,
      );
      assert.equal((await send("x".repeat(1 << 20)))[0], 413);
      const [status, text] = await send('{"type":"cancel","selectors":["resonance"]}');
      assert.equal(status, 409, text);
      assert.match(text, /message/);
    });
  }));

Deno.test("simrun dashboard says what is wrong with its port, its host and its tree", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const tree = await sharedTree();
      await withShown(tree, [], async (shown) => {
        const port = new URL(shown.url).port;
        const taken = await simrun(["dashboard", "--tree", tree, "--port", port]);
        assert.equal(taken.status, EXIT.usage.status);
        assert.match(taken.stderr, new RegExp(`Port ${port} of 127.0.0.1 is in use`));
        assert.match(taken.stderr, /Leave out --port/);
      });
      const far = await simrun(["dashboard", "--tree", tree, "--host", "203.0.113.9"]);
      assert.equal(far.status, EXIT.usage.status);
      assert.match(far.stderr, /cannot listen at "203\.0\.113\.9"/);
      const large = await simrun(["dashboard", "--tree", tree, "--port", "70000"]);
      assert.match(large.stderr, /up to 65535/);
      const none = await simrun(["dashboard", "--tree", `${folder}/nothing`]);
      assert.match(none.stderr, /There is no tree at/);
      await place(folder, "newer/simrun.json", '{"format":99}\n');
      const newer = await simrun(["dashboard", "--tree", `${folder}/newer`]);
      assert.match(newer.stderr, /newer simrun: format 99/);
    })
  ));

/** Stands for a socket whose reader is slow. */
class SlowSocket extends EventTarget {
  readonly readyState = WebSocket.OPEN;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  closed: number | undefined;

  send(message: string): void {
    this.sent.push(message);
  }

  close(code: number): void {
    this.closed = code;
  }
}

Deno.test("Viewers passes over who has not read, keeps nothing for it, and lets it go after a minute", () => {
  let nowMs = 0;
  const viewers = new Viewers(() => nowMs);
  const [slow, quick] = [new SlowSocket(), new SlowSocket()];
  for (const socket of [slow, quick]) {
    viewers.add(socket as unknown as WebSocket);
    socket.dispatchEvent(new Event("open"));
  }
  viewers.send("1");
  slow.bufferedAmount = 1 << 20;
  for (const message of ["2", "3", "4"]) viewers.send(message);
  assert.deepEqual(quick.sent, ["1", "2", "3", "4"]);
  assert.deepEqual(slow.sent, ["1"]);
  assert.equal(viewers.passedOver, 3);
  // It has read: from now on it gets what is new, and nothing of before.
  slow.bufferedAmount = 0;
  viewers.send("5");
  assert.deepEqual(slow.sent, ["1", "5"]);
  slow.bufferedAmount = 1 << 20;
  viewers.send("6");
  nowMs = 61_000;
  viewers.send("7");
  assert.equal(slow.closed, 1013);
  assert.equal(viewers.count, 1);
  // Nobody has anything to say here.
  quick.dispatchEvent(new MessageEvent("message", { data: "x" }));
  assert.equal(quick.closed, 1008);
  assert.equal(viewers.count, 0);
});

/** One request as it is written, since `fetch` does not let a host be chosen. */
async function raw(
  shown: Shown,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ readonly status: number; readonly text: string }> {
  const { hostname, port, host } = new URL(shown.url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const all = { host, connection: "close", ...method === "GET" ? {} : { "content-length": "2" } };
  const lines = Object.entries({ ...all, ...headers }).map(([name, value]) => `${name}: ${value}`);
  const body = method === "GET" ? "" : "{}";
  const request = `${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
  await connection.write(new TextEncoder().encode(request));
  let text = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1 << 16);
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) break;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
    // A line that was opened stays open.
    const [head = "", body] = text.split(/\r\n\r\n(.*)/s);
    const length = /^content-length: (\d+)/im.exec(head)?.[1];
    if (head.startsWith("HTTP/1.1 101") || Number(length) <= (body ?? "").length) break;
  }
  return { status: Number(text.slice(9, 12)), text };
}
