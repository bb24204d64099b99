"""Look inside, 7 Through time: the network at earlier moments of its training."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import script
from script import SEVEN, choice_of_networks, choose, draw, part, pills, train, training_of, visitor, words

import nn
from nn.analysis.evaluation import Point, evaluate
from nn.engine.slices import train_slice
from nn.engine.snapshots import SnapshotStore, with_snapshot
from nn.engine.training import Training
from nn.images.training_set import TrainingSet
from nn.network import initial_network
from nn.training import TrainingState
from nn.ui.charts.curves import moment_name, moments_data, moments_spec
from nn.ui.html import weight_figures
from nn.ui.inside.parts import LATE_SECONDS, Player
from nn.ui.inside.step7_time import NOW, accuracies, when
from nn.ui.numbers import signed
from nn.ui.session.current_image import DrawingPart

# The sentences, and the data of the chart


@pytest.mark.parametrize(
    "answers, said",
    [
        ((1, 7, 7, 7), "{first}."),
        ((1, 7, 1, 7), "{first}, and settled on it after 2 epochs."),
        ((1, 1, 7, 1), "It first read it as **7** **after 1 epoch**, and has changed its mind since."),
        ((1, 1, 1, 1), "{never}"),
        ((7, 7, 7, 7), "{first}. Before any training it also did, by chance."),
        ((7, 1, 1, 1), "{never} Before any training it did, by chance."),
    ],
)
def test_the_sentence_on_when_the_digit_was_read(answers, said):
    first = "It first read it as **7** **after 250 images**"
    never = "It read it as **7** at none of the 3 stored moments."
    assert when([0.0, 0.25, 1.0, 2.0], list(answers), 7, "it", 1_000) == said.format(first=first, never=never)
    assert when([0.0], [7], 7, "it", 1_000).startswith("It read it as **7** at none of the 0 stored moments")


def test_moments_have_plain_names_and_their_accuracies_a_sentence():
    moments = {0: "untrained", 1 / 8_000: "1 image", 0.25: "2,000 images", 1: "1 epoch", 2.5: "2.5 epochs"}
    assert {epoch: moment_name(epoch, 8_000) for epoch in moments} == moments
    assert moment_name(3.2833333333, 60_000) == "3.283 epochs"
    assert accuracies(Point(1.0, 0.5, 0.9, 0.6, 0.875), 1_000) == (
        "After 1 epoch it got 87.5% of the unseen images and 90.0% of the training images right; cost 0.600 and 0.500."
    )


def test_the_data_of_the_chart():
    history = [Point(0.0, 3.0, 0.1, 3.0, 0.2), Point(1.0, 1.0, 0.8, 1.0, 0.7), Point(2.0, 1.0, 0.8, None, None)]
    table = moments_data([0.0, 0.5, 2.0], [0.1, 0.9, 0.95], history, 0.5, 1_000).to_pandas()
    assert table[["images", "output"]].dropna().values.tolist() == [[0, 0.1], [500, 0.9], [2_000, 0.95]]
    assert table[["images", "accuracy"]].dropna().values.tolist() == [[0, 0.2], [1_000, 0.7]]
    assert table[table.moment.notna()].images.tolist() == [500]


def test_a_weight_picture_says_its_range():
    weights = np.linspace(-1.5, 0.25, 784)
    ((image, words),) = weight_figures(weights[:, None], ["unit 3"], ["words"], 2.0)
    assert 'alt="unit 3: the largest +0.25 in row 27, column 27' in image and words == "words"


# The page


@pytest.fixture(scope="module")
def learnt():
    """A Training of two epochs of 1,000 images, with its snapshots."""
    images, recipe, snapshots = TrainingSet(nn.load_mnist().first(1_000)), nn.Recipe(epochs=2, n_images=1_000), ()
    mnist = images.mnist
    for state in nn.train(recipe, mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test):
        snapshots = with_snapshot(snapshots, state)
    return Training(recipe, state, images, store=SnapshotStore(snapshots))


def give(page, training, **changes):
    """Make a Training, with some changes, the visitor's own."""
    visitor(page).training = replace(training, **changes)
    page.run()
    choice_of_networks(page).set_value(True).run()


@pytest.fixture
def past(page, learnt):
    """The page with a drawing and that Training, through whose past one can travel."""
    draw(page, SEVEN)
    give(page, learnt)
    choose(page, "7")
    return page


def small(page, epochs):
    """Set up a training of 100 images."""
    pills(page, "pace").set_value("Full speed")
    page.select_slider(key="images_bundled").set_value(100)
    page.slider(key="epochs").set_value(epochs).run()


