/** PLECS as the runs of one batch see it: the model is open, a busy server is waited for, a restarted one loaded anew. */
import type { PlecsModel } from "../job/plecs.ts";
import { PlecsFault } from "../plecs/plecs_fault.ts";
import type { PlecsSession } from "../plecs/session.ts";
import type { RpcStruct, RpcValue } from "../plecs/value.ts";

/** The runs are wanted back, and nothing is in hand. */
export class GivenBack extends Error {}

const LOOK_EVERY_MS = 100;
const ASK_EVERY_MS = 2_000;

export interface ServerPorts {
  mustYield(): boolean;
}

export class PlecsServer {
  readonly #session: PlecsSession;
  readonly #model: PlecsModel;
  readonly #digest: string;
  readonly #ports: ServerPorts;
  /** By the digest's own words: a model is loaded as it was planned. */
  #name: string | undefined;

  constructor(session: PlecsSession, model: PlecsModel, digest: string, ports: ServerPorts) {
    this.#session = session;
    this.#model = model;
    this.#digest = digest;
    this.#ports = ports;
  }

  /** Throws {@linkcode PlecsFault}, and {@linkcode GivenBack} when the runs are asked for while PLECS is busy. */
  async simulate(options: RpcStruct | readonly RpcStruct[], timeoutMs: number): Promise<RpcValue> {
    let mayLoadAgain = true;
    for (let waitedMs = 0, askMs = LOOK_EVERY_MS;; askMs = Math.min(ASK_EVERY_MS, 2 * askMs)) {
      try {
        this.#name ??= await this.#session.open(this.#model, this.#digest);
        return await this.#session.simulate(this.#name, options, timeoutMs);
      } catch (error) {
        if (!(error instanceof PlecsFault)) throw error;
        if (error.kind === "not-loaded" && mayLoadAgain) {
          mayLoadAgain = false;
          this.forget();
          continue;
        }
        if (error.kind === "transient") this.forget();
        if (error.kind !== "busy") throw error;
        if (waitedMs >= this.#model.waitMs) throw busyWords(error, this.#model);
      }
      const ms = Math.min(askMs, this.#model.waitMs - waitedMs);
      await this.#wait(ms);
      waitedMs += ms;
    }
  }

  /** Of the simulation that has just ended. Whatever comes between makes it another one's: it is not asked for again. */
  async systemState(): Promise<RpcValue> {
    try {
      return await this.#session.systemState(this.#name!);
    } catch (error) {
      if (!(error instanceof PlecsFault)) throw error;
      const words = `PLECS did not tell the state of its system: ${error.message}`;
      throw new PlecsFault(error.kind === "foreign" ? "foreign" : "transient", words);
    }
  }

  forget(): void {
    this.#session.forget();
    this.#name = undefined;
  }

  async #wait(ms: number): Promise<void> {
    const end = performance.now() + ms;
    do {
      if (this.#ports.mustYield()) throw new GivenBack();
      await new Promise((done) => setTimeout(done, Math.min(LOOK_EVERY_MS, ms)));
    } while (performance.now() < end);
  }
}

function busyWords({ message }: PlecsFault, { url, waitMs }: PlecsModel): PlecsFault {
  const waited = waitMs === 0 ? "" : `, for ${Math.round(waitMs / 1000)} s now`;
  const words = `PLECS at ${url} is busy with something else${waited} (${message}): ` +
    "wait for what computes there or close it, and type simrun resume";
  return new PlecsFault("busy", words);
}
