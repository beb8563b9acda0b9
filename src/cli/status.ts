/** `simrun status`: how far everything is. Loads neither YAML nor workers, and never waits for a lock. */
import { EXIT } from "../job/fault.ts";
import { load } from "../job/load.ts";
import { statusJson } from "../report/status_json.ts";
import { renderStatus } from "../screen/status_view.ts";
import { type CliContext, columnsOf, paintOf, printJson, printLines } from "./context.ts";
import { readStatus, type StatusFlags } from "./status_reader.ts";
import { readTree } from "./tree_reader.ts";

export async function status(
  context: CliContext,
  flags: StatusFlags,
  selectors: readonly string[],
): Promise<number> {
  if (flags.watch) {
    const { watchStatus } = await load<typeof import("./status_watch.ts")>(
      import.meta.resolve("./status_watch.ts"),
    );
    return await watchStatus(context, flags, selectors);
  }
  const { stdout } = context;
  const tree = await readTree(context, flags);
  const { status } = await readStatus(context, flags, selectors, tree);
  if (flags.json) printJson(stdout, statusJson(status));
  else {
    printLines(
      stdout,
      renderStatus(status, {
        paint: paintOf(stdout),
        glyphs: stdout.glyphs,
        columns: columnsOf(stdout),
        folder: context.cwd,
        offsetMinutes: -context.now().getTimezoneOffset(),
        isWhole: flags.all,
        jobsMax: 100,
      }),
    );
  }
  return EXIT.completed.status;
}
