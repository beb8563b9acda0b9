/** The client against a stand-in for PLECS that obeys the wire, and against all that may answer there instead. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PlecsClient } from "../../src/plecs/client.ts";
import { PlecsFault, type PlecsFaultKind } from "../../src/plecs/plecs_fault.ts";
import { PlecsSession } from "../../src/plecs/session.ts";
import { Base64, type RpcStruct } from "../../src/plecs/value.ts";
import { readWaveforms } from "../../src/plecs/waveforms.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { isTorture } from "../helpers/torture.ts";
import { charged, DEFAULT_SPAN, StandIn, type StandInOptions } from "./stand_in.ts";

const WIRES = ["json", "xml"] as const;
const MS = 20_000;

async function withStandIn(
  options: StandInOptions,
  use: (server: StandIn) => Promise<void>,
): Promise<void> {
  const server = new StandIn(options);
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

function clientOf({ url }: { readonly url: string }, protocol: "auto" | "json" | "xml" = "auto") {
  return new PlecsClient({ url, protocol });
}

async function assertFault(work: Promise<unknown>, kind: PlecsFaultKind, words: RegExp) {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof PlecsFault, String(error));
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, words);
    return true;
  });
}

/** A session with one model open, whose file says this. */
async function withModel(
  server: { readonly url: string },
  protocol: "auto" | "json" | "xml",
  use: (session: PlecsSession, open: () => Promise<string>, path: string) => Promise<void>,
  name = "rc.plecs",
): Promise<void> {
  await inFolder(async (folder) => {
    const path = await place(folder, name, "gain 1");
    const claim = { isMine: () => true, make: () => {} };
    const session = new PlecsSession({ url: server.url, protocol }, claim);
    await use(session, () => session.open({ path }, Deno.readTextFileSync(path)), path);
  });
}

const RUN: RpcStruct = { ModelVars: { R: 500 }, SolverOpts: { Timeout: 60 } };

Deno.test("both protocols load, simulate one or many, and tell a state that goes on", async () => {
  for (const wire of WIRES) {
    await withStandIn({}, (server) =>
      withModel(server, wire, async (session, open) => {
        const name = await open();
        assert.equal(name, "rc");
        const one = readWaveforms(await session.simulate(name, RUN, MS));
        assert.ok(Math.abs(one.signals[0]!.at(-1)! - charged(DEFAULT_SPAN, { R: 500 })) < 1e-12);
        const singular = { ModelVars: { R: 0 }, SolverOpts: { Timeout: 60 } };
        const [first, second] = await session.simulate(name, [RUN, singular], MS) as [
          RpcStruct,
          string,
        ];
        assert.deepEqual([...readWaveforms(first).signals[0]!], [...one.signals[0]!]);
        assert.equal(second, "Simulation error: Matrix is singular");
        await assertFault(session.simulate(name, singular, MS), "own", /singular/);

        const half = (more: RpcStruct) => ({
          ModelVars: { R: 500 },
          SolverOpts: { Timeout: 60, TimeSpan: DEFAULT_SPAN / 2, ...more },
        });
        await session.simulate(name, half({}), MS);
        const state = await session.systemState(name);
        const more = { StartTime: DEFAULT_SPAN / 2, InitialSystemState: state };
        const rest = readWaveforms(await session.simulate(name, half(more), MS));
        assert.ok(Math.abs(rest.signals[0]!.at(-1)! - one.signals[0]!.at(-1)!) < 1e-12);
        assert.equal(rest.time.at(-1), DEFAULT_SPAN);
        assert.ok(server.calls.every((call) => call.wire === wire));
      }));
  }
});

