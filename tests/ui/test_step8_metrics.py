"""Look inside, 8 How good is it?: the scores, the confusion matrix and the images in its cells."""

import time
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import script
from script import SEVEN, choice_of_networks, choose, draw, give, html_with, stop, training_of, visitor, wait_until

import nn
from nn.analysis.metrics import interval, mistakes, score
from nn.images.training_set import TrainingSet
from nn.job import Trainings
from nn.network import forward, initial_network
from nn.training import MEASURED_IMAGES, initial_run
from nn.ui.charts.confusion import confusion_data
from nn.ui.inside import step8_confusion
from nn.ui.inside.step8_confusion import ALL_MISTAKES, choices, name
from nn.ui.inside.step8_evaluation import PretrainedEvaluation, pretrained_evaluation
from nn.ui.inside.step8_metrics import digits_html
from nn.ui.resources import PRETRAINED_ACCURACY
from nn.ui.state import Visitor

MISTAKES = round(2_000 * (1 - PRETRAINED_ACCURACY))  # of the pre-trained network


@pytest.fixture(scope="module")
def held_out():
    """The pre-trained network's Scores, on its 2,000 images."""
    mnist, network = nn.load_mnist(), nn.load_pretrained()
    return score(network, nn.prepare_images(mnist.X_test, network.preparation), mnist.y_test)


@pytest.fixture(scope="module")
def untrained():
    """An untrained network's Scores, on the same images: it makes many mistakes, and it takes no time."""
    mnist = nn.load_mnist()
    return score(initial_network(3, 0), mnist.X_test, mnist.y_test)


@pytest.fixture
def own(page):
    """own(...) gives the visitor an own network that was never trained, and returns it."""

    def own(network=None, source="bundled", images=None, **settings):
        images = images or TrainingSet(nn.load_mnist())
        network = network or initial_run(nn.Settings(**settings), images.n_images).network
        give(page, network, images, source)
        return network

    return own


def open_scores(page):
    """Open the step, and wait until the images are prepared."""
    choose(page, "8")
    wait_until(page, lambda: page.metric)


def figures(page):
    return {metric.label: metric.value for metric in page.metric}


def chosen(page):
    """The chosen cell as the list shows it."""
    choice = page.selectbox(key="scores_choice")
    return choice.options[choice.index]


def pictures(page):
    return html_with(page, '<div class="nn-figures"')


def said(page):
    return " ".join([*(element.value for element in page.markdown), script.html(page)])


@pytest.mark.slow
def test_the_pre_trained_network_is_as_good_as_the_page_says_elsewhere(page, own, held_out):
    open_scores(page)
    low, high = interval(round(2_000 * PRETRAINED_ACCURACY), 2_000)
    promised = {
        "Accuracy": f"{PRETRAINED_ACCURACY:.1%}",
        "Mistakes": f"{MISTAKES} of 2,000",
        "95% interval": f"{100 * low:.1f}–{high:.1%}",
    }
    words = "The pre-trained network (2,400 hidden units) is evaluated on the 2,000 held-out bundled images"
    assert figures(page) == promised and words in said(page)
    assert digits_html(held_out) in [element.body for element in page.get("html")]
    own()
    assert figures(page) != promised
    choice_of_networks(page).set_value(False).run()
    assert figures(page) == promised


@pytest.mark.slow
def test_at_first_all_mistakes_are_seen_the_most_confident_first(page, held_out, monkeypatch):
    monkeypatch.setattr(step8_confusion, "MAX_PICTURES", 10)
    open_scores(page)
    assert chosen(page) == f"All mistakes: {MISTAKES} images"
    worst = mistakes(held_out)[0]
    assert pictures(page).count("<figure>") == 10
    first, label, answer = pictures(page).split("</figure>")[0], held_out.labels[worst], held_out.answers[worst]
    assert f"image {worst:,}</figcaption>" in first
    assert f"<b>{label}</b> read as <b>{answer}</b><br>output {held_out.outputs[worst]:.2f}" in first
    assert f"The first 10 of {MISTAKES}, the most confident first" in said(page)


@pytest.mark.slow
def test_a_cell_of_the_matrix_and_its_images(page, held_out):
    open_scores(page)
    choice = page.selectbox(key="scores_choice")
    most_frequent = np.where(np.eye(10), 0, held_out.confusion)
    label, answer = np.unravel_index(most_frequent.argmax(), (10, 10))
    assert choice.options[1] == f"{label} read as {answer}: {most_frequent.max()} images"
    assert len(choice.options) == 1 + np.count_nonzero(held_out.confusion)
    choice.set_value((label, answer)).run()
    assert pictures(page).count(f"<b>{label}</b> read as <b>{answer}</b>") == most_frequent.max()
    assert f"All {most_frequent.max()}, the most confident first" in said(page)
    right = f"0 read as 0: {held_out.confusion[0, 0]} images"
    page.selectbox(key="scores_choice").set_value((0, 0)).run()
    assert "the least confident first" in said(page)
    choose(page, None)
    open_scores(page)
    assert chosen(page) == right  # kept while the step was closed


