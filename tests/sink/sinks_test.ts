/** Each kind of sink, told by the real code: loopback servers, real programs, files. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Webhook as Verifier } from "npm:standardwebhooks@1.1.1";
import type { SinkSpec } from "../../src/job/sink.ts";
import type { Notice } from "../../src/notice/notice.ts";
import { CommandSink } from "../../src/sink/command.ts";
import { Email, mailOf } from "../../src/sink/email.ts";
import { HooksModule } from "../../src/sink/hooks.ts";
import { LogFile } from "../../src/sink/log_file.ts";
import { NotDelivered } from "../../src/sink/sink.ts";
import { Slack, slackText } from "../../src/sink/slack.ts";
import { Webhook } from "../../src/sink/webhook.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess } from "../helpers/processes.ts";
import { inTree } from "../store/fixtures.ts";
import { aSpec } from "./stage.ts";

const about = { at: "2026-01-02T03:04:05.678Z", tree: "/data/simruns", host: "node7" };
const failed: Notice = {
  ...{ ...about, id: "7", event: "on_error", job: "ising", run: "3fa9c1", attempt: 2 },
  ...{ class: "model-error", message: "no <convergence> & \x1b[31mred\nnext", step: 12 },
};
const ended: Notice = {
  ...{ ...about, id: "9", event: "on_end", outcome: "failed" },
  ...{ completed: 4, failed: 1, remaining: 0 },
};

const patience = () => AbortSignal.timeout(5_000);

type SpecOf<Kind> = Extract<SinkSpec, { kind: Kind }>;

function specOf<Kind extends SinkSpec["kind"]>(
  target: Omit<SpecOf<Kind>, "events" | "progressEveryMs" | "name">,
): SpecOf<Kind> {
  const { events, progressEveryMs, name } = aSpec;
  return { events, progressEveryMs, name, ...target } as unknown as SpecOf<Kind>;
}

/** What a server was sent; it answers what the test says. */
async function withServer(
  answer: (request: Request, body: string) => Response | Promise<Response>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => await answer(request, await request.text()),
  );
  try {
    await use(`http://127.0.0.1:${server.addr.port}/hook`);
  } finally {
    await server.shutdown();
  }
}

async function withVariable(name: string, value: string, use: () => Promise<void>): Promise<void> {
  const before = Deno.env.get(name);
  Deno.env.set(name, value);
  try {
    await use();
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
  }
}

for (const secret of ["whsec_" + btoa("sixteen bytes at least"), "a word of the user's"]) {
  Deno.test(`a webhook's signature is what others check by, with ${secret.slice(0, 6)}…`, async () => {
    const seen: { body: string; headers: Headers }[] = [];
    await withServer((request, body) => {
      seen.push({ body, headers: request.headers });
      return new Response("thanks");
    }, async (url) => {
      await withVariable("SIMRUN_TEST_SECRET", secret, async () => {
        const sink = new Webhook(
          specOf<"webhook">({ kind: "webhook", url, secret: { env: "SIMRUN_TEST_SECRET" } }),
        );
        await sink.deliver([failed, ended], patience());
        await sink.deliver([failed, ended], patience());
      });
    });
    const [{ body, headers }] = seen as [typeof seen[0]];
    const key = secret.startsWith("whsec_") ? secret : btoa(secret);
    const read = new Verifier(key).verify(body, Object.fromEntries(headers));
    assert.deepEqual(read, { type: "simrun.events", events: [failed, ended] });
    assert.throws(() => new Verifier(key).verify(body + " ", Object.fromEntries(headers)));
    const ids = seen.map((one) => one.headers.get("webhook-id"));
    assert.deepEqual(ids, ["7-9", "7-9"], "who remembers the id does nothing twice");
  });
}

Deno.test("a server that refuses, asks for a wait, closes or hangs is not told, and it is said why", async () => {
  const trouble = async (
    answer: () => Response | Promise<Response>,
    signal = patience(),
  ): Promise<NotDelivered> => {
    let error: unknown;
    await withServer(answer, async (url) => {
      const sink = new Webhook(specOf<"webhook">({ kind: "webhook", url }));
      error = await sink.deliver([ended], signal).catch((error) => error);
    });
    assert.ok(error instanceof NotDelivered, String(error));
    return error;
  };
  assert.match(
    (await trouble(() => new Response("", { status: 500 }))).message,
    /^it answered 500/,
  );
  const busy = () => new Response("", { status: 429, headers: { "retry-after": "7" } });
  assert.equal((await trouble(busy)).waitMs, 7_000);
  const other = () => new Response(null, { status: 302, headers: { location: "http://x.test/" } });
  assert.match((await trouble(other)).message, /302/, "what is signed goes nowhere else");
  const late = AbortSignal.timeout(100);
  const hangs = () => new Promise<Response>((soon) => setTimeout(() => soon(new Response()), 600));
  assert.equal((await trouble(hangs, late)).message, "no answer in time");
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr as Deno.NetAddr;
  closed.close();
  const sink = new Webhook(
    specOf<"webhook">({ kind: "webhook", url: `http://127.0.0.1:${port}/` }),
  );
  await assert.rejects(sink.deliver([ended], patience()), /cannot be reached/);
});

