/**
 * The requester's side of `hot/inbox/` and `hot/answers/`: puts a request there, waits for its answer, and takes it
 * back when nobody came for it. Whoever removes the request's file has it, see `inbox.ts`: what was taken back was
 * not obeyed and never will be. Needs no lock; touches nothing but its own two files.
 */
import {
  CONTROL_FORMAT,
  type ControlAction,
  type ControlAnswer,
  type ControlRequest,
} from "../job/control.ts";
import { Fault } from "../job/fault.ts";
import { VERSION } from "../job/version.ts";
import { diskFault, refuseLinks, removeQuietly, writeFileDurable } from "./disk.ts";
import { fs } from "./file_system.ts";
import type { Layout } from "./layout.ts";
import { describeProcess } from "./owner.ts";
import {
  readAnswer,
  REQUEST_BYTES_MAX,
  requestText,
  SUBMIT_BYTES_MAX,
  TOO_LARGE,
} from "./request.ts";

const LOOK_EVERY_MS = 50;
/** The holder is asked after less often than the answer. */
const LOOKS_A_HOLDER = 10;

/** What came of a request. */
export type Asked =
  | { readonly kind: "answered"; readonly answer: ControlAnswer }
  /** Nothing was done, and nothing will be. */
  | { readonly kind: "taken-back" }
  /** The simrun that works there has it, or had it when it ended. */
  | { readonly kind: "in-hand" };

export interface Waiting {
  /** How long the request may lie there. */
  readonly takenMs: number;
  /** How long an answer is waited for in all. */
  readonly answeredMs: number;
  /** Whether there is still somebody to answer. */
  readonly isWorkedOn: () => Promise<boolean>;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

let posted = 0;

/** A request of this process. Ids of one process sort as they were made. */
export function makeRequest(action: ControlAction, now: Date): ControlRequest {
  const { host, pid } = describeProcess();
  const at = now.toISOString();
  const number = String(++posted).padStart(4, "0");
  const unique = crypto.randomUUID().slice(0, 8);
  const id = `${at.replace(/[^0-9]/g, "")}-${number}-${unique}`;
  return { format: CONTROL_FORMAT, id, at, host, pid, version: VERSION, action };
}

/** Puts a request into the inbox, durably. */
export async function postRequest(layout: Layout, request: ControlRequest): Promise<void> {
  const bytes = new TextEncoder().encode(requestText(request));
  const most = request.action.type === "submit" ? SUBMIT_BYTES_MAX : REQUEST_BYTES_MAX;
  if (bytes.length > most) {
    throw new Fault("usage", TOO_LARGE, { hint: "Divide it into several." });
  }
  // It is not made here: a folder that has lost its marker must not become half a tree again by a request.
  await refuseLinks(layout.root, layout.inbox);
  const path = layout.requestFile(request.id);
  try {
    await writeFileDurable(path, bytes);
  } catch (error) {
    // A simrun that began just then has swept the temporary away.
    const isSwept = error instanceof Fault && error.cause instanceof Deno.errors.NotFound;
    if (!isSwept) throw error;
    if (await isMissing(layout.inbox)) {
      throw new Fault("not-found", `${layout.inbox} is not there: nobody hears requests.`, {
        hint: "Start simrun there anew; it makes the folder.",
      });
    }
    await writeFileDurable(path, bytes);
  }
}

async function isMissing(path: string): Promise<boolean> {
  return await fs.stat(path).then(() => false, (error) => error instanceof Deno.errors.NotFound);
}

/** Waits for the answer to a request that was posted; removes it when it was read. */
export async function waitForAnswer(layout: Layout, id: string, waiting: Waiting): Promise<Asked> {
  const beganMs = performance.now();
  for (let looks = 1;; looks++) {
    const answer = await readAnswerFile(layout, id);
    if (answer !== undefined) return { kind: "answered", answer };
    const waitedMs = performance.now() - beganMs;
    const isAlone = looks % LOOKS_A_HOLDER === 0 && !await waiting.isWorkedOn();
    const isOver = isAlone || waiting.signal?.aborted === true || waitedMs > waiting.answeredMs;
    if ((isOver || waitedMs > waiting.takenMs) && await takeBack(layout, id)) {
      return { kind: "taken-back" };
    }
    if (isOver) {
      const last = await readAnswerFile(layout, id);
      return last === undefined ? { kind: "in-hand" } : { kind: "answered", answer: last };
    }
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
  }
}

/** Whether nobody had taken it: then it is as if it had never been made. */
export async function takeBack(layout: Layout, id: string): Promise<boolean> {
  const path = layout.requestFile(id);
  try {
    await fs.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw diskFault(error, path);
  }
}

async function readAnswerFile(layout: Layout, id: string): Promise<ControlAnswer | undefined> {
  const path = layout.answerFile(id);
  try {
    const info = await fs.lstat(path);
    // What is no file, or larger than any answer, is none of a simrun's.
    if (!info.isFile || info.size > REQUEST_BYTES_MAX) return undefined;
    const bytes = await fs.readFile(path);
    const answer = readAnswer(bytes, id);
    if (answer !== undefined) await removeQuietly(path);
    return answer;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw diskFault(error, path);
  }
}
