/** One run of the model as a task of poolifier. */
import { ThreadWorker } from "poolifier";
import compute from "./piscina_worker.mjs";

export default new ThreadWorker(compute);
