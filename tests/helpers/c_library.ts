/** Small C libraries that tests put before a program's own calls with LD_PRELOAD. */
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the compiler is missing such tests are left out, but not where all tests must run. */
export const CAN_PRELOAD = Deno.build.os === "linux" &&
  (Deno.env.get("CI") === "true" || hasCompiler());

/** For the name of a test that is left out. */
export const NEEDS_COMPILER = CAN_PRELOAD ? "" : " (left out: needs Linux and a C compiler as cc)";

/** Compiles a source into a folder; answers the library's path. */
export async function buildLibrary(source: URL, folder: string): Promise<string> {
  const path = fileURLToPath(source);
  const library = join(folder, basename(path).replace(/\.c$/, ".so"));
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"];
  const args = [...flags, "-o", library, path, "-ldl"];
  const { success, stderr } = await new Deno.Command("cc", { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return library;
}

function hasCompiler(): boolean {
  try {
    return new Deno.Command("cc", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}
