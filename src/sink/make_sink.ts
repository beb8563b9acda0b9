/** From what was asked for to what does it; of each kind only what is used is loaded. */
import { assertNever } from "../job/fault.ts";
import { load } from "../job/load.ts";
import type { SinkSpec } from "../job/sink.ts";

/** Those that are told of events; the others make their own of the journal. */
export type ToldSpec = Exclude<SinkSpec, { kind: "metrics" | "traces" }>;
import type { Layout } from "../store/layout.ts";
import type { Sink } from "./sink.ts";

export async function makeSink(spec: ToldSpec, layout: Layout): Promise<Sink> {
  switch (spec.kind) {
    case "log": {
      const { LogFile } = await load<typeof import("./log_file.ts")>(
        import.meta.resolve("./log_file.ts"),
      );
      return new LogFile(spec, layout);
    }
    case "webhook": {
      const { Webhook } = await load<typeof import("./webhook.ts")>(
        import.meta.resolve("./webhook.ts"),
      );
      return new Webhook(spec);
    }
    case "slack": {
      const { Slack } = await load<typeof import("./slack.ts")>(import.meta.resolve("./slack.ts"));
      return new Slack(spec);
    }
    case "email": {
      const { Email } = await load<typeof import("./email.ts")>(import.meta.resolve("./email.ts"));
      return new Email(spec);
    }
    case "command": {
      const { CommandSink } = await load<typeof import("./command.ts")>(
        import.meta.resolve("./command.ts"),
      );
      return new CommandSink(spec);
    }
    case "module": {
      const { HooksModule } = await load<typeof import("./hooks.ts")>(
        import.meta.resolve("./hooks.ts"),
      );
      return new HooksModule(spec);
    }
    default:
      return assertNever(spec);
  }
}
