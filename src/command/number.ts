/** Numbers as programs write them. Pure. */

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?$/;
const NOT_FINITE: { readonly [word: string]: number } = {
  nan: NaN,
  inf: Infinity,
  infinity: Infinity,
};

/** `1e-3`, Fortran's `1.0D-03`, `nan`, `-inf`; undefined for what is no number. */
export function parseNumber(text: string): number | undefined {
  const word = text.trim();
  if (NUMBER.test(word)) return Number(word.replace(/[dD]/, "e"));
  const [, sign, name] = /^([+-]?)([a-z]+)$/i.exec(word) ?? [];
  const value = name === undefined ? undefined : NOT_FINITE[name.toLowerCase()];
  return value === undefined ? undefined : sign === "-" ? -value : value;
}
