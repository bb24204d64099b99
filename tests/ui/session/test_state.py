"""One Session for each visitor, and one View for everything that a run of the script shows."""

import re
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pytest
import script
from script import SEVEN, answer, draw, give, html, html_with, looked_at, part, pills, stop, training_of, visitor, words

from nn import Recipe, load_mnist
from nn.engine.training import Training
from nn.images.training_set import TrainingSet
from nn.network import Network
from nn.training import TrainingState
from nn.ui.numbers import with_article
from nn.ui.page.answer import AnswerPart
from nn.ui.session import state
from nn.ui.session.current_image import DrawingPart
from nn.ui.session.process import FORGET_SECONDS, forget_departed
from nn.ui.session.state import SWITCH, Latest, Session, View, departed, several_of
from nn.ui.session.trainings import can_continue


def always(digit):
    """A network that reads this digit in everything."""
    return Network(np.zeros((784, 1)), np.zeros(1), np.zeros((1, 10)), 5.0 * np.eye(10)[digit])


class RunawaySubscription:
    """A Subscription to a training that has moved on at every look: its network reads 1, then 2, then 3, ..."""

    error, images_per_second, snapshot_store, estimate, seconds_since_click = None, 1_000.0, None, None, 60

    def __init__(self):
        self.looks, self.active = 0, True

    @property
    def state(self):
        self.looks += 1
        return TrainingState(always(self.looks % 10), 500, 100 + self.looks)

    def stop(self):
        self.active = False


@pytest.fixture
def runaway(page):
    """A visitor trains a network that is different at every look, has drawn something, and has opened a step."""
    draw(page, SEVEN)
    script.choose(page, "4")
    recipe = Recipe(n_hidden=1, n_images=500)
    images = TrainingSet(load_mnist().first(500))
    visitor(page).training = Training(recipe, TrainingState(always(0), 500), images, number=1)
    visitor(page).n_trainings, visitor(page).subscription = 1, RunawaySubscription()
    return visitor(page)


def test_one_run_of_the_script_looks_at_the_job_once_and_shows_one_network(page, runaway):
    for _ in range(3):
        before = runaway.subscription.looks
        page.run()
        assert runaway.subscription.looks == before + 1
        digit = str(runaway.subscription.looks % 10)
        assert answer(page) == digit
        assert html_with(page, '<div class="nn-stages">').split("read as <b>")[-1][0] == digit  # at the last stage
        assert f"as <b>{with_article(int(digit))}</b>" in looked_at(page)


def test_a_label_keeps_the_answer_that_the_visitor_saw_and_the_steps_know_it_until_it_is_taken_back(page, runaway):
    page.run()
    seen = int(answer(page))
    pills(page, "label_").set_value(3).run()
    assert int(answer(page)) != seen  # the training has gone on
    (labelled,) = visitor(page).labelled.values()
    assert (labelled.label, labelled.answer) == (3, seen)
    assert np.array_equal(labelled.image, part(page, DrawingPart).prepared.image)
    assert ("Correct." if "as <b>a 3</b>" in looked_at(page) else "Wrong: it is a 3.") in looked_at(page)
    pills(page, "label_").set_value(None).run()
    assert visitor(page).labelled == {} and not re.search("Correct|Wrong", looked_at(page))


def test_progress_in_a_hidden_tab_stays_when_its_connection_breaks(page, runaway):
    """Nothing has asked for the progress since the tab was hidden; then Streamlit closes the Session."""
    page.run()
    shown = training_of(page).state
    runaway.close()
    assert training_of(page).state.images_seen > shown.images_seen and not runaway.subscription.active
    page.slider(key="hidden").set_value(1)
    page.select_slider(key="images_bundled").set_value(500)
    page.run()
    assert training_of(page).state.images_seen > shown.images_seen
    assert "Connection lost; training paused. Press <b>Continue</b>." in html(page) and script.can_go_on(page)
    pills(page, "pace").set_value("Step").run()
    assert "Connection lost; training stopped." in html(page) and "<b>Continue</b>" not in html(page)
    pills(page, "pace").set_value("Full speed").run()
    page.button(key="train").click().run()
    stop(page)
    assert "Connection lost" not in html(page)


def test_an_old_run_of_the_script_that_continues_an_earlier_training_loses_none(page, monkeypatch):
    """The visitor trains again between the run that drew Continue and its click."""
    page.button(key="train").click().run()
    stop(page)
    earlier = training_of(page)

    def meanwhile(training, recipe):
        monkeypatch.setattr("nn.ui.page.training.can_continue", can_continue)
        session = visitor(page)
        session.training, session.n_trainings = replace(earlier, number=2), 2
        return True

    monkeypatch.setattr("nn.ui.page.training.can_continue", meanwhile)
    page.button(key="continue").click().run()
    stop(page)
    assert [one.number for one in (*visitor(page).kept, training_of(page))] == [2, 3]


def test_the_choice_of_the_network_holds_until_another_one_is_trained_which_lets_go_of_what_was_computed(page):
    give(page, always(3))
    draw(page, SEVEN)
    assert answer(page) == "3"
    script.choice_of_networks(page).set_value(False).run()
    assert answer(page) == "7"
    threshold = part(page, AnswerPart).threshold
    page.button(key="train").click().run()
    assert script.choice_of_networks(page).value is True
    assert part(page, AnswerPart).threshold is not threshold


def test_a_result_is_kept_for_the_very_network_that_it_was_computed_for():
    latest, computed = Latest(), []

    def result(network):
        return latest.of(network, lambda: computed.append(network) or len(computed))

    first, second = always(1), always(1)
    assert [result(first), result(first), result(second), result(first)] == [1, 1, 2, 3]


