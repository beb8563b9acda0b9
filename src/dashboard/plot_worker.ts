/** The thread of the plots: reads the results of one tree, and answers one question after the other. */
import { Fault } from "../job/fault.ts";
import { Layout } from "../store/layout.ts";
import type { FromPlots, ToPlots } from "./plot_thread.ts";
import { ResultPlots } from "./result_plots.ts";

const { postMessage } = self as unknown as { postMessage(message: FromPlots): void };

let plots: ResultPlots | undefined;

addEventListener("message", (event) => {
  void answer((event as MessageEvent<ToPlots>).data).then(postMessage);
});

async function answer({ id, root, question, moment }: ToPlots): Promise<FromPlots> {
  try {
    plots ??= new ResultPlots(new Layout(root), () => performance.now());
    return { id, text: JSON.stringify(await plots.answer(question, moment)) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [code, hint] = error instanceof Fault ? [error.code, error.hint] : [];
    return { id, fault: { code, message, hint } };
  }
}
