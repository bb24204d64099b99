"""Yours, Teach it your handwriting: a copy of a network learns from labelled drawings, and the page says how well."""

import io
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import script
import waiting
from examples import completed, cross_validated, fine_tuned, network_of
from PIL import Image, ImageDraw
from script import SEVEN, answer, choose, draw, finish, give, pills, training_of, visitor, wait_until, words

import nn
from nn.engine.fine_tuning import NOT_READ
from nn.files.drawings import OWN, PRETRAINED, LabelledDrawing
from nn.files.sketches import Sketch
from nn.images.drawing_set import MNIST_IMAGES, DrawingSet, folds
from nn.images.preprocessing import find_ink
from nn.training import TrainingState
from nn.ui.classroom.membership import is_comparable
from nn.ui.inside.step8_evaluation import MetricsPart
from nn.ui.session.shared import scheduler, training_set
from nn.ui.yours.teach import FineTuning, drawings, in_words

pytestmark = pytest.mark.trains

ODD = [(95, 55), (95, 225), (195, 225)]  # a 7 upside down, as nobody writes it
USUAL = (0, 1, 2, 3, 4, 5, 6, 8, 9)
SMALL = network_of(5, preparation="normalized")  # in the place of the pre-trained network


def latest(page):
    """The visitor's latest FineTuning."""
    return visitor(page).part(FineTuning)


def labelled(canvas, digit):
    """A labelled drawing: its image is not what the tests are about."""
    file = io.BytesIO()
    canvas.save(file, "png")
    return LabelledDrawing(np.zeros((28, 28)), digit, 1, OWN, Sketch([], file.getvalue()))


def blank():
    return Image.new("RGB", (280, 280), "black")


def shifted(stroke, by):
    return [(x + by, y + (by * by) % 7) for x, y in stroke]


def has_drawn(page, usual=USUAL, odd=(-12, 0, 9)):
    """The visitor has labelled a drawing of each of these digits, as in MNIST, and some odd 7s."""
    mnist, made = nn.load_mnist(), []
    for digit in usual:
        image = mnist.X_test[np.flatnonzero(mnist.y_test == digit)[0]].reshape(28, 28)
        made.append(labelled(Image.fromarray(image).resize((280, 280)).convert("RGB"), digit))
    for by in odd:
        canvas = blank()
        ImageDraw.Draw(canvas).line(shifted(ODD, by), fill="white", width=20, joint="curve")
        made.append(labelled(canvas, 7))
    visitor(page).labelled |= {f"drawing {number}": one for number, one in enumerate(made)}


def opened(page):
    pills(page, "yours").set_value("Teach it your handwriting").run()
    assert not page.exception
    return page


def begin(page, with_mnist=True):
    page.toggle(key="with_mnist").set_value(with_mnist).run()
    assert not page.button(key="teach").disabled
    page.button(key="teach").click().run()
    assert not page.exception


def end(page):
    """Wait for the end of a lesson and its validation."""
    finish(page)
    waiting.wait_until(lambda: not latest(page).validation.active)
    page.run()
    assert not page.exception


def learn(page, with_mnist=True):
    """Teach the visitor's network, and wait for the end."""
    begin(page, with_mnist)
    end(page)
    assert not page.warning


def table(page):
    """The table of answers that are right before and after: each row's head, before, and after."""
    return script.cells(script.html_with(page, "Got right"))


def same(network, other):
    return all(np.array_equal(one, two) for one, two in zip(network.parameters, other.parameters))


@pytest.fixture(scope="module")
def network():
    """A network of 10 units that has learnt from 2,000 images twice; nobody can change it."""
    mnist = nn.load_mnist("bundled").first(2_000)
    *_, state = nn.train(nn.Recipe(10, epochs=2), mnist.X_train, mnist.y_train)
    for array in state.network.parameters:
        array.flags.writeable = False
    return state.network


@pytest.fixture
def few_copies(monkeypatch):
    """A lesson is quick, and teaches little."""
    monkeypatch.setattr("nn.images.drawing_set.COPIES", 24)
    monkeypatch.setattr("nn.ui.yours.teach.MNIST_IMAGES", 100)
    monkeypatch.setattr("nn.ui.yours.teach.pretrained_network", lambda: SMALL)


@pytest.fixture
def own(page, network):
    """A visitor with a network of their own, and a dozen drawings."""
    give(page, network)
    state = TrainingState(network, 500, 1_000, finished=True)
    visitor(page).training = replace(training_of(page), state=state)
    visitor(page).n_trainings += 1
    has_drawn(page)
    return opened(page)


