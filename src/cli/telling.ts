/** Who is told of what happens in a run: as its manifests and flags ask for it, or as the run before did. */
import { Fault } from "../job/fault.ts";
import { absolutePath } from "../job/path.ts";
import { shellWord } from "../job/shell_word.ts";
import {
  DEFAULT_EVENTS,
  DEFAULT_LOG,
  DEFAULT_METRICS_MS,
  DEFAULT_PROGRESS_MS,
  NOTICE_EVENTS,
  type SinkSpec,
} from "../job/sink.ts";
import { type NamelessSink, nameSinks } from "../manifest/notify.ts";
import { formatNumberOf } from "../report/format.ts";
import { safeText } from "../screen/safe_text.ts";
import { mistakeOf } from "../sink/sink_health.ts";
import { readSinks } from "../sink/sink_list.ts";
import { Teller } from "../sink/teller.ts";
import type { Layout } from "../store/layout.ts";
import { type CliContext, type GlobalFlags, say } from "./context.ts";

export interface TellingFlags {
  readonly hooks?: string | undefined;
  readonly log: boolean;
  readonly metrics?: string | undefined;
}

export interface Told {
  readonly layout: Layout;
  /** Of the manifests; those of the run before when absent. */
  readonly sinks: readonly SinkSpec[] | undefined;
}

export class Telling {
  readonly #context: CliContext;
  readonly #flags: GlobalFlags;
  readonly #teller: Teller;

  private constructor(context: CliContext, flags: GlobalFlags, teller: Teller) {
    this.#context = context;
    this.#flags = flags;
    this.#teller = teller;
  }

  /** Before the campaign writes. */
  static async start(
    context: CliContext,
    flags: TellingFlags & GlobalFlags,
    { layout, sinks }: Told,
  ): Promise<Telling | undefined> {
    const all = allSinks(context, flags, { layout, sinks });
    for (const sink of all) {
      const mistake = mistakeOf(sink);
      if (mistake === undefined) continue;
      say(context, flags, safeText(`note: ${sink.name} cannot be told of anything: ${mistake}.`));
    }
    const teller = await Teller.start(layout, all);
    return teller && new Telling(context, flags, teller);
  }

  /** Waits a little until all are told, and says who is not. */
  async finish(): Promise<void> {
    for (const { name, failing, lost, lastLoss } of await this.#teller.finish()) {
      const tree = this.#flags.tree === undefined ? "" : ` --tree ${shellWord(this.#flags.tree)}`;
      if (failing !== undefined) {
        const later = `The next simrun tells it, or simrun notify${tree}.`;
        this.#say(`note: ${name} was not told of everything: ${failing}. ${later}`);
      }
      if (lost > 0) {
        const what = formatNumberOf(lost, "event");
        this.#say(`note: ${name} was not told of ${what}, and will not be: ${lastLoss}.`);
      }
    }
  }

  #say(line: string): void {
    say(this.#context, this.#flags, safeText(line));
  }
}

/** Those of the manifests, or of the run before, and those of the flags. Throws where one cannot be. */
export function allSinks(
  { cwd }: Pick<CliContext, "cwd">,
  flags: TellingFlags,
  { layout, sinks }: Told,
): readonly SinkSpec[] {
  const all = nameSinks([...sinks ?? readSinks(layout), ...sinksOf(flags, cwd)]);
  for (const sink of all) checkSink(sink);
  return all;
}

/** `log (all but on_progress), slack (on_error, on_end)`: for a plan. */
export function describeSinks(sinks: readonly SinkSpec[]): string {
  return sinks.map(({ name, events }) => {
    if (events.length === 0) return name;
    const missing = NOTICE_EVENTS.filter((event) => !events.includes(event));
    const some = missing.length === 0
      ? "everything"
      : missing.length < events.length
      ? `all but ${missing.join(", ")}`
      : events.join(", ");
    return `${name} (${some})`;
  }).join("; ");
}

function sinksOf({ hooks, log, metrics }: TellingFlags, cwd: string): NamelessSink[] {
  const sinks: NamelessSink[] = [];
  const progressEveryMs = DEFAULT_PROGRESS_MS;
  if (log) sinks.push({ kind: "log", ...DEFAULT_LOG, events: DEFAULT_EVENTS.log, progressEveryMs });
  if (metrics !== undefined) {
    const file = absolutePath(cwd, metrics);
    const more = { events: [], progressEveryMs, everyMs: DEFAULT_METRICS_MS };
    sinks.push({ kind: "metrics", file, ...more });
  }
  if (hooks !== undefined) {
    const path = absolutePath(cwd, hooks);
    sinks.push({ kind: "module", path, events: DEFAULT_EVENTS.module, progressEveryMs });
  }
  return sinks;
}

function checkSink(sink: SinkSpec): void {
  if (sink.kind !== "module" || mistakeOf(sink) === undefined) return;
  throw new Fault("usage", `There is no file ${sink.path}, which is to be told of events.`, {
    hint: "--hooks and module: take a file with functions on_error, on_end and so on.",
  });
}
