/**
 * The process of a hooks module: calls its functions, one notice after the other. Notices come as a line on stdin, and
 * what became of them goes as a line to stdout, behind a word that the module does not know.
 */
import type { Notice } from "../notice/notice.ts";
import { readLines } from "../worker/lines.ts";
import { endWithParent } from "./end_with_parent.ts";

/** As a line behind the word: `.` for each one done, and for the last line this. */
export interface HookAnswer {
  /** Why the next one was not done. */
  readonly trouble?: string;
  /** The events that there are functions for; all when absent. */
  readonly wants?: readonly string[];
}

/** Names the word. */
export const HOOKS_WORD = "SIMRUN_HOOKS_WORD";

type Hooks = { readonly [event: string]: unknown };

/** Until stdin ends, or the parent does. The module is a URL. */
export async function runHooks(module: string, parent: number): Promise<void> {
  endWithParent(parent);
  const word = Deno.env.get(HOOKS_WORD) ?? "";
  Deno.env.delete(HOOKS_WORD);
  // What it says is for people.
  console.log = console.info = console.debug = console.error;
  const say = (text: string) => {
    Deno.stdout.writeSync(new TextEncoder().encode(`${word} ${text}\n`));
  };
  for await (const line of readLines(Deno.stdin.readable)) {
    const notices = JSON.parse(line) as Notice[];
    // Said one by one: one that exits or hangs must not have those before it called again.
    say(JSON.stringify(await callAll(module, notices, () => say("."))));
  }
}

async function callAll(
  module: string,
  notices: readonly Notice[],
  onDone: () => void,
): Promise<HookAnswer> {
  try {
    const functions = await import(module) as Hooks;
    for (const notice of notices) {
      await call(functions, notice);
      onDone();
    }
    return typeof functions.default === "function" ? {} : { wants: Object.keys(functions) };
  } catch (error) {
    return { trouble: describe(error) };
  }
}

/** A function for one event, or one for all of them. */
async function call(functions: Hooks, notice: Notice): Promise<void> {
  const one = functions[notice.event] ?? functions.default;
  if (typeof one === "function") await one(notice);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = /\(?file:\/\/(\S+?:\d+:\d+)\)?/.exec(error.stack ?? "")?.[1];
  const where = place === undefined ? "" : ` (${decodeURIComponent(place)})`;
  return `${error.name}: ${error.message}${where}`;
}
