"""Yours, Teach it your hand: a copy of a network learns from labelled drawings, and what that brings is said."""

import io
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from examples import completed
from PIL import Image, ImageDraw
from script import (
    SEVEN,
    answer,
    cells,
    choice_of_networks,
    choose,
    draw,
    give,
    html_with,
    is_training,
    pills,
    progress,
    training_of,
    visitor,
    wait_until,
    words,
)

import nn
from nn.images.hand_set import MNIST_IMAGES, HandSet, folds
from nn.images.preprocessing import find_ink
from nn.teaching import NOT_READ, cross_validate, teach
from nn.training import Run
from nn.ui.classroom.here import is_of_the_class
from nn.ui.controls import Controls
from nn.ui.feedback import OWN, PRETRAINED, Labelled
from nn.ui.kept import Kept, Yours, pack, unpack
from nn.ui.opening import take_over
from nn.ui.resources import training_set
from nn.ui.sketch import Sketch
from nn.ui.state import JobHolder
from nn.ui.yours.teach import Lesson, drawings, in_words

ODD = [(95, 55), (95, 225), (195, 225)]  # a 7 upside down, as nobody writes it
USUAL = {  # a stroke each
    0: [(140, 50), (90, 90), (80, 150), (110, 220), (160, 225), (195, 160), (185, 90), (140, 50)],
    1: [(150, 40), (140, 230)],
    2: [(85, 90), (130, 50), (180, 80), (160, 140), (85, 225), (200, 225)],
    3: [(90, 60), (160, 50), (180, 95), (125, 135), (185, 175), (160, 225), (85, 220)],
    4: [(110, 50), (85, 150), (195, 150), (165, 90), (160, 235)],
    5: [(190, 50), (105, 55), (100, 125), (165, 130), (185, 185), (140, 230), (85, 215)],
    6: [(160, 45), (100, 120), (95, 200), (150, 230), (185, 185), (140, 150), (100, 190)],
    8: [(175, 70), (130, 50), (105, 95), (175, 175), (145, 230), (100, 190), (175, 75)],
    9: [(180, 80), (130, 60), (105, 110), (150, 140), (180, 80), (170, 230)],
}


def sketch(stroke):
    """What is on the canvas after one stroke; it is blank without."""
    canvas = Image.new("RGB", (280, 280), "black")
    if stroke:
        ImageDraw.Draw(canvas).line(stroke, fill="white", width=20, joint="curve")
    file = io.BytesIO()
    canvas.save(file, "png")
    return Sketch([{"type": "path", "path": [["L", *point] for point in stroke]}], file.getvalue())


def shifted(stroke, by):
    return [(x + by, y + (by * by) % 7) for x, y in stroke]


def has_drawn(page, *others):
    """The visitor has labelled a drawing of each digit but 7, and three odd 7s, or others (pairs digit, stroke)."""
    drawn = list(others) or [*USUAL.items(), *((7, shifted(ODD, by)) for by in (-12, 0, 9))]
    for number, (digit, stroke) in enumerate(drawn):
        drawing = Labelled(np.zeros((28, 28)), digit, 1, OWN, sketch(stroke))
        visitor(page).labelled[f"drawing {number}"] = drawing


def opened(page):
    pills(page, "yours").set_value("Teach it your hand").run()
    assert not page.exception
    return page


def finished(page):
    """Whether a lesson and its validation are over."""
    return not is_training(page) and not visitor(page).lesson.validation.active


def learn(page, with_mnist=True, who=None):
    """Teach the visitor's network, or who it is, and wait for the end."""
    page.toggle(key="with_mnist").set_value(with_mnist).run()
    if who:
        pills(page, "pupil").set_value(who).run()
    page.button(key="teach").click().run()
    assert not page.exception
    wait_until(page, lambda: finished(page))
    page.run()
    assert not page.exception and not page.warning


def table(page):
    """What was read right before and after: each row's head, before, and after."""
    return cells(html_with(page, "Read right"))


def hand_set(page, network, with_mnist):
    """The visitor's drawings and their copies, made without the page."""
    drawn = visitor(page).labelled.values()
    inks = [find_ink(one.sketch.pixels) for one in drawn]
    beside = training_set("bundled", MNIST_IMAGES, network.preparation, False)
    return completed(HandSet(inks, [one.label for one in drawn], beside, with_mnist))


def same(network, other):
    return all(np.array_equal(one, two) for one, two in zip(network.parameters, other.parameters))


