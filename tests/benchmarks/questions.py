"""The answers to the questions that a teacher asks before everybody trains: how many of 100 unseen images are read.

    python tests/benchmarks/questions.py [--seeds 10] [--kernels SkylakeX,Haswell,Nehalem,Prescott]

Prints for each question, and for the usual settings, the lowest and the highest result with seeds 0, 1, 2, ... and each
of these kernels of OpenBLAS. Which one computes depends on the processor. They add in different orders, and where steps
are long, that makes another network. A kernel that doesn't run on this processor is left out, and named.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from threadpoolctl import threadpool_info

import nn
from nn.images.training_set import TrainingSet
from nn.questions.predictions import QUESTIONS

RECIPES = {"The usual settings": nn.Recipe()} | {question.name: question.recipe for question in QUESTIONS.values()}


def answers(recipe, n_seeds):
    """The shares of the held-out images that networks with these settings read, one for each seed."""
    mnist = nn.load_mnist(recipe.source).first(recipe.n_images)
    images = TrainingSet(mnist, recipe).mnist
    shares = []
    for seed in range(n_seeds):
        *_, state = nn.train(replace(recipe, seed=seed), images.X_train, images.y_train, images.X_test, images.y_test)
        shares.append(state.history[-1].test_accuracy)
    return shares


def measure(n_seeds):
    """Print the kernel of this process, and all answers, as JSON."""
    found = {name: answers(recipe, n_seeds) for name, recipe in RECIPES.items()}
    kernels = [library["architecture"] for library in threadpool_info() if library["internal_api"] == "openblas"]
    print(json.dumps([kernels[0] if kernels else "not OpenBLAS", found]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--kernels", default="SkylakeX,Haswell,Nehalem,Prescott")
    parser.add_argument("--measure", action="store_true", help="only this process's own kernel, as JSON")
    arguments = parser.parse_args()
    if arguments.measure:
        return measure(arguments.seeds)
    shares, used = {name: [] for name in RECIPES}, []
    for kernel in arguments.kernels.split(","):
        done = subprocess.run(
            [sys.executable, __file__, "--measure", "--seeds", str(arguments.seeds)],
            env=os.environ | {"OPENBLAS_CORETYPE": kernel},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            print(f"{kernel} does not run here: exit code {done.returncode}. {done.stderr[-300:]}")
            continue
        name, found = json.loads(done.stdout)
        used.append(name)
        for question, each in found.items():
            shares[question] += each
    print(f"kernels {', '.join(used)}; {arguments.seeds} seeds each")
    for question, each in shares.items():
        print(f"{question:22} {min(each):6.1%} to {max(each):.1%}")


if __name__ == "__main__":
    main()
