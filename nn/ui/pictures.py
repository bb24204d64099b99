"""Answers and images as pieces of HTML: pure functions, no Streamlit."""
import base64
import html
import io
from pathlib import Path

import numpy as np
from PIL import Image

ASSETS = Path(__file__).resolve().parent.parent.parent / "assets"
POSITIVE, NEGATIVE = (47, 123, 240), (232, 113, 10)  # blue and orange: told apart by the colour-blind too, on white and on black


def picture(image, alt):
    """An image, floats (rows, columns) in 0..1, as an <img> of its own; alt says the same in words."""
    return _img((255 * image).round().astype(np.uint8), alt)


def _img(pixels, alt):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return f'<img src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}" alt="{alt}">'


def signed_picture(values, scale, alt):
    """Numbers (rows, columns) of both signs as an <img>: blue above 0, orange below, the stronger the nearer to scale.

    Zero is transparent, so it is good on any background; pictures with the same scale can be compared.
    """
    strength = np.clip(np.abs(values) / (scale or 1), 0, 1)
    pixels = np.where(np.greater(values, 0)[..., None], (*POSITIVE, 0), (*NEGATIVE, 0)).astype(np.uint8)
    pixels[..., 3] = (255 * strength).round()
    return _img(pixels, alt)


def figures_html(figures, side=64):
    """Pictures side by side, each above its words: pairs (an <img>, HTML), shown with so many pixels a side."""
    return f'<div class="nn-figures" style="--side:{side}px">' + "".join(
        f"<figure>{image}<figcaption>{words}</figcaption></figure>" for image, words in figures
    ) + "</div>"  # fmt: skip


def numbers_html(caption, heads, rows):
    """A small table: a caption, column heads, and rows of a head and ready-made cells; all HTML."""
    head = "".join(f'<th scope="col">{head}</th>' for head in heads)
    body = "".join(f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>' for first, *cells in rows)
    return f'<div class="nn-numbers"><table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def answer_html(image, outputs, answer, doubtful=False):
    """The answer large, the image (28, 28) that the network sees, and its ten outputs (10,) as bars; in doubt it says so.

    The answer is given, for outputs that were rounded to 1 don't tell which of them is the largest.
    """
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


def subject_html(image, words):
    """What is looked at: a small <img> and a sentence, HTML."""
    return f'<div class="nn-subject">{image}<p>{words}</p></div>'


def digits_html(scores):
    """Recall and precision of each digit (Scores) as a table; the lowest of each is bold, an undefined one is a dash."""
    heads = ["digit", "images", "read right", "recall", "precision"]
    images, right = scores.confusion.sum(axis=1), scores.confusion.diagonal()
    columns = range(10), images, right, _shares(scores.recall), _shares(scores.precision)
    return numbers_html("Digit by digit; the lowest in bold", heads, zip(*columns))


def _shares(shares):
    lowest = np.nanmin(shares)
    return ["–" if np.isnan(share) else f"<b>{share:.1%}</b>" if share == lowest else f"{share:.1%}" for share in shares]
def framed_html(image, frame, words):
    """An <img> of a 28 x 28 image, large, with a frame around slices (rows, columns) of it, above its words; all HTML."""
    rows, columns = frame
    height, width = rows.stop - rows.start, columns.stop - columns.start
    place = {"top": rows.start, "left": columns.start, "height": height, "width": width}
    style = "; ".join(f"{name}: {100 * pixels / 28:.2f}%" for name, pixels in place.items())
    return f'<figure class="nn-framed"><div>{image}<i style="{style}"></i></div><figcaption>{words}</figcaption></figure>'


def pixels_html(pixels, caption):
    """Pixels (rows, columns), whole numbers 0..255, as a table of these numbers, each on its own shade of grey."""

    def cell(pixel):
        ink = "#000" if pixel > 127 else "#fff"
        return f'<td style="background: rgb({pixel}, {pixel}, {pixel}); color: {ink}">{pixel}</td>'

    rows = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in pixels)
    return f'<div class="nn-pixels"><table><caption>{caption}</caption><tbody>{rows}</tbody></table></div>'


def diagram_html(name, alt):
    """A diagram of the folder assets, an .svg file, as an <img>; alt says in words what it shows."""
    svg = base64.b64encode((ASSETS / f"{name}.svg").read_bytes()).decode()
    return f'<div class="nn-diagram"><img src="data:image/svg+xml;base64,{svg}" alt="{alt}"></div>'
def squares_html(values, scale, alt, columns=50):
    """Numbers (n,) of both signs as small squares side by side, so many in a row, in signed_picture's colours."""
    columns = min(columns, len(values))
    squares = np.zeros((-(-len(values) // columns), columns))
    squares.flat[: len(values)] = values
    return f'<div class="nn-squares" style="--columns:{columns}">{signed_picture(squares, scale, alt)}</div>'


def brief(value, digits=2):
    """A number as text with its sign; an absurd one, of a training that went astray, as a power of ten."""
    value = round(float(value), digits) + 0.0  # so that there is no −0.00
    text = f"{value:+.{digits}f}" if abs(value) < 1e5 else f"{value:+.1e}"
    return text.replace("-", "−")


def scale_html(strength, below, above):
    """What the colours of signed pictures mean: the number that has the full colour, and words for either side."""
    gradient = f"linear-gradient(90deg, rgb{NEGATIVE}, transparent, rgb{POSITIVE})"
    bar = f'<span>{brief(-strength)}<i style="background:{gradient}"></i>{brief(strength)}</span>'
    return f'<div class="nn-scale"><span>{below}</span>{bar}<span>{above}</span></div>'


def full_colour(weights):
    """The strength for the full colour in pictures of weights: 1 % are stronger still, and would make all others pale."""
    return float(np.quantile(np.abs(weights), 0.99))


def strip_html(values, scale, alt, caption):
    """Numbers (n,) of both signs as one picture of cells, row by row, about twice as wide as high, above its words."""
    columns = int(np.ceil(np.sqrt(2 * len(values))))
    cells = np.zeros(columns * -(-len(values) // columns))
    cells[: len(values)] = values
    image = signed_picture(cells.reshape(-1, columns), scale, alt)
    return f'<figure class="nn-strip">{image}<figcaption>{caption}</figcaption></figure>'


def beside_html(*pieces):
    """Pieces of HTML side by side, below one another where there is no room."""
    return f'<div class="nn-beside">{"".join(pieces)}</div>'


def code_html(place, line, shapes):
    """A line of code with its place and the shapes of its arrays."""
    return f'<div class="nn-code"><code>{html.escape(line)}</code><small>{place}</small><small>{shapes}</small></div>'