@pytest.fixture(scope="module")
def network():
    """A network of 10 units that has learnt from 2,000 images twice; nobody can change it."""
    mnist = nn.load_mnist("bundled").first(2_000)
    *_, run = nn.train(nn.Settings(10, epochs=2), mnist.X_train, mnist.y_train)
    for array in run.network.parameters:
        array.flags.writeable = False
    return run.network


@pytest.fixture
def own(page, network):
    """A visitor with a network of their own, and a dozen drawings."""
    give(page, network)
    run = Run(network, 500, 1_000, finished=True)
    visitor(page).training = replace(training_of(page), run=run)
    visitor(page).n_trainings += 1
    has_drawn(page)
    return opened(page)


def test_fewer_than_ten_drawings_are_too_few_and_the_page_says_how_many_there_are(page):
    opened(page)
    assert page.button(key="teach").disabled and "0 of 10 labelled drawings" in words(page)
    draw(page, SEVEN)
    pills(page, "label_").set_value(7).run()
    assert page.button(key="teach").disabled and "1 of 10 labelled drawings" in words(page)
    has_drawn(page, *((digit, USUAL[digit]) for digit in (0, 1, 2, 3, 4, 5, 6, 8)))
    page.run()
    assert page.button(key="teach").disabled and "9 of 10 labelled drawings" in words(page)
    draw(page, shifted(SEVEN, 11))
    pills(page, "label_").set_value(7).run()
    assert not page.button(key="teach").disabled and re.search(r"10 labelled drawings\b(?!,)", words(page))


@pytest.mark.slow
def test_an_odd_7_is_read_by_the_visitors_network_after_a_lesson_and_the_page_says_what_it_brought(own, network):
    draw(own, shifted(ODD, 4))
    before = answer(own)
    assert before != "7", "the network reads it already"
    learn(own)
    images = hand_set(own, network, True)
    *_, taught = teach(network, images)
    *_, by_others = cross_validate(network, images, folds(images.labels))
    lesson, run = visitor(own).lesson, training_of(own).run
    assert answer(own) == "7" and choice_of_networks(own).value is True
    assert same(run.network, taught.network) and run.history == taught.history
    assert np.array_equal(lesson.validation.answers, by_others)
    read = [int((answers == images.labels).sum()) for answers in (network.predict(images.drawings), by_others)]
    mnist = [f"{point.test_accuracy:.1%}" for point in (taught.history[0], taught.history[-1])]
    assert table(own) == [
        ["your drawings, each by a copy that did not learn from it", *(f"{n} of 12" for n in read)],
        ["MNIST's 2,000 held-out images", *mnist],
    ]
    gained = (network.predict(images.drawings) != images.labels) & (by_others == images.labels)
    assert 7 in images.labels[gained]
    n = gained.sum()
    assert f"**{n} drawing{' is' if n == 1 else 's are'} read now" in words(own) and "a 7)" in words(own)
    assert "forgetting" not in words(own)


@pytest.mark.slow
def test_without_mnist_it_forgets_which_is_said_with_what_helps(own, network):
    learn(own, with_mnist=False)
    history = training_of(own).run.history
    lost = 100 * (history[0].test_accuracy - history[-1].test_accuracy)
    assert lost > 1
    assert f"Of MNIST it has forgotten {lost:.1f} points" in words(own) and "**catastrophic forgetting**" in words(own)
    assert training_of(own).images.n_images == hand_set(own, network, False).n_images
    assert training_of(own).origin == "your network, taught 12 drawings"


@pytest.mark.slow
def test_the_pupil_is_a_copy_and_the_network_before_it_can_be_brought_back(own, network):
    before = [array.copy() for array in network.parameters]
    own_training = training_of(own)
    learn(own, with_mnist=False)
    assert all(np.array_equal(one, two) for one, two in zip(before, network.parameters))
    (kept,) = visitor(own).kept
    assert kept.controls == own_training.controls and kept.origin == ""
    pills(own, "yours").set_value("Compare").run()
    row = html_with(own, "nn-compared")
    rows = [re.sub("<.*?>", " ", element.body) for element in own.get("html") if "nn-compared" in element.body]
    assert row and any("your network, taught 12 drawings" in text for text in rows)
    own.button(key=f"bring_back_{kept.number}").click().run()
    wait_until(own, lambda: not is_training(own))
    weights = np.abs(network.W_h).max(axis=0)
    assert (np.abs(training_of(own).run.network.W_h - network.W_h) <= weights / 127).all()  # rounded, as all kept are
    assert training_of(own).origin == "" and not own.exception
    opened(own)  # the lesson is still told, without MNIST's row: its network isn't the present one
    assert len(table(own)) == 1 and "catastrophic" not in words(own)


