"""Answers and images as pieces of HTML: pure functions, no Streamlit."""
import base64
import io

import numpy as np
from PIL import Image


def picture(image, alt):
    """An image, floats (rows, columns) in 0..1, as an <img> of its own; alt says the same in words."""
    file = io.BytesIO()
    Image.fromarray((255 * image).round().astype(np.uint8)).save(file, "png")
    return f'<img src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}" alt="{alt}">'


def answer_html(image, outputs, doubtful=False):
    """The answer large, the image (28, 28) that the network sees, and its ten outputs (10,) as bars; in doubt it says so."""
    answer = int(outputs.argmax())
    return _answer(
        f'<div class="nn-digit{" nn-none" if doubtful else ""}" role="status" aria-label="The network reads {answer}">{answer}</div>',
        picture(image, "The drawing as 28 by 28 pixels, as the network sees it"),
        "what it sees: 28 × 28",
        "".join(_bar(digit, output, "largest" if digit == answer else "") for digit, output in enumerate(outputs)),
        "This may be no digit." if doubtful else "",
    )


def way_html(stages, answers):
    """The stages of a preparation as small pictures, one after the other, and what would be read at each.

    stages : dict of name -> floats (rows, columns) in 0..1; answers : dict of name -> digit, for the same names
    """
    figures = "".join(
        f'<figure>{picture(_small(stage), f"The drawing, stage: {name}")}<figcaption>{name}<br>read as <b>{answers[name]}</b>'
        "</figcaption></figure>"
        for name, stage in stages.items()
    )
    return f'<div class="nn-way">{figures}</div>'


def _small(stage, side=112):
    """A stage of any size as a picture no larger than it is shown."""
    step = max(1, max(stage.shape) // side)
    return stage[::step, ::step]


def no_answer_html():
    """The same before anything is drawn."""
    return _answer(
        '<div class="nn-digit nn-none" role="status" aria-label="Nothing is drawn yet">?</div>',
        picture(np.zeros((28, 28)), "An empty image"),
        "draw a digit",
        "".join(_bar(digit, 0.0, "") for digit in range(10)),
    )


def _answer(digit, image, caption, bars, doubt=""):
    figure = f"<figure>{image}<figcaption>{caption}</figcaption></figure>"
    line = f'<div class="nn-doubt">{doubt}</div>'
    return f'<div class="nn-answer">{digit}{figure}{line}<ol aria-label="The ten outputs, from 0 to 1">{bars}</ol></div>'


def _bar(digit, output, kind):
    bar = f'<span><i style="width:{100 * output:.1f}%"></i></span>'
    return f'<li class="{kind}"><b>{digit}</b>{bar}<small>{output:.2f}</small></li>'
