"""How much quicker a sweep is with two processes than with one:

    python tests/benchmarks/sweep.py

The same trainings by one job and by two, in turns, so that other load on the machine affects both alike. Prints how
many times as quick two jobs are once their processes have started, the median of several turns.
"""

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
    print(f"{len(trainings)} trainings: {PLAN}")
    for jobs in (1, 2):
        seconds(trainings, jobs)  # from then on the processes have the images
    one, two = [], []
    for _ in range(TURNS):
        one.append(seconds(trainings, 1))
        two.append(seconds(trainings, 2))
        print(f"one job {one[-1]:.2f} s, two {two[-1]:.2f} s", flush=True)
    print(f"Two jobs are {median(a / b for a, b in zip(one, two)):.2f} times as quick as one.")


def seconds(trainings, jobs):
    """The time by the clock until all are trained."""
    began = time.perf_counter()
    with computing_on("loky", jobs):
        for _ in run_sweep(trainings):
            pass
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
