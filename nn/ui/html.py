"""Answers and images as pieces of HTML: pure functions, no Streamlit."""

import base64
import html
import io

import numpy as np
from PIL import Image

from .charts import BLUE, ORANGE
from .numbers import short, signed

# The colours of pictures that are saved and shared: they have a background of their own.
BACKGROUND, INK, FAINT = (16, 20, 29), (231, 235, 243), (150, 160, 178)
# Blue and orange: colour-blind people can distinguish them, on white and on black.
POSITIVE, NEGATIVE = (tuple(bytes.fromhex(colour[1:])) for colour in (BLUE, ORANGE))


def picture(image, alt):
    """An image, floats (rows, columns) in 0..1, as an <img>; alt describes it in words."""
    return _img((255 * image).round().astype(np.uint8), alt)


def _img(pixels, alt):
    return f'<img src="{png_address(pixels)}" alt="{alt}">'


def png_address(pixels):
    """Pixels, bytes (rows, columns) or (rows, columns, 4), as the address of a PNG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def signed_picture(values, scale, alt):
    """Signed numbers (rows, columns) as an <img>: blue above 0, orange below, full colour at ±scale and beyond.

    Zero is transparent, so it suits any background; pictures with the same scale can be compared.
    """
    strength = np.clip(np.abs(values) / (scale or 1), 0, 1)
    pixels = np.where(np.greater(values, 0)[..., None], (*POSITIVE, 0), (*NEGATIVE, 0)).astype(np.uint8)
    pixels[..., 3] = (255 * strength).round()
    return _img(pixels, alt)


def cells_picture(values, columns, scale, alt):
    """Signed numbers (n,) as one <img> of cells, `columns` in a row, in signed_picture's colours."""
    cells = np.zeros((-(-len(values) // columns), columns))
    cells.flat[: len(values)] = values
    return signed_picture(cells, scale, alt)


def figures_html(figures, side=64):
    """Pictures side by side, each above its words: pairs (<img>, HTML); side is their width and height in pixels."""
    all_of_them = "".join(f"<figure>{image}<figcaption>{words}</figcaption></figure>" for image, words in figures)
    return f'<div class="nn-figures" style="--side:{side}px">{all_of_them}</div>'


def numbers_html(caption, heads, rows, bold=None):
    """A small table: a caption, column heads, and rows that begin with a row head; all HTML. One row may be bold."""
    head, body = "".join(f'<th scope="col">{head}</th>' for head in heads), ""
    for number, row in enumerate(rows):
        first, *cells = (f"<b>{cell}</b>" if number == bold and cell != "" else cell for cell in row)
        body += f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
    table = f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="nn-numbers"><table>{table}</table></div>'


def legend_html(title, items, more=""):
    """A chart's legend: a title, pairs (colour, words), and more words on a line of their own; all HTML."""
    colours = "".join(f'<span><i style="background:{colour}"></i>{words}</span>' for colour, words in items)
    return f'<div class="nn-legend">{title}{colours}{f"<p>{more}</p>" if more else ""}</div>'


def empty_html(words, height):
    """A placeholder for a chart that is still to come, with words in it; height in pixels."""
    return f'<div class="nn-empty" style="height: {height}px">{words}</div>'


def paragraph_html(words):
    """Words of changing length in a place of constant size, so that nothing below jumps."""
    return f'<p class="nn-words">{words}</p>'


def answer_html(image, outputs, answer):
    """The answer in large type, the image (28, 28) that the network sees, and its ten outputs (10,) as bars.

    The answer is a parameter because outputs rounded to 1 don't show which of them is the largest.
    """
    bars = "".join(_bar(digit, output, "largest" if digit == answer else "") for digit, output in enumerate(outputs))
    seen = picture(image, "The drawing as 28 by 28 pixels, as the network sees it")
    status = f'role="status" aria-label="The network reads {answer}"'
    return (
        f'<div class="nn-answer"><div class="nn-digit" {status}>{answer}</div>'
        f"<figure>{seen}<figcaption>what it sees: 28 × 28</figcaption></figure>"
        f'<ol aria-label="The ten outputs, from 0 to 1">{bars}</ol></div>'
    )


def message_html(words, more=""):
    """A sentence or two, and more in a smaller type, in a place of constant height; HTML."""
    return f'<div class="nn-message"><span>{words}</span><small>{more}</small></div>'


def result_html(accuracy, images, before):
    """An accuracy in large type, above words about the images and about the accuracy before; HTML."""
    return f'<p class="nn-result"><b>{accuracy:.1%}</b><span>{images}</span><span>{before}</span></p>'


def hidden_html(words):
    """Words for screen readers only."""
    return f'<p class="nn-hidden">{words}</p>'


def _bar(digit, output, kind):
    bar = f'<span><i style="width:{100 * output:.1f}%"></i></span>'
    return f'<li class="{kind}"><b>{digit}</b>{bar}<small>{output:.2f}</small></li>'


def stages_html(pictures, answers):
    """The stages of a preparation, one after the other, with the answer at each.

    pictures : dict of name -> stage_picture(); answers : dict of name -> digit, for the same names
    """
    words = (
        "How your drawing became 28 × 28 pixels. The network reads the last picture, which is like the images that it "
        "learnt from. Below each stage is the answer that the network would give there:"
    )
    figures = "".join(
        f"<figure>{image}<figcaption>{name}<br>read as <b>{answers[name]}</b></figcaption></figure>"
        for name, image in pictures.items()
    )
    return f'<p class="nn-caption">{words}</p><div class="nn-stages">{figures}</div>'


def stage_picture(name, stage, side=112):
    """A stage of any size, floats (rows, columns) in 0..1, as an <img> of about the size at which it is shown."""
    step = max(1, max(stage.shape) // side)
    return picture(stage[::step, ::step], f"The drawing, stage: {name}")


def scale_html(strength, below, above):
    """The scale of the colours of signed pictures: the number in full colour, and words for either sign."""
    gradient = f"linear-gradient(90deg, rgb{NEGATIVE}, transparent, rgb{POSITIVE})"
    number = signed(strength) if strength >= 0.1 else f"+{short(strength)}"
    bar = f'<span>{number.replace("+", "−")}<i style="background:{gradient}"></i>{number}</span>'
    return f'<div class="nn-scale"><span>{below}</span>{bar}<span>{above}</span></div>'


def full_colour(weights):
    """The magnitude that gets full colour in pictures of weights: 1 % exceed it, and would make all others pale."""
    return float(np.quantile(np.abs(weights), 0.99))


def beside_html(*pieces):
    """Pieces of HTML side by side, or below one another if there is no room."""
    return f'<div class="nn-beside">{"".join(pieces)}</div>'


def code_html(place, line, words):
    """A line of code, its place, and words about it."""
    return f'<div class="nn-code"><code>{html.escape(line)}</code><small>{place}</small><small>{words}</small></div>'


def weights_picture(name, weights, scale):
    """Weights (784,) as a signed picture; the alternative text says where the largest and the lowest are."""

    def place(index):
        row, column = divmod(int(index), 28)
        return f"{signed(weights[index])} in row {row}, column {column}"

    alt = f"{name}: the largest {place(weights.argmax())}, the lowest {place(weights.argmin())}"
    return signed_picture(weights.reshape(28, 28), scale, alt)


def weight_figures(weights, names, words, scale):
    """Weights (784, n) for figures_html: a picture on one scale for each column, with its name, and words below it."""
    return [(weights_picture(name, w, scale), below) for w, name, below in zip(weights.T, names, words)]
