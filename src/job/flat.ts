/** A result with its nested values under dotted names: as people ask for its numbers. Pure. */

export type Flat = Readonly<Record<string, unknown>>;

/** `{ a: { b: 1 } }` as `{ "a.b": 1 }`; arrays stay whole; a result that is no object is named `result`. */
export function flatten(result: unknown): Flat {
  if (!isRecord(result)) return result === undefined ? {} : { result };
  // Most results are flat as they are; a hundred thousand copies would cost a quarter of a second.
  if (!Object.values(result).some(isRecord)) return result;
  const flat: Record<string, unknown> = Object.create(null);
  const walk = (record: Readonly<Record<string, unknown>>, prefix: string): void => {
    for (const [key, value] of Object.entries(record)) {
      if (isRecord(value) && Object.keys(value).length > 0) walk(value, `${prefix}${key}.`);
      else flat[prefix + key] = value;
    }
  };
  walk(result, "");
  return flat;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
