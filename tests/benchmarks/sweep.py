"""How much quicker a sweep is with two processes than with one:

    python tests/benchmarks/sweep.py

The same trainings by one job and by two, in turns, so that other load on the machine affects both alike. Prints how
many times as quick two jobs are, the median of several turns: without and with the time in which the worker processes
start and read the images. For that, each turn with two jobs is a process of its own, with new workers.
"""

import subprocess
import sys
import time
from statistics import median

# Imported first, because it sets one thread and the path.
from contenders import np  # noqa: F401

from nn import Recipe
from nn.engine.sweep import computing_on, plan_sweep, run_sweep

TURNS = 5
PLAN = {"etas": [0.03, 0.1], "hidden": [30, 100], "n_seeds": 4}


def main():
    trainings = plan_sweep(Recipe(epochs=3), **PLAN)
    if len(sys.argv) > 1:  # a turn with two jobs
        print(seconds(trainings, 2), seconds(trainings, 2))  # the second time, the workers are there, with the images
        return
    print(f"{len(trainings)} trainings: {PLAN}")
    seconds(trainings, 1)  # so that this process has the images too
    one, two, two_started = [], [], []
    for _ in range(TURNS):
        one.append(seconds(trainings, 1))
        turn = subprocess.run([sys.executable, __file__, "two jobs"], check=True, capture_output=True, text=True)
        for times, took in zip((two, two_started), turn.stdout.split()):
            times.append(float(took))
        print(f"one job {one[-1]:.2f} s, two {two_started[-1]:.2f} s, with their start {two[-1]:.2f} s", flush=True)
    print(f"Two jobs are {median(a / b for a, b in zip(one, two_started)):.2f} times as quick as one,")
    print(f"and {median(a / b for a, b in zip(one, two)):.2f} times with the start of the worker processes.")


def seconds(trainings, jobs):
    """The time by the clock until all are trained."""
    began = time.perf_counter()
    with computing_on("loky", jobs):
        for _ in run_sweep(trainings):
            pass
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