Deno.test("the protocol and the path are found out, once", async () => {
  const servers: [StandInOptions, string, string][] = [
    [{}, "json", "/"],
    [{ wire: "xml" }, "xml", "/"],
    [{ wire: "json", path: "/RPC2" }, "json", "/RPC2"],
    [{ wire: "xml", path: "/RPC2" }, "xml", "/RPC2"],
  ];
  for (const [options, wire, path] of servers) {
    await withStandIn(options, async (server) => {
      const client = clientOf(server);
      await client.call("plecs.close", ["x"], MS).catch(() => {});
      await client.call("plecs.close", ["x"], MS).catch(() => {});
      assert.deepEqual(server.calls.map(({ method }) => method), [
        "system.listMethods",
        "plecs.close",
        "plecs.close",
      ]);
      assert.ok(server.calls.every((call) => call.wire === wire && call.path === path));
    });
  }
  // What the manifest names is taken as it is.
  await withStandIn({ path: "/rpc/here" }, async (server) => {
    await clientOf({ url: `${server.url}/rpc/here` }).probe();
    assert.equal(server.calls[0]!.path, "/rpc/here");
    await assertFault(clientOf({ url: `${server.url}/there` }).probe(), "foreign", /status 404/);
  });
});

/** Not every machine has it, and fewer containers do. */
function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

const IPV6 = "a server that listens on IPv6 only is found under localhost";
Deno.test(IPV6, { ignore: !hasIpv6() }, async () => {
  await withStandIn({ hostname: "::1" }, async (server) => {
    await clientOf(server).probe();
    assert.equal(server.calls.length, 1);
  });
});

Deno.test("an answer of probe() is proof of life, also when it is a fault", async () => {
  for (const wire of WIRES) {
    const before = () => {
      throw new Error("Unknown method");
    };
    await withStandIn({ before }, async (server) => {
      await clientOf(server, wire).probe();
      assert.equal(server.calls.length, 1);
    });
  }
});

Deno.test("a PLECS that is off is transient, and told with what to do", async () => {
  const server = new StandIn();
  const { url } = server;
  await server.close();
  await assertFault(
    clientOf({ url }).probe(),
    "transient",
    /nobody answers at .*: start PLECS.*simrun resume/,
  );
});

Deno.test("a second call while a simulation blocks is busy; one client keeps its own calls apart", async () => {
  for (const wire of WIRES) {
    await withStandIn(
      { simulateMs: 80 },
      (server) =>
        withModel(server, wire, async (session, open) => {
          const name = await open();
          const other = clientOf(server, wire);
          const mine = session.simulate(name, RUN, MS);
          while (server.running === 0) await new Promise((done) => setTimeout(done, 5));
          await assertFault(other.call("plecs.get", ["rc", "x"], MS), "busy", /blocking/);
          // Of one client the second call waits for the first.
          const next = session.simulate(name, RUN, MS);
          assert.ok(
            (await Promise.all([mine, next])).every((one) => readWaveforms(one).time.length > 0),
          );
        }),
    );
  }
});

Deno.test("404, 500, 503, HTML, an empty answer and another server's: each has its sentence", async () => {
  const html = "<!DOCTYPE html><html><body>It works!</body></html>";
  const cases: [
    Parameters<NonNullable<StandInOptions["spoil"]>>[1],
    object,
    PlecsFaultKind,
    RegExp,
  ][] = [
    [
      "404",
      { status: 404, type: "text/plain", body: "not here" },
      "foreign",
      /is no PLECS \(status 404, "not here"\): check url:/,
    ],
    ["500", { status: 500, type: "text/plain", body: "oops" }, "foreign", /status 500, "oops"/],
    ["503", { status: 503, type: "text/html", body: html }, "transient", /status 503/],
    [
      "html",
      { status: 200, type: "text/html", body: html },
      "foreign",
      /a page of HTML, status 200.*check url:/,
    ],
    ["html without its type", { status: 200, type: "", body: html }, "foreign", /a page of HTML/],
    ["empty", { status: 200, type: "application/json", body: "" }, "foreign", /an empty answer/],
    ["text", { status: 200, type: "text/plain", body: "SSH-2.0-x" }, "foreign", /SSH-2\.0-x/],
    [
      "no HTTP",
      { bytes: new TextEncoder().encode("SSH-2.0-OpenSSH\r\n") },
      "transient",
      /cut|reached/,
    ],
    ["redirect", { status: 302, type: "text/plain", body: "" }, "foreign", /status 302/],
  ];
  for (const [name, spoilt, kind, words] of cases) {
    await withStandIn({ spoil: () => spoilt }, async (server) => {
      await assertFault(clientOf(server).probe(), kind, words).catch((cause) => {
        throw new Error(`${name}: ${cause.message}`, { cause });
      });
    });
  }
});

