/**
 * Plots are made in a thread of their own: those of a hundred thousand runs take a second, for which neither the live
 * picture nor anybody's request waits. It is started when somebody asks for one.
 */
import { Fault, type FaultCode } from "../job/fault.ts";
import type { Moment, ResultQuestion } from "./result_plots.ts";
import type { TreeWatch } from "./tree_watch.ts";

export interface ToPlots {
  readonly id: number;
  /** Of the tree. */
  readonly root: string;
  readonly question: ResultQuestion;
  readonly moment: Moment;
}

export type FromPlots =
  | { readonly id: number; readonly text: string }
  | {
    readonly id: number;
    readonly fault: {
      readonly code: FaultCode | undefined;
      readonly message: string;
      readonly hint: string | undefined;
    };
  };

export class PlotThread implements Disposable {
  readonly #watch: TreeWatch;
  readonly #waiting = new Map<number, PromiseWithResolvers<string>>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(watch: TreeWatch) {
    this.#watch = watch;
  }

  /** The answer as JSON. */
  ask(question: ResultQuestion): Promise<string> {
    // Of another tree, whose numbers begin anew, another thread is asked.
    const { layout: { root }, folds: { history: { lastSeq: version } }, working } = this.#watch;
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<string>();
    this.#waiting.set(id, answer);
    this.#worker ??= this.#start();
    const message: ToPlots = { id, root, question, moment: { version, working } };
    this.#worker.postMessage(message);
    return answer.promise;
  }

  [Symbol.dispose](): void {
    this.#end("Another tree stands in its place now.");
  }

  #start(): Worker {
    const worker = new Worker(new URL("./plot_worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<FromPlots>) => this.#hear(data);
    worker.onerror = (event) => {
      // Without it the error would end the whole server.
      event.preventDefault();
      this.#end(`The results could not be read: ${event.message}`);
    };
    return worker;
  }

  #hear(answer: FromPlots): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("text" in answer) return waiting?.resolve(answer.text);
    const { code, message, hint } = answer.fault;
    waiting?.reject(
      code === undefined
        ? new Error(message)
        : new Fault(code, message, hint === undefined ? {} : { hint }),
    );
  }

  /** Who asks next has a new one. */
  #end(why: string): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
  }
}
