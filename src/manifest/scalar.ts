/** What an unquoted YAML word means in a manifest: the YAML 1.2 core table, plus `1_000`. Pure. */

import { shorten } from "./quote.ts";

export type ScalarValue = number | string | boolean | null;

export interface Reading {
  readonly value: ScalarValue;
  /** Why no meaning is right for everyone, and what to write instead. */
  readonly doubt?: { readonly message: string; readonly hint: string };
}

const NULL = /^(?:~|null|Null|NULL|)$/;
const TRUE = /^(?:true|True|TRUE)$/;
const FALSE = /^(?:false|False|FALSE)$/;
const DECIMAL = /^[-+]?(?:\d+|\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?$/;
/** Groups of three only: `2024_01_15` is a label and stays text. */
const GROUPED = /^[-+]?\d{1,3}(?:_\d{3})+(?:\.\d*)?(?:[eE][-+]?\d+)?$/;
const BASED = /^0(?:x[0-9a-fA-F]+|o[0-7]+)$/;
const INFINITE = /^([-+]?)\.(?:inf|Inf|INF)$/;
const NOT_A_NUMBER = /^\.(?:nan|NaN|NAN)$/;
const LEADING_ZERO = /^[-+]?0\d/;
const WHOLE = /^[-+]?[\d_]+$/;
/** The smallest double has 1,074 digits when it is written out; nobody needs more. */
const NUMBER_CHARACTERS_MAX = 2000;

/** Reads an unquoted scalar. Quoted ones are always text and never come here. */
export function readPlainScalar(written: string): Reading {
  const first = written.charCodeAt(0);
  // Most words begin with a letter that no number begins with.
  if (first > 0x39 && !/^[tTfFnN~]/.test(written)) return { value: written };
  if (NULL.test(written)) return { value: null };
  if (written.length > NUMBER_CHARACTERS_MAX) return { value: written };
  if (TRUE.test(written)) return { value: true };
  if (FALSE.test(written)) return { value: false };
  if (DECIMAL.test(written) || GROUPED.test(written)) return readNumber(written);
  if (BASED.test(written)) return exact(written, Number(written));
  const infinite = INFINITE.exec(written);
  if (infinite) return { value: infinite[1] === "-" ? -Infinity : Infinity };
  if (NOT_A_NUMBER.test(written)) return { value: NaN };
  return { value: written };
}

function readNumber(written: string): Reading {
  const value = Number(written.replaceAll("_", ""));
  if (LEADING_ZERO.test(written)) {
    return {
      value,
      doubt: {
        message: `${shorten(written)} begins with a zero: some readers of YAML take it as octal`,
        hint: `Write ${value}, or "${shorten(written)}" in quotes for text.`,
      },
    };
  }
  return WHOLE.test(written) ? exact(written, value) : finite(written, value);
}

function exact(written: string, value: number): Reading {
  if (Number.isSafeInteger(value)) return { value };
  return {
    value,
    doubt: {
      message: `${shorten(written)} is beyond 2^53 and would be read as another number, ${value}`,
      hint: `Write ${value.toExponential()} for the nearest number, or "${
        shorten(written)
      }" for text.`,
    },
  };
}

function finite(written: string, value: number): Reading {
  if (Number.isFinite(value)) return { value };
  return {
    value,
    doubt: {
      message: `${shorten(written)} is too large for a number`,
      hint: `Write .inf for infinity, or "${shorten(written)}" in quotes for text.`,
    },
  };
}