Deno.test("Slack gets one message of many events, in which nothing is markup, and its address is in no message", async () => {
  let told = "";
  await withServer((_, body) => {
    told = JSON.parse(body).text;
    return new Response("ok");
  }, async (url) => {
    await withVariable("SIMRUN_TEST_SLACK", url, async () => {
      const sink = new Slack(specOf<"slack">({ kind: "slack", url: { env: "SIMRUN_TEST_SLACK" } }));
      await sink.deliver([...Array(30).fill(failed), ended], patience());
    });
    const dead = "http://127.0.0.1:1/services/T0/SECRET";
    await withVariable("SIMRUN_TEST_SLACK", dead, async () => {
      const sink = new Slack(specOf<"slack">({ kind: "slack", url: { env: "SIMRUN_TEST_SLACK" } }));
      const error = await sink.deliver([ended], patience()).catch((error) => error);
      assert.ok(error instanceof NotDelivered && !error.message.includes("SECRET"), error.message);
    });
  });
  assert.match(
    told,
    /^:red_circle: \*30 runs failed; simrun ended on node7: 4 completed, 1 failed\*/,
  );
  assert.match(told, /and 10 more\n_node7:\/data\/simruns_$/);
  assert.ok(told.includes("&lt;convergence&gt; &amp; ") && !told.includes("\x1b"), told);
  assert.equal(told.split("\n").length, 23, "lines of the message stay lines");
  assert.match(slackText([ended]), /^:warning: /);
});

Deno.test("a secret comes from its place at the moment it is used, and a place without it is told of", () =>
  inFolder(async (folder) => {
    const file = join(folder, "url");
    const sink = new Slack(specOf<"slack">({ kind: "slack", url: { file } }));
    await assert.rejects(
      sink.deliver([ended], patience()),
      /url, which holds the secret, cannot be read/,
    );
    let hits = 0;
    await withServer(() => (hits++, new Response()), async (url) => {
      await Deno.writeTextFile(file, `${url}\n# mine\n`);
      await sink.deliver([ended], patience());
    });
    assert.equal(hits, 1);
    const unset = new Slack(specOf<"slack">({ kind: "slack", url: { env: "SIMRUN_TEST_UNSET" } }));
    await assert.rejects(unset.deliver([ended], patience()), /SIMRUN_TEST_UNSET is not set/);
  }));

Deno.test("mail goes through sendmail, whole and in the encoding that mail has", () =>
  inFolder(async (folder) => {
    const sendmail = await place(
      folder,
      "sendmail",
      `#!/bin/sh\necho "$@" > ${folder}/args\ncat > ${folder}/mail\n`,
    );
    await Deno.chmod(sendmail, 0o755);
    await withVariable("SENDMAIL", sendmail, async () => {
      const sink = new Email(
        specOf<"email">({ kind: "email", to: ["a@example.org", "b@example.org"] }),
      );
      await sink.deliver([failed, ended], patience());
    });
    assert.equal(await Deno.readTextFile(join(folder, "args")), "-i -t\n");
    const mail = await Deno.readTextFile(join(folder, "mail"));
    const [head, body] = mail.split("\n\n", 2) as [string, string];
    assert.match(
      head,
      /^To: a@example.org, b@example.org\nSubject: simrun: 1 run failed; simrun ended/,
    );
    const text = new TextDecoder().decode(Uint8Array.fromBase64(body.replaceAll("\n", "")));
    assert.match(
      text,
      /ising\/3fa9c1 failed: the model threw an error at step 12: no <convergence>/,
    );
    const strange: Notice = { ...failed, job: "größe".repeat(30) };
    const subject = /^Subject: (.*(?:\n .*)*)/m.exec(mailOf(["x@y"], [strange], new Date()))![1]!;
    const decoded = subject.split("\n ").map((word) => {
      assert.ok(word.length <= 75, "RFC 2047 allows no longer word");
      return new TextDecoder().decode(Uint8Array.fromBase64(/\?B\?(.*)\?=$/.exec(word)![1]!));
    });
    assert.ok(decoded.join("").startsWith("simrun: größegröße"), decoded.join(""));
  }));

