/**
 * DuckDB as a reader that is not ours: SQL in, rows out, in a process of its own. It is 70 MB of native code, so it is
 * used where it was fetched before, as .ci/run does: `deno cache --no-config --no-lock npm:@duckdb/node-api@1.5.5-r.5`
 */
import { fromFileUrl } from "./program.ts";

const READER = fromFileUrl(new URL("duckdb_reader.ts", import.meta.url));

/** Rows of each query, 64-bit integers as texts. */
export async function duckdb(
  queries: readonly string[],
): Promise<Readonly<Record<string, unknown>>[][]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--cached-only", "--no-config", "--no-lock", READER, ...queries],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Whether its tests are left out: it is not there, and may be missing. In CI it must be there. */
export const isWithoutDuckdb = Deno.env.get("CI") !== "true" &&
  await duckdb(["select 1"]).then(() => false, () => true);
