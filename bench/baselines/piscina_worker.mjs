/** One run of the model as a task of piscina. */
import { init, result, step } from "./logistic.mjs";

export default function compute({ steps, ...params }) {
  const ctx = { params };
  const state = init(ctx);
  for (let i = 0; i < steps; i++) step(state, ctx);
  return result(state);
}
