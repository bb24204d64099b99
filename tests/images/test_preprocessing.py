"""From a drawing to the image that the network sees: the same in any place, at any size and in any colour."""

from functools import cache
from itertools import product

import numpy as np
import pytest
from PIL import Image, ImageDraw

from nn import load_mnist, load_pretrained, prepare_drawing, prepare_images
from nn.images import PREPARATIONS

pytestmark = pytest.mark.filterwarnings("error")
bundled = cache(load_mnist)

SEVEN = [(80, 60), (200, 60), (120, 230)]
CLEAR = (0, 0, 0, 0)
WHITE = (255, 255, 255, 255)
BLACK = (0, 0, 0, 255)


def stroke(points, size=(280, 280), width=20):
    """A line of ink as the canvas draws it: floats (rows, columns) in 0..1, smooth at its border."""
    large = Image.new("L", (4 * size[0], 4 * size[1]))
    pen = ImageDraw.Draw(large)
    pen.line([(4 * x, 4 * y) for x, y in points], fill=255, width=4 * width, joint="curve")
    return np.asarray(large.resize(size, Image.Resampling.BOX)) / 255


def painted(ink, colour=WHITE, background=BLACK):
    """The ink in a colour on a background, as RGBA. On a transparent one the pen's alpha makes the smooth border."""
    ink, colour, background = ink[..., None], np.array(colour), np.array(background)
    if background[3] == 0:
        rgba = np.concatenate([np.broadcast_to(colour[:3], (*ink.shape[:2], 3)), ink * colour[3]], axis=2)
        rgba = np.where(ink > 0, rgba, background)
    else:
        rgba = background + (colour - background) * ink
    return np.rint(rgba).astype(np.uint8)


def centre_of_mass(image):
    """Row and column, 14 being the middle of 28 pixels."""
    at = np.arange(28) + 0.5
    return np.array([image.sum(axis=1) @ at, image.sum(axis=0) @ at]) / image.sum()


def box(image):
    """Height and width of what is clearly ink."""
    rows, columns = np.flatnonzero((image > 0.3).any(axis=1)), np.flatnonzero((image > 0.3).any(axis=0))
    return rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


def assert_like_mnist(image, what=""):
    assert image.shape == (28, 28) and image.dtype.kind == "f", what
    assert image.min() == 0 and image.max() == pytest.approx(1), what
    assert max(box(image)) in (19, 20, 21), what
    assert np.abs(centre_of_mass(image) - 14).max() < 0.55, what


# Any place, any size, any colour


def test_a_drawing_becomes_an_image_like_mnists():
    drawing = prepare_drawing(painted(stroke(SEVEN)))
    assert not drawing.is_blank
    assert_like_mnist(drawing.image)
    assert load_pretrained().predict(drawing.image.reshape(1, 784)).tolist() == [7]


def test_the_position_and_the_shape_of_the_canvas_do_not_matter():
    middle = prepare_drawing(painted(stroke(SEVEN))).image
    for dx, dy in [(-60, -40), (60, 35), (-65, 30), (3, -7)]:
        moved = prepare_drawing(painted(stroke([(x + dx, y + dy) for x, y in SEVEN]))).image
        np.testing.assert_allclose(moved, middle, atol=0.01, err_msg=f"moved by {dx}, {dy}")
    for size in [(600, 280), (280, 600), (300, 281)]:
        image = prepare_drawing(painted(stroke(SEVEN, size))).image
        np.testing.assert_allclose(image, middle, atol=0.01, err_msg=f"{size}")


def test_the_size_does_not_matter():
    middle = prepare_drawing(painted(stroke(SEVEN))).image
    for factor in (0.25, 0.5, 1.5, 3):
        side = round(280 * max(1, factor))
        points = [(x * factor, y * factor) for x, y in SEVEN]
        other = prepare_drawing(painted(stroke(points, (side, side), round(20 * factor)))).image
        assert_like_mnist(other, f"{factor} times as large")
        similar = np.corrcoef(other.ravel(), middle.ravel())[0, 1]
        assert similar > (0.99 if factor > 1 else 0.95), f"{factor} times as large"  # a small one is coarse


def test_the_colours_do_not_matter():
    colours = {
        "black on white": (BLACK, WHITE),
        "black on nothing": (BLACK, CLEAR),
        "white on nothing": (WHITE, CLEAR),
        "red on nothing": ((200, 30, 60, 255), CLEAR),
        "red on white": ((200, 30, 60, 255), WHITE),
        "blue on black": ((20, 40, 250, 255), BLACK),
        "yellow on blue": ((250, 240, 30, 255), (10, 60, 200, 255)),
        "grey on grey": ((120, 120, 120, 255), (60, 60, 60, 255)),
        "a translucent pen": ((0, 0, 0, 128), CLEAR),
        "white on a transparent white": (WHITE, (255, 255, 255, 0)),
        "scratched out of paint": ((255, 255, 255, 0), WHITE),
    }
    for preparation in PREPARATIONS:
        expected = prepare_drawing(painted(stroke(SEVEN)), preparation).image
        for what, (colour, background) in colours.items():
            other = prepare_drawing(painted(stroke(SEVEN), colour, background), preparation).image
            assert np.abs(other - expected).sum() < 0.05 * expected.sum(), f"{preparation}: {what}"
            if preparation == "mnist":
                np.testing.assert_allclose(other, expected, atol=0.03, err_msg=what)


