/** One POST, and in words what became of it. */
import { NotDelivered } from "./sink.ts";

export interface Post {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

/** Longer than this nobody is waited for because he asked for it. */
const WAIT_MS_MAX = 3_600_000;

/** Resolves when it was accepted; throws a {@linkcode NotDelivered}. The address is not told: it may be a secret. */
export async function post({ url, headers, body }: Post, signal: AbortSignal): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, {
      ...{ method: "POST", headers, body, signal },
      // What is signed or secret goes to nobody else.
      redirect: "manual",
    });
  } catch (error) {
    if (signal.aborted) throw new NotDelivered("no answer in time");
    throw new NotDelivered(`it cannot be reached: ${reasonOf(error, url)}`);
  }
  await response.body?.cancel();
  if (response.ok) return;
  const { status, statusText } = response;
  const words = statusText === "" ? "" : ` ${statusText}`;
  throw new NotDelivered(`it answered ${status}${words}`, {
    waitMs: retryAfterMs(response),
  });
}

function retryAfterMs({ headers }: Response): number | undefined {
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  const seconds = Number(text);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(WAIT_MS_MAX, Math.max(0, ms)) : undefined;
}

function reasonOf(error: unknown, url: string): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replaceAll(url, "its address").slice(0, 200);
}
