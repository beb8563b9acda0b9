/** E-mail by the system's own `sendmail`, which knows how mail leaves this machine. */
import type { SinkSpec } from "../job/sink.ts";
import type { Notice } from "../notice/notice.ts";
import { digestOf } from "./digest.ts";
import { runProgram } from "./program.ts";
import { NotDelivered, type Sink } from "./sink.ts";

type EmailSpec = Extract<SinkSpec, { kind: "email" }>;

/** Where systems keep it, which is often outside of PATH. */
const PLACES = ["/usr/sbin/sendmail", "/usr/lib/sendmail", "/usr/bin/sendmail"];

export class Email implements Sink {
  readonly batchMax = 500;
  readonly gatherMs = 10_000;
  readonly triesMax = 20;
  readonly #spec: EmailSpec;

  constructor(spec: EmailSpec) {
    this.#spec = spec;
  }

  async deliver(notices: readonly Notice[], signal: AbortSignal): Promise<void> {
    await runProgram({
      command: [sendmailProgram(), "-i", "-t"],
      input: mailOf(this.#spec.to, notices, new Date()),
    }, signal);
  }
}

/** Where it is; `SENDMAIL` may name another one. Throws where there is none. */
export function sendmailProgram(): string {
  const program = Deno.env.get("SENDMAIL") || PLACES.find(isThere);
  if (program !== undefined) return program;
  throw new NotDelivered("this machine has no sendmail; SENDMAIL may name a program like it");
}

/** Headers and text, as RFC 5322 wants it. Pure. */
export function mailOf(to: readonly string[], notices: readonly Notice[], now: Date): string {
  const { headline, lines } = digestOf(notices);
  const { tree, host } = notices.at(-1)!;
  const text = [headline, "", ...lines, ...(lines.length > 0 ? [""] : []), `Tree: ${host}:${tree}`];
  return [
    `To: ${to.join(", ")}`,
    `Subject: ${encodeHeader(`simrun: ${headline}`)}`,
    `Date: ${now.toUTCString().replace("GMT", "+0000")}`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    // Nobody who is away answers to a machine.
    "Auto-Submitted: auto-generated",
    "",
    ...wrap(new TextEncoder().encode(text.join("\n") + "\n").toBase64(), 76),
    "",
  ].join("\n");
}

/** Words that are not ASCII as RFC 2047 has them; each no longer than it allows. */
function encodeHeader(text: string): string {
  if (/^[\x20-\x7e]{0,200}$/.test(text)) return text;
  const words: string[] = [];
  let word = "";
  for (const char of text) {
    if (new TextEncoder().encode(word + char).length > 42) {
      words.push(word);
      word = "";
    }
    word += char;
  }
  words.push(word);
  return words.map((one) => `=?UTF-8?B?${new TextEncoder().encode(one).toBase64()}?=`).join("\n ");
}

function wrap(text: string, width: number): string[] {
  return text.match(new RegExp(`.{1,${width}}`, "g")) ?? [];
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
