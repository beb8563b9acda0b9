/** Entry of the process of a hooks module when simrun runs from source. */
import { runHooks } from "./hooks_process.ts";

await runHooks(Deno.args[0]!, Number(Deno.args[1]));
