/** The program: takes the words of the command line and leaves with an exit status. `--version` loads nothing. */
import { VERSION } from "./src/job/version.ts";

if (import.meta.main) {
  if (Deno.args.length === 1 && Deno.args[0] === "--version") {
    console.log(VERSION);
  } else {
    const { runProgram } = await import("./src/cli/app.ts");
    Deno.exit(await runProgram(Deno.args));
  }
}
