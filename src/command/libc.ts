/** The C library of Linux (glibc 2.34 or later), as far as starting programs needs it, and texts as it takes them. */

const SYMBOLS = {
  posix_spawn: {
    parameters: ["buffer", "buffer", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
  posix_spawn_file_actions_destroy: { parameters: ["buffer"], result: "i32" },
  posix_spawn_file_actions_addopen: {
    parameters: ["buffer", "i32", "buffer", "i32", "u32"],
    result: "i32",
  },
  posix_spawn_file_actions_adddup2: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  posix_spawn_file_actions_addchdir_np: { parameters: ["buffer", "buffer"], result: "i32" },
  posix_spawn_file_actions_addclosefrom_np: { parameters: ["buffer", "i32"], result: "i32" },
  posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_setflags: { parameters: ["buffer", "i16"], result: "i32" },
  posix_spawnattr_setsigdefault: { parameters: ["buffer", "buffer"], result: "i32" },
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
  waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  syscall: { parameters: ["i64", "i64", "i64"], result: "i64" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
  pollAsync: {
    name: "poll",
    parameters: ["buffer", "u64", "i32"],
    result: "i32",
    nonblocking: true,
  },
} as const;

export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Throws where there is another libc, an older one, or a system that forbids it. */
export function openLibc(): Libc {
  return Deno.dlopen("libc.so.6", SYMBOLS).symbols;
}

export type Bytes = Uint8Array<ArrayBuffer>;

export function bytesOf(numbers: Int32Array<ArrayBuffer>): Bytes {
  return new Uint8Array(numbers.buffer);
}

export interface Texts {
  /** One after the other, each with a zero behind it. */
  readonly bytes: Bytes;
  readonly starts: readonly number[];
}

const encoder = new TextEncoder();

/** Undefined when one holds a zero itself, which ends a text for the system. */
export function textsOf(texts: readonly string[]): Texts | undefined {
  const bytes = encoder.encode(texts.map((text) => `${text}\0`).join(""));
  const starts: number[] = [];
  for (let at = 0; at < bytes.length; at = bytes.indexOf(0, at) + 1) starts.push(at);
  return starts.length === texts.length ? { bytes, starts } : undefined;
}

/** Where in memory each of them begins, as long as somebody holds them. */
export function addressesOf({ bytes, starts }: Texts): BigUint64Array<ArrayBuffer> {
  const first = Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
  const addresses = new BigUint64Array(starts.length);
  for (let i = 0; i < starts.length; i++) addresses[i] = first + BigInt(starts[i]!);
  return addresses;
}
