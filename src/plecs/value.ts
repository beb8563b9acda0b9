/** Values as they go over the wire, whichever protocol carries them; numbers that are none are told apart. Pure. */

/** What XML-RPC carries as base64. */
export class Base64 {
  constructor(readonly text: string) {}
}

export type RpcValue =
  | null
  | boolean
  | number
  | string
  | Base64
  | readonly RpcValue[]
  | { readonly [name: string]: RpcValue };

export interface RpcStruct {
  readonly [name: string]: RpcValue;
}

export function isStruct(value: RpcValue | undefined): value is RpcStruct {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Base64);
}

/** How libraries of C write what is no finite number. */
const NOT_FINITE = /^([+-]?)(?:(nan)|(?:1\.#)?(inf|infinity))(?:\(.*\)|0*)$/i;

/** A number, also as text or null; undefined for what is none. */
export function numberOf(value: RpcValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  if (value === null) return NaN;
  if (typeof value === "boolean") return Number(value);
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  const found = NOT_FINITE.exec(text);
  if (found !== null) {
    if (found[2] !== undefined) return NaN;
    return found[1] === "-" ? -Infinity : Infinity;
  }
  if (/^[+-]?1\.#(?:IND|QNAN|SNAN)/i.test(text)) return NaN;
  const number = Number(text);
  return text === "" || Number.isNaN(number) ? undefined : number;
}