Deno.test("a command gets the event on stdin and its essentials as variables; what goes wrong is said in its words", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const script = await place(
        folder,
        "page.sh",
        `#!/bin/sh\ncat > got\necho "$1 $SIMRUN_EVENT $SIMRUN_JOB $SIMRUN_RUN" > said\n`,
      );
      await Deno.chmod(script, 0o755);
      const sink = (...command: string[]) =>
        new CommandSink(specOf<"command">({ kind: "command", command, folder }));
      await sink(script, "now").deliver([failed], patience());
      assert.deepEqual(JSON.parse(await Deno.readTextFile(join(folder, "got"))), failed);
      assert.equal(await Deno.readTextFile(join(folder, "said")), "now on_error ising 3fa9c1\n");
      // One that reads nothing of a long event has not failed for that.
      await sink("true").deliver([{ ...failed, message: "x".repeat(1 << 20) }], patience());
      const tell = (...command: string[]) => sink(...command).deliver([failed], patience());
      await assert.rejects(
        tell("sh", "-c", "echo no pager >&2; exit 3"),
        /status 3: no pager$/,
      );
      await assert.rejects(
        tell("/no/such"),
        /\/no\/such cannot be started: there is no such program/,
      );
      const hung = sink("sh", "-c", "sleep 100 & wait").deliver([failed], AbortSignal.timeout(200));
      await assert.rejects(hung, /has not ended in time, and was killed/);
    })
  ));

const HOOKS = `
export function on_error(event: { job: string }) {
  Deno.writeTextFileSync(new URL("got", import.meta.url), event.job);
  console.log("what it says is no answer");
}
export function on_cancel() { throw new RangeError("not this one"); }
export function on_begin() { for (;;); }
export function on_start() { Deno.exit(0); }
`;

Deno.test("a hooks module is called; what it throws, its exit and its silence hurt only itself", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const path = await place(folder, "hooks.ts", HOOKS);
      const sink = new HooksModule(specOf<"module">({ kind: "module", path }));
      const about = { ...failed, job: "ising", run: "a" };
      const cancelled = { ...about, event: "on_cancel" } as unknown as Notice;
      const started = { ...about, event: "on_start" } as unknown as Notice;
      const begun = { ...about, event: "on_begin" } as unknown as Notice;
      try {
        await sink.deliver([failed], patience());
        assert.equal(await Deno.readTextFile(join(folder, "got")), "ising");
        await sink.deliver([ended], patience());
        await assert.rejects(
          sink.deliver([cancelled], patience()),
          /RangeError: not this one \(.*hooks.ts:6:/,
        );
        await assert.rejects(sink.deliver([started], patience()), /its process has ended/);
        await assert.rejects(
          sink.deliver([begun], AbortSignal.timeout(1_500)),
          /on_begin\(\): has not returned in time/,
        );
        await sink.deliver([failed], patience());
        // Of many, those before the one that ends it are done, and that one is named.
        const trouble = await sink.deliver([failed, failed, started, failed], patience())
          .catch((error) => error);
        assert.ok(trouble instanceof NotDelivered);
        assert.deepEqual([trouble.arrived, /^on_start\(\): /.test(trouble.message)], [2, true]);
      } finally {
        sink.close();
      }
      const broken = await place(folder, "broken.ts", "export function (");
      const other = new HooksModule(specOf<"module">({ kind: "module", path: broken }));
      await assert.rejects(other.deliver([failed], patience()), /SyntaxError|parsed|expect/i);
      other.close();
    })
  ));

Deno.test("the log has a line for each event, safe to look at, and is put aside when it is long", () =>
  inTree(async (layout) => {
    const spec = { kind: "log", format: "text", bytesMax: 2_000, filesMax: 2 } as const;
    const text = new LogFile(specOf<"log">(spec), layout);
    await text.deliver([failed, ended]);
    const lines = (await Deno.readTextFile(layout.log)).trimEnd().split("\n");
    assert.deepEqual(lines, [
      "2026-01-02T03:04:05.678Z error   ising/3fa9c1 failed: the model threw an error at step 12: " +
      "no <convergence> & \\x1b[31mred⏎next",
      "2026-01-02T03:04:05.678Z warning simrun ended on node7: 4 completed, 1 failed",
    ]);
    for (let round = 0; round < 30; round++) await text.deliver([failed, ended]);
    const files = [...Deno.readDirSync(layout.root)].map(({ name }) => name)
      .filter((name) => name.startsWith("simulation.log")).toSorted();
    assert.deepEqual(files, ["simulation.log", "simulation.log.1", "simulation.log.2"]);
    await Deno.remove(layout.log);
    await new LogFile(specOf<"log">({ ...spec, format: "json" }), layout).deliver([failed]);
    const { level, text: words, ...notice } = JSON.parse(await Deno.readTextFile(layout.log));
    assert.deepEqual([level, notice], ["error", failed]);
    assert.match(words, /^ising\/3fa9c1 failed/);
  }));

Deno.test("a link in the place of the log leads no line out of the tree", () =>
  inTree(async (layout) => {
    const outside = `${layout.root}-outside`;
    await Deno.writeTextFile(outside, "");
    await Deno.symlink(outside, layout.log);
    const spec = { kind: "log", format: "text", bytesMax: 2 ** 20, filesMax: 2 } as const;
    await assert.rejects(
      new LogFile(specOf<"log">(spec), layout).deliver([failed]),
      /simulation.log/,
    );
    assert.equal(await Deno.readTextFile(outside), "");
  }));
