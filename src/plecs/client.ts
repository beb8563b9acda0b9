/** Calls PLECS: one call at a time, by JSON-RPC or XML-RPC, whichever is understood there. */
import type { PlecsProtocol } from "../job/plecs.ts";
import { decodeJsonAnswer, encodeJsonCall, excerpt } from "./json_rpc.ts";
import { PlecsFault } from "./plecs_fault.ts";
import { type HttpAnswer, post } from "./transport.ts";
import type { RpcValue } from "./value.ts";

/** More than this is not read. A text in memory can be no longer. */
const ANSWER_BYTES_MAX = 500 * 2 ** 20;
/** What is no simulation is answered at once, unless PLECS is busy. */
const PROBE_MS = 10_000;

type Wire = Exclude<PlecsProtocol, "auto">;

/** How PLECS is spoken to: found out once. */
interface Way {
  readonly wire: Wire;
  readonly url: URL;
}

export class PlecsClient {
  readonly #url: URL;
  readonly #protocol: PlecsProtocol;
  readonly #bytesMax: number;
  #way: Way | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #calls = 0;

  constructor(
    { url, protocol }: { readonly url: string; readonly protocol: PlecsProtocol },
    bytesMax = ANSWER_BYTES_MAX,
  ) {
    this.#url = new URL(url);
    this.#protocol = protocol;
    this.#bytesMax = bytesMax;
  }

  /** Throws {@linkcode PlecsFault}. */
  call(method: string, params: readonly RpcValue[], limitMs: number): Promise<RpcValue> {
    const call = this.#turn.then(async () => {
      this.#way ??= await this.#findWay();
      return await this.#callBy(this.#way, method, params, limitMs);
    });
    this.#turn = call.catch(() => {});
    return call;
  }

  /** Whether PLECS lives: it answers, be it with an error. What it speaks is found out anew. */
  async probe(): Promise<void> {
    const probe = this.#turn.then(async () => this.#way = await this.#findWay());
    this.#turn = probe.catch(() => {});
    await probe;
  }

  /** Asks for what every server has. That it is refused is an answer, too. */
  async #findWay(): Promise<Way> {
    let last: PlecsFault | undefined;
    for (const way of this.#ways()) {
      try {
        await this.#callBy(way, "system.listMethods", [], PROBE_MS);
        return way;
      } catch (error) {
        if (!(error instanceof PlecsFault)) throw error;
        if (error.kind !== "foreign" && error.kind !== "transient") return way;
        // Nobody is there to understand another language either.
        if (error.kind === "transient") throw error;
        last ??= error;
      }
    }
    throw last!;
  }

  #ways(): Way[] {
    const wires: Wire[] = this.#protocol === "auto" ? ["json", "xml"] : [this.#protocol];
    const urls = this.#url.pathname === "/"
      ? [this.#url, new URL("/RPC2", this.#url)]
      : [this.#url];
    return urls.flatMap((url) => wires.map((wire) => ({ wire, url })));
  }

  async #callBy(
    { wire, url }: Way,
    method: string,
    params: readonly RpcValue[],
    limitMs: number,
  ): Promise<RpcValue> {
    const id = ++this.#calls;
    // A reader of XML is loaded where there is some.
    const xml = wire === "json" ? undefined : await import("./xml_rpc.ts");
    const answer = await post({
      url,
      type: xml === undefined ? "application/json" : "text/xml",
      body: xml === undefined
        ? encodeJsonCall(method, params, id)
        : xml.encodeXmlCall(method, params),
      limitMs,
      bytesMax: this.#bytesMax,
    });
    this.#refuseForeign(answer);
    try {
      return xml === undefined
        ? decodeJsonAnswer([...textOf(answer)].join(""), id)
        : xml.decodeXmlAnswer(textOf(answer));
    } catch (error) {
      if (!(error instanceof PlecsFault) || error.kind !== "foreign") throw error;
      throw this.#foreign(error.message);
    }
  }

  #refuseForeign(answer: HttpAnswer): void {
    const { status, type } = answer;
    if (status >= 502 && status <= 504) {
      const words =
        `${this.#url.origin} answers with status ${status}: PLECS is not there just now`;
      throw new PlecsFault("transient", words);
    }
    const [head = ""] = textOf(answer);
    const isHtml = /^\s*<(?:!doctype\s+html|html)/i.test(head) || /\bhtml\b/.test(type);
    if (isHtml) throw this.#foreign(`a page of HTML, status ${status}`);
    // A server of RPC tells of faults with status 200, and of some with 500 and a body of its own.
    if (status === 200 || status === 500 && /^\s*(?:\{|<\?xml|<methodResponse)/.test(head)) return;
    throw this.#foreign(`status ${status}, ${excerpt(head)}`);
  }

  #foreign(answered: string): PlecsFault {
    const words =
      `what answers at ${this.#url.href.replace(/\/$/, "")} is no PLECS (${answered}): ` +
      "check url: in the manifest and the port in the preferences of PLECS";
    return new PlecsFault("foreign", words);
  }
}

function* textOf({ chunks }: HttpAnswer): Iterable<string> {
  const decoder = new TextDecoder();
  for (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}
