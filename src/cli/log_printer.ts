/** Logs on the terminal, in a pipe, or as lines of JSON: of several runs each line has its run's name before it. */
import { safeJson, safeText } from "../screen/safe_text.ts";
import { displayWidth, padToWidth } from "../screen/width.ts";
import { type CliContext, dataText, type GlobalFlags, paintOf, say } from "./context.ts";

/** Wider names push their lines to the right, and no other ones. */
const NAME_CELLS_MAX = 36;

/** What happens to a run, beside what it logs. */
export interface LogEvent {
  readonly event: string;
  /** What is said of it where people read. */
  readonly text: string;
  readonly [field: string]: string | number;
}

export class LogPrinter {
  readonly #context: CliContext;
  readonly #flags: GlobalFlags;
  readonly #isNamed: boolean;
  #nameCells = 0;

  /** `isNamed` where more than one run may log. */
  constructor(context: CliContext, flags: GlobalFlags, isNamed: boolean) {
    this.#context = context;
    this.#flags = flags;
    this.#isNamed = isNamed;
  }

  /** Whole lines of a run; the last one may lack its end. */
  text(name: string, text: string): void {
    if (text === "") return;
    const { stdout } = this.#context;
    const whole = text.endsWith("\n") ? text : `${text}\n`;
    if (this.#flags.json) {
      const lines = whole.slice(0, -1).split("\n");
      stdout.write(lines.map((line) => `${safeJson({ run: name, line })}\n`).join(""));
    } else if (this.#isNamed) {
      const before = this.#before(name);
      const lines = dataText(stdout, whole.slice(0, -1)).split("\n");
      stdout.write(lines.map((line) => `${before}${line}\n`).join(""));
    } else stdout.write(dataText(stdout, whole));
  }

  /** Talk, where people read; a line like the others for programs. */
  event(name: string | undefined, event: LogEvent): void {
    if (this.#flags.json) {
      const run = name === undefined ? {} : { run: name };
      this.#context.stdout.write(`${safeJson({ ...run, ...event })}\n`);
      return;
    }
    const { stderr } = this.#context;
    const text = paintOf(stderr).faint(safeText(event.text));
    const before = name === undefined ? "" : this.#isNamed ? this.#before(name) : "";
    say(this.#context, this.#flags, `${before}${text}`);
  }

  #before(name: string): string {
    const { stdout } = this.#context;
    const safe = stdout.isTerminal ? safeText(name) : name;
    const cells = Math.min(NAME_CELLS_MAX, displayWidth(safe));
    this.#nameCells = Math.max(this.#nameCells, cells);
    return `${paintOf(stdout).active(padToWidth(safe, this.#nameCells))} | `;
  }
}
