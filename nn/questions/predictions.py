"""What a teacher can ask before everybody trains: the result is guessed first, then it is trained with one click."""

from dataclasses import dataclass, replace

from ..recipe import Recipe

# The usual recipe reads 91 to 93 of 100 held-out images (python tests/benchmarks/questions.py). This range, and those
# below, are of ten seeds on four kinds of processor (OpenBLAS's kernels SkylakeX, Haswell, Nehalem and Prescott): they
# round in different ways, and where steps are long, that decides what comes out.


@dataclass(frozen=True)
class Question:
    """A question. Its answer is a share of held-out images.

    name : str, what the teacher's button says
    words : str, what is asked
    recipe : Recipe of its training, with any seed
    read : pair of int, of 100 held-out images the fewest and the most that were read, as above
    why : str, why
    """

    name: str
    words: str
    recipe: Recipe = Recipe()
    read: tuple = (91, 93)
    why: str = ""

    @property
    def solution(self):
        """What comes out, and why."""
        return f"{self.read[0]} to {self.read[1]} of 100, with ten seeds on four kinds of processor. {self.why}"

    def is_answered_by(self, training):
        """Whether a finished training (with recipe, diverged and epochs_done) is its result, with any seed."""
        same = replace(training.recipe, seed=self.recipe.seed) == self.recipe
        return same and (training.diverged or training.epochs_done >= self.recipe.epochs)


_ASKED = "Of 100 new digits, how many will the network read?"
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
        "the others are never read.",
    ),
    "sorted": Question(
        "Sorted, not shuffled",
        f"The images come sorted, first all zeros, at last all nines, and are never shuffled. {_ASKED}",
        Recipe(is_sorted=True, shuffle=False),
        (9, 16),
        "At the end of each epoch it has seen nothing but nines for some 800 steps, and says nine to nearly "
        "everything. What came before is overwritten: SGD needs its images mixed.",
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
        "what is between that and 91 to 93.",
    ),
}
