/** `node:zlib`, loaded when it is first needed: it takes 10 to 20 ms, and most commands never do. */
import type Zlib from "node:zlib";

let loaded: typeof Zlib | undefined;

export function zlib(): typeof Zlib {
  return loaded ??= process.getBuiltinModule("node:zlib");
}
