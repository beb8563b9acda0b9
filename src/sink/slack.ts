/** Slack, by an incoming webhook; others that understand its payload (Mattermost, Discord's `/slack`) as well. */
import type { SinkSpec } from "../job/sink.ts";
import type { Notice } from "../notice/notice.ts";
import { noticeLevel } from "../notice/notice_text.ts";
import { digestOf } from "./digest.ts";
import { post } from "./post.ts";
import { readSecret } from "./secret.ts";
import type { Sink } from "./sink.ts";

type SlackSpec = Extract<SinkSpec, { kind: "slack" }>;

const SIGNS = { error: ":red_circle:", warning: ":warning:", info: ":white_check_mark:" } as const;

export class Slack implements Sink {
  readonly batchMax = 500;
  /** A storm of failures is one message; Slack takes one a second. */
  readonly gatherMs = 2_000;
  readonly #spec: SlackSpec;

  constructor(spec: SlackSpec) {
    this.#spec = spec;
  }

  async deliver(notices: readonly Notice[], signal: AbortSignal): Promise<void> {
    await post({
      url: readSecret(this.#spec.url),
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: slackText(notices) }),
    }, signal);
  }
}

/** Pure. */
export function slackText(notices: readonly Notice[]): string {
  const { headline, lines } = digestOf(notices);
  const levels = notices.map(noticeLevel);
  const worst = (["error", "warning"] as const).find((level) => levels.includes(level)) ?? "info";
  const { host, tree } = notices.at(-1)!;
  const list = lines.map((line) => `\n• ${escapeSlack(line)}`).join("");
  const where = `_${escapeSlack(`${host}:${tree}`)}_`;
  return `${SIGNS[worst]} *${escapeSlack(headline)}*${list}\n${where}`;
}

/** What Slack would take for a link, a mention or markup. */
function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replace(/[*_~`]/g, (char) => `\u200b${char}`);
}