@pytest.mark.slow
def test_an_image_takes_the_drawings_place_and_another_step_opens(page, held_out):
    open_scores(page)
    image = page.selectbox(key="scores_image")
    chosen = int(image.options[3].split(":")[0].replace(",", ""))
    label, answer = held_out.labels[chosen], held_out.answers[chosen]
    assert image.options[3] == f"{chosen:,}: {label} read as {answer}"
    image.set_value(chosen).run()
    assert page.selectbox(key="scores_image").value == chosen
    page.button(key="scores_4").click().run()
    assert visitor(page).selected_example == ("bundled", "test", chosen)
    assert page.session_state["inside"] == "4 Forward"
    assert any(button.key == "back" for button in page.button)


@pytest.mark.slow
def test_an_own_network_that_has_learnt_nothing(page, own):
    mnist = nn.load_mnist()
    for settings in {"n_hidden": 30}, {"n_hidden": 0}, {"n_hidden": 300}, {"n_hidden": 3, "scale": False}:
        network = own(**settings)
        open_scores(page)
        accuracy = (network.predict(mnist.X_test) == mnist.y_test).mean()
        assert figures(page)["Accuracy"] == f"{accuracy:.1%}", f"{settings}"
        assert f"Your network ({network.n_hidden} hidden units)" in said(page), f"{settings}"
        html = " ".join(element.body for element in page.get("html") if '<div class="nn-' in element.body)
        assert "nan" not in html, f"{settings}"


def test_absurd_weights_that_are_numbers_have_a_score(page, own):
    wild = initial_network(5, 0)
    own(replace(wild, W_h=wild.W_h * 1e29, W_out=wild.W_out * 1e29))
    open_scores(page)
    assert figures(page)["Mistakes"].endswith(" of 2,000")


def test_the_chosen_cell_stays_chosen_when_the_network_changes(page, own):
    @cache
    def count(seed):
        """How many 4s an untrained network of three hidden units reads as 9."""
        mnist = nn.load_mnist()
        return (initial_network(3, seed).predict(mnist.X_test)[mnist.y_test == 4] == 9).sum()

    some = next(seed for seed in range(50) if count(seed) > 1)
    none = next(seed for seed in range(50) if count(seed) == 0)
    others = next(seed for seed in range(50) if count(seed) not in (0, 1, count(some)))
    own(n_hidden=3, seed=some)
    open_scores(page)
    page.selectbox(key="scores_choice").set_value((4, 9)).run()
    assert chosen(page) == f"4 read as 9: {count(some)} images"
    own(n_hidden=3, seed=none)
    assert chosen(page) == "4 read as 9: 0 images"
    assert "There is no image here." in said(page)
    assert page.selectbox(key="scores_image").value is None and page.button(key="scores_4").disabled
    own(n_hidden=3, seed=others)
    assert chosen(page) == f"4 read as 9: {count(others)} images"
    assert page.selectbox(key="scores_image").value is not None and not page.button(key="scores_4").disabled


@pytest.mark.slow
def test_while_it_trains_the_score_follows(page):
    page.slider(key="hidden").set_value(300)
    page.slider(key="epochs").set_value(100).run()  # longer than this test takes
    page.button(key="train").click().run()
    open_scores(page)
    before = figures(page)
    wait_until(page, lambda: figures(page) != before)
    stop(page)

    def present_accuracy():
        network, mnist = training_of(page).run.network, nn.load_mnist()
        return f"{(network.predict(mnist.X_test) == mnist.y_test).mean():.1%}"

    # The slice under way when Stop was clicked still counts.
    wait_until(page, lambda: figures(page)["Accuracy"] == present_accuracy())


def test_while_the_images_are_being_prepared_it_says_so(page):
    page.toggle(key="prepare").set_value(True).run()
    page.button(key="train").click().run()
    choose(page, "8")
    assert any("are being prepared" in info.value for info in page.info)
    stop(page)


def test_a_score_is_computed_once_for_each_state_of_a_network(page, own, monkeypatch):
    own()
    open_scores(page)
    before, computed = figures(page), []
    monkeypatch.setattr("nn.analysis.metrics.forward", lambda *inputs: computed.append(inputs) or forward(*inputs))
    draw(page, SEVEN)
    choose(page, None)
    open_scores(page)
    assert computed == [] and figures(page) == before
    own(seed=7)
    assert len(computed) == 1 and figures(page) != before


