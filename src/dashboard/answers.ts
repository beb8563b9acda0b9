/** What the page asks for beside the picture, by paths: each answer a JSON text, made once for all who ask at the same time. */
import { Fault } from "../job/fault.ts";
import { isVisibleState } from "../report/selector.ts";
import { ResultPlots } from "./result_plots.ts";
import { RunIndex } from "./run_index.ts";
import { RunPages } from "./run_pages.ts";
import { RunRows } from "./run_rows.ts";
import { lanesOf } from "./timeline_lanes.ts";
import type { TreeWatch } from "./tree_watch.ts";

const ROWS_MAX = 200;
const TEXT_CHARACTERS_MAX = 200;
const TEXTS_MAX = 200;
const WIDTH_MAX = 4_000;

type Values = URLSearchParams;

export class Answers {
  readonly #watch: TreeWatch;
  readonly #index = new RunIndex();
  readonly #rows: RunRows;
  readonly #pages: RunPages;
  readonly #plots: ResultPlots;
  #texts = new Map<string, Promise<string>>();
  #version = -1;
  #updating: Promise<void> | undefined;

  constructor(watch: TreeWatch) {
    this.#watch = watch;
    this.#rows = new RunRows(watch, this.#index);
    this.#pages = new RunPages(watch, this.#index, this.#rows);
    this.#plots = new ResultPlots(watch);
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
      text = Promise.resolve(make(values)).then((answer) => JSON.stringify(answer));
      this.#texts.set(key, text);
    }
    return text;
  }

  /** Looks for what new plans hold. */
  async update(): Promise<void> {
    this.#updating ??= this.#index.update(this.#watch.folds.history).finally(() => {
      this.#updating = undefined;
    });
    await this.#updating;
  }

  #makerOf(path: string): ((values: Values) => unknown) | undefined {
    switch (path) {
      case "/api/runs":
        return (values) => this.#runs(values);
      case "/api/run":
        return (values) => this.#pages.page(textOf(values, "job"), textOf(values, "run"));
      case "/api/timeline":
        return (values) => this.#timeline(values);
      case "/api/results":
        return (values) => this.#plots.columns(values.get("job") ?? undefined);
      case "/api/plot":
        return (values) =>
          this.#plots.plot({
            job: textOf(values, "job"),
            x: textOf(values, "x"),
            y: textOf(values, "y"),
            by: values.get("by") ?? undefined,
            kind: values.get("kind") === "heat" ? "heat" : "line",
          });
    }
    return undefined;
  }

  async #runs(values: Values) {
    await this.update();
    return this.#rows.query({
      text: (values.get("text") ?? "").slice(0, TEXT_CHARACTERS_MAX),
      states: (values.get("states") ?? "").split(",").filter(isVisibleState),
      job: values.get("job") ?? undefined,
      sort: values.get("sort") ?? "plan",
      isDescending: values.get("order") === "down",
      offset: wholeOf(values, "offset", 0),
      limit: Math.min(ROWS_MAX, wholeOf(values, "limit", 100)),
    });
  }

  #timeline(values: Values) {
    const { nowMs, working, folds } = this.#watch;
    return lanesOf(folds.timeline, {
      fromMs: values.has("from") ? wholeOf(values, "from", 0) : undefined,
      toMs: values.has("to") ? wholeOf(values, "to", nowMs) : undefined,
      width: Math.min(WIDTH_MAX, wholeOf(values, "width", 1000)),
      nowMs,
      working,
    });
  }
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