Deno.test("status 500 with a fault in it is the fault", async () => {
  for (const wire of WIRES) {
    await withStandIn({
      spoil: ({ method }) => method === "plecs.close" ? { status: 500 } : undefined,
    }, async (server) => {
      await assertFault(
        clientOf(server, wire).call("plecs.close", ["x"], MS),
        "own",
        /Model x is not open|x/,
      )
        .catch((error) => assert.match(error.message, /not-loaded/));
    });
  }
});

Deno.test("an answer to another call is not taken for this one's", async () => {
  const spoil: StandInOptions["spoil"] = ({ method }, text) =>
    method === "plecs.get" ? { body: text.replace(/"id":\d+/, '"id":99') } : undefined;
  const before: StandInOptions["before"] = ({ method }) => method === "plecs.get" ? 5 : undefined;
  await withStandIn({ spoil, before }, async (server) => {
    await assertFault(
      clientOf(server, "json").call("plecs.get", ["a"], MS),
      "transient",
      /call 99 instead/,
    );
  });
});

Deno.test("a slow, chunked answer in pieces is read whole", async () => {
  const text = "Übertrager ⚡ <&> ".repeat(20);
  for (const wire of WIRES) {
    for (const isChunked of [true, false]) {
      const spoil = () => ({ isChunked, pieces: { bytes: 97, pauseMs: 1 } });
      await withStandIn({ spoil, before: () => text }, async (server) => {
        assert.equal(await clientOf(server, wire).call("plecs.get", ["a"], MS), text);
      });
    }
  }
});

Deno.test("an answer that is cut anywhere is transient, never half a result", async () => {
  const isCall = ({ method }: { readonly method: string }) => method === "plecs.get";
  const value = { Time: [0, 1, 2], Values: [[1, 2, 3]] };
  for (const wire of WIRES) {
    for (const isChunked of [false, true]) {
      let cutAt = 0;
      const spoil: StandInOptions["spoil"] = (call) =>
        isCall(call) ? { isChunked, cutAt } : undefined;
      await withStandIn(
        { spoil, before: (call) => isCall(call) ? value : undefined },
        async (server) => {
          const client = clientOf(server, wire);
          for (let i = 0; i < 20; i++) {
            cutAt = i / 20;
            await assertFault(
              client.call("plecs.get", ["a"], MS),
              "transient",
              /cut the connection|cannot be reached/,
            );
          }
          cutAt = 1;
          assert.deepEqual(
            await client.call("plecs.get", ["a"], MS).then((one) => ({ ...one as object })),
            value,
          );
        },
      );
    }
  }
});

Deno.test("a whole answer that ends in the middle of its text is transient", async () => {
  for (const wire of WIRES) {
    const spoil: StandInOptions["spoil"] = ({ method }, text) =>
      method === "plecs.get" ? { body: text.slice(0, -12) } : undefined;
    await withStandIn({ spoil, before: () => "x".repeat(50) }, async (server) => {
      await assertFault(
        clientOf(server, wire).call("plecs.get", ["a"], MS),
        "transient",
        /middle|no XML/,
      );
    });
  }
});

Deno.test("who does not answer in time is transient, and told for how long", async () => {
  await withStandIn(
    { simulateMs: 600 },
    (server) =>
      withModel(server, "json", async (_session, open) => {
        const name = await open();
        const client = clientOf(server, "json");
        const call = client.call("plecs.simulate", [name, RUN], 150);
        await assertFault(call, "transient", /has not answered for 0 s/);
      }),
  );
});

