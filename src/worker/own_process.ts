/** Another process of this program: the executable calls itself, from source an entry file is run. */
import { filePath } from "./file_url.ts";

export interface OwnProcessOptions {
  readonly env?: { readonly [name: string]: string };
  readonly niceness?: number;
}

/** In a group of its own, with pipes at all three. */
export function ownProcess(
  command: string,
  entry: URL,
  args: readonly string[],
  { env = {}, niceness = 0 }: OwnProcessOptions = {},
): Deno.Command {
  const own = Deno.build.standalone
    ? [Deno.execPath(), command, ...args]
    : [Deno.execPath(), "run", "-A", "--quiet", "--no-check", filePath(entry.href), ...args];
  // As nice as the system lets it be; the shell becomes the process.
  const nice = `command -v nice >/dev/null && exec nice -n ${niceness} "$@"; exec "$@"`;
  const [program, ...words] = niceness === 0 ? own : ["/bin/sh", "-c", nice, "simrun", ...own];
  return new Deno.Command(program!, {
    ...{ args: words, env: { NO_COLOR: "1", ...env } },
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    detached: true,
  });
}