def moments(page):
    return next(slider for slider in page.select_slider if slider.key.startswith("moment_"))


def answer_then(page):
    """The answer at the chosen moment, and its ten outputs."""
    html = [element.body for element in page.get("html") if '<div class="nn-answer">' in element.body][-1]
    outputs = [float(part.split("</small>")[0]) for part in html.split("<small>")[1:]]
    return html.split('aria-label="')[1].split('"')[0], outputs


def pictures(page):
    return [element.body for element in page.get("html") if '<div class="nn-figures"' in element.body][-1]


def test_the_step_says_how_to_get_a_past(page, learnt):
    choose(page, "7")
    assert "Train a network" in page.info[0].value
    give(page, learnt)
    assert not page.info
    choice_of_networks(page).set_value(False).run()
    assert "My network" in page.info[0].value  # the pre-trained network has no past


def test_a_journey_to_the_untrained_network_and_back(past):
    own, slider = training_of(past), moments(past)
    image = part(past, DrawingPart).prepared.image.reshape(1, -1)
    first_epoch = [f"{n} images" for n in (2, 5, 10, 20, 50, 70, 100, 150, 200, 300, 500, 700)]
    assert slider.options == ["untrained", "1 image", *first_epoch, "1 epoch", "now"] and slider.value == NOW
    untrained = own.snapshots[0].network
    for network, moment, point in [(own.state.network, NOW, -1), (untrained, 0.0, 0)]:
        moments(past).set_value(moment).run()
        assert answer_then(past)[0] == f"The network reads {network.predict(image)[0]}"
        assert answer_then(past)[1] == pytest.approx(network.predict_proba(image)[0], abs=0.0051)
        assert f"{own.state.history[point].test_accuracy:.1%} of the unseen images" in words(past)
    assert pictures(past).count("<figure>") == 12
    weights = untrained.W_h[:, int(re.search(r">unit (\d+)<br>", pictures(past))[1])]
    assert f"<br>{signed(weights.min())} to {signed(weights.max())}</figcaption>" in pictures(past)

    def axis():
        return json.loads(past.get("vega_lite_chart")[-1].proto.spec)["encoding"]["x"]["scale"]

    assert axis()["type"] == "symlog" and axis()["domain"] == [0, 2_000]  # that of the learning curves
    past.toggle(key="linear_axis").set_value(True).run()
    assert axis() == moments_spec(1_000, 2, False, 190)["encoding"]["x"]["scale"] and "type" not in axis()


@pytest.mark.slow
def test_a_continued_training_keeps_its_past_and_a_new_one_is_shown_as_it_is_now(page):
    small(page, 2)
    train(page)
    before = training_of(page).snapshots
    choose(page, "7")
    moments(page).set_value(1.0).run()
    page.slider(key="epochs").set_value(4).run()
    page.button(key="continue").click().run()
    script.finish(page)
    after = training_of(page).snapshots
    assert after[: len(before)] == before and moments(page).value == 1
    assert [snapshot.epoch for snapshot in after[len(before) :]] == [3, 4]
    page.slider(key="epochs").set_value(1).run()
    train(page)
    assert training_of(page).snapshots[0].epoch == 0
    assert "1 epoch" not in moments(page).options and moments(page).value == NOW


def test_a_moment_that_is_missing(past, learnt):
    moments(past).set_value(1.0).run()
    give(past, learnt, store=SnapshotStore(tuple(snapshot for snapshot in learnt.snapshots if snapshot.epoch != 1)))
    assert moments(past).value == 0.7 and "After 700 images it got" in words(past)  # the nearest one
    moments(past).set_value(NOW).run()
    earlier = SnapshotStore(learnt.snapshots[:-1])
    give(past, learnt, store=earlier)
    assert "After 2 epochs it got" in words(past) and moments(past).options[-2:] == ["1 epoch", "now"]
    state, mnist = learnt.state, learnt.images.mnist  # stopped within an epoch, it is measured there
    give(past, learnt, store=earlier, state=replace(state, images_seen=1_500, history=state.history[:-1]))
    accuracy = evaluate(state.network, mnist.X_test, mnist.y_test)[1]
    assert f"After 1.5 epochs it got {accuracy:.1%} of the unseen" in words(past)


def test_without_hidden_units_the_ten_outputs_are_shown(past, learnt):
    networks = initial_network(0, 1), initial_network(0, 2)
    snapshots = tuple(TrainingState(network, 1_000, 1_000 * epoch) for epoch, network in enumerate(networks))
    state = TrainingState(networks[1], 1_000, 1_000, learnt.state.history, finished=True)
    give(past, learnt, state=state, store=SnapshotStore(snapshots))
    assert pictures(past).count("<figure>") == 10 and "output 9" in pictures(past)


