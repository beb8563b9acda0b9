/** A Prometheus for tests: how it is set up and started, and what it answers. */
import { join } from "node:path";
import { place } from "../helpers/folder.ts";

/** It scrapes that address again and again. */
export async function placeConfig(folder: string, target: string): Promise<void> {
  await place(
    folder,
    "prometheus.yml",
    "global: { scrape_interval: 200ms }\n" +
      `scrape_configs: [{ job_name: simrun, static_configs: [{ targets: ["${target}"] }] }]\n`,
  );
}

interface Server {
  readonly port: Promise<string>;
  readonly stop: () => Promise<void>;
}

/** It chooses its port itself, and tells it in its log. */
export function startPrometheus(folder: string): Server {
  const child = new Deno.Command("prometheus", {
    args: [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      "--web.listen-address=127.0.0.1:0",
      "--log.format=json",
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const told = Promise.withResolvers<string>();
  const reading = (async () => {
    let log = "";
    for await (const piece of child.stderr.pipeThrough(new TextDecoderStream())) {
      log += piece;
      const port = /"address":"127\.0\.0\.1:([1-9]\d*)"/.exec(log)?.[1];
      if (port !== undefined) told.resolve(port);
    }
    told.reject(new Error(`Prometheus ended:\n${log}`));
  })();
  return {
    port: told.promise,
    stop: async () => {
      child.kill("SIGTERM");
      await child.status;
      await reading;
    },
  };
}

/** The value of the only series that a query finds; undefined while there is none. */
export async function query(base: string, text: string): Promise<number | undefined> {
  const [only] = await ask(base, text) ?? [];
  return only === undefined ? undefined : Number(only.value[1]);
}

interface Series {
  readonly value: readonly [number, string];
}

export async function ask(base: string, text: string): Promise<readonly Series[] | undefined> {
  const answer = await fetch(`${base}/api/v1/query?query=${encodeURIComponent(text)}`);
  // It is up before it can answer.
  if (!answer.ok) return void await answer.body?.cancel();
  return (await answer.json()).data.result;
}
