"""A challenge from the first digit to the last, what is said of it, and the picture to save."""

import io

import numpy as np
import pytest
from PIL import Image

from nn.files.drawings import OWN, PRETRAINED, LabelledDrawing
from nn.files.sketches import Sketch
from nn.ui.html import NEGATIVE
from nn.ui.page.challenge import Challenge, new_challenge, result_alt, result_picture, result_words


def played(misread, readers=(OWN,) * 10):
    """A Challenge of the digits from 0 to 9: misread maps some to wrong answers; one reader for each drawing.

    The drawing of a digit has pixels of 255 and of its own grey, 100 + 10 digit, which is also in its corners.
    """
    challenge, rng = Challenge(tuple(range(10))), np.random.default_rng(1)
    for digit, reader in enumerate(readers):
        pixels = np.where(rng.random((28, 28)) < 0.5, 255, 100 + 10 * digit)
        pixels[[0, -1], [0, -1]] = 100 + 10 * digit
        challenge = challenge.with_drawing(
            LabelledDrawing(pixels / 255, digit, misread.get(digit, digit), reader, Sketch([], b""))
        )
    return challenge


def picture_of(challenge):
    """The result's picture as an array (rows, columns, 3)."""
    with Image.open(io.BytesIO(result_picture(challenge))) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (1200, 630))
        return np.array(picture)


def test_a_challenge_from_the_first_digit_to_the_last():
    assert new_challenge(5) == new_challenge(5)
    assert len({new_challenge(seed).digits for seed in range(20)}) > 10
    challenge, asked = new_challenge(5), []
    while not challenge.over:
        asked.append(challenge.digit)
        answer = 1 if challenge.digit == 7 else challenge.digit
        earlier = challenge
        challenge = challenge.with_drawing(
            LabelledDrawing(np.zeros((28, 28)), challenge.digit, answer, OWN, Sketch([], b""))
        )
        assert len(earlier.drawings) == len(challenge.drawings) - 1, "the earlier Challenge was changed"
    assert sorted(asked) == list(range(10)) and tuple(asked) == challenge.digits
    assert challenge.digit is None
    assert result_alt(challenge).startswith("9 of 10 right.")
    assert [(drawing.label, drawing.answer) for drawing in challenge.misread] == [(7, 1)]


def test_only_the_digit_that_is_asked_for_is_accepted():
    challenge = new_challenge(0)
    with pytest.raises(ValueError, match="the digit to draw is"):
        challenge.with_drawing(LabelledDrawing(np.zeros((28, 28)), (challenge.digit + 1) % 10, 3, OWN, Sketch([], b"")))
    with pytest.raises(ValueError, match="the digit to draw is None"):
        played({}).with_drawing(LabelledDrawing(np.zeros((28, 28)), 3, 3, OWN, Sketch([], b"")))


def test_the_result_in_words():
    assert result_words(played({})) == "Ten out of ten! Your network got every drawing right."
    assert result_words(played({8: 3})) == "Your network got 9 of 10 right. It read an 8 as a 3."
    some = "Your network got 7 of 10 right. It read a 3 as an 8, a 4 as a 9 and a 7 as a 1."
    assert result_words(played({7: 1, 4: 9, 3: 8})) == some
    none = result_words(played({digit: 1 - (digit == 1) for digit in range(10)}, (PRETRAINED,) * 10))
    assert none.startswith("The pre-trained network got 0 of 10 right. It read a 0 as a 1, a 1 as a 0, a 2 as a 1,")
    assert none.endswith("an 8 as a 1 and a 9 as a 1.")
    assert result_words(played({}, (OWN,) * 4)) == "Your network got 4 of 4 right.", "it is not over yet"
    readers = (OWN,) * 7 + (PRETRAINED,) * 3
    own = "Your network got 6 of 7 right. It read a 2 as a 7."
    assert result_words(played({2: 7}, readers)) == f"{own} The pre-trained network got 3 of 3 right."
    both = "Ten out of ten! Your network and the pre-trained network got every drawing right."
    assert result_words(played({}, readers)) == both
    alt = result_alt(played({7: 1}))  # all that the picture shows
    assert alt.startswith("9 of 10 right. The drawings: 0; 1; 2; 3; 4; 5; 6; 7, read as 1; 8; 9. ")
    assert alt.endswith("Drawn by me, read by a neural network that I trained.")
    assert "a pre-trained neural network." in result_alt(played({}, (PRETRAINED,) * 10))


def test_the_picture_shows_all_drawings_and_frames_those_that_were_misread():
    challenge = played({7: 1, 0: 6})
    picture, corners = picture_of(challenge), []
    for drawing in challenge.drawings:
        rows, columns = np.nonzero((picture == 100 + 10 * drawing.label).all(2))
        top, left, bottom, right = rows.min(), columns.min(), rows.max(), columns.max()
        corners.append((top, left))
        assert bottom - top == right - left == 6 * 28 - 1
        shown = picture[top : bottom + 1, left : right + 1]
        image = np.rint(255 * drawing.image)[..., None]  # each of its pixels is a square of 6 x 6
        assert (shown == image.repeat(6, 0).repeat(6, 1)).all()
        around = picture[[top - 3, bottom + 3, top + 84, top + 84], [left + 84, left + 84, left - 3, right + 3]]
        below = picture[bottom + 10 : bottom + 45, left : right + 1]
        misread = drawing.label in (7, 0)
        assert ((around == NEGATIVE).all(1) == misread).all()
        assert (below == NEGATIVE).all(2).any() == misread, "the words below have the frame's colour"
    assert corners == sorted(corners), "they are in the order in which they were drawn"
    assert [len({top for top, _ in corners[row : row + 5]}) for row in (0, 5)] == [1, 1], "two rows of five"
    assert not (picture_of(played({})) == NEGATIVE).all(2).any()
