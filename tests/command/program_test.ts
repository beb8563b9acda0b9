/** Programs as the system runs them: both ways of starting one hear and tell the same. */
import process from "node:process";
import assert from "node:assert/strict";
import { startPolled } from "../../src/command/polled_program.ts";
import type { Program, ProgramEnd, ProgramOrders, Variables } from "../../src/command/program.ts";
import { StreamedProgram } from "../../src/command/streamed_program.ts";
import { inFolder } from "../helpers/folder.ts";

const PATH = "/usr/local/bin:/usr/bin:/bin";
const WAYS: { readonly [name: string]: (orders: ProgramOrders) => Program } = {
  StreamedProgram: (orders) => new StreamedProgram(orders, false),
  "startPolled()": (orders) => startPolled(orders) ?? assert.fail("it is not started"),
};

interface Heard extends ProgramEnd {
  readonly out: string;
  readonly error: string;
}

async function run(
  start: (orders: ProgramOrders) => Program,
  words: readonly string[],
  {
    folder = "/",
    shared = { PATH } as Variables,
    environment = {} as Variables,
    onStart = (_: Program) => {},
  } = {},
): Promise<Heard> {
  const heard = ["", ""];
  const decoders = [new TextDecoder(), new TextDecoder()] as const;
  const onOutput = (bytes: Uint8Array, isError: boolean) => {
    const i = isError ? 1 : 0;
    heard[i] += decoders[i].decode(bytes, { stream: true });
  };
  const program = start({
    words,
    folder,
    environment: { shared, own: environment },
    onOutput,
  });
  onStart(program);
  const end = await program.ended;
  await program.hearTheRest();
  return { ...end, out: heard[0]!, error: heard[1]! };
}

const isLinux = Deno.build.os === "linux";
for (const [name, start] of Object.entries(WAYS)) {
  if (name !== "StreamedProgram" && !isLinux) continue;

  Deno.test(`${name} hears both outputs and tells how a program ended`, async () => {
    const sh = (text: string) => run(start, ["sh", "-c", text]);
    assert.deepEqual(await sh("echo a; echo b >&2; printf c; exit 7"), {
      status: 7,
      signal: null,
      out: "a\nc",
      error: "b\n",
    });
    const { status, signal } = await sh("kill -SEGV $$");
    assert.deepEqual({ status, signal }, { status: 139, signal: "SIGSEGV" });
  });

  Deno.test(`${name} hands words, variables and the folder over as they are`, async () => {
    await inFolder(async (folder) => {
      const hostile = ["", "a b", "$(id)", "`id`", "-n", 'it\'s "q"', "line\nline", "ä\u{1F600}"];
      const words = ["sh", "-c", 'pwd; printf "%s|" "$@" "$X"', "--", ...hostile];
      const environment = { X: "=\n'\"$x" };
      const { out } = await run(start, words, { folder, environment });
      assert.equal(out, `${folder}\n${[...hostile, environment.X].join("|")}|`);
    });
  });

  Deno.test(`${name} hands over what programs share, and what each has beside it or in its place`, async () => {
    const shared = { PATH, A: "1", B: "2" };
    const environmentOf = async (own: Variables, all: Variables = shared) => {
      const { out } = await run(start, ["env"], { shared: all, environment: own });
      return out.trimEnd().split("\n").filter((line) => !line.startsWith("PATH=")).sort();
    };
    assert.deepEqual(await environmentOf({ C: "3" }), ["A=1", "B=2", "C=3"]);
    assert.deepEqual(await environmentOf({ B: "4", D: "5" }), ["A=1", "B=4", "D=5"]);
    assert.deepEqual(await environmentOf({}), ["A=1", "B=2"]);
    assert.deepEqual(await environmentOf({ C: "6" }, { PATH, A: "7" }), ["A=7", "C=6"]);
    const { out } = await run(start, ["pwd"], {
      shared: { PATH: "/nowhere" },
      environment: { PATH },
    });
    assert.equal(out, "/\n");
  });

  Deno.test(`${name} loses nothing of ten megabytes, whoever waits for whom`, async () => {
    const { out, error } = await run(start, [
      "sh",
      "-c",
      "head -c 10000000 /dev/zero | tr '\\0' x; head -c 70000 /dev/zero | tr '\\0' y >&2",
    ]);
    assert.equal(out.length, 10_000_000);
    assert.equal(error.length, 70_000);
  });

  Deno.test(`${name} waits without work for one that has closed its outputs`, async () => {
    const before = process.cpuUsage();
    const { status } = await run(start, ["sh", "-c", "exec >&- 2>&-; sleep 0.5; exit 3"]);
    assert.equal(status, 3);
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1000 < 400, `${user + system} µs`);
  });

  Deno.test(`${name} resolves when a program ends that somebody kills`, async () => {
    const onStart = ({ pid }: Program) => Deno.kill(pid, "SIGKILL");
    const { status, signal } = await run(start, ["sleep", "60"], { onStart });
    assert.deepEqual({ status, signal }, { status: 137, signal: "SIGKILL" });
  });

  Deno.test({
    name: `${name} leaves no handle and no process behind, and hands on no handle`,
    ignore: !isLinux,
    async fn() {
      await run(start, ["true"]);
      const handles = () => [...Deno.readDirSync("/proc/self/fd")].length;
      const [before, own] = [handles(), Deno.openSync("/dev/null")];
      for (let i = 0; i < 50; i++) await run(start, ["true"]);
      own.close();
      assert.equal(handles(), before);
      const { out } = await run(start, ["ls", "/proc/self/fd"]);
      // Its own three, and the folder that it lists.
      if (name !== "StreamedProgram") assert.equal(out, "0\n1\n2\n3\n");
      const children = Deno.readTextFileSync(`/proc/self/task/${Deno.pid}/children`);
      assert.equal(children, "");
    },
  });
}

Deno.test({
  name: "startPolled() starts nothing that it cannot do as well as the other",
  ignore: !isLinux,
  fn() {
    const orders = { folder: "/", environment: { shared: { PATH }, own: {} }, onOutput: () => {} };
    for (
      const other of [
        { words: ["/no/such/program"] },
        { words: ["no-such-program"] },
        { words: ["true"], environment: { shared: {}, own: {} } },
        { words: ["true"], environment: { shared: { PATH }, own: { PATH: "bin" } } },
        { words: ["true", "a\0b"] },
        { words: ["true"], folder: "/no/such/folder" },
        { words: ["true", "x".repeat(1 << 20)] },
      ]
    ) {
      assert.equal(
        startPolled({ ...orders, ...other }),
        undefined,
        JSON.stringify(other).slice(0, 80),
      );
    }
  },
});
