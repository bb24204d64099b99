"""Step 1, the data: what MNIST's images and labels are, and one of them up close."""

import numpy as np
import streamlit as st

from ...network import N_DIGITS, onehot
from ..html import figures_html, numbers_html, picture
from ..numbers import with_article
from ..session.current_image import SPLITS, DrawingPart, select_example, split_of
from ..session.shared import mnist
from ..session.state import KEPT, Key, part
from .parts import code_line
from .steps import SHOW_THE_CURRENT_IMAGE, numbers_of

FRAME = slice(10, 18), slice(7, 21)  # the rows and columns that are shown as numbers: the middle, where the ink is
NAMES = {"train": "Training images", "test": "Held-out images"}


def section(moment, recipe):
    """Draw the overview of the images, and one of them in detail."""
    images = mnist(recipe.source).first(recipe.n_images)
    _overview(images)
    st.markdown("#### Look through them")
    split, index = _choice(images)
    X, y = split_of(images, split)
    _as_numbers(X[index].reshape(28, 28), f"{SPLITS[split]} {index:,}", y[index], recipe.scale)
    if not recipe.has_plain_images:
        st.caption(
            "These are MNIST's images as they are. With the switches in the sidebar, the network learns from "
            "straightened copies of them, and from distorted ones, other people's digits and non-digits too."
        )
    _as_onehot(int(y[index]))
    _look_inside(recipe.source, split, index)


def counts(y):
    """How often each digit 0, 1, ... 9 occurs among the labels y (n,): whole numbers (10,)."""
    return np.bincount(y, minlength=N_DIGITS)


def where(y, digit=None):
    """The indices (m,) at which the labels y (n,) are a digit, in order; without a digit, all indices."""
    return np.arange(len(y)) if digit is None else np.flatnonzero(y == digit)


def counts_html(y_train, y_test):
    """A table of how many images of each digit there are, for training and held out."""
    columns = counts(y_train), counts(y_test)
    rows = [[f"<b>{digit}</b>", *(f"{column[digit]:,}" for column in columns)] for digit in range(N_DIGITS)]
    total = [["all", *(f"<b>{column.sum():,}</b>" for column in columns)]]
    return numbers_html("Images of each digit", ["digit", "training", "held-out"], rows + total)


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
    """What a network is given for a pixel of 0..255, with inputs that are scaled or not; HTML."""
    if scale:
        return f"The network gets them divided by 255, so they lie between 0 and 1: {pixel} becomes {pixel / 255:.3f}."
    return (
        f"<b>Scale inputs</b> is off in the sidebar, so the network gets them as they are: {pixel} stays {pixel}. "
        "That makes the net inputs up to 255 times as large, and the sigmoids flat."
    )


def _overview(images):
    left, right = st.columns([0.55, 0.45], gap="medium")
    with left:
        st.markdown(
            "MNIST is a collection of handwritten digits. An image has 28 × 28 = 784 pixels, each a whole number from "
            "0 (black background) to 255 (white ink), which fits into one byte: `uint8`. Your network learns from a "
            f"table `X` of {len(images.X_train):,} rows and 784 columns, **one image per row**, its 28 rows of pixels "
            f"side by side; and from `y`, the {len(images.y_train):,} labels that say which digit each image shows."
        )
        st.markdown("The first image of each digit:")
        # A small training set may lack a digit.
        firsts = {digit: i for digit in range(N_DIGITS) for i in where(images.y_train, digit)[:1]}
        pixels = {digit: images.X_train[i].reshape(28, 28) / 255 for digit, i in firsts.items()}
        alts = {digit: f"{with_article(digit).capitalize()}, training image {i:,}" for digit, i in firsts.items()}
        figures = [(picture(pixels[digit], alts[digit]), f"<b>{digit}</b>") for digit in firsts]
        st.html(f'<div class="nn-ten">{figures_html(figures)}</div>')
    with right:
        st.html(counts_html(images.y_train, images.y_test))
        of_each = counts(images.y_test)
        st.markdown(
            f"The network never learns from the {len(images.y_test):,} **held-out** images: they show whether it can "
            "read images that it has never seen. "
            f"Always answering {of_each.argmax()} would be right {of_each.max() / of_each.sum():.1%} of the time. "
            "A network has to beat that."
        )


def _choice(images):
    """The widgets that choose an image: its split, "train" or "test", and its index there."""
    left, middle, right = st.columns([0.31, 0.42, 0.27], gap="small")
    with left:
        split = st.radio("From", list(NAMES), format_func=NAMES.get, key=Key.DATA_SPLIT, horizontal=True, **KEPT)
    with middle:
        digit = st.pills(
            "Only one digit", range(N_DIGITS), key=Key.DATA_DIGIT, help="Choose it again to see all.", **KEPT
        )
    with right:
        y = split_of(images, split)[1]
        places = where(y, digit)
        if not places.size:  # a small set may lack a digit
            st.caption(f"There is no {digit} among them, so here are all.")
            places = where(y)
        # If there are fewer to choose from than before, Streamlit itself returns to the first.
        last = len(places) - 1
        number = st.number_input(f"Which one, 0 to {last:,}", 0, last, 0, key=Key.DATA_NUMBER, **KEPT)
    return split, int(places[number])


def _as_numbers(pixels, name, digit, scale):
    rows, columns = FRAME
    image = framed_html(picture(pixels / 255, f"{name}: {with_article(digit)}"), FRAME, f"{name}: <b>{digit}</b>")
    caption = f"In the frame: rows {rows.start} to {rows.stop - 1}, columns {columns.start} to {columns.stop - 1}"
    numbers = pixels_html(pixels[FRAME], caption) + f"<p>{scaled_words(pixels[FRAME].max(), scale)}</p>"
    st.html(f'<div class="nn-close">{image}<div>{numbers}</div></div>')


def _as_onehot(digit):
    st.markdown("#### The label, one-hot")
    st.latex(onehot_latex(digit))
    place, line = code_line(onehot, "np.arange")
    st.markdown(
        f"The network has ten outputs, one for each digit. For {with_article(digit)}, the output for {digit} should be "
        f"1 and all others 0, so the label is written as a row with its 1 in column {digit} (`{line}` in {place}). The "
        "bare number would not be a good target: as a number, a 5 is close to a 6 and far from a 0, but as a shape it "
        "is not."
    )


def _look_inside(source, split, index):
    is_there = part(DrawingPart).selected_example == (source, split, index)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Look inside with this image", key="look_inside", icon=":material/frame_inspect:", disabled=is_there
        ):
            select_example(source, split, index)
            st.rerun()
        st.caption(
            f"It has taken the drawing's place: open step {numbers_of(SHOW_THE_CURRENT_IMAGE, 'or')}. "
            "To return, press **Back to the drawing** above."
            if is_there
            else "The image takes the drawing's place above, and steps "
            f"{numbers_of(SHOW_THE_CURRENT_IMAGE)} show what the network makes of it."
        )