@pytest.mark.parametrize(
    "allowed, value, known",
    [
        (range(10), 7, 7),
        (range(10), 7.0, 7),
        (range(10), 10, "default"),
        (range(10), "7", "default"),
        (range(10), [7], "default"),
        ((0.1, 1.0), 1, 1.0),
        ((0.1, 1.0), 0.1000001, "default"),
        ((0.1, 1.0), float("nan"), "default"),
        (SWITCH, True, True),
        (SWITCH, None, "default"),
        (SWITCH, {}, "default"),
        (several_of([1, 2, 3]), [3, 5_000, "2", 1, 3, [], None, 1.0], [1, 3]),
        (several_of([1, 2, 3]), [3] * 100_000, [3]),
        (several_of([1, 2, 3]), [], []),
        (several_of([1, 2, 3]), 3, "default"),
        (several_of([1, 2, 3]), "3", "default"),
        (several_of([1, 2, 3]), None, "default"),
        (lambda state: int(state["cell"][0]), {"cell": ["3"]}, 3),
        (lambda state: int(state["cell"][0]), {"cell": []}, "default"),
        (lambda state: int(state["cell"][0]), {"cell": [float("inf")]}, "default"),
        (lambda state: int(state["cell"][0]), 7, "default"),
        (lambda state: state.cell, {"cell": [3]}, "default"),
    ],
)
def test_a_widget_has_only_allowed_values_whatever_a_browser_sends(allowed, value, known):
    state.set_value("a widget", value)
    found = state.value_of("a widget", allowed, "default")
    assert found == known and type(found) is type(known)
    assert state.value_of("no widget", allowed, "default") == "default"


def test_nobody_connects_who_holds_the_lock_of_the_session(page, monkeypatch):
    """Streamlit guards connect() and close() by one lock of its own, and close() needs the Session's: both ways round,
    the server would stop for ever."""
    locked, connect = [], state.connect

    def asked():
        locked.append(visitor(page).lock.locked())
        return connect()

    monkeypatch.setattr(state, "connect", asked)
    monkeypatch.setattr("nn.ui.session.trainings.connect", asked)
    page.slider(key="epochs").set_value(100)
    page.button(key="train").click().run()
    stop(page)
    assert len(locked) > 3 and not any(locked)


def test_departed_visitors_are_forgotten_unless_they_come_back_in_time(monkeypatch):
    now = [1_000.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("nn.ui.session.state.time", clock)
    monkeypatch.setattr("nn.ui.session.process.time", clock)
    gone, back = (Session(name=name, labelled={"a": "drawing"}) for name in ("first session", "second session"))
    for session in (gone, back):
        session.part(QuietPart).n = 1
        session.close()
    now[0] += FORGET_SECONDS - 1
    forget_departed({"second session"}.__contains__)
    assert [(one.part(QuietPart).n, len(one.labelled)) for one in (gone, back)] == [(1, 1), (1, 1)]
    now[0] += 2
    forget_departed({"second session"}.__contains__)
    assert [(one.part(QuietPart).n, len(one.labelled)) for one in (gone, back)] == [(0, 0), (1, 1)]
    assert gone not in departed() and back not in departed()


def test_what_a_callback_begins_after_the_visitor_has_left_ends_when_they_are_forgotten(monkeypatch):
    now = [1_000.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("nn.ui.session.state.time", clock)
    monkeypatch.setattr("nn.ui.session.process.time", clock)
    session, late = Session(name="a session"), RunawaySubscription()
    session.close()
    session.training, session.subscription = Training(Recipe(), TrainingState(always(0), 500)), late
    sweep = session.part(Part)
    now[0] += FORGET_SECONDS + 1
    forget_departed(lambda name: False)
    assert not late.active and sweep.words == ["closed"]
    assert session not in departed() and session.training is None


def test_an_error_during_a_training_is_told_in_a_sentence(page, monkeypatch):
    def broken(*inputs, **more):
        raise MemoryError("no room")

    monkeypatch.setattr("nn.engine.scheduler.train_slice", broken)
    page.button(key="train").click().run()
    script.finish(page)
    assert page.error[0].value == "The training ended with an error: MemoryError: no room"
    assert "Traceback" not in words(page)


def test_held_out_images_are_those_that_the_answering_network_has_not_learnt_from():
    def view(training, network):
        return View(training, False, 1, 1, network, True, None)

    recipe = Recipe(n_hidden=1, source="openml", n_images=60_000)
    own, other = always(3), always(4)
    training = Training(recipe, TrainingState(own, 500))
    # OpenML's training images include those that the bundled data hold out.
    assert (view(training, own).source, view(training, own).reader) == ("openml", "My network")
    assert (view(training, other).source, view(training, other).reader) == ("bundled", "Pre-trained network")
    assert view(None, other).source == "bundled"


@dataclass
class Part:
    """What a part of the page keeps for its visitor."""

    words: list = field(default_factory=list)

    def close(self):
        self.words.append("closed")

    def training_started(self, ended):
        self.words.append(ended and ended.number)


@dataclass
class QuietPart:
    """A part that is called by nobody."""

    n: int = 0


def test_each_part_of_the_page_has_one_instance_per_visitor_which_hears_of_trainings_and_of_the_end(page):
    session, other = visitor(page), Session()
    mine = session.part(Part)
    session.part(QuietPart).n = 1
    assert session.part(Part) is mine and session.part(QuietPart).n == 1
    assert other.part(Part) is not mine and other.part(QuietPart).n == 0
    for _ in range(2):
        page.button(key="train").click().run()
        stop(page)
    session.close()
    assert mine.words == [None, 1, "closed"] and other.part(Part).words == []