def test_colours_under_full_transparency_do_not_matter():
    rgba = painted(stroke(SEVEN), BLACK, CLEAR)
    noise = np.random.default_rng(1).integers(0, 256, rgba.shape, dtype=np.uint8)
    noisy = np.where(rgba[..., 3:] == 0, noise * np.array([1, 1, 1, 0], dtype=np.uint8), rgba)
    np.testing.assert_array_equal(prepare_drawing(noisy).image, prepare_drawing(rgba).image)


def test_the_grain_of_a_photograph_is_not_ink():
    clean = painted(stroke(SEVEN), (30, 30, 40, 255), (215, 210, 205, 255))
    grain = np.random.default_rng(1).integers(-8, 9, clean.shape) * np.array([1, 1, 1, 0])
    noisy = np.clip(clean.astype(int) + grain, 0, 255).astype(np.uint8)
    np.testing.assert_allclose(prepare_drawing(noisy).image, prepare_drawing(clean).image, atol=0.05)
    empty = np.clip(np.array([215, 210, 205, 255]) + grain, 0, 255).astype(np.uint8)
    assert prepare_drawing(empty).is_blank


# Shapes


def test_the_aspect_ratio_is_kept():
    for height, width in [(200, 50), (50, 200), (240, 120), (60, 80), (100, 100), (20, 240)]:
        what = f"{height} x {width}"
        ink = np.zeros((280, 280))
        ink[10 : 10 + height, 20 : 20 + width] = 1
        drawing = prepare_drawing(painted(ink))
        assert_like_mnist(drawing.image, what)
        scale = 20 / max(height, width)
        assert box(drawing.image) == pytest.approx((height * scale, width * scale), abs=1.01), what
        assert drawing.stages["20 pixels"].shape == (round(height * scale), round(width * scale)), what


def test_a_hairline_stays_a_line():
    for what, points in {"upright": [(140, 10), (140, 270)], "flat": [(10, 140), (270, 140)]}.items():
        image = prepare_drawing(painted(stroke(points, width=1))).image
        shorter, longer = sorted(box(image))
        assert shorter <= 2 and longer in (19, 20, 21), what
        assert np.abs(centre_of_mass(image) - 14).max() < 0.55, what


def test_a_dot_is_a_drawing_too():
    for size, (row, column) in product([1, 3, 20], [(0, 0), (100, 60), (260, 260), (0, 150)]):
        what = f"{size} pixels at {row}, {column}"
        ink = np.zeros((280, 280))
        ink[row : row + size, column : column + size] = 1
        drawing = prepare_drawing(painted(ink, BLACK, CLEAR))
        image = drawing.image
        assert not drawing.is_blank, what
        assert drawing.stages["cut out"].shape == (size, size), what
        if size == 20:
            assert_like_mnist(image, what)
        else:  # enlarged from a few pixels it is a soft spot
            assert np.abs(centre_of_mass(image) - 14).max() < 0.55, what
            corners = image[[0, 0, -1, -1], [0, -1, 0, -1]]
            assert image[13:15, 13:15].min() > 0.8 > 0.2 > corners.max(), what


def test_strokes_to_the_corners_and_over_the_border_of_the_canvas():
    ink = np.maximum(stroke([(0, 0), (280, 280)], width=40), stroke([(280, 0), (0, 280)], width=40))
    drawing = prepare_drawing(painted(ink))
    assert drawing.stages["cut out"].shape == (280, 280)
    assert_like_mnist(drawing.image)
    assert_like_mnist(prepare_drawing(painted(stroke([(-50, 100), (140, 140), (150, 400)], width=25))).image)


def test_parts_that_do_not_touch_stay_together():
    ink = stroke([(140, 120), (140, 250)], width=24) + stroke([(128, 60), (152, 60)], width=24)
    image = prepare_drawing(painted(ink)).image
    assert_like_mnist(image)
    inked = (image > 0.3).any(axis=1).astype(int)
    assert np.abs(np.diff(inked)).sum() == 4, "the dot, a gap, the line"


def test_a_lopsided_drawing_is_centred_by_its_mass_not_by_its_outline():
    ink = np.zeros((280, 280))
    ink[40:240, 60:140] = 1  # a thick bar, and a thin arm to the right
    ink[130:134, 140:220] = 1
    image = prepare_drawing(painted(ink)).image
    assert np.abs(centre_of_mass(image) - 14).max() < 0.55
    columns = np.flatnonzero((image > 0.1).any(axis=0))
    assert 28 - 1 - columns[-1] < columns[0], "the arm makes the outline reach further to the right than to the left"


