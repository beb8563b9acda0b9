/** Words and environments of programs as the system takes them: pointers to texts. What many programs share is encoded once. */
import { addressesOf, type Bytes, type Texts, textsOf } from "./libc.ts";
import type { Environment, Variables } from "./program.ts";

export interface Block {
  /** To each of the texts, and a zero behind them: good as long as the block is held. */
  readonly pointers: Bytes;
  readonly texts: readonly Texts[];
}

/** Undefined where there are no texts. */
export function blockOf(texts: Texts | undefined): Block | undefined {
  return texts && { pointers: pointersTo([addressesOf(texts)]), texts: [texts] };
}

interface Shared {
  readonly variables: Variables;
  readonly texts: Texts;
  readonly addresses: BigUint64Array;
}

export class EnvironmentBlocks {
  /** Of the programs of one job, mostly. */
  #shared: Shared | undefined;

  /** Undefined when one holds a zero, which ends a text for the system. */
  of({ shared, own }: Environment): Block | undefined {
    const texts = textsOfVariables(own);
    const known = this.#encode(shared);
    if (texts === undefined || known === undefined) return undefined;
    for (const name in own) {
      if (Object.hasOwn(shared, name)) return blockOf(textsOfVariables({ ...shared, ...own }));
    }
    return {
      pointers: pointersTo([known.addresses, addressesOf(texts)]),
      texts: [known.texts, texts],
    };
  }

  #encode(variables: Variables): Shared | undefined {
    if (this.#shared?.variables === variables) return this.#shared;
    const texts = textsOfVariables(variables);
    this.#shared = texts && { variables, texts, addresses: addressesOf(texts) };
    return this.#shared;
  }
}

function textsOfVariables(variables: Variables): Texts | undefined {
  const texts: string[] = [];
  for (const name in variables) texts.push(`${name}=${variables[name]}`);
  return textsOf(texts);
}

function pointersTo(all: readonly BigUint64Array[]): Bytes {
  const count = all.reduce((sum, { length }) => sum + length, 0);
  const pointers = new BigUint64Array(count + 1);
  let at = 0;
  for (const some of all) {
    pointers.set(some, at);
    at += some.length;
  }
  return new Uint8Array(pointers.buffer);
}