# Play


@pytest.fixture
def clock(monkeypatch):
    """The clock of what plays: it stands still."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("nn.ui.inside.parts.time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def play(page):
    """The button, which says Play or Pause."""
    return page.button(key="play_time")


def state_of(page):
    return moments(page).value, play(page).label


def test_play_goes_from_the_untrained_network_to_now_and_from_a_chosen_moment_until_pause(past, learnt):
    kept = [0, 0.001, 0.2, 0.5, 1, 2]
    snapshots = tuple(snapshot for snapshot in learnt.snapshots if snapshot.epoch in kept)
    give(past, learnt, store=SnapshotStore(snapshots))
    play(past).click().run()
    seen = [moments(past).value]
    while play(past).label == "Pause":
        past.run()  # a tick
        seen.append(moments(past).value)
    assert seen == [*kept[:-1], NOW, NOW]
    play(past).click().run()  # and again
    assert state_of(past) == (0, "Pause") and "Before any training it got" in words(past)
    moments(past).set_value(0.2).run()
    play(past).click().run()
    assert state_of(past) == (0.5, "Pause")
    play(past).click().run()
    past.run()
    assert state_of(past) == (0.5, "Play")


def test_it_ends_when_the_slider_is_moved_but_not_when_a_tick_was_late(past, clock):
    play(past).click().run()
    for moment in (0.001, 0.002):
        past.run()
        assert moments(past).value == moment
    moments(past).set_value(0.0).run()  # a tick that was sent two ticks ago, before the slider had moved
    assert state_of(past) == (0.005, "Pause")
    past.run()
    past.run()
    moments(past).set_value(0.0).run()  # it was there some ticks ago, but the browser has told of later ones
    assert state_of(past) == (0.0, "Play")
    # The browser is told of a movement by hand, because a tick may have overtaken it.
    assert moments(past).proto.set_value and moments(past).proto.raw_value == ["untrained"]
    clock.now += 0.9 * LATE_SECONDS
    moments(past).set_value(NOW).run()
    assert moments(past).proto.set_value and moments(past).value == NOW
    clock.now += 0.2 * LATE_SECONDS
    moments(past).set_value(0.0).run()
    assert not moments(past).proto.set_value and moments(past).value == 0  # no tick is on its way any more


def test_a_late_report_does_not_take_it_back_from_its_end(past, clock):
    play(past).click().run()
    while moments(past).value != NOW:
        before = moments(past).value
        past.run()
    moments(past).set_value(before).run()  # this left the browser before the slider was at its end
    assert state_of(past) == (NOW, "Play")
    clock.now += 1.1 * LATE_SECONDS
    moments(past).set_value(before).run()  # by hand
    assert state_of(past) == (before, "Play")


@pytest.mark.slow
def test_it_plays_while_moments_come_and_go(past, learnt):
    whole = learnt.snapshots
    give(past, learnt, store=SnapshotStore(whole[:4]))
    play(past).click().run()
    past.run()
    seen = [moments(past).value]
    visitor(past).training = replace(learnt, store=SnapshotStore((whole[0], *whole[-4:])))
    while play(past).label == "Pause":
        past.run()
        seen.append(moments(past).value)
    assert seen == [whole[1].epoch, *(snapshot.epoch for snapshot in whole[-4:-1]), NOW, NOW]


def test_a_new_training_and_another_network_end_it(past):
    play(past).click().run()
    choice_of_networks(past).set_value(False).run()
    assert visitor(past).part(Player).playing == ""
    choice_of_networks(past).set_value(True).run()
    assert state_of(past) == (0, "Play")
    play(past).click().run()
    small(past, 1)
    train(past)
    assert (*state_of(past), visitor(past).part(Player).playing) == (NOW, "Play", "")


def test_the_film_can_be_saved_when_the_training_is_over(past, monkeypatch):
    def endless(*inputs, **more):
        states, _, seconds = train_slice(*inputs, **more)
        return states, False, seconds

    def offered():
        return {"save_gif", "save_webp"} <= {button.key for button in past.get("download_button")}

    assert offered()
    small(past, 1)
    monkeypatch.setattr("nn.engine.scheduler.train_slice", endless)
    past.button(key="train").click().run()
    script.wait_until(past, lambda: training_of(past).snapshots)
    assert script.is_training(past) and not offered()
    script.stop(past)
    assert offered()
