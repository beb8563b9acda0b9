/** Where traces go, by the variables that OpenTelemetry has for it, and whether somebody listens there. */
import { Fault } from "../job/fault.ts";

/** Where collectors listen by themselves. */
const DEFAULT_ENDPOINT = "http://localhost:4318";
const CONNECT_MS = 5000;

export interface Collector {
  readonly url: URL;
  /** Throws a Fault where nobody listens: better said at once than when all is thrown away. */
  readonly assertThere: () => Promise<void>;
}

/** What the runtime speaks with a collector. */
const PROTOCOLS = ["http/protobuf", "http/json"];

/** Throws a Fault for what is no address, and for another language. */
export function collectorOf(env: (name: string) => string | undefined): Collector {
  const protocol = env("OTEL_EXPORTER_OTLP_PROTOCOL") || PROTOCOLS[0]!;
  if (!PROTOCOLS.includes(protocol)) {
    const words = `OTEL_EXPORTER_OTLP_PROTOCOL must be ${PROTOCOLS.join(" or ")}`;
    throw new Fault("usage", `${words}, not "${protocol}".`, {
      hint: "Leave it out: collectors understand http/protobuf at port 4318.",
    });
  }
  const name = env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    ? "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
    : "OTEL_EXPORTER_OTLP_ENDPOINT";
  const text = env(name) || DEFAULT_ENDPOINT;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new Fault("usage", `${name} must be an address, not "${text}".`, {
      hint: `For example ${name}=${DEFAULT_ENDPOINT}`,
    });
  }
  return { url, assertThere: () => assertThere(url) };
}

async function assertThere(url: URL): Promise<void> {
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  try {
    const signal = AbortSignal.timeout(CONNECT_MS);
    const connection = await Deno.connect({ hostname, port, signal });
    connection.close();
  } catch (error) {
    throw new Fault("usage", `Nobody takes traces at ${url.origin}.`, {
      hint: "Start a collector, or say where one is: OTEL_EXPORTER_OTLP_ENDPOINT=http://HOST:4318",
      cause: error,
    });
  }
}
