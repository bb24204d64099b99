"""What a teacher can ask before everybody trains: the result is guessed first, then it is trained with one click."""

from dataclasses import dataclass, field

EPOCHS = 10
USUAL = {
    "n_hidden": 30,
    "eta": 0.1,
    "epochs": EPOCHS,
    "batch_size": 1,
    "scale": True,
    "shuffle": True,
    "preparation": "mnist",
    "source": "bundled",
    "n_images": 8_000,
    "distorted": False,
    "is_sorted": False,
}


@dataclass(frozen=True)
class Question:
    """A question. Its answer is a share of held-out images.

    name : str, what the teacher's button says
    words : str, what is asked
    changes : dict of the settings that differ from USUAL
    why : str, the solution: what happens, and why
    """

    name: str
    words: str
    changes: dict = field(default_factory=dict)
    why: str = ""

    @property
    def settings(self):
        """All settings of its training but the seed, by the names of Trained."""
        return USUAL | self.changes

    def is_answered_by(self, training):
        """Whether a finished training (any object with the settings as attributes) is its result, with any seed."""
        settings = all(getattr(training, name) == value for name, value in self.settings.items())
        return settings and (training.diverged or training.epochs_done >= EPOCHS)


_USUALLY = "30 hidden units, η = 0.1, 10 epochs, 8,000 images."
QUESTIONS = {
    "eta": Question(
        "η = 10",
        "η = 10 instead of 0.1. What happens? Of 100 new digits, how many will the network read?",
        {"eta": 10.0},
        "Each step leads across the valley and up the other side. The weights grow, the sigmoids become flat, and the "
        "network guesses: about one in ten.",
    ),
    "one_unit": Question(
        "1 hidden unit",
        "A single hidden unit instead of 30. Of 100 new digits, how many will the network read?",
        {"n_hidden": 1},
        "One number between 0 and 1 has to tell ten digits apart. A few of them get a stretch of it each, so it reads "
        "more than one in ten, but not many more than two.",
    ),
    "sorted": Question(
        "Sorted, not shuffled",
        "The images come sorted, first all zeros, at last all nines, and are never shuffled. Of 100 new digits, how "
        "many will the network read?",
        {"is_sorted": True, "shuffle": False},
        "At the end of each epoch it has seen nothing but nines for 800 steps, and says nine to nearly everything. "
        "What came before is overwritten: SGD needs its images mixed.",
    ),
    "few_images": Question(
        "100 images",
        "Only 100 training images instead of 8,000. Of 100 new digits, how many will the network read?",
        {"n_images": 100},
        "Ten examples of each digit and ten epochs are only 1,000 steps. It knows a few ways to write each digit, and "
        "new ones surprise it.",
    ),
    "raw_pixels": Question(
        "Raw pixels",
        "The pixels stay 0..255, as in the lecture's notebook. Of 100 new digits, how many will the network read?",
        {"scale": False},
        "Net inputs are 255 times as large, so nearly every hidden sigmoid is flat: its slope is zero, and no error "
        "passes. W_out still learns from hidden units that are random switches.",
    ),
    "no_hidden_units": Question(
        "0 hidden units",
        "No hidden unit at all: logistic regression. Of 100 new digits, how many will the network read?",
        {"n_hidden": 0},
        "Ten weighted sums of the pixels go far: each output has one template for its digit. The hidden units only win "
        "the last few per cent.",
    ),
}
