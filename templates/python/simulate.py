"""Brownian particles in a harmonic trap. Exchange the upper half for a simulation of your own."""

import argparse
import json
import os
import signal
import time

import numpy as np

SHOW_EVERY_STEPS = 1000
SAVE_EVERY_SECONDS = 1.0
STOPPED = 75  # the exit status that says: stopped before the end


def begin(p, seed):
    """The state at step 0: arrays by name, and a generator of random numbers."""
    return {"x": np.zeros(int(p["particles"])), "rng": np.random.default_rng(seed)}


def advance(state, p):
    """One step, in place."""
    kick = np.sqrt(2 * p["diffusion"] * p["dt"])
    x = state["x"]
    x += -p["stiffness"] * x * p["dt"] + kick * state["rng"].standard_normal(x.size)


def measure(state):
    """Numbers by name. In the end mean_square should be diffusion / stiffness."""
    x = state["x"]
    return {"mean": float(np.mean(x)), "mean_square": float(np.mean(x**2))}


# What follows can stay as it is.


def write_whole(path, write):
    """Under another name first: whoever is killed in the middle leaves the old file, never half a new one."""
    with open(path + ".tmp", "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".tmp", path)


def save(path, step, state):
    """All that the next step depends on, the generator of random numbers as well."""
    arrays = {name: value for name, value in state.items() if name != "rng"}
    rng = json.dumps(state["rng"].bit_generator.state)
    write_whole(path, lambda file: np.savez(file, **arrays, step=step, rng=rng))


def load(path):
    """Fails when there is no such file: to begin anew without a word would be worse."""
    with np.load(path) as saved:
        state = {name: saved[name] for name in saved.files if name not in ("step", "rng")}
        state["rng"] = np.random.default_rng()
        state["rng"].bit_generator.state = json.loads(str(saved["rng"]))
        return int(saved["step"]), state


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("steps", type=int)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--resume", metavar="STATE", help="go on from this file")
    words = words.parse_args()
    with open("parameters.json") as file:
        p = json.load(file)

    # simrun asks with SIGTERM, and waits some seconds: long enough for the step in hand, and to save.
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))

    step, state = load(words.resume) if words.resume else (0, begin(p, words.seed))
    saved_at = time.monotonic()
    while step < words.steps:
        advance(state, p)
        step += 1
        if step % SHOW_EVERY_STEPS == 0:
            numbers = measure(state)
            shown = " ".join(f"{name}={value!r}" for name, value in numbers.items())
            print(f"step {step} {shown}", flush=True)
        if asked or time.monotonic() - saved_at > SAVE_EVERY_SECONDS:
            save("state.npz", step, state)
            saved_at = time.monotonic()
        if asked:
            raise SystemExit(STOPPED)

    save("state.npz", step, state)
    result = json.dumps(measure(state))
    write_whole("result.json", lambda file: file.write(result.encode()))


main()
