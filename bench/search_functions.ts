/** Functions on which methods of search are compared, each over the unit cube, with its least value. */

export interface TestFunction {
  readonly name: string;
  readonly dimensions: number;
  /** The least there is. */
  readonly least: number;
  readonly at: (place: readonly number[], noise: () => number) => number;
}

const scale = (share: number, from: number, to: number) => from + share * (to - from);

export const TEST_FUNCTIONS: readonly TestFunction[] = [
  {
    name: "sphere, 5 parameters",
    dimensions: 5,
    least: 0,
    at: (u) => u.reduce((sum, share) => sum + (scale(share, -5, 5) - 1.3) ** 2, 0),
  },
  {
    name: "Rosenbrock, 2 parameters",
    dimensions: 2,
    least: 0,
    at: ([u, v]) => {
      const [x, y] = [scale(u!, -2, 2), scale(v!, -1, 3)];
      return (1 - x) ** 2 + 100 * (y - x * x) ** 2;
    },
  },
  {
    // Three equal valleys.
    name: "Branin, 2 parameters",
    dimensions: 2,
    least: 0.39788735772973816,
    at: ([u, v]) => {
      const [x, y] = [scale(u!, -5, 10), scale(v!, 0, 15)];
      const bend = y - 5.1 / (4 * Math.PI ** 2) * x * x + 5 / Math.PI * x - 6;
      return bend ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
    },
  },
  { name: "Hartmann, 6 parameters", dimensions: 6, least: -3.322368011415515, at: hartmann },
  {
    // A hundred valleys beside the deepest.
    name: "Rastrigin, 2 parameters",
    dimensions: 2,
    least: 0,
    at: (u) =>
      u.reduce((sum, share) => {
        const x = scale(share, -5.12, 5.12) - 0.7;
        return sum + x * x + 10 - 10 * Math.cos(2 * Math.PI * x);
      }, 0),
  },
  {
    name: "sphere with noise of 0.1, 3 parameters",
    dimensions: 3,
    least: 0,
    at: (u, noise) =>
      u.reduce((sum, share) => sum + (scale(share, -1, 1) - 0.2) ** 2, 0) + 0.1 * noise(),
  },
];

const ALPHA = [1, 1.2, 3, 3.2];
const A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const P = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];

function hartmann(u: readonly number[]): number {
  return -ALPHA.reduce((sum, alpha, i) => {
    const far = u.reduce((total, x, j) => total + A[i]![j]! * (x - P[i]![j]!) ** 2, 0);
    return sum + alpha * Math.exp(-far);
  }, 0);
}
