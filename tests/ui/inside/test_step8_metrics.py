"""Look inside, 8 How good is it?: the scores, the confusion matrix and the images in its cells."""

import json
import re
import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import script
from examples import few_images
from script import choice_of_networks, choose, give, part

import nn
from nn.analysis.evaluation import MEASURED_IMAGES
from nn.analysis.metrics import interval, mistakes, score
from nn.engine.scheduler import Scheduler
from nn.engine.task import Task
from nn.engine.training import Training
from nn.images.training_set import TrainingSet
from nn.network import initial_network
from nn.recipe import Recipe
from nn.training import TrainingState
from nn.ui.charts.matrices import confusion_data
from nn.ui.inside import step8_confusion
from nn.ui.inside.step8_confusion import ALL_MISTAKES, MAX_PICTURES, choices, choose_cell, choose_mistake, name
from nn.ui.inside.step8_evaluation import RENEWED, MetricsPart, evaluate, own_evaluation, pretrained_evaluation
from nn.ui.inside.step8_metrics import digits_html
from nn.ui.session.current_image import DrawingPart
from nn.ui.session.shared import PRETRAINED_ACCURACY, once
from nn.ui.session.state import View, set_value

MNIST = nn.load_mnist()
FEW = replace(MNIST, X_test=MNIST.X_test[:200], y_test=MNIST.y_test[:200])


def untrained(seed=0):
    """An untrained network's Scores: it makes many mistakes, and it takes no time."""
    return score(initial_network(3, seed), FEW.X_test, FEW.y_test)


@pytest.fixture
def own(page):
    """own(...) opens the step with an own network that was never trained."""

    def own(network=None, seed=0, source="bundled", images=FEW):
        give(page, network or initial_network(3, seed), TrainingSet(images), source)
        choose(page, "8")

    return own


def figures(page):
    return {metric.label: metric.value for metric in page.metric}


def cell_list(page):
    return page.selectbox(key="scores_choice")


def pictures(page):
    """The data of the pictures to choose from."""
    components = [json.loads(one.proto.json) for one in page.get("bidi_component") if one.proto.json]
    return next(data for data in components if data.get("look") == "grid")


def lines(picture):
    return " ".join(picture["lines"])


def chosen(page):
    """The chosen cell as the list shows it."""
    return cell_list(page).options[cell_list(page).index]


def said(page):
    return " ".join([*(element.value for element in [*page.info, *page.markdown]), script.html(page)])


def test_cells_are_named_with_the_number_of_their_images():
    assert name((4, 9)) == "4 read as 9" and name(ALL_MISTAKES) == "All mistakes"
    scores = untrained()
    empty, once = (tuple(np.argwhere(scores.confusion == n)[0].tolist()) for n in (0, 1))
    words = choices(scores, empty, training=False)
    assert words[empty] == f"{name(empty)}: 0 images"
    assert words[once] == f"{name(once)}: 1 image"


def test_the_lowest_share_is_bold_and_an_undefined_one_is_a_dash():
    scores = untrained()
    recall = np.full(10, 0.9)
    recall[3], recall[5] = 0.5, np.nan
    html = digits_html(replace(scores, recall=recall))
    rows = html.split("<tr>")[2:]
    assert "<td><b>50.0%</b></td>" in rows[3] and html.count("<b>50.0%</b>") == 1
    assert "<td>–</td>" in rows[5]


def test_the_matrix_as_a_table_and_its_chosen_cell():
    confusion = np.zeros((10, 10), int)
    confusion[4, 4], confusion[4, 9] = 27, 8 * 27 - 27
    table = confusion_data(confusion, (4, 9)).to_pydict()
    cell, right, empty = 4 * 10 + 9, 4 * 10 + 4, 0
    assert (table["label"][cell], table["answer"][cell], table["images"][cell]) == (4, 9, 189)
    assert table["share"][right] == 1 / 8 and table["strength"][right] == pytest.approx(0.8 / 2)
    assert [i for i in range(100) if table["outline"][i]] == [cell]
    assert np.isfinite(table["share"]).all() and table["images"][empty] == 0
    assert not any(confusion_data(confusion, None).to_pydict()["outline"])


def test_while_it_trains_the_list_stays_the_same_whatever_is_read():
    scores = untrained()
    other = replace(scores, confusion=np.zeros((10, 10), int))
    words = choices(scores, ALL_MISTAKES, training=True)
    assert words == choices(other, (4, 9), training=True)
    assert len(words) == 101 and words[ALL_MISTAKES] == "All mistakes" and words[4, 9] == "4 read as 9"