def test_only_the_first_of_openmls_images_are_evaluated(page, own, monkeypatch):
    mnist = nn.load_mnist()
    many = replace(mnist, X_test=np.tile(mnist.X_test, (3, 1)), y_test=np.tile(mnist.y_test, 3))
    for panel in ("training_panel", "curves_panel", "question_panel"):
        monkeypatch.setattr(f"nn.ui.{panel}.mnist", lambda source: many)
    own(source="openml", images=TrainingSet(many))
    open_scores(page)
    assert f"the first {MEASURED_IMAGES:,} of the 6,000 images that OpenML's MNIST holds out" in said(page)
    assert figures(page)["Mistakes"].endswith(f" of {MEASURED_IMAGES:,}")


def test_names_of_cells():
    assert name((4, 9)) == "4 read as 9" and name(ALL_MISTAKES) == "All mistakes"


def test_one_image_is_not_images(untrained):
    empty, once = (tuple(np.argwhere(untrained.confusion == n)[0].tolist()) for n in (0, 1))
    words = choices(untrained, empty, training=False)
    assert words[empty] == f"{name(empty)}: 0 images"
    assert words[once] == f"{name(once)}: 1 image"


def test_the_lowest_share_is_bold_and_an_undefined_one_is_a_dash(untrained):
    recall = np.full(10, 0.9)
    recall[3], recall[5] = 0.5, np.nan
    html = digits_html(replace(untrained, recall=recall))
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


def test_while_it_trains_the_list_stays_the_same_whatever_is_read(untrained):
    other = replace(untrained, confusion=np.zeros((10, 10), int))
    words = choices(untrained, ALL_MISTAKES, training=True)
    assert words == choices(other, (4, 9), training=True)
    assert len(words) == 101 and words[ALL_MISTAKES] == "All mistakes" and words[4, 9] == "4 read as 9"


def test_the_first_image_is_proposed_until_another_is_chosen(page, own):
    own(seed=1)
    open_scores(page)
    for seed in 2, 3:
        own(seed=seed)
        image = page.selectbox(key="scores_image")
        assert image.options[0].startswith(f"{image.value:,}: ")
    chosen = int(image.options[5].split(":")[0].replace(",", ""))
    image.set_value(chosen).run()
    page.run()
    assert page.selectbox(key="scores_image").value == chosen


@pytest.mark.slow
def test_the_pre_trained_network_is_evaluated_in_the_background(held_out):
    made = PretrainedEvaluation(Trainings(), nn.load_mnist(), nn.load_pretrained())
    assert made.evaluation is None  # it takes seconds, and no visitor waits for it
    end = time.monotonic() + 60
    while made.evaluation is None and time.monotonic() < end:
        time.sleep(0.1)
    assert np.array_equal(made.evaluation.scores.confusion, held_out.confusion) and made.error is None


@pytest.mark.slow
def test_an_error_in_the_evaluation_is_not_lost(page, monkeypatch):
    def broken(*inputs):
        raise MemoryError("no room")

    pretrained_evaluation.clear()
    with monkeypatch.context() as patch:
        patch.setattr("nn.ui.inside.step8_evaluation.score", broken)
        choose(page, "8")
        assert "2,000 held-out images are being prepared" in page.info[0].value
        wait_until(page, lambda: page.error)
        assert "MemoryError: no room" in page.error[0].value
    wait_until(page, lambda: page.metric)  # when it was shown again, it tried again


@pytest.mark.parametrize("step", ["8", "9"])
def test_a_training_that_was_stopped_while_its_images_were_prepared_promises_nothing(page, step):
    page.toggle(key="prepare").set_value(True)
    page.toggle(key="distort").set_value(True)
    page.select_slider(key="images_bundled").set_value(4_000).run()
    page.button(key="train").click().run()
    choose(page, step)
    stop(page)
    text = " ".join(element.value for element in [*page.info, *page.markdown])
    assert "Stopped before" in text and "in a moment" not in text and "only just begun" not in text


def test_words_of_an_earlier_list_choose_nothing(monkeypatch):
    """Streamlit passes on a label that it does not know as plain words: the list has just changed."""
    visitor = Visitor(cell=(4, 9), mistake=7)
    monkeypatch.setattr(step8_confusion, "this_visitor", lambda: visitor)
    for value in "All mistakes: 12 images", "4 read as 9", None:
        monkeypatch.setattr(step8_confusion, "value_of", lambda key, value=value: value)
        step8_confusion._choose_cell()
        step8_confusion._choose_mistake()
        assert (visitor.cell, visitor.mistake) == ((4, 9), 7), value
    monkeypatch.setattr(step8_confusion, "value_of", lambda key: (8, 2))
    step8_confusion._choose_cell()
    monkeypatch.setattr(step8_confusion, "value_of", lambda key: 123)
    step8_confusion._choose_mistake()
    assert (visitor.cell, visitor.mistake) == ((8, 2), 123)
    monkeypatch.setattr(step8_confusion, "value_of", lambda key: ALL_MISTAKES)
    step8_confusion._choose_cell()
    assert visitor.cell is None