@pytest.mark.slow
def test_a_second_lesson_begins_where_the_first_began_but_not_if_another_network_came_between(own, network):
    learn(own)
    first = training_of(own).run
    learn(own)
    assert (
        same(first.network, training_of(own).run.network) and training_of(own).identity is visitor(own).lesson.identity
    )
    assert training_of(own).origin == "your network, taught 12 drawings and MNIST"
    assert visitor(own).lesson.network is network
    give(own, first.network)
    learn(own)
    assert same(visitor(own).lesson.network, first.network)


def test_before_any_training_the_pretrained_network_learns(page):
    has_drawn(page)
    opened(page)
    assert not any(one.key == "pupil" for one in page.get("button_group"))
    page.button(key="teach").click().run()
    assert visitor(page).lesson.reader == PRETRAINED and visitor(page).lesson.network.n_hidden == 2_400
    assert training_of(page).origin == "the pre-trained network, taught 12 drawings and MNIST"
    page.button(key="train").click().run()


@pytest.mark.slow
def test_the_pretrained_network_can_be_chosen_and_all_that_the_visitor_has_is_kept(own):
    own.toggle(key="with_mnist").set_value(False)
    pills(own, "pupil").set_value(PRETRAINED).run()
    own.button(key="teach").click().run()
    visitor(own).lesson.validation.stop()  # five more of it would take long: 2,400 hidden units
    wait_until(own, lambda: not is_training(own), 120)
    training, pretrained = training_of(own), nn.load_pretrained()
    assert training.run.finished and not same(training.run.network, pretrained)
    assert training.origin == "the pre-trained network, taught 12 drawings"
    assert training.run.network.preparation == training.controls.settings.preparation == pretrained.preparation
    yours = Yours(Kept.of(3, training, compact=False), visitor(own).kept, tuple(visitor(own).labelled.values()))
    back = unpack(pack(yours))
    assert back.training.network.n_hidden == pretrained.n_hidden
    assert len(back.kept) == 1 and len(back.drawings) == 12


@pytest.mark.slow
def test_a_lesson_during_a_training_ends_it_and_teaches_what_it_has_learnt_so_far(page):
    has_drawn(page)
    page.slider(key="epochs").set_value(100).run()
    page.button(key="train").click().run()
    opened(page)
    wait_until(page, lambda: training_of(page).run.images_seen > 0)
    controls = training_of(page).controls
    learn(page, with_mnist=False)
    (kept,) = visitor(page).kept
    assert kept.controls == controls and 0 < kept.run.images_seen < 100 * 8_000
    assert training_of(page).run.finished and training_of(page).run.network.n_hidden == 30
    assert visitor(page).lesson.network.n_hidden == 30


@pytest.mark.slow
def test_every_step_and_part_opens_after_a_lesson_and_it_is_none_of_the_class(own):
    draw(own, shifted(ODD, 4))
    learn(own, with_mnist=False)
    assert not is_of_the_class(training_of(own))
    for step in "123456789":
        choose(own, step)
    assert "Hints judge a training from its first image on, and this network had learnt before." in words(own)
    choose(own, "8")
    wait_until(own, lambda: not own.exception and visitor(own).own_evaluation is not None)
    choose(own, None)
    for part in ("Compare", "Sweep", "Keep, take home"):
        pills(own, "yours").set_value(part).run()
        assert not own.exception
    assert not any(button.key == "continue" and not button.disabled for button in own.button)
    pills(own, "pace").set_value("Step").run()
    own.button(key="new_network").click().run()
    assert training_of(own).run.is_untrained and training_of(own).origin == ""
    assert visitor(own).kept[-1].origin == "your network, taught 12 drawings"


@pytest.mark.slow
@pytest.mark.parametrize("with_mnist", [False, True])
def test_a_taught_network_is_kept_by_the_browser_and_taken_over_again(own, with_mnist, monkeypatch):
    learn(own, with_mnist)
    draw(own, shifted(ODD, 4))
    training, read = training_of(own), answer(own)
    file = pack(Yours(Kept.of(1, training, compact=False), (), tuple(visitor(own).labelled.values())))
    back = unpack(file)
    assert len(back.drawings) == 12 and back.training.origin == training.origin
    assert back.training.run.history == training.run.history and same(back.training.network, training.run.network)
    monkeypatch.setattr("nn.ui.pace.prepare_process", lambda: take_over(back.training) if waiting.pop("it", 0) else 0)
    waiting = {"it": True}
    own.run()
    wait_until(own, lambda: not is_training(own))
    now = training_of(own)
    assert now.identity is not training.identity and same(now.run.network, training.run.network)
    assert now.origin == training.origin and not is_of_the_class(now) and answer(own) == read
    assert now.run.history == training.run.history and "Epoch 3.0 of 3: finished" in progress(own)
    own.slider(key="epochs").set_value(4).run()
    assert own.button(key="continue").disabled and not own.exception  # the images of the lesson are gone


