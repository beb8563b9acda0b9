/** What the page asks for beside the picture, by paths: each answer a JSON text, made once for all who ask at the same time. */
import { Fault } from "../job/fault.ts";
import { shardName } from "../job/shard.ts";
import { isVisibleState } from "../report/selector.ts";
import { PlotThread } from "./plot_thread.ts";
import type { PlotQuery } from "./result_plots.ts";
import { RunIndex } from "./run_index.ts";
import { RunPages } from "./run_pages.ts";
import { RunRows } from "./run_rows.ts";
import { SideFold } from "./side_fold.ts";
import { Timeline } from "./timeline.ts";
import { lanesOf } from "./timeline_lanes.ts";
import type { TreeWatch } from "./tree_watch.ts";

const ROWS_MAX = 200;
const TEXT_CHARACTERS_MAX = 200;
const TEXTS_MAX = 200;
const WIDTH_MAX = 4_000;

type Values = URLSearchParams;

export class Answers implements Disposable {
  readonly #watch: TreeWatch;
  readonly #index = new RunIndex();
  readonly #rows: RunRows;
  readonly #pages: RunPages;
  readonly #timeline: SideFold<Timeline>;
  readonly #plots: PlotThread;
  #texts = new Map<string, Promise<string>>();
  #version = -1;
  #updating: Promise<void> | undefined;

  constructor(watch: TreeWatch) {
    this.#watch = watch;
    this.#rows = new RunRows(watch, this.#index);
    this.#pages = new RunPages(watch, this.#index, this.#rows);
    this.#timeline = new SideFold(watch.layout, () => new Timeline());
    this.#plots = new PlotThread(watch);
  }

  /** The answer as JSON; undefined when there is nothing of that name. */
  find(url: URL): Promise<string> | undefined {
    const make = this.#makerOf(url.pathname);
    if (make === undefined) return undefined;
    if (this.#version !== this.#watch.version || this.#texts.size > TEXTS_MAX) this.#texts.clear();
    this.#version = this.#watch.version;
    const values = new URLSearchParams(url.searchParams);
    values.delete("token");
    const key = `${url.pathname}?${values}`;
    let text = this.#texts.get(key);
    if (text === undefined) {
      text = make(values);
      this.#texts.set(key, text);
      // What could not be answered once perhaps can be when somebody asks again.
      text.catch(() => this.#texts.delete(key));
    }
    return text;
  }

  /** What will be asked for is looked for before: what new plans hold, and who ran when. */
  async lookAhead(): Promise<void> {
    await this.#update();
    await this.#timeline.read();
  }

  /** The tree is not the one any more that was asked about. */
  [Symbol.dispose](): void {
    this.#pages[Symbol.dispose]();
    this.#timeline[Symbol.dispose]();
    this.#plots[Symbol.dispose]();
  }

  async #update(): Promise<void> {
    this.#updating ??= this.#index.update(this.#watch.folds.history).finally(() => {
      this.#updating = undefined;
    });
    await this.#updating;
  }

  #makerOf(path: string): ((values: Values) => Promise<string>) | undefined {
    switch (path) {
      case "/api/runs":
        return async (values) => JSON.stringify(await this.#runs(values));
      case "/api/run":
        return async (values) =>
          JSON.stringify(await this.#pages.page(textOf(values, "job"), textOf(values, "run")));
      case "/api/timeline":
        return async (values) => JSON.stringify(await this.#lanes(values));
      case "/api/results":
        return async (values) =>
          await this.#plots.ask({ type: "columns", job: values.get("job") ?? undefined });
      case "/api/plot":
        return async (values) => await this.#plots.ask({ type: "plot", ...plotIn(values) });
    }
    return undefined;
  }

  async #runs(values: Values) {
    await this.#update();
    return await this.#rows.query({
      text: (values.get("text") ?? "").slice(0, TEXT_CHARACTERS_MAX),
      states: (values.get("states") ?? "").split(",").filter(isVisibleState),
      job: values.get("job") ?? undefined,
      sort: values.get("sort") ?? "plan",
      isDescending: values.get("order") === "down",
      offset: wholeOf(values, "offset", 0),
      limit: Math.min(ROWS_MAX, wholeOf(values, "limit", 100)),
    });
  }

  async #lanes(values: Values) {
    const timeline = await this.#timeline.read();
    const { nowMs, working, shards } = this.#watch;
    const atWork = new Set(shards?.filter((one) => one.working).map(shardName));
    return lanesOf(timeline, {
      fromMs: values.has("from") ? wholeOf(values, "from", 0) : undefined,
      toMs: values.has("to") ? wholeOf(values, "to", nowMs) : undefined,
      width: Math.min(WIDTH_MAX, wholeOf(values, "width", 1000)),
      nowMs,
      isWorking: (shard) => shard === "" ? working : atWork.has(shard),
    });
  }
}

function plotIn(values: Values): PlotQuery {
  return {
    job: textOf(values, "job"),
    x: textOf(values, "x"),
    y: textOf(values, "y"),
    by: values.get("by") ?? undefined,
    kind: values.get("kind") === "heat" ? "heat" : "line",
  };
}

function textOf(values: Values, name: string): string {
  const text = values.get(name);
  if (text !== null && text !== "") return text.slice(0, 1000);
  throw new Fault("usage", `The address lacks ${name}=.`);
}

function wholeOf(values: Values, name: string, otherwise: number): number {
  const number = Number(values.get(name) ?? otherwise);
  return Number.isSafeInteger(number) && number >= 0 ? number : otherwise;
}
