/** Entry of the process that sends traces when simrun runs from source. */
import { runTraces } from "./traces_process.ts";

await runTraces(Deno.args[0]!, JSON.parse(Deno.args[1]!));