@pytest.mark.slow
def test_drawings_from_a_file_without_ink_are_left_out_and_too_few_others_are_refused_in_a_sentence(own):
    before = training_of(own).identity
    for number in range(3):
        visitor(own).labelled[f"blank {number}"] = Labelled(np.zeros((28, 28)), 1, 1, OWN, sketch([]))
    own.run()
    learn(own, with_mnist=False)
    assert len(visitor(own).lesson.hand_set.labels) == 12 and training_of(own).identity is not before
    taught = training_of(own).identity
    for number in range(12):
        visitor(own).labelled[f"drawing {number}"] = Labelled(np.zeros((28, 28)), 1, 1, OWN, sketch([]))
    own.run()
    own.button(key="teach").click().run()
    (warning,) = own.warning
    assert warning.value == "Only 0 of your drawings have ink: a lesson needs 10."
    assert training_of(own).identity is taught and not own.exception


def test_a_lesson_that_was_cut_off_says_so(own):
    own.button(key="teach").click().run()
    JobHolder(visitor(own), "").stop()
    own.button(key="train").click().run()  # "Stop"
    own.run()
    assert "The lesson was cut off." in words(own) and "It is learning" not in words(own)


def test_an_error_in_a_lesson_is_told_in_a_sentence(own, monkeypatch):
    def broken(*inputs, **more):
        raise MemoryError("no room")

    monkeypatch.setattr("nn.job.train_slice", broken)
    own.button(key="teach").click().run()
    wait_until(own, lambda: finished(own))
    own.run()
    assert "The lesson ended with an error: MemoryError: no room" in [error.value for error in own.error]
    assert not own.exception


def lesson_of(labels, before, answers, with_mnist=False):
    """A Lesson that is over: what was read before, and after."""
    hand_set = SimpleNamespace(labels=np.array(labels), drawings=np.zeros((len(labels), 784), np.uint8))
    validation = SimpleNamespace(before=np.array(before), answers=np.array(answers), active=False, error=None)
    return Lesson(None, OWN, hand_set, with_mnist, validation, object())


def test_the_words_follow_from_what_was_read():
    def said(*numbers, history=(), active=False, with_mnist=False):
        return in_words(lesson_of(*numbers, with_mnist), history, active)

    point = SimpleNamespace
    assert said([7, 7], [7, 7], [7, NOT_READ]).startswith("It is learning.")
    assert said([7, 7], [7, 7], [7, 7], active=True).startswith("It is learning.")
    assert "**1 drawing is read now that was misread before** (a 7)" in said([7, 8], [2, 8], [7, 8])
    assert "**3 drawings are read now that were misread before** (a 7, an 8)" in said([7, 7, 8], [2, 2, 3], [7, 7, 8])
    assert "fewer of them" in said([7, 8], [7, 8], [7, 3])
    assert "no more of them" in said([7, 8], [7, 3], [7, 3])
    forgetful = point(test_accuracy=0.9), point(test_accuracy=0.8)
    assert "forgotten 10.0 points" in said([7], [1], [7], history=forgetful)
    assert "catastrophic" in said([7], [1], [7], history=forgetful)
    both = said([7], [1], [7], history=forgetful, with_mnist=True)
    assert "forgotten 10.0 points, although" in both and "catastrophic" not in both
    assert "forgotten" not in said([7], [1], [7], history=(point(test_accuracy=0.9), point(test_accuracy=0.895)))


def test_drawings_that_changed_or_are_wrong_come_first():
    figures = drawings(lesson_of([1, 2, 3, 4], [1, 7, 3, 4], [1, 2, NOT_READ, 9]))
    said = ["7 → 2", "4 → 9 ✗", "1 → 1", "3 → …"]
    assert [re.sub("<.*?>", "", words) for _, words in figures] == said
    assert [re.search('alt="(.*?)"', image)[1] for image, _ in figures] == ["your 2", "your 4", "your 1", "your 3"]


@pytest.mark.slow
def test_a_training_after_a_lesson_does_not_pass_for_it(own):
    learn(own, with_mnist=False)
    own.slider(key="epochs").set_value(100).run()
    own.button(key="train").click().run()
    assert is_training(own) and "It is learning. Watch" not in words(own) and len(table(own)) == 1
    own.button(key="train").click().run()
    assert isinstance(training_of(own).controls, Controls) and training_of(own).origin == ""
