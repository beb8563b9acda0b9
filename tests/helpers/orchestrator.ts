/** A program that runs jobs and is made to be killed: `deno run -A orchestrator.ts REQUEST.json`. Says each event. */
import type { RunRequest } from "../../src/runner/run_request.ts";
import { openRunner } from "../../src/runner/runner.ts";

const request = JSON.parse(Deno.readTextFileSync(Deno.args[0]!)) as RunRequest;
const runner = await openRunner({
  ...request,
  onEvent: (event) => console.log(JSON.stringify(event)),
});
const { stopped, failed } = await runner.run();
Deno.exit(stopped === undefined && failed === 0 ? 0 : 1);
