/**
 * simrun as a library: run simulations from a program, and the types for the authors of models.
 *
 * @example Two runs and their results
 * ```ts
 * import { Simrun } from "./mod.ts";
 *
 * const simrun = new Simrun({ tree: "simruns", slots: 1 });
 * await simrun.submit({ id: "sim_123", model: "./model.ts", steps: 1000, priority: "high" });
 * simrun.subscribe((event) => console.error(event.type));
 * const { completed, failed } = await simrun.run();
 * console.log(completed, failed, await simrun.results("sim_123"));
 * ```
 *
 * @module
 */
export {
  type JobRequest,
  type NeedRequest,
  type OriginRequest,
  Simrun,
  type SimrunOptions,
} from "./src/runner/simrun.ts";
export type { Outcome } from "./src/campaign/outcome.ts";
export { EXIT, Fault, type FaultCode } from "./src/job/fault.ts";
export type { CompletedRun, EventType, JournalEntry, RunEvent } from "./src/job/event.ts";
export type { Job } from "./src/job/job.ts";
export type { Failure, FailureClass, Parent, RunState } from "./src/job/run.ts";
export type { NoticeEvent } from "./src/job/sink.ts";
export type { Notice } from "./src/notice/notice.ts";
export type { ResultRow } from "./src/report/results.ts";
export type { JobStatus, RunStatus, TreeStatus } from "./src/report/status.ts";
export type {
  BranchParent,
  Context,
  Ending,
  Input,
  ModelModule,
  NeededResult,
  NeededState,
  ParameterRule,
  ParameterRules,
  Random,
  TypedArray,
} from "./src/job/model.ts";
export { VERSION } from "./src/job/version.ts";
