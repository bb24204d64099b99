"""What is known of a visitor's browser, which keeps what is theirs (see memory)."""

import base64
import time
import uuid
from dataclasses import dataclass, field

NO_STORAGE = "This browser keeps nothing: its storage is full, or switched off, as in a private window."


def _new_name():
    return uuid.uuid4().hex


@dataclass(eq=False)
class Browser:
    """What a browser is asked and told, and what it has answered.

    It keeps two files, so that a label doesn't move all networks: "trainings" and "drawings". If it has nothing, it
    doesn't answer: hundreds of browsers in a class would do so in the same minute. If it has something, it keeps
    nothing else until its answer has been heard.

    question : str, the name of the question what it has kept
    is_answered : bool, whether it has answered, or carried out an order
    keeps : bool, whether it is to keep things
    order : str, the name of what it is to do, "" if nothing: to delete everything, if it doesn't keep things, or to put
        `files` in the place of those before
    files : dict of a file's name -> its bytes in base64
    sizes : dict of a file's name -> how many bytes of it are kept
    trouble : str, why it can't keep anything, or why what it has kept can't be read; a sentence, or ""
    """

    question: str = field(default_factory=_new_name)
    is_answered: bool = False
    keeps: bool = True
    order: str = ""
    files: dict = field(default_factory=dict)
    sizes: dict = field(default_factory=dict)
    trouble: str = ""
    _known: dict = field(default_factory=dict)  # a file's name -> what is in it, for short
    _kept_at: dict = field(default_factory=dict)  # a file's name -> when that was ordered, by time.monotonic()

    @property
    def n_bytes(self):
        """How many bytes it keeps."""
        return sum(self.sizes.values())

    def keep(self, name, known, make, pause=0):
        """Order it to keep a file, the bytes that make() returns, unless it was last ordered to keep the same.

        known : tuple, what is in the file, for short; empty if there is nothing to keep
        pause : seconds since the last order in which there is no other
        """
        if not self.is_due(name, pause):
            return
        self._kept_at[name] = time.monotonic()
        if known == self._known.get(name, ()):
            return
        file = make()
        self._known[name], self.sizes[name] = known, len(file)
        self.order, self.files[name] = _new_name(), base64.b64encode(file).decode()

    def is_due(self, name, pause):
        """Whether a file may be ordered: if it keeps anything, and this many seconds after it was last looked at."""
        return self.keeps and time.monotonic() >= self._kept_at.get(name, -pause) + pause

    def forget(self):
        """Order it to delete what it has kept, and to keep nothing more."""
        self.keeps, self.trouble, self.order = False, "", _new_name()
        for of_files in (self.files, self.sizes, self._known, self._kept_at):
            of_files.clear()

    def keep_again(self):
        """Let it keep things again."""
        self.keeps = True

    def unreadable(self, why):
        """Note that what it has kept can't be read: it stays there until the visitor deletes it; no order counts."""
        self.keeps, self.trouble = False, f"What this browser has kept can't be read. {why} **Forget** deletes it."
        self.order = ""
        self.files.clear()

    def carried(self, answer):
        """Note its answer to an order, which may be anything: the files needn't be sent once more."""
        if isinstance(answer, dict) and answer.get("order") == self.order:
            self.is_answered = True
            self.order, self.trouble = "", NO_STORAGE if answer.get("trouble") else ""
            self.files.clear()

    def found(self, answer):
        """Note its answer to the question, which may be anything; returns a dict of a file's name -> its bytes.

        It is empty if there are none, or if it is no answer to this question.
        """
        if not isinstance(answer, dict) or answer.get("question") != self.question or self.is_answered:
            return {}
        self.is_answered, self.trouble = True, NO_STORAGE if answer.get("trouble") else ""
        files, found = answer.get("files"), {}
        for name in ("trainings", "drawings"):
            text = files.get(name) if isinstance(files, dict) else None
            if text and isinstance(text, str):
                try:
                    found[name] = base64.b64decode(text, validate=True)
                except ValueError:
                    found[name] = b""  # which is no file
        self.sizes = {name: len(file) for name, file in found.items()}
        return found
