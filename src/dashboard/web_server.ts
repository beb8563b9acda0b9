/** Listening at an address, or the words about why that cannot be. */
import { Fault } from "../job/fault.ts";

export interface Address {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
}

/** Throws a `Fault` with what to type instead where that is not possible. */
export function listen(
  { host, port }: Address,
  handler: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname: host, port, onListen: () => {} }, handler);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new Fault("usage", `Port ${port} of ${host} is in use.`, {
        hint: "Another dashboard, perhaps. Leave out --port: a free one is found.",
        cause: error,
      });
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new Fault(
        "usage",
        `The system does not let simrun listen at port ${port} of ${host}.`,
        {
          hint: "Take a port from 1024 on, or leave out --port.",
          cause: error,
        },
      );
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new Fault("usage", `simrun cannot listen at "${host}": ${reason}.`, {
      hint: "--host takes an address of this machine, e.g. 127.0.0.1 or 0.0.0.0.",
      cause: error,
    });
  }
}
