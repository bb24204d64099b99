"""Step 1, the data: MNIST's images and labels, and one of them up close."""

import numpy as np
import streamlit as st

from ...network import N_DIGITS, onehot
from ..html import figures_html, numbers_html, picture
from ..numbers import with_article
from ..session.current_image import SPLITS, DrawingPart, select_example, split_of
from ..session.shared import mnist
from ..session.state import KEEP, part
from .parts import code_line
from .steps import SHOW_THE_CURRENT_IMAGE, numbers_of
from .teaching import text

FRAME = slice(10, 18), slice(7, 21)  # the rows and columns that are shown as numbers: the middle, where the ink is
NAMES = {"train": "Training images", "test": "Unseen images"}


def section(view, recipe):
    """Draw the overview of the images, and one of them in detail."""
    images = mnist(recipe.source).first(recipe.n_images)
    _overview(images)
    st.markdown("#### Look through them")
    split, index = _choice(images)
    X, y = split_of(images, split)
    digit, name = int(y[index]), f"{SPLITS[split]} {index:,}"
    st.html(up_close_html(X[index].reshape(28, 28), name, digit, recipe.scale))
    if not recipe.has_plain_images:
        st.caption(text("data", "prepared"))
    st.markdown("#### The label, one-hot")
    st.latex(onehot_latex(digit))
    place, line = code_line(onehot, "np.arange")
    st.markdown(text("data", "onehot", digit=digit, a_digit=with_article(digit), line=line, place=place))
    _look_inside(recipe.source, split, index)


def where(y, digit=None):
    """The indices (m,) at which the labels y (n,) are a digit, in order; without a digit, all indices."""
    return np.arange(len(y)) if digit is None else np.flatnonzero(y == digit)


def counts_html(y_train, y_test):
    """A table of how many images of each digit there are, for training and held out."""
    columns = [np.bincount(y, minlength=N_DIGITS) for y in (y_train, y_test)]
    rows = [[f"<b>{digit}</b>", *(f"{column[digit]:,}" for column in columns)] for digit in range(N_DIGITS)]
    total = [["all", *(f"<b>{column.sum():,}</b>" for column in columns)]]
    return numbers_html("Images of each digit", ["digit", "training", "unseen"], rows + total)


def up_close_html(pixels, name, digit, scale):
    """An image (28, 28) of whole numbers 0..255, large and with a FRAME, and the pixels in the frame as numbers."""
    rows, columns = FRAME
    image = framed_html(picture(pixels / 255, f"{name}: {with_article(digit)}"), FRAME, f"{name}: <b>{digit}</b>")
    caption = f"In the frame: rows {rows.start} to {rows.stop - 1}, columns {columns.start} to {columns.stop - 1}"
    numbers = pixels_html(pixels[FRAME], caption) + f"<p>{scaled_words(pixels[FRAME].max(), scale)}</p>"
    return f'<div class="nn-close">{image}<div>{numbers}</div></div>'


def framed_html(image, frame, words):
    """A large <img> of a 28 x 28 image, with a frame around its slices (rows, columns), above its words; all HTML."""
    rows, columns = frame
    height, width = rows.stop - rows.start, columns.stop - columns.start
    place = {"top": rows.start, "left": columns.start, "height": height, "width": width}
    style = "; ".join(f"{name}: {100 * pixels / 28:.2f}%" for name, pixels in place.items())
    return (
        f'<figure class="nn-framed"><div>{image}<i style="{style}"></i></div><figcaption>{words}</figcaption></figure>'
    )


def pixels_html(pixels, caption):
    """Pixels (rows, columns), whole numbers 0..255, as a table, each number on its own shade of grey."""

    def cell(pixel):
        ink = "#000" if pixel > 117 else "#fff"  # enough contrast on every grey
        return f'<td style="background: rgb({pixel}, {pixel}, {pixel}); color: {ink}">{pixel}</td>'

    rows = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in pixels)
    return f'<div class="nn-pixels"><table><caption>{caption}</caption><tbody>{rows}</tbody></table></div>'


def onehot_latex(digit):
    """A digit and its one-hot row, as on the board: 2 -> y = (0, 0, 1, 0, ...)."""
    row = ",".join(r"\mathbf{1}" if value else "0" for value in onehot(np.array([digit]))[0])
    return rf"{digit} \;\to\; y = ({row})"


def scaled_words(pixel, scale):
    """The input that a network gets for a pixel of 0..255, with inputs that are scaled or not; HTML."""
    return text("data", "scaled" if scale else "raw", pixel=pixel, share=pixel / 255)


def _overview(images):
    left, right = st.columns([0.55, 0.45], gap="medium")
    with left:
        st.markdown(text("data", "overview", n_train=len(images.X_train)))
        figures = []
        for digit in range(N_DIGITS):
            for i in where(images.y_train, digit)[:1]:  # a small training set may lack a digit
                alt = f"{with_article(digit).capitalize()}, training image {i:,}"
                figures.append((picture(images.X_train[i].reshape(28, 28) / 255, alt), f"<b>{digit}</b>"))
        st.html(f'<div class="nn-ten">{figures_html(figures)}</div>')
    with right:
        st.html(counts_html(images.y_train, images.y_test))
        of_each = np.bincount(images.y_test)
        share = of_each.max() / of_each.sum()
        st.markdown(text("data", "held_out", n_test=of_each.sum(), commonest=of_each.argmax(), share=share))


def _choice(images):
    """The widgets that choose an image: its split, "train" or "test", and its index there."""
    left, middle, right = st.columns([0.31, 0.42, 0.27], gap="small")
    split = left.radio("From", list(NAMES), format_func=NAMES.get, key="data_split", horizontal=True, **KEEP)
    again = "Choose it again to see all."
    digit = middle.pills("Only one digit", range(N_DIGITS), key="data_digit", help=again, **KEEP)
    y = split_of(images, split)[1]
    places = where(y, digit)
    if not places.size:  # a small set may lack a digit
        right.caption(f"There is no {digit} among them, so here are all.")
        places = where(y)
    # If there are fewer to choose from than before, Streamlit itself returns to the first.
    last = len(places) - 1
    return split, int(places[right.number_input(f"Which image, 0 to {last:,}", 0, last, 0, key="data_number", **KEEP)])


def _look_inside(source, split, index):
    is_there = part(DrawingPart).selected_example == (source, split, index)
    with st.container(horizontal=True, vertical_alignment="center"):
        icon = ":material/frame_inspect:"
        if st.button("Look inside with this image", key="look_inside", icon=icon, disabled=is_there):
            select_example((source, split, index))
            st.rerun()
        steps = numbers_of(SHOW_THE_CURRENT_IMAGE, "or" if is_there else "and")
        st.caption(text("data", "chosen" if is_there else "choose", steps=steps))
