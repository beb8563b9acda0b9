/** The endpoint that Prometheus scrapes. Answers questions, and changes nothing. */
import { Fault } from "../job/fault.ts";
import type { TreeMetrics } from "./tree_metrics.ts";

export interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** Version 0.0.4 of the format; the only one that everybody reads. */
const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Until it is shut down. Throws a Fault where nobody may listen. */
export function serveMetrics(
  metrics: TreeMetrics,
  { hostname, port }: Address,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve(
      { hostname, port, onListen: () => {} },
      (request) => answer(metrics, request),
    );
  } catch (error) {
    throw listenFault(error, { hostname, port });
  }
}

async function answer(metrics: TreeMetrics, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("Only GET is answered here.\n", { status: 405, headers: { allow: "GET" } });
  }
  if (pathname === "/") return new Response("simrun: see /metrics\n");
  if (pathname !== "/metrics") {
    return new Response("There is /metrics only.\n", { status: 404 });
  }
  const { text } = await metrics.read();
  return new Response(text, { headers: { "content-type": CONTENT_TYPE } });
}

function listenFault(error: unknown, { hostname, port }: Address): unknown {
  const place = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  if (error instanceof Deno.errors.AddrInUse) {
    return new Fault("usage", `Somebody else listens on ${place} already.`, {
      hint: "Choose another port, for example --listen 9465; port 0 takes one that is free.",
      cause: error,
    });
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new Fault("usage", `Nobody but root may listen on ${place}.`, {
      hint: "Choose a port above 1023, for example --listen 9464.",
      cause: error,
    });
  }
  if (error instanceof Deno.errors.AddrNotAvailable || error instanceof Error) {
    return new Fault("usage", `Cannot listen on ${place}: ${error.message}.`, {
      hint: "Give an address of this machine, or the port alone.",
      cause: error,
    });
  }
  return error;
}
