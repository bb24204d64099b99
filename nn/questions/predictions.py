"""The questions that a teacher can ask before everyone trains: first guess the result, then train it with one click."""

from dataclasses import dataclass

from ..recipe import Recipe


@dataclass(frozen=True)
class Question:
    """A question. Its answer is how many of 100 unseen images a network gets right."""

    name: str  # on the teacher's button
    words: str
    recipe: Recipe  # of its training, with any seed
    right: tuple[int, int]  # the fewest and the most
    why: str

    @property
    def solution(self):
        return f"{self.right[0]} to {self.right[1]} of 100, with ten seeds on four kinds of processor. {self.why}"

    def is_answered_by(self, training):
        """Whether a finished training (with recipe, diverged and epochs_done) is its result, with any seed."""
        same = vars(training.recipe) | {"seed": self.recipe.seed} == vars(self.recipe)  # quick: a class has thousands
        return same and (training.diverged or training.epochs_done >= self.recipe.epochs)


# The ranges are measured (tests/benchmarks/questions.py), with four of OpenBLAS's kernels (SkylakeX, Haswell, Nehalem,
# Prescott): they round differently, and where steps are long, that decides the result. The usual recipe's is 91 to 93.
_ASKED = "Of 100 unseen digits, how many will the network get right?"
QUESTIONS = {
    "eta": Question(
        "η = 10",
        f"η = 10 instead of 0.1: what happens? {_ASKED}",
        Recipe(eta=10.0),
        (9, 19),
        "Each step leads across the valley and up the other side. The weights grow, the sigmoids become flat, and the "
        "network guesses.",
    ),
    "one_unit": Question(
        "1 hidden unit",
        f"A single hidden unit instead of 30. {_ASKED}",
        Recipe(n_hidden=1),
        (17, 23),
        "One number between 0 and 1 has to tell ten digits apart. Two or three of them get a stretch of it each, and "
        "the others are never recognized.",
    ),
    "sorted": Question(
        "Sorted, not shuffled",
        f"The images are sorted, from all zeros to all nines, and never shuffled. {_ASKED}",
        Recipe(is_sorted=True, shuffle=False),
        (9, 16),
        "At the end of each epoch it has seen nothing but nines for some 800 steps, and says nine to nearly "
        "everything. Everything before is overwritten: SGD needs its images mixed.",
    ),
    "few_images": Question(
        "100 images",
        f"Only 100 training images instead of 8,000. {_ASKED}",
        Recipe(n_images=100),
        (68, 71),
        "About ten examples of each digit show few of the ways to write it. And ten epochs are only 1,000 steps.",
    ),
    "raw_pixels": Question(
        "Raw pixels",
        f"The pixels stay 0..255, as in the lecture's notebook. {_ASKED}",
        Recipe(scale=False),
        (8, 20),
        "Net inputs are up to 255 times as large, and so are the gradients of W_h. After a few steps nearly every "
        "hidden sigmoid is flat: its slope is zero, and no error passes any more.",
    ),
    "no_hidden_units": Question(
        "0 hidden units",
        f"No hidden unit at all: logistic regression. {_ASKED}",
        Recipe(n_hidden=0),
        (85, 89),
        "Ten weighted sums of the pixels go far: each output has one template for its digit. 30 hidden units only add "
        "the difference between that and 91 to 93.",
    ),
}