@pytest.mark.usefixtures("few_copies")
def test_ten_drawings_are_enough_and_before_any_training_the_pretrained_network_learns_from_them(page):
    opened(page)
    assert page.button(key="teach").disabled and "0 of 10 labelled drawings" in words(page)
    assert not any(one.key == "network_to_teach" for one in page.get("button_group"))
    has_drawn(page, odd=())
    page.run()
    assert page.button(key="teach").disabled and "9 of 10 labelled drawings" in words(page)
    draw(page, SEVEN)
    pills(page, "label_").set_value(7).run()
    assert re.search(r"10 labelled drawings\b(?!,)", words(page))
    begin(page)
    assert (latest(page).reader, latest(page).network) == (PRETRAINED, SMALL)
    training = training_of(page)
    assert training.origin == "the pre-trained network, taught 10 drawings and MNIST"
    assert training.state.network.preparation == training.recipe.preparation == "normalized"


@pytest.mark.slow
def test_an_odd_7_is_read_by_the_visitors_network_after_a_lesson_and_the_page_says_what_it_brought(own, network):
    draw(own, shifted(ODD, 4))
    assert answer(own) != "7", "the network reads it already"
    learn(own)
    drawn = visitor(own).labelled.values()
    beside = training_set(nn.Recipe(n_images=MNIST_IMAGES, preparation=network.preparation))
    images = completed(DrawingSet([find_ink(one.sketch.pixels) for one in drawn], [one.label for one in drawn], beside))
    taught, by_others = fine_tuned(network, images), cross_validated(network, images, folds(images.labels))
    state = training_of(own).state
    assert answer(own) == "7" and script.choice_of_networks(own).value is True
    waiting.assert_same(state, taught)
    assert np.array_equal(latest(own).validation.progress[1], by_others)
    read = [int((answers == images.labels).sum()) for answers in (network.predict(images.drawings), by_others)]
    mnist = [f"{point.test_accuracy:.1%}" for point in (taught.history[0], taught.history[-1])]
    assert table(own) == [
        ["each drawing, read by a copy that never saw it", *(f"{n} of 12" for n in read)],
        ["MNIST's 2,000 unseen images", *mnist],
    ]
    n = sum((network.predict(images.drawings) != images.labels) & (by_others == images.labels))
    assert f"**It now gets {n} drawing{'' if n == 1 else 's'} right that" in words(own)
    assert re.search(r"misread before\*\* \([^)]*a 7[,)]", words(own))
    assert "forgetting" not in words(own)


@pytest.mark.usefixtures("few_copies")
@pytest.mark.slow
def test_a_copy_learns_and_the_network_before_it_can_be_brought_back(own, network):
    before = [array.copy() for array in network.parameters]
    own_training = training_of(own)
    learn(own, with_mnist=False)
    assert training_of(own).images.n_images == 12 + 24
    assert all(np.array_equal(one, two) for one, two in zip(before, network.parameters))
    (kept,) = visitor(own).kept
    assert kept.recipe == own_training.recipe and kept.origin == ""
    pills(own, "yours").set_value("Compare").run()
    rows = [re.sub("<.*?>", " ", element.body) for element in own.get("html") if "nn-compared" in element.body]
    assert any("your network, taught 12 drawings" in text for text in rows)
    own.button(key=f"bring_back_{kept.number}").click().run()
    finish(own)
    weights = np.abs(network.W_h).max(axis=0)
    assert (np.abs(training_of(own).state.network.W_h - network.W_h) <= weights / 127).all()  # rounded, as all kept are
    assert training_of(own).origin == "" and not own.exception
    opened(own)  # the lesson is still told, without MNIST's row: its network isn't the present one
    assert len(table(own)) == 1 and "catastrophic" not in words(own)


@pytest.mark.usefixtures("few_copies")
@pytest.mark.slow
def test_a_second_fine_tuning_begins_where_the_first_began_but_not_if_another_network_came_between(own, network):
    learn(own)
    first = training_of(own).state.network
    begin(own)
    assert latest(own).network is network and training_of(own).images is latest(own).drawing_set
    assert training_of(own).origin == "your network, taught 12 drawings and MNIST"
    finish(own)
    visitor(own).n_trainings += 1
    give(own, first)
    begin(own)
    assert same(latest(own).network, first)
    pills(own, "network_to_teach").set_value(PRETRAINED).run()
    begin(own)
    assert (latest(own).reader, latest(own).network) == (PRETRAINED, SMALL)


@pytest.mark.usefixtures("few_copies")
def test_a_lesson_during_a_training_ends_it_and_teaches_what_it_has_learnt_so_far(page):
    has_drawn(page)
    page.slider(key="epochs").set_value(100).run()
    page.button(key="train").click().run()
    opened(page)
    wait_until(page, lambda: training_of(page).state.images_seen > 0)
    recipe = training_of(page).recipe
    begin(page, with_mnist=False)
    (kept,) = visitor(page).kept
    assert kept.recipe == recipe and 0 < kept.state.images_seen < 100 * 8_000
    assert training_of(page).state.network.n_hidden == latest(page).network.n_hidden == 30


