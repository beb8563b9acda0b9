#!/usr/bin/env python3
"""Makes sampling_reference.json from scipy, which has its own table and code: Debian 12's python3-scipy 1.10.1.

    /usr/bin/python3 tests/plan/sampling_reference.py > tests/plan/sampling_reference.json
"""
import hashlib
import json
import os

import numpy as np
import scipy
from scipy.stats import norm, qmc

DIMENSIONS = 481
TABLE = np.load(os.path.join(os.path.dirname(scipy.__file__), "stats", "_sobol_direction_numbers.npz"))


def line(dimension):
    """A line of new-joe-kuo-6.21201: dimension, degree, coefficients, initial numbers."""
    polynomial = int(TABLE["poly"][dimension - 1])
    degree = polynomial.bit_length() - 1
    coefficients = (polynomial - (1 << degree)) >> 1
    initial = TABLE["vinit"][dimension - 1][:degree]
    return " ".join(str(int(n)) for n in [dimension, degree, coefficients, *initial])


def values(points, indices, dimensions):
    return [{"index": i, "values": {d: float(points[i, d - 1]) for d in dimensions}} for i in indices]


def discrepancies(make, count, dimensions, seeds=20):
    """Mean over seeds of the centred discrepancy, squared, as scipy gives it."""
    return float(np.mean([qmc.discrepancy(make(dimensions, s).random(count)) for s in range(seeds)]))


sobol = qmc.Sobol(DIMENSIONS, scramble=False, bits=32).random(65536)
halton = qmc.Halton(100, scramble=False).random(1001)
plane = sobol[:256, :5]

METHODS = {
    "random": lambda d, s: type("R", (), {"random": lambda _, n: np.random.default_rng(s).random((n, d))})(),
    "lhs": lambda d, s: qmc.LatinHypercube(d, seed=s),
    "sobol": lambda d, s: qmc.Sobol(d, seed=s),
    "halton": lambda d, s: qmc.Halton(d, seed=s),
}

print(json.dumps({
    "scipy": scipy.__version__,
    "table": hashlib.sha256(
        "".join(line(d) + "\n" for d in range(2, DIMENSIONS + 1)).encode()).hexdigest(),
    "sobol": values(sobol, [0, 1, 2, 3, 4, 5, 6, 7, 100, 1023, 54321, 65535], [1, 2, 3, 4, 10, 37, 100, 300, 481]),
    "halton": values(halton, [0, 1, 2, 3, 4, 5, 100, 1000], [1, 2, 3, 10, 51, 100]),
    "discrepancy": {"centred": qmc.discrepancy(plane), "l2star": qmc.discrepancy(plane, method="L2-star")},
    "centred": [
        {"method": m, "count": n, "dimensions": d, "mean": discrepancies(make, n, d)}
        for m, make in METHODS.items() for n, d in [(256, 2), (256, 5), (1024, 3)]
    ],
    "normal": [[p, float(norm.ppf(p))] for p in [1e-300, 1e-50, 1e-10, 1e-3, 0.02, 0.1, 0.3, 0.5, 0.75, 0.999]],
    "share": [[z, float(norm.cdf(z))] for z in [-37, -30, -20, -8, -5, -3.1, -2.9, -1, -0.1, 0, 1, 3, 6]],
}, indent=1))
