/** How many slots `-j` asks for. Pure. */
import { Fault } from "../job/fault.ts";

export interface Slots {
  readonly slots: number;
  /** Said to the user when what was asked for is not what is given, or not wise. */
  readonly warning?: string;
}

/** More processes than this help nobody and hurt the machine. */
const SLOTS_A_CORE_MAX = 4;

/** `8` slots, `50%` of the cores, `-1` all but one (the default); at least one. `word` is what stands before it. */
export function parseSlots(text: string | undefined, cores: number, word = "-j"): Slots {
  if (text === undefined) return { slots: Math.max(1, cores - 1) };
  const percent = /^([0-9]+(?:[.][0-9]+)?)%$/.exec(text);
  if (percent !== null) {
    const part = Number(percent[1]);
    if (part <= 0 || part > 100 * SLOTS_A_CORE_MAX) throw wrong(text, cores, word);
    return warned(Math.max(1, Math.floor(cores * part / 100)), cores);
  }
  if (!/^-?[0-9]{1,6}$/.test(text)) throw wrong(text, cores, word);
  const count = Number(text);
  if (count === 0 || Object.is(count, -0)) throw wrong(text, cores, word);
  if (count > 0) return warned(count, cores);
  if (cores + count >= 1) return { slots: cores + count };
  return {
    slots: 1,
    warning: `${word} ${text} leaves no slot on ${coresText(cores)}; one is used.`,
  };
}

function warned(wanted: number, cores: number): Slots {
  const most = cores * SLOTS_A_CORE_MAX;
  if (wanted > most) {
    return {
      slots: most,
      warning: `${wanted} slots on ${
        coresText(cores)
      } would only wait for each other; ${most} are used.`,
    };
  }
  if (wanted <= cores) return { slots: wanted };
  return {
    slots: wanted,
    warning: `${wanted} slots share ${coresText(cores)}; each will be slower.`,
  };
}

function wrong(text: string, cores: number, word: string): Fault {
  return new Fault(
    "usage",
    `${word} takes a number of slots, a part of the cores or all but some, not "${text}".`,
    {
      hint: `Here are ${
        coresText(cores)
      }; for example ${word} ${cores}, ${word} 50% or ${word} -1.`,
    },
  );
}

function coresText(cores: number): string {
  return cores === 1 ? "1 core" : `${cores} cores`;
}
