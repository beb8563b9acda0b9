/** What `submit --slurm --then` takes. */
import assert from "node:assert/strict";
import { checkLastCommand } from "../../src/cli/last_command.ts";
import { Fault } from "../../src/job/fault.ts";

Deno.test("checkLastCommand() takes what a shell would run, also where it cannot know it", async () => {
  for (
    const command of [
      "simrun report -o report.html --force",
      "simrun results --columns run,x -o r.csv && mail -s done me@example.org < r.csv",
      'simrun results --where "x > 1; y" -o r.csv',
      "echo 'simrun nothing; simrun nowhere'",
      "simrun $what; python3 plot.py | tee log",
      "simrun jobs/*.yaml",
      "simrun --help; ./simrun nothing; true",
      "",
    ]
  ) await checkLastCommand(command);
});

Deno.test("checkLastCommand() refuses a call of simrun that simrun would refuse", async () => {
  for (
    const [command, call, hint] of [
      ["simrun reprot -o r.html", "simrun reprot -o r.html", /Did you mean simrun report\?/],
      ["cd out &&  simrun results --formt csv", "simrun results --formt csv", /--format/],
      ["true;simrun series", "simrun series", /series/],
      ["simrun reslts > '$HOME/r.csv'", "simrun reslts > '$HOME/r.csv'", /results/],
    ] as const
  ) {
    await assert.rejects(checkLastCommand(command), (error) => {
      assert.ok(error instanceof Fault);
      assert.ok(error.message.startsWith(`--then "${call}": `), error.message);
      assert.match(`${error.message} ${error.hint}`, hint);
      return error.code === "usage";
    });
  }
});
