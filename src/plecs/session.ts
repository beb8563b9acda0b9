/** One PLECS and the models it has open: loads what is to be simulated, anew where it may be another by now. */
import { basename } from "node:path";
import type { PlecsModel } from "../job/plecs.ts";
import { PlecsClient } from "./client.ts";
import { PlecsFault } from "./plecs_fault.ts";
import type { RpcStruct, RpcValue } from "./value.ts";

/** A large model with libraries takes seconds. */
const LOAD_MS = 300_000;
/** How much longer than a simulation may take its answer may. */
const ANSWER_MS = 30_000;

/** Tells whether nobody else has used PLECS since. */
export interface Claim {
  isMine(): boolean;
  make(): void;
}

export class PlecsSession {
  readonly #client: PlecsClient;
  readonly #claim: Claim;
  /** Files that PLECS has open for us, by the names it knows them by: there is no other mark. */
  readonly #loaded = new Map<string, { readonly path: string; readonly digest: string }>();

  constructor(model: Pick<PlecsModel, "url" | "protocol">, claim: Claim, client?: PlecsClient) {
    this.#client = client ?? new PlecsClient(model);
    this.#claim = claim;
  }

  /** Answers the model's name. What was loaded stays as it was, whatever becomes of its file. */
  async open({ path }: Pick<PlecsModel, "path">, digest: string): Promise<string> {
    const name = plecsName(path);
    const loaded = this.#loaded.get(name);
    if (loaded?.path === path && loaded.digest === digest && this.#claim.isMine()) return name;
    if (!this.#claim.isMine()) this.#loaded.clear();
    await this.#client.probe();
    // An open model is not loaded again, so it is closed. That it was not open is no fault.
    await this.#ask("plecs.close", [name]).catch((error) => {
      if (!(error instanceof PlecsFault) || error.kind !== "own" && error.kind !== "not-loaded") {
        throw error;
      }
    });
    this.#claim.make();
    try {
      await this.#ask("plecs.load", [path]);
    } catch (error) {
      if (!(error instanceof PlecsFault) || error.kind !== "own" && error.kind !== "not-loaded") {
        throw error;
      }
      const hint = "open it in PLECS by hand to see why; PLECS must see the same files as simrun";
      throw new PlecsFault("own", `PLECS cannot load ${path}: ${error.message}; ${hint}`);
    }
    this.#loaded.set(name, { path, digest });
    return name;
  }

  /** Nothing is taken to be open any more. */
  forget(): void {
    this.#loaded.clear();
  }

  /** Of one run, or of several at once: these are computed on all cores. Never with a callback: that would be code. */
  async simulate(
    name: string,
    options: RpcStruct | readonly RpcStruct[],
    timeoutMs: number,
  ): Promise<RpcValue> {
    const limitMs = Math.min(2 ** 31 - 1, timeoutMs + ANSWER_MS);
    return await this.#client.call("plecs.simulate", [name, options], limitMs);
  }

  async systemState(name: string): Promise<RpcValue> {
    return await this.#ask("plecs.get", [name, "SystemState"]);
  }

  async #ask(method: string, params: readonly RpcValue[]): Promise<RpcValue> {
    return await this.#client.call(method, params, LOAD_MS);
  }
}

/** A model's name is that of its file. */
export function plecsName(path: string): string {
  return basename(path).replace(/\.[^.]*$/, "");
}
