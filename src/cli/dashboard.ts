/** `simrun dashboard`: a page that shows a tree, running or finished, until Ctrl-C. With `--control` it also asks for things. */
import { load } from "../job/load.ts";
import type { ControlAction } from "../job/control.ts";
import { assertNever, EXIT, Fault } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import type { DecisionNow } from "../dashboard/decisions.ts";
import { Dashboard, type Done } from "../dashboard/server.ts";
import type { RunStatus } from "../report/run_status.ts";
import { safeJson } from "../screen/safe_text.ts";
import type { Stream } from "../screen/terminal.ts";
import { openTree } from "../store/tree.ts";
import { CAMPAIGN_VARIABLE } from "./campaign_variable.ts";
import { type CliContext, type GlobalFlags, printLines, say, treeRoot } from "./context.ts";
import type { ControlFlags } from "./control.ts";
import { programWords } from "./own_program.ts";
import { ledOf, slurmState } from "./status_reader.ts";
import { treeWords } from "./tree_words.ts";

interface DashboardFlags extends GlobalFlags {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly control: boolean;
}

const LOOPBACK = "127.0.0.1";
const PORT_MAX = 65_535;

export async function dashboard(context: CliContext, flags: DashboardFlags): Promise<number> {
  const { host = LOOPBACK, port = 0 } = flags;
  if (port > PORT_MAX) {
    throw new Fault("usage", `--port takes a number up to ${PORT_MAX}, not ${port}.`, {
      hint: "Leave it out: a free one is found.",
    });
  }
  const layout = await openTree(treeRoot(context, flags), "read");
  const isOfCampaign = (context.env(CAMPAIGN_VARIABLE) ?? "") !== "";
  const opened = new Dashboard({
    layout,
    host,
    port,
    now: context.now,
    elsewhere: {
      slurm: slurmState,
      led: ledOf,
      goOn: treeWords(context, flags).goOn,
      decision: (job, run, signal) => decisionFor(layout.root, `${job}/${run}`, signal),
      command: commandOf,
    },
    ...(flags.control && {
      control: (action) => perform(context, { ...flags, tree: layout.root }, action),
    }),
  });
  const { url } = opened;
  if (flags.json) context.stdout.write(safeJson({ url, port: opened.port, pid: Deno.pid }) + "\n");
  else printLines(context.stdout, [url]);
  if (!isOfCampaign) {
    say(context, flags, `It shows ${layout.root}, and ends with Ctrl-C.`);
    if (!isLoopback(host)) {
      say(
        context,
        flags,
        `note: whoever reaches this machine and has that address may look${
          flags.control ? " and control" : ""
        }; nothing is encrypted.`,
      );
    }
  }
  await (isOfCampaign ? inputEnds() : interrupted());
  await opened.stop(isOfCampaign ? "This simrun has ended." : "The dashboard was ended.");
  return EXIT.completed.status;
}

/** As `simrun explain` finds it, in a process of its own: the plan of a large job would keep all viewers waiting. */
async function decisionFor(
  root: string,
  name: string,
  signal: AbortSignal,
): Promise<DecisionNow | undefined> {
  const [program, ...words] = programWords();
  const { stdout } = await new Deno.Command(program!, {
    args: [...words, "explain", name, "--tree", root, "--json"],
    ...{ stdin: "null", stdout: "piped", stderr: "null", signal },
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).next;
}

async function commandOf(job: Job, index: number, run: RunStatus): Promise<string | undefined> {
  if (job.model.kind !== "command") return undefined;
  const { commandLine } = await import("./command_traces.ts");
  return commandLine({ job, model: job.model, index }, run);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      Deno.addSignalListener(signal, () => resolve());
    }
  });
}

/** Ctrl-C goes to all of a terminal's processes: while the campaign saves what runs, there is something to see. */
async function inputEnds(): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => {});
  }
  for await (const _ of Deno.stdin.readable) {
    // Nothing is said by this way.
  }
}

/** As `simrun cancel` and its sisters do it, in their words. */
async function perform(
  context: CliContext,
  flags: GlobalFlags,
  action: ControlAction,
): Promise<Done> {
  const control = await load<typeof import("./control.ts")>(import.meta.resolve("./control.ts"));
  const heard: string[] = [];
  const stream: Stream = {
    ...context.stderr,
    isTerminal: false,
    color: false,
    canRepaint: false,
    write: (text) => void heard.push(text),
  };
  const own: CliContext = { ...context, stdout: stream, stderr: stream };
  const asked: ControlFlags = { ...flags, json: false, quiet: false, noWait: false };
  try {
    switch (action.type) {
      case "cancel":
        await control.cancel(own, asked, action.selectors);
        break;
      case "pause":
        await control.pause(own, asked, action.selectors);
        break;
      case "continue":
        await control.goOn(own, asked, action.selectors);
        break;
      case "retry":
        await control.retry(own, asked, action.selectors);
        break;
      case "priority":
        await control.priority(own, asked, [String(action.priority), ...action.selectors]);
        break;
      case "slots":
      case "submit":
        throw new Fault("usage", `A dashboard does not ask for ${action.type}.`);
      default:
        assertNever(action);
    }
    return { ok: true, message: heard.join("").trim() };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { message, hint } = error;
    return { ok: false, message, ...(hint !== undefined && { hint }) };
  }
}
