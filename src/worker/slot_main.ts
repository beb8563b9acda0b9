/** Entry of a slot's process when simrun runs from source; the executable gets here by a hidden sub-command. */
import { runAgent } from "./agent_process.ts";

await runAgent(Number(Deno.args[0] ?? Infinity));