@pytest.mark.slow
@pytest.mark.usefixtures("few_copies")
def test_every_step_and_part_opens_after_a_lesson_and_another_training_does_not_pass_for_it(own):
    draw(own, shifted(ODD, 4))
    learn(own, with_mnist=False)
    assert not is_comparable(training_of(own))
    for step in "123456789":
        choose(own, step)
    assert "Hints judge a training from its first image on, and this network had learnt before." in words(own)
    choose(own, "8")
    wait_until(own, lambda: visitor(own).part(MetricsPart).evaluation is not None)
    choose(own, None)
    for part in ("Compare", "Sweep", "Save or export"):
        pills(own, "yours").set_value(part).run()
        assert not own.exception
    assert not any(button.key == "continue" and not button.disabled for button in own.button)
    own.slider(key="epochs").set_value(100).run()
    own.button(key="train").click().run()
    opened(own)
    assert script.is_training(own) and "It is learning. Watch" not in words(own) and len(table(own)) == 1
    assert training_of(own).origin == "" and visitor(own).kept[-1].origin == "your network, taught 12 drawings"


@pytest.mark.usefixtures("few_copies")
def test_drawings_from_a_file_without_ink_are_left_out_and_too_few_others_are_refused_in_a_sentence(own):
    visitor(own).labelled |= {f"blank {number}": labelled(blank(), 1) for number in range(3)}
    own.run()
    begin(own)
    assert len(latest(own).drawing_set.labels) == 12 and not own.warning
    taught = training_of(own).number
    visitor(own).labelled = dict.fromkeys(visitor(own).labelled, labelled(blank(), 1))
    own.run()
    begin(own)
    (warning,) = own.warning
    assert warning.value == "Only 0 of your drawings have ink; 10 are needed."
    assert training_of(own).number == taught


def test_a_lesson_that_was_cut_off_says_so(own):
    with scheduler().turn():  # nothing is computed meanwhile
        begin(own)
        visitor(own).close()
        own.button(key="train").click().run()  # "Stop"
    waiting.wait_until(lambda: not latest(own).validation.active)
    own.run()
    assert "Learning was interrupted." in words(own) and "It is learning" not in words(own)


@pytest.mark.usefixtures("few_copies")
def test_an_error_in_a_lesson_is_told_in_a_sentence(own, monkeypatch):
    def broken(*inputs, **more):
        raise MemoryError("no room")

    monkeypatch.setattr("nn.engine.scheduler.train_slice", broken)
    begin(own)
    end(own)
    assert "Learning ended with an error: MemoryError: no room" in [error.value for error in own.error]


def test_the_words_follow_from_what_was_read():
    def said(*numbers, history=(), active=False, with_mnist=False):
        return in_words(*map(np.array, numbers), history, active, with_mnist)

    point = SimpleNamespace
    assert said([7, 7], [7, 7], [7, NOT_READ]).startswith("It is learning.")
    assert said([7, 7], [7, 7], [7, 7], active=True).startswith("It is learning.")
    assert "**It now gets 1 drawing right that it misread before** (a 7)" in said([7, 8], [2, 8], [7, 8])
    assert "**It now gets 3 drawings right that it misread before** (a 7, an 8)" in said(
        [7, 7, 8], [2, 2, 3], [7, 7, 8]
    )
    assert "fewer of them right" in said([7, 8], [7, 8], [7, 3])
    assert "no more of them right" in said([7, 8], [7, 3], [7, 3])
    forgetful = point(test_accuracy=0.9), point(test_accuracy=0.8)
    assert "forgotten 10.0 percentage points" in said([7], [1], [7], history=forgetful)
    assert "catastrophic" in said([7], [1], [7], history=forgetful)
    both = said([7], [1], [7], history=forgetful, with_mnist=True)
    assert "forgotten 10.0 percentage points, although" in both and "catastrophic" not in both
    assert "forgotten" not in said([7], [1], [7], history=(point(test_accuracy=0.9), point(test_accuracy=0.895)))


def test_drawings_that_changed_or_are_wrong_come_first():
    images = SimpleNamespace(labels=[1, 2, 3, 4], drawings=np.zeros((4, 784), np.uint8))
    figures = drawings(images, [1, 7, 3, 4], [1, 2, NOT_READ, 9])
    said = ["7 → 2", "4 → 9 ✗", "1 → 1", "3 → …"]
    assert [re.sub("<.*?>", "", words) for _, words in figures] == said
    assert [re.search('alt="(.*?)"', image)[1] for image, _ in figures] == ["your 2", "your 4", "your 1", "your 3"]
