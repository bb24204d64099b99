"""What is known of a visitor's browser, which keeps what is theirs (see memory). No Streamlit."""

import base64
import uuid
from dataclasses import dataclass, field

from .kept import pack

NO_STORAGE = "This browser keeps nothing: its storage is full, or switched off, as in a private window."


def _new_name():
    return uuid.uuid4().hex


@dataclass(eq=False)
class Browser:
    """What a browser is asked and told, and what it has answered.

    question : str, the name of the question what it has kept
    is_answered : bool, whether it has answered
    keeps : bool, whether it is to keep things
    order, file : str, the name of what it is to do, "" if nothing: to put this file (in base64) in the place of the one
        before, or to delete that if file is ""
    n_bytes : int, how large the kept file is; 0 if there is none
    trouble : str, why it can't keep anything, or why what it has kept can't be read; a sentence, or ""
    """

    question: str = field(default_factory=_new_name)
    is_answered: bool = False
    keeps: bool = True
    order: str = ""
    file: str = ""
    n_bytes: int = 0
    trouble: str = ""
    known: tuple = ()  # what is in the file, for short

    def keep(self, known, yours):
        """Order it to keep a Yours, the result of calling yours(), unless it was last ordered to keep the same.

        known : tuple, what is to be kept, for short
        """
        if known == self.known:
            return
        file = pack(yours())
        self.known, self.n_bytes = known, len(file)
        self.order, self.file = _new_name(), base64.b64encode(file).decode()

    def forget(self):
        """Order it to delete what it has kept, and to keep nothing more."""
        self.keeps, self.known, self.n_bytes = False, (), 0
        self.order, self.file = _new_name(), ""

    def keep_again(self):
        """Let it keep things again."""
        self.keeps = True

    def carried(self, answer):
        """Note its answer to an order, which may be anything: the file needn't be sent once more."""
        if isinstance(answer, dict) and answer.get("order") == self.order:
            self.order = self.file = ""
            self.trouble = NO_STORAGE if answer.get("trouble") else ""

    def found(self, answer):
        """Note its answer to the question, which may be anything; returns the bytes of the file that it has kept.

        None if there is none, or if it is no answer to this question.
        """
        if not isinstance(answer, dict) or answer.get("question") != self.question or self.is_answered:
            return None
        self.is_answered, self.trouble = True, NO_STORAGE if answer.get("trouble") else ""
        text = answer.get("file")
        if not text or not isinstance(text, str):
            return None
        try:
            return base64.b64decode(text)
        except ValueError:
            return None