def test_a_score_during_a_training_is_renewed_every_few_seconds_and_at_its_end(monkeypatch):
    own, clock = MetricsPart(), SimpleNamespace(now=0.0)
    monkeypatch.setattr("nn.ui.inside.step8_evaluation.part", lambda kind: own)
    monkeypatch.setattr("nn.ui.inside.step8_evaluation.time", SimpleNamespace(monotonic=lambda: clock.now))

    networks = [initial_network(3, seed) for seed in range(5)]

    def is_renewed(seed, active=True, number=1):
        state, before = TrainingState(networks[seed], 100), own.evaluation
        training = Training(Recipe(n_images=100), state, TrainingSet(FEW))
        evaluation = own_evaluation(View(training, active, number, number, state.network, True, None))
        if own.evaluation is not before:
            assert np.array_equal(evaluation.scores.confusion, untrained(seed).confusion)
        return own.evaluation is not before

    assert is_renewed(1) and not is_renewed(1) and not is_renewed(1, active=False)  # once for each state
    clock.now = 0.9 * RENEWED
    assert not is_renewed(2) and is_renewed(2, active=False) and is_renewed(3, number=2)
    clock.now = 2 * RENEWED
    assert is_renewed(4, number=2)
    own.training_started(None)
    assert own.network is None and is_renewed(4, number=3)


def test_words_of_an_earlier_list_choose_nothing(monkeypatch):
    """Streamlit passes on a label that it does not know as plain words: the list has just changed."""
    chosen = MetricsPart(cell=(4, 9), image=7)
    monkeypatch.setattr(step8_confusion, "part", lambda kind: chosen)

    def after(choose, value):
        set_value(step8_confusion.CELL, value)
        set_value(step8_confusion.IMAGE, SimpleNamespace(value=value))
        choose()
        return chosen.cell, chosen.image

    for value in "All mistakes: 12 images", "4 read as 9", None:
        assert after(choose_cell, value) == after(choose_mistake, value) == ((4, 9), 7), value
    assert after(choose_cell, (8, 2)) == ((8, 2), 7) and after(choose_mistake, 123) == ((8, 2), 123)
    assert after(choose_cell, ALL_MISTAKES) == (ALL_MISTAKES, 123)


def test_a_click_on_a_cell_chooses_it_and_whatever_else_a_browser_sends_chooses_nothing(monkeypatch):
    chosen = MetricsPart(cell=(4, 9))
    monkeypatch.setattr(step8_confusion, "part", lambda kind: chosen)

    def after(cells):
        set_value(step8_confusion.MATRIX, {"selection": {"cell": cells}})
        step8_confusion.click_cell()
        return chosen.cell

    for cells in [{"label": "8"}], [{"label": 8, "answer": 10}], [{"label": -1, "answer": 2}], [8, 2], "82", None, 82:
        assert after(cells) == (4, 9), cells
    assert after([{"label": 8, "answer": 2}]) == (8, 2)
    assert after([{"label": 8, "answer": 3}, *({"label": 10**9, "answer": i} for i in range(1_000))]) == (8, 2)


# The page


@pytest.mark.slow
def test_the_pre_trained_network_is_as_good_as_the_page_says_elsewhere(page, own):
    pretrained_evaluation().wait(120)
    choose(page, "8")
    n, n_mistakes = len(MNIST.y_test), round(2_000 * (1 - PRETRAINED_ACCURACY))
    low, high = interval(n - n_mistakes, n)
    promised = {
        "Accuracy": f"{PRETRAINED_ACCURACY:.1%}",
        "Mistakes": f"{n_mistakes} of 2,000",
        "95% interval": f"{100 * low:.1f}–{high:.1%}",
    }
    words = "The pre-trained network (2,400 hidden units) is evaluated on the 2,000 unseen bundled images"
    assert figures(page) == promised and words in said(page)
    assert digits_html(pretrained_evaluation().result.scores) in said(page)
    assert chosen(page) == f"All mistakes: {n_mistakes} images"
    own()
    assert figures(page) != promised
    choice_of_networks(page).set_value(False).run()
    assert figures(page) == promised


def test_the_pre_trained_network_is_evaluated_in_the_background_and_an_error_is_not_lost(page, monkeypatch):
    few, network, go_on = few_images(), nn.load_pretrained(), threading.Event()

    @once
    def evaluated():
        return Task(evaluate, Scheduler(), few, network).start()

    def broken(*inputs):
        go_on.wait(60)
        raise MemoryError("no room")

    monkeypatch.setattr("nn.ui.inside.step8_metrics.pretrained_evaluation", evaluated)
    with monkeypatch.context() as patch:
        patch.setattr("nn.ui.inside.step8_evaluation.score", broken)
        choose(page, "8")
        assert "2,000 unseen images are being prepared" in page.info[0].value  # no visitor waits for it
        go_on.set()
        evaluated().wait(60)
    page.run()
    assert "MemoryError: no room" in page.error[0].value
    evaluated().wait(60)  # when it was shown, it tried again
    page.run()
    expected = score(network, nn.prepare_images(few.X_test, network.preparation), few.y_test)
    assert figures(page)["Accuracy"] == f"{expected.accuracy:.1%}" and digits_html(expected) in said(page)


