"""The teaching texts of the steps: the files of the folder texts, one for each step."""

import re
from functools import cache
from pathlib import Path


@cache
def _texts(step):
    """The sections of texts/STEP.md, a dict of name -> Markdown. A section begins with a line <!-- its name -->."""
    words = Path(__file__).with_name("texts").joinpath(f"{step}.md").read_text(encoding="utf-8")
    _, *sections = re.split(r"^<!-- (\w+) -->\n", words, flags=re.MULTILINE)
    return {name: section.strip() for name, section in zip(sections[::2], sections[1::2])}


def text(step, *names, **values):
    """Sections of a step's text, joined by spaces, with values in place of {{name}} and {{name:format}}.

    Empty names are left out.
    """
    words = " ".join(_texts(step)[name] for name in names if name)
    return re.sub(r"\{\{(\w+):?(.*?)\}\}", lambda found: format(values[found[1]], found[2]), words)
