/** Hears the requests that come from other terminals while a campaign runs, has each performed, and answers it. */
import type { ControlAction, ControlRequest } from "../job/control.ts";
import { Fault } from "../job/fault.ts";
import { renderDiagnostics } from "../manifest/render.ts";
import { Inbox, type InboxOptions } from "../store/inbox.ts";
import type { Layout } from "../store/layout.ts";
import type { Answer } from "../store/request.ts";
import { paceOf } from "../store/shards.ts";
import { JobProblems } from "./prepare.ts";

/** What can be steered. */
export interface Controllable {
  /** Resolves when it is done. A Fault or {@linkcode JobProblems} that it throws is told to who asked. */
  perform(action: ControlAction): Promise<Answer>;
}

export interface ControllerOptions extends InboxOptions {
  readonly everyMs?: number;
  /** How long {@linkcode Controller.stop} waits for the request in hand. */
  readonly stopMs?: number;
  /** Each request that was performed, and what was answered: for the terminal of the campaign. */
  readonly onAnswered?: (request: ControlRequest, answer: Answer) => void;
}

/** A look costs 0.05 ms: who asks waits less than a blink, and a core notices nothing. */
const EVERY_MS = 50;
/** Looking into the inbox costs no more than this part of the time, whatever lies there. */
const LOAD_MAX = 0.05;
/** Nor is it seldom: a look during which the machine slept or the process was stopped says nothing of its cost. */
const EVERY_MS_MAX = 2_000;
const STOP_MS = 5_000;
const REASON_LENGTH_MAX = 1000;
const WARNINGS_MAX = 5;

const TOO_LATE = "It came too late: this simrun has just ended.";
const HALF_DONE =
  "This simrun has just ended before all of it was done; simrun status shows what was.";

export class Controller {
  readonly #inbox: Inbox;
  readonly #options: ControllerOptions;
  readonly #clockMs: () => number;
  readonly #told = new Set<string>();
  #isStopping = false;
  /** The tree is given back, or about to be: nothing of it may be touched any more. */
  #isOver = false;
  #wake: () => void = () => {};
  #loop: Promise<void> = Promise.resolve();
  #inHand: string | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(inbox: Inbox, options: ControllerOptions) {
    this.#inbox = inbox;
    this.#options = options;
    this.#clockMs = options.clockMs ?? (() => performance.now());
  }

  /** Only for the holder of the lock, as soon as it has it: requests that are there by then come too late. */
  static async open(layout: Layout, options: ControllerOptions = {}): Promise<Controller> {
    // Of many shards none looks as often as one that is alone.
    const everyMs = Math.min(EVERY_MS * paceOf(layout), EVERY_MS_MAX);
    return new Controller(await Inbox.open(layout, options), { everyMs, ...options });
  }

  /** From now on requests are performed, one after the other, in the order in which they came. */
  start(target: Controllable): void {
    this.#loop = this.#listen(target);
  }

  /**
   * Hears no more: answers what is in hand when it is done, and what has come meanwhile with a no. To be called
   * before the tree is given back; never throws, and is done soon.
   */
  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((done) => {
      timer = setTimeout(done, this.#options.stopMs ?? STOP_MS);
    });
    await Promise.race([this.#loop, late]);
    clearTimeout(timer);
    this.#isOver = true;
    const inHand = this.#inHand;
    await this.#guarded(async () => {
      if (inHand !== undefined) {
        await this.#inbox.answer(inHand, { ok: false, message: HALF_DONE });
      }
      await this.#inbox.refuseAll(TOO_LATE);
    });
  }

  async #listen(target: Controllable): Promise<void> {
    while (!this.#isStopping) {
      const beganMs = this.#clockMs();
      let ids: readonly string[] = [];
      await this.#guarded(async () => {
        ids = await this.#inbox.waiting();
        await this.#inbox.tidy();
      });
      const lookedMs = this.#clockMs() - beganMs;
      for (const id of ids) {
        if (this.#isStopping) return;
        await this.#guarded(() => this.#obey(target, id));
      }
      const restMs = Math.min(lookedMs / LOAD_MAX, EVERY_MS_MAX);
      await this.#sleep(Math.max(this.#options.everyMs ?? EVERY_MS, restMs));
    }
  }

  async #obey(target: Controllable, id: string): Promise<void> {
    const request = await this.#inbox.take(id);
    if (request === undefined) return;
    this.#inHand = id;
    const answer = this.#isStopping
      ? { ok: false, message: TOO_LATE }
      : await perform(target, request.action);
    this.#inHand = undefined;
    if (this.#isOver) return;
    await this.#inbox.answer(id, answer);
    this.#options.onAnswered?.(request, answer);
  }

  /** What goes wrong with a request is no reason to stop a campaign. It is told once, and not for ever. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // Somebody else holds the tree, and their requests are there. The campaign finds out by itself.
      if (error instanceof Fault && error.code === "tree-busy") {
        this.#isStopping = true;
        return;
      }
      const words = `Requests from other terminals are not heard or not answered: ${
        wordsOf(error)
      }`;
      if (this.#told.has(words) || this.#told.size === WARNINGS_MAX) return;
      this.#told.add(words);
      this.#options.onWarning?.(words);
    }
  }

  #sleep(ms: number): Promise<void> {
    if (this.#isStopping) return Promise.resolve();
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}

async function perform(target: Controllable, action: ControlAction): Promise<Answer> {
  try {
    return await target.perform(action);
  } catch (error) {
    if (!(error instanceof JobProblems)) return { ok: false, message: wordsOf(error) };
    const sources = action.type === "submit" ? action.manifests : [];
    // Who asked is told it as an error; the first one need not say so again.
    const text = renderDiagnostics(error.diagnostics, sources).trimEnd().replace(/^error: /, "");
    return { ok: false, message: text };
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof Fault) {
    const message = /[.!?:)"]$/.test(error.message) ? error.message : `${error.message}.`;
    return error.hint === undefined ? message : `${message} ${error.hint}`;
  }
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return `simrun itself failed at it: ${reason.slice(0, REASON_LENGTH_MAX)}`;
}
