/** One HTTP request and its whole answer: past any proxy, in bounded time and size. */
import { request } from "node:http";
import { PlecsFault } from "./plecs_fault.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly chunks: readonly Uint8Array[];
}

export interface PostOptions {
  readonly url: URL;
  readonly type: string;
  readonly body: string;
  readonly limitMs: number;
  readonly bytesMax: number;
}

/** Throws {@linkcode PlecsFault}. */
export async function post(options: PostOptions): Promise<HttpAnswer> {
  const { hostname } = options.url;
  // PLECS listens on one of them, and which comes first differs between systems.
  const hosts = hostname === "localhost"
    ? ["127.0.0.1", "::1"]
    : [hostname.replace(/^\[|\]$/g, "")];
  for (const [at, host] of hosts.entries()) {
    try {
      return await postTo(host, options);
    } catch (error) {
      const isLast = at === hosts.length - 1;
      if (isLast || codeOf(error) !== "ECONNREFUSED") throw asFault(error, options.url);
    }
  }
  throw new Error("no host");
}

function postTo(host: string, { url, type, body, limitMs, bytesMax }: PostOptions) {
  return new Promise<HttpAnswer>((resolve, reject) => {
    const bytes = new TextEncoder().encode(body);
    const sent = request({
      host,
      port: url.port === "" ? 80 : Number(url.port),
      path: url.pathname + url.search,
      method: "POST",
      agent: false,
      headers: {
        "Host": url.host,
        "Content-Type": type,
        "Content-Length": bytes.length,
        "Connection": "close",
      },
    });
    const timer = setTimeout(() => {
      const words = `PLECS at ${url.origin} has not answered for ${Math.round(limitMs / 1000)} s`;
      end(new PlecsFault("transient", words));
    }, limitMs);
    const end = (error: Error) => {
      clearTimeout(timer);
      reject(error);
      sent.destroy();
    };
    sent.on("error", end);
    sent.on("response", (answer) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      answer.on("data", (chunk: Uint8Array) => {
        size += chunk.length;
        if (size <= bytesMax) chunks.push(chunk);
        else end(tooLarge(bytesMax));
      });
      answer.on("error", end);
      answer.on("close", () => {
        if (!answer.complete) end(Object.assign(new Error("cut"), { code: "ECONNRESET" }));
      });
      answer.on("end", () => {
        if (!answer.complete) return;
        clearTimeout(timer);
        const type = answer.headers["content-type"] ?? "";
        resolve({ status: answer.statusCode ?? 0, type, chunks });
      });
    });
    sent.end(bytes);
  });
}

function tooLarge(bytesMax: number): PlecsFault {
  const most = `${Math.round(bytesMax / 2 ** 20)} MiB`;
  const words = `the answer of PLECS is larger than ${most}: ask for fewer samples with solver: ` +
    "{ OutputTimes: […] } or a larger MaxStep, or take fewer runs to a call with batch:";
  return new PlecsFault("too-large", words);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function asFault(error: unknown, { origin }: URL): PlecsFault {
  if (error instanceof PlecsFault) return error;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code === "ECONNREFUSED") {
    const words = `nobody answers at ${origin}: start PLECS, switch on its RPC interface in the ` +
      "preferences with that port, and type simrun resume";
    return new PlecsFault("transient", words);
  }
  if (code === "ENOTFOUND" || /failed to lookup|name or service/i.test(message)) {
    const words = `there is no host for ${origin}: check url: in the manifest`;
    return new PlecsFault("transient", words);
  }
  const isCut = code === "ECONNRESET" || code === "EPIPE" || /hang up|closed|reset/i.test(message);
  const words = isCut
    ? `PLECS at ${origin} cut the connection before its answer was whole: it was closed or crashed`
    : `PLECS at ${origin} cannot be reached: ${message}`;
  return new PlecsFault("transient", words);
}
