/**
 * The two-dimensional Ising model: a square lattice with periodic edges, no field, J = k = 1.
 *
 * One step is one sweep: every spin is drawn anew from its heat bath, first the black squares of
 * the checkerboard, then the white ones (the neighbours of a square are all of the other colour).
 *
 * Compare with the infinite lattice: Onsager (1944) Phys. Rev. 65, 117 for the energy and the
 * critical temperature 2.269185; Yang (1952) Phys. Rev. 85, 808 for the magnetisation.
 */

export const params = {
  temperature: { default: 2.269185, min: 0.1, unit: "J/k", about: "Temperature" },
  size: { default: 64, type: "integer", min: 4, max: 8192, about: "Spins along an edge, even" },
  warmup: { default: 1000, type: "integer", min: 0, about: "Sweeps before averages are taken" },
} as const;

interface Context {
  readonly params: { readonly [name in keyof typeof params]: number };
  readonly rng: { int32(): number };
}

interface Lattice {
  /** +1 or -1, row after row. */
  readonly spins: Int8Array;
  sweeps: number;
  /** Of the last sweep, per spin: energy in J, and magnetisation from -1 to 1. */
  energy: number;
  magnetisation: number;
  /** Averages over the sweeps after the warm-up. */
  readonly energies: Blocks;
  readonly magnetisations: Blocks;
}

export function init({ params: { size } }: Context): Lattice {
  if (size % 2 !== 0) throw new Error(`size is ${size}, but a checkerboard needs an even number`);
  return {
    spins: new Int8Array(size * size).fill(1),
    sweeps: 0,
    energy: -2,
    magnetisation: 1,
    energies: noBlocks(),
    magnetisations: noBlocks(),
  };
}

export function advance(lattice: Lattice, sweeps: number, ctx: Context): void {
  const { temperature, warmup } = ctx.params;
  // A spin points up with probability 1 / (1 + exp(-2 sum / T)), its neighbours having that sum:
  // then a random int32 is below the threshold of that sum.
  const thresholds = Float64Array.of(-4, -2, 0, 2, 4).map((sum) =>
    2 ** 32 / (1 + Math.exp((-2 * sum) / temperature)) - 2 ** 31
  );
  for (let k = 0; k < sweeps; k++) {
    sweep(lattice, thresholds, ctx);
    if (++lattice.sweeps <= warmup) continue;
    addValue(lattice.energies, lattice.energy);
    addValue(lattice.magnetisations, Math.abs(lattice.magnetisation));
  }
}

export function measure({ energy, magnetisation }: Lattice) {
  return { energy, magnetisation };
}

/** Means with standard errors; energy, specific heat and susceptibility per spin. */
export function result(lattice: Lattice, { params: { temperature, size } }: Context) {
  const { energies, magnetisations } = lattice;
  const spins = size * size;
  return {
    energy: energies.mean[0]!,
    energy_error: standardError(energies),
    magnetisation: magnetisations.mean[0]!,
    magnetisation_error: standardError(magnetisations),
    specific_heat: (spins * variance(energies)) / temperature ** 2,
    susceptibility: (spins * variance(magnetisations)) / temperature,
    sweeps: energies.count[0]!,
  };
}

function sweep(lattice: Lattice, thresholds: Float64Array, { params: { size }, rng }: Context) {
  const { spins } = lattice;
  let total = 0;
  let bonds = 0;
  for (let colour = 0; colour < 2; colour++) {
    bonds = 0; // the second colour's bonds are all bonds, each once
    for (let y = 0; y < size; y++) {
      const row = y * size;
      const above = (y === 0 ? size - 1 : y - 1) * size;
      const below = (y === size - 1 ? 0 : y + 1) * size;
      for (let x = (y + colour) & 1; x < size; x += 2) {
        const left = x === 0 ? size - 1 : x - 1;
        const right = x === size - 1 ? 0 : x + 1;
        const sum = spins[row + left]! + spins[row + right]! + spins[above + x]! +
          spins[below + x]!;
        const spin = rng.int32() < thresholds[(sum + 4) >> 1]! ? 1 : -1;
        spins[row + x] = spin;
        total += spin;
        bonds += spin * sum;
      }
    }
  }
  lattice.energy = -bonds / (size * size);
  lattice.magnetisation = total / (size * size);
}

/**
 * Mean and error of correlated values by blocking, Flyvbjerg & Petersen (1989) J. Chem. Phys.
 * 91, 461: level k holds the means of 2^k values in a row, until these are independent.
 */
interface Blocks {
  readonly count: Float64Array;
  readonly mean: Float64Array;
  /** Sum of squared deviations from the mean. */
  readonly squares: Float64Array;
  /** The last value, while it waits for its partner. */
  readonly last: Float64Array;
}

const LEVELS = 40;
/** Levels with fewer blocks know their own error too badly. */
const BLOCKS_MIN = 64;

function noBlocks(): Blocks {
  const zeros = () => new Float64Array(LEVELS);
  return { count: zeros(), mean: zeros(), squares: zeros(), last: zeros() };
}

function addValue({ count, mean, squares, last }: Blocks, value: number): void {
  for (let level = 0; level < LEVELS; level++) {
    const n = ++count[level]!;
    const deviation = value - mean[level]!;
    mean[level]! += deviation / n;
    squares[level]! += deviation * (value - mean[level]!);
    if (n % 2 === 1) {
      last[level] = value;
      return;
    }
    value = (value + last[level]!) / 2;
  }
}

function standardError({ count, squares }: Blocks): number {
  let largest = NaN;
  for (let level = 0; count[level]! >= BLOCKS_MIN; level++) {
    const error = Math.sqrt(squares[level]! / (count[level]! * (count[level]! - 1)));
    if (!(error < largest)) largest = error;
  }
  return largest;
}

function variance({ count, squares }: Blocks): number {
  return squares[0]! / count[0]!;
}
