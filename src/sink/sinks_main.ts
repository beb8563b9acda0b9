/** Entry of the process of the sinks when simrun runs from source. */
import { runSinks } from "./sinks_process.ts";

await runSinks(Deno.args[0]!, Number(Deno.args[1]));