def test_tiny_canvases_dots_lines_and_filled_ones_are_not_errors():
    canvases = []
    for shape in [(1, 1), (1, 280), (280, 1), (2, 2), (3, 5), (28, 28)]:
        tiny = np.zeros((*shape, 4), dtype=np.uint8)
        assert prepare_drawing(tiny).is_blank, f"{shape}"
        tiny[0, 0] = 255
        canvases.append((f"a canvas {shape}", tiny, shape == (1, 1)))
    for rows, columns in [((99, 100), (0, 280)), ((0, 280), (7, 8)), ((9, 49), (9, 49)), ((9, 270), (9, 270))]:
        ink = np.zeros((280, 280))
        ink[slice(*rows), slice(*columns)] = 1
        canvases.append((f"ink in {rows}, {columns}", painted(ink), False))
    for preparation, (what, rgba, is_blank) in product(PREPARATIONS, canvases):
        prepared = prepare_drawing(rgba, preparation)
        image = prepared.image
        assert image.shape == (28, 28) and prepared.is_blank is is_blank, f"{preparation}: {what}"
        assert image.min() >= 0 and image.max() == (0 if is_blank else 1), f"{preparation}: {what}"


# Nothing drawn


def test_an_empty_canvas_gives_a_blank_drawing():
    for background in (CLEAR, WHITE, BLACK, (200, 30, 60, 255), (1, 2, 3, 4), (255, 255, 255, 0)):
        drawing = prepare_drawing(np.full((280, 280, 4), background, dtype=np.uint8))
        assert drawing.is_blank, f"{background}"
        assert drawing.image.shape == (28, 28) and not drawing.image.any(), f"{background}"
        assert list(drawing.stages) == ["drawing"] and not drawing.stages["drawing"].any(), f"{background}"


# Stages that are kept, and arrays that are refused


def test_every_stage_on_the_way_is_kept():
    ink = stroke(SEVEN)
    rgba = painted(ink)
    rgba.flags.writeable = False  # the drawing itself is only read
    stages = prepare_drawing(rgba).stages
    for stage in stages.values():
        assert stage.ndim == 2 and stage.min() >= 0 and stage.max() == pytest.approx(1)
    np.testing.assert_allclose(stages["drawing"], np.where(ink > 0.16, ink, stages["drawing"]), atol=0.01)
    assert stages["cut out"].any(axis=1).all() and stages["cut out"].any(axis=0).all()
    assert max(stages["20 pixels"].shape) == 20
    assert np.array_equal(stages["centred"], prepare_drawing(rgba).image)
    assert np.array_equal(rgba, painted(ink))


def test_anything_but_rgba_is_refused():
    of_bytes = [(28, 28), (28, 28, 3), (28, 28, 5), (1, 28, 28, 4), (0, 28, 4), (28, 0, 4)]
    wrong = [np.zeros(shape, np.uint8) for shape in of_bytes]
    wrong += [np.zeros((28, 28, 4), dtype) for dtype in (np.float64, np.int64, bool, object)]
    for drawing in (*wrong, None, "drawing"):
        with pytest.raises(ValueError, match="must be uint8"):
            prepare_drawing(drawing)
            pytest.fail(f"{np.asarray(drawing).dtype} {np.shape(drawing)} was accepted")


# MNIST's own images


@cache
def enlarged_mnist(preparation="mnist", n=100):
    """Held-out images, drawn ten times as large in black on white, and what becomes of them: (n, 28, 28) both."""
    images = bundled().X_test[:n].reshape(-1, 28, 28)
    prepared = []
    for image in images:
        large = np.asarray(Image.fromarray(image).resize((280, 280), Image.Resampling.BICUBIC)) / 255
        prepared.append(prepare_drawing(painted(large, BLACK, WHITE), preparation).image)
    return images / 255, np.array(prepared)


def test_an_enlarged_mnist_image_comes_back_as_itself():
    similar = []
    for original, prepared in zip(*enlarged_mnist(n=50)):
        y, x = centre_of_mass(original) - centre_of_mass(prepared)  # MNIST centred to whole pixels only
        shifted = Image.fromarray(original.astype(np.float32)).transform(
            (28, 28), Image.Transform.AFFINE, (1, 0, x, 0, 1, y), Image.Resampling.BICUBIC
        )
        similar.append(np.corrcoef(np.ravel(shifted), prepared.ravel())[0, 1])
    assert np.mean(similar) > 0.97 and min(similar) > 0.9


@pytest.mark.slow
def test_the_pre_trained_network_reads_enlarged_images_as_well_as_the_originals():
    network = load_pretrained()
    _, enlarged = enlarged_mnist(network.preparation)
    y, originals = bundled().y_test[: len(enlarged)], bundled().X_test[: len(enlarged)]
    both = prepare_images(originals, network.preparation), enlarged.reshape(-1, 784)
    right = [(network.predict(images) == y).mean() for images in both]
    assert right[0] > 0.93
    assert right[1] > right[0] - 0.03