def test_at_first_all_mistakes_are_seen_and_then_a_cell_of_the_matrix(page, own):
    own()
    scores = untrained()
    (worst, *_), n = mistakes(scores), len(mistakes(scores))
    assert chosen(page) == f"All mistakes: {n} images"
    assert f"The first {MAX_PICTURES} of {n}, the most confident first" in said(page)
    first, label, answer = pictures(page)["choices"][0], scores.labels[worst], scores.answers[worst]
    assert len(pictures(page)["choices"]) == MAX_PICTURES and pictures(page)["chosen"] == first["value"] == worst
    assert lines(first) == f"{label} read as {answer} output {scores.outputs[worst]:.2f} image {worst:,}"

    wrong = np.where(np.eye(10), 0, scores.confusion)
    most = np.unravel_index(wrong.argmax(), (10, 10))
    assert cell_list(page).options[1] == f"{name(most)}: {wrong.max()} images"
    assert len(cell_list(page).options) == 1 + np.count_nonzero(scores.confusion)
    few = next(cell for cell in np.ndindex(10, 10) if 1 < wrong[cell] <= MAX_PICTURES)
    cell_list(page).set_value(few).run()
    assert [lines(one).startswith(name(few)) for one in pictures(page)["choices"]] == wrong[few] * [True]
    assert f"All {wrong[few]}, the most confident first" in said(page)
    right = next((k, k) for k in range(10) if scores.confusion[k, k] > 1)
    cell_list(page).set_value(right).run()
    assert "the least confident first" in said(page)
    choose(page, None)
    choose(page, "8")
    assert chosen(page) == f"{name(right)}: {scores.confusion[right]} images"  # kept while the step was closed


def test_an_image_takes_the_drawings_place_and_another_step_opens(page, own):
    for seed in 1, 0:
        own(seed=seed)
        assert pictures(page)["chosen"] == pictures(page)["choices"][0]["value"]  # until one is chosen
    scores, index = untrained(), pictures(page)["choices"][3]["value"]
    part(page, MetricsPart).image = index
    page.run()
    assert pictures(page)["chosen"] == index
    assert f"**image {index:,}** ({scores.labels[index]} read as {scores.answers[index]})" in said(page)
    page.button(key="scores_4").click().run()
    assert part(page, DrawingPart).selected_example == ("bundled", "test", index)
    assert page.session_state["inside"] == "4 Forward"
    assert any(button.key == "back" for button in page.button)


def test_every_network_has_a_score_even_with_absurd_weights(page, own):
    wild = initial_network(5, 0)
    wild = replace(wild, W_h=wild.W_h * 1e29, W_out=wild.W_out * 1e29)
    for network in initial_network(30, 0), initial_network(0, 0), initial_network(3, 0, 255.0), wild:
        own(network)
        accuracy = (network.predict(FEW.X_test) == FEW.y_test).mean()
        assert figures(page)["Accuracy"] == f"{accuracy:.1%}", network
        assert f"Your network ({network.n_hidden} hidden units)" in said(page)
        assert not re.search(r"\b(nan|inf)\b", re.sub('base64,.*?"', "", said(page))), network


def test_the_chosen_cell_stays_chosen_when_the_network_changes(page, own):
    counts = [untrained(seed).confusion[4, 9] for seed in range(12)]
    more, none = int(np.argmax(counts)), counts.index(0)
    some = next(seed for seed, n in enumerate(counts) if 1 < n < max(counts))
    own(seed=some)
    cell_list(page).set_value((4, 9)).run()
    for seed in some, none, more:
        own(seed=seed)
        assert chosen(page) == f"4 read as 9: {counts[seed]} images"
        assert ("There is no image here." in said(page)) == (seed == none)
        assert (pictures(page)["chosen"] is None) == page.button(key="scores_4").disabled == (seed == none)


def test_only_the_first_of_openmls_images_are_evaluated(page, own, monkeypatch):
    many = replace(MNIST, X_test=np.tile(MNIST.X_test, (3, 1)), y_test=np.tile(MNIST.y_test, 3))
    for panel in ("training", "curves", "question"):
        monkeypatch.setattr(f"nn.ui.page.{panel}.mnist", lambda source: many)
    own(source="openml", images=many)
    assert f"the first {MEASURED_IMAGES:,} of the 6,000 images that OpenML's MNIST holds out" in said(page)
    assert figures(page)["Mistakes"].endswith(f" of {MEASURED_IMAGES:,}")


@pytest.mark.slow
def test_a_training_whose_images_are_still_being_prepared(page, monkeypatch):
    images = TrainingSet(MNIST.first(10), Recipe(preparation="normalized"))
    images.step = lambda: None  # it takes for ever
    for module in ("session.trainings", "page.training"):
        monkeypatch.setattr(f"nn.ui.{module}.training_set", lambda recipe: images)
    page.toggle(key="prepare").set_value(True).run()
    page.button(key="train").click().run()
    promises = {"8": "are being prepared", "9": "only just begun"}
    for step, promise in promises.items():
        choose(page, step)
        assert promise in said(page)
    script.stop(page)
    for step, promise in promises.items():
        choose(page, step)
        assert "Stopped before" in said(page) and promise not in said(page)
