/** simrun on a real terminal: a pseudo-terminal made by `script`, and a picture of what it shows. */
import { fileURLToPath } from "node:url";
import { FakeTerminal } from "./fake_terminal.ts";
import { childrenOf, until } from "./processes.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** So long a command may take on a machine that does much else. */
const END_MS = 60_000;

export interface PtyOptions {
  readonly cwd: string;
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Record<string, string>;
  /** Words of the shell behind the command, e.g. `< /dev/null` or `| cat`. */
  readonly behind?: string;
}

export class Pty {
  readonly screen: FakeTerminal;
  /** All that was written to the terminal. */
  text = "";
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #read: Promise<void>;

  constructor(args: readonly string[], options: PtyOptions) {
    const { cwd, columns = 80, rows = 24, env = {}, behind = "" } = options;
    this.screen = new FakeTerminal(columns, rows);
    const words = [Deno.execPath(), "run", "-A", "--no-check", "--quiet", MAIN, ...args];
    const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    // What the terminal is set to afterwards is told, too.
    const script = `stty rows ${rows} cols ${columns}; ${line} ${behind}; ` +
      'echo "status=$?"; stty -a; echo THE END';
    this.#child = new Deno.Command("script", {
      args: ["-qfec", script, "/dev/null"],
      cwd,
      env: {
        SHELL: "/bin/sh",
        TERM: "xterm-256color",
        LC_ALL: "C.UTF-8",
        NO_COLOR: "1",
        CI: "",
        SIMRUN_TREE: "",
        ...env,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#read = this.#listen();
  }

  async type(keys: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(keys));
  }

  /** As when somebody pulls at the window. */
  async resize(columns: number, rows: number): Promise<void> {
    this.screen.columns = columns;
    this.screen.rows = rows;
    const path = Deno.readLinkSync(`/proc/${this.pid}/fd/1`);
    const args = ["-F", path, "rows", String(rows), "cols", String(columns)];
    await new Deno.Command("stty", { args }).output();
  }

  /** The process of simrun; throws when it is not there, or not any more. */
  get pid(): number {
    const pid = descendants(this.#child.pid).find((one) => nameOf(one) === "deno");
    if (pid === undefined) throw new Error("simrun does not run");
    return pid;
  }

  /** Waits until a line that is seen matches. */
  async sees(pattern: RegExp): Promise<void> {
    const holds = () => pattern.test(this.screen.seen.join("\n"));
    await until(holds, `${pattern} is seen`, END_MS).catch((error) => {
      throw new Error(`${error.message}; there is:\n${this.screen.seen.join("\n")}`);
    });
  }

  /** Waits until the shell has the terminal again. Tells how simrun ended and what the terminal is set to. */
  async ended(): Promise<{ readonly status: number; readonly settings: string }> {
    await until(() => this.text.includes("THE END"), "the end", END_MS);
    await this.#input.close().catch(() => {});
    await this.#child.status;
    await this.#read;
    const [, status, settings] = /status=(\d+)\r?\n([\s\S]*)THE END/.exec(this.text)!;
    return { status: Number(status), settings: settings! };
  }

  async #listen(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.#child.stdout) {
      const text = decoder.decode(bytes, { stream: true });
      this.text += text;
      this.screen.write(text);
    }
  }
}

function descendants(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);
}

function nameOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
  } catch {
    return "";
  }
}