Deno.test("a large result is read, and one that is too large is refused in time", async () => {
  // The stand-in makes its text in this process, and the client hears nothing meanwhile.
  const megabytes = isTorture ? 20 : 2;
  const samples = Math.floor(megabytes * 2 ** 20 / 40);
  const time = Array.from({ length: samples }, (_, i) => i / samples);
  const values = time.map((t) => Math.sin(t));
  for (const wire of WIRES) {
    await withStandIn({ before: () => ({ Time: time, Values: [values] }) }, async (server) => {
      const answer = await clientOf(server, wire).call("plecs.simulate", ["a"], 120_000);
      const waves = readWaveforms(answer);
      assert.equal(waves.time.length, samples);
      assert.equal(waves.signals[0]!.at(-1), values.at(-1));
      const short = new PlecsClient({ url: server.url, protocol: wire }, 1 << 20);
      await assertFault(
        short.call("plecs.simulate", ["a"], 120_000),
        "too-large",
        /larger than 1 MiB.*OutputTimes/,
      );
    });
  }
});

Deno.test("base64 of a MAT file is carried, and told not to be waveforms", async () => {
  const base64 = btoa("MATLAB 5.0 MAT-file");
  const spoil: StandInOptions["spoil"] = (_, text) => ({
    body: text.replace(/<value>MATLAB<\/value>/, `<value><base64>\n${base64}\n</base64></value>`),
  });
  await withStandIn({ spoil, before: () => "MATLAB" }, async (server) => {
    const answer = await clientOf(server, "xml").call("plecs.simulate", ["a"], MS);
    assert.ok(answer instanceof Base64);
    assert.equal(answer.text, base64);
    assert.throws(() => readWaveforms(answer), /no Time and Values/);
  });
});

Deno.test("models, folders, parameters and messages may have any letters", async () => {
  for (const wire of WIRES) {
    await withStandIn({}, (server) =>
      withModel(server, wire, async (session, open, path) => {
        const name = await open();
        assert.equal(name, "Übertrager ⚡ & <1>");
        const variables = { text: 'a"b\\c\n<&>é😀', list: [[1, 2], [3, 4]] };
        await session.simulate(name, { ModelVars: variables, SolverOpts: { Timeout: 1 } }, MS);
        assert.deepEqual(server.batches, [[variables]]);
        assert.deepEqual([...server.open.keys()], [name]);
        assert.equal(server.calls.find(({ method }) => method === "plecs.load")!.params[0], path);
      }, "Möbel/Übertrager ⚡ & <1>.plecs"));
  }
});

Deno.test("open() loads a model once; anew when its file changed, when it is another's, or another was there", async () => {
  await withStandIn({}, (server) =>
    inFolder(async (folder) => {
      const [first, second] = [
        await place(folder, "a/rc.plecs", "gain 1"),
        await place(folder, "b/rc.plecs", "gain 2"),
      ];
      let isMine = false;
      const claim = { isMine: () => isMine, make: () => isMine = true };
      const session = new PlecsSession({ url: server.url, protocol: "json" }, claim);
      const open = (path: string) => session.open({ path }, Deno.readTextFileSync(path));
      // Somebody has another one of that name open.
      server.open.set("rc", "gain 99");
      await open(first);
      assert.equal(server.open.get("rc"), "gain 1");
      await open(first);
      assert.equal(server.count("plecs.load"), 1);
      await open(second);
      assert.equal(server.open.get("rc"), "gain 2");
      await Deno.writeTextFile(second, "gain 3");
      await open(second);
      assert.equal(server.open.get("rc"), "gain 3");
      isMine = false;
      await open(second);
      assert.deepEqual([server.count("plecs.load"), server.count("plecs.close")], [4, 4]);
      const missing = join(folder, "gone.plecs");
      await assertFault(
        session.open({ path: missing }, ""),
        "own",
        /PLECS cannot load .*gone\.plecs: Cannot open file .*; open it in PLECS by hand/,
      );
    }));
});

Deno.test("a proxy of the environment is not asked for what is on this machine", async () => {
  await withStandIn({}, async (server) => {
    const before = Deno.env.get("HTTP_PROXY");
    Deno.env.set("HTTP_PROXY", "http://127.0.0.1:9");
    try {
      await clientOf(server).probe();
    } finally {
      if (before === undefined) Deno.env.delete("HTTP_PROXY");
      else Deno.env.set("HTTP_PROXY", before);
    }
  });
});
