"""The answers to the questions that a teacher asks before everybody trains: of 100 held-out images, how many are read.

    python tests/benchmarks/questions.py [--seeds 10]

Prints for each question, and for the usual settings, the lowest and the highest result with seeds 0, 1, 2, ...
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import nn
from nn.classroom.questions import QUESTIONS, Question
from nn.images.training_set import TrainingSet


def answers(question, n_seeds):
    """The shares of the held-out images that networks with a question's settings read, one for each seed."""
    settings = dict(question.settings)
    images = TrainingSet(
        nn.load_mnist(settings.pop("source")).first(settings.pop("n_images")),
        distorted=settings.pop("distorted"),
        is_sorted=settings.pop("is_sorted"),
    ).mnist
    shares = []
    for seed in range(n_seeds):
        *_, run = nn.train(
            nn.Settings(seed=seed, **settings), images.X_train, images.y_train, images.X_test, images.y_test
        )
        shares.append(run.history[-1].test_accuracy)
    return shares


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    for question in [Question("The usual settings", ""), *QUESTIONS.values()]:
        shares = answers(question, arguments.seeds)
        print(f"{question.name:22} {min(shares):6.1%} to {max(shares):.1%}", flush=True)


if __name__ == "__main__":
    main()
