/**
 * A webhook: notices as JSON, by POST. Signed as https://www.standardwebhooks.com describes it, so that the libraries
 * of that specification check it: HMAC-SHA256 over `id.timestamp.body`.
 */
import { createHmac } from "node:crypto";
import type { SinkSpec } from "../job/sink.ts";
import type { Notice } from "../notice/notice.ts";
import { post } from "./post.ts";
import { readSecret } from "./secret.ts";
import type { Sink } from "./sink.ts";

type WebhookSpec = Extract<SinkSpec, { kind: "webhook" }>;

export class Webhook implements Sink {
  readonly batchMax = 100;
  readonly gatherMs = 500;
  readonly #spec: WebhookSpec;

  constructor(spec: WebhookSpec) {
    this.#spec = spec;
  }

  async deliver(notices: readonly Notice[], signal: AbortSignal): Promise<void> {
    const { url, secret } = this.#spec;
    const body = JSON.stringify({ type: "simrun.events", events: notices });
    // The same whenever these are sent again: whoever remembers it does nothing twice.
    const id = `${notices[0]!.id}-${notices.at(-1)!.id}`;
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = secret && sign(readSecret(secret), `${id}.${timestamp}.${body}`);
    await post({
      url: typeof url === "string" ? url : readSecret(url),
      headers: {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        ...(signature !== undefined && { "webhook-signature": signature }),
      },
      body,
    }, signal);
  }
}

/** A secret that begins with `whsec_` is base64 behind that, any other is its own bytes. */
function sign(secret: string, content: string): string {
  const key = secret.startsWith("whsec_")
    ? Uint8Array.fromBase64(secret.slice("whsec_".length))
    : new TextEncoder().encode(secret);
  return `v1,${createHmac("sha256", key).update(content).digest("base64")}`;
}
