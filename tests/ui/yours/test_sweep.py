"""Yours, Sweep: a grid of trainings in the background is what train() gives, and one of its cells sets the sidebar."""

import itertools
import re
from functools import cache
from statistics import fmean

import numpy as np
import pytest
import waiting
from script import is_training, pills, quick, train, training_of, visitor, wait_until, words
from waiting import assert_same, expected

import nn
from nn.engine.sweep import Cell, grid
from nn.images.training_set import TrainingSet
from nn.recipe import DEFAULT, Recipe
from nn.recipe import ETAS as ETAS_TO_CHOOSE
from nn.ui.charts.matrices import BEST, COLOURS, LIGHT_BELOW, WORST, heat_map_data, heat_map_spec
from nn.ui.session.measurements import seconds_per_image
from nn.ui.session.shared import scheduler
from nn.ui.session.state import set_value, value_of
from nn.ui.yours.sweep import HIDDEN as HIDDEN_TO_CHOOSE
from nn.ui.yours.sweep import MAX_TRAININGS, Sweep, cell_in_words, clicked_cell, plan_in_words

IMAGES = TrainingSet(nn.load_mnist().first(100))
RECIPE = DEFAULT
ETAS, HIDDEN, SEEDS = (0.05, 0.5), (0, 3), 2


def sweep(page, etas=ETAS, hidden=HIDDEN, n_seeds=SEEDS):
    """Open the part and choose what varies."""
    pills(page, "yours").set_value("Sweep").run()
    page.multiselect(key="sweep_etas").set_value(list(etas))
    page.multiselect(key="sweep_hidden").set_value(list(hidden))
    page.number_input(key="sweep_seeds").set_value(n_seeds).run()
    assert not page.exception


def small(page, epochs=2):
    """Trainings of this many epochs on 100 images."""
    quick(page)
    page.select_slider(key="images_bundled").set_value(100)
    page.slider(key="epochs").set_value(epochs).run()


def start(page):
    page.button(key="start_sweep").click().run()
    assert not page.exception


def over(page):
    """Wait until the sweep is over, and look at it."""
    waiting.wait_until(lambda: not visitor(page).part(Sweep).task.active)
    page.run()
    assert not page.exception


def state(page):
    """The words of the sweep's progress."""
    return page.get("progress")[-1].proto.text


@cache
def expected_cells():
    """The same grid, trained one after the other without the page: accuracies by (eta, n_hidden)."""
    found = {}
    for recipe in grid(Recipe(epochs=2, n_images=100), ETAS, HIDDEN, SEEDS):
        accuracy = expected(IMAGES, recipe).history[-1].test_accuracy
        found.setdefault((recipe.eta, recipe.n_hidden), []).append(accuracy)
    return found


# Without a page


def test_a_grid_has_every_combination_once_the_first_seed_first_and_all_else_as_it_was():
    recipe = Recipe(7, 2.0, 3, 8, 2**32 - 1, False, False, n_images=500, distorted=True)
    recipes = grid(recipe, [0.1, 1.0], [0, 5, 9], 2)
    assert len(set(recipes)) == len(recipes) == 12
    assert {(one.eta, one.n_hidden, one.seed) for one in recipes} == {
        (eta, n_hidden, seed) for eta in (0.1, 1.0) for n_hidden in (0, 5, 9) for seed in (2**32 - 1, 0)
    }
    assert [one.seed for one in recipes] == 6 * [2**32 - 1] + 6 * [0]
    assert {(one.epochs, one.batch_size, one.scale, one.shuffle) for one in recipes} == {(3, 8, False, False)}


def test_the_plan_says_how_many_what_they_share_and_how_long_by_the_costs_of_each_size():
    recipes = grid(RECIPE, [0.1, 1.0], [0, 100], 3)
    assert plan_in_words(recipes, RECIPE, {0: 1e-6, 100: None}) == (
        "**12 trainings**, all else as in the sidebar. Measuring how long they take …"
    )
    said = plan_in_words(recipes, RECIPE, {0: 1e-6, 100: 9e-6})
    assert "about 14 s. If anyone" in said  # 6 * 8,000 images * 30 epochs * (1 + 9) us = 14.4 s
    other = Recipe(50, 0.02, 2, 32, preparation="normalized", n_images=500)
    said = plan_in_words(grid(other, [0.1], [10], 1), other, {10: 1e-3})
    assert said.startswith(
        "**1 training**, all else as in the sidebar (2 epochs, batches of 32, straightened, 500 training images)"
    )


def test_a_heat_map_has_a_row_for_each_cell_and_nothing_in_those_that_are_not_over():
    cells = {(0.1, 1_000): Cell(0.875, 0.85, 0.9, 2), (1.0, 0): Cell(0.5, 0.5, 0.5, 1)}
    rows = heat_map_data(cells, (0.1, 1.0), (0, 1_000)).to_pylist()
    assert [(row["eta"], row["hidden"], row["mistakes"], row["words"], row["spread"]) for row in rows] == [
        ("0.1", "0", None, "", ""),
        ("0.1", "1,000", 0.125, "87.5%", "85.0–90.0, 2 seeds"),
        ("1", "0", 0.5, "50.0%", "1 seed"),
        ("1", "1,000", None, "", ""),
    ]
    spec = heat_map_spec((0.1, 1.0), (0, 1_000))
    named = set(re.findall(r"datum\.(\w+)", str(spec))) | set(re.findall(r"'field': '(\w+)'", str(spec)))
    assert named == set(rows[0])  # a field that isn't there leaves the cells empty, without an error
    axes = [spec["encoding"][axis]["sort"] for axis in "xy"]
    assert axes == [["0", "1,000"], ["0.1", "1"]]
    assert cell_in_words((0.1, 1), cells[0.1, 1_000]) == "η = 0.1, 1 hidden unit: 87.5% (85.0–90.0, 2 seeds)"
    assert cell_in_words((0.1, 0), None) == "η = 0.1, 0 hidden units"


def luminance(colour):
    """WCAG's relative luminance of a colour, three numbers in 0..255."""
    shares = np.array(colour) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def test_the_words_in_a_cell_can_be_read_on_every_colour():
    best, worst = ([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in COLOURS)
    for mistakes in np.geomspace(0.001, 1, 200):
        share = np.clip(np.log(mistakes / BEST) / np.log(WORST / BEST), 0, 1)
        ground = luminance(np.array(best) * (1 - share) + np.array(worst) * share)
        contrast = 1.05 / (ground + 0.05) if mistakes < LIGHT_BELOW else (ground + 0.05) / 0.05
        assert contrast >= 4.5, (mistakes, contrast)


def test_a_click_on_a_cell_chooses_it_and_whatever_else_a_browser_sends_chooses_nothing():
    def clicked(**cell):
        return {"selection": {"cell": [cell]}}

    def chosen(state):
        set_value("heat_map", state)
        return value_of("heat_map", lambda state: clicked_cell(state, found))

    found = dict.fromkeys(itertools.product(ETAS, HIDDEN))
    assert chosen(clicked(eta="0.05", hidden="3")) == (0.05, 3)
    assert chosen(clicked(eta="0.5", hidden="0")) == (0.5, 0)
    deep = []
    for _ in range(50):
        deep = [deep]
    hostile = [None, 7, "selection", [], {}, {"selection": None}, {"selection": {"cell": 3}}, deep]
    hostile += [{"selection": {"cell": cells}} for cells in ([], {}, "x", [None], [[]], [7], {"0": 1}, [{}])]
    strange = [None, "", "NaN", "inf", "1e999", "9" * 5_000, [], {}, True, 10**400, "0.05\0", "０.05", "-0.05", "0x1"]
    hostile += [clicked(eta=eta, hidden="3") for eta in strange]
    hostile += [clicked(eta="0.05", hidden=hidden) for hidden in [*strange, 3, 3.0, "3.0", "7"]]
    for state in hostile:
        assert chosen(state) in (None, *found), state


# On the page


def test_forged_values_are_neither_measured_nor_trained(page, monkeypatch):
    measured = []
    monkeypatch.setattr(
        "nn.ui.yours.sweep.seconds_per_image",
        lambda n_hidden, batch_size: measured.append(n_hidden) or seconds_per_image(3, batch_size),
    )
    pills(page, "yours").set_value("Sweep").run()
    page.session_state["sweep_hidden"] = [*range(4_976, 5_000), 10, 10, 10, "thirty"]
    page.session_state["sweep_etas"] = [1.0, 0.1, 0.1000001, "much", 0.1]
    page.run()
    assert set(measured) <= set(HIDDEN_TO_CHOOSE)
    assert "**6 trainings**" in words(page)  # two learning rates, one number of hidden units, three seeds


@pytest.mark.slow
def test_no_trainings_and_too_many_have_no_start(page):
    etas = [float(eta) for eta in ETAS_TO_CHOOSE[:15]]
    hidden = [0, 1, 3, 10, 30, 100, 300]
    assert len(etas) * len(hidden) > MAX_TRAININGS
    for choice, said in [
        (((), HIDDEN), "Choose at least one learning rate"),
        ((ETAS, ()), "one number of hidden units"),
        ((etas, hidden), "105 trainings are too many: at most 100"),
    ]:
        sweep(page, *choice, n_seeds=1)
        assert said in words(page) and page.button(key="start_sweep").disabled
    sweep(page, [0.1], [10], 1)
    seconds_per_image(10, 1).wait(60)
    page.run()
    assert not page.button(key="start_sweep").disabled
    assert re.search(r"\*\*1 training\*\*.*: about .* If anyone", words(page))


@pytest.mark.slow
def test_a_sweep_fills_every_cell_with_what_train_gives_and_a_cell_leads_to_the_sidebar(page):
    small(page)
    sweep(page)
    start(page)
    over(page)
    found = visitor(page).part(Sweep).cells()
    assert state(page) == "8 of 8 trainings: done" and found.keys() == expected_cells().keys()
    for place, accuracies in expected_cells().items():
        cell = found[place]
        assert (cell.low, cell.high, cell.n) == (min(accuracies), max(accuracies), 2)
        assert cell.mean == pytest.approx(fmean(accuracies))

    choice, places = page.selectbox(key="sweep_cell"), {cell_in_words(place): place for place in found}
    assert choice.value is None and choice.placeholder == "The best result"
    assert sorted(choice.options) == sorted(places)
    best = places[choice.options[0]]
    assert found[best].mean == max(cell.mean for cell in found.values())
    assert cell_in_words(best, found[best]) in words(page)

    page.select_slider(key="images_bundled").set_value(1_000)
    page.slider(key="epochs").set_value(9)
    page.slider(key="hidden").set_value(77).run()
    page.selectbox(key="sweep_cell").set_value((0.05, 3)).run()
    assert f"η = 0.05, 3 hidden units: {found[0.05, 3].mean:.1%} (" in words(page)
    page.button(key="cell_to_sidebar").click().run()
    assert (page.select_slider(key="eta").value, page.slider(key="hidden").value) == (0.05, 3)
    assert (page.select_slider(key="images_bundled").value, page.slider(key="epochs").value) == (100, 2)
    train(page)
    assert training_of(page).state.history[-1].test_accuracy == expected_cells()[0.05, 3][0]


def test_a_stopped_sweep_keeps_what_is_over_and_another_can_be_started(page):
    small(page, epochs=1)
    with scheduler().turn():  # nothing is computed meanwhile
        sweep(page, [0.05, 0.1], [3], 1)
        start(page)
        assert not any(button.key == "start_sweep" for button in page.button)
        page.button(key="stop_sweep").click().run()
        assert state(page) == "0 of 2 trainings: stopped"
        sweep(page, [0.05, 0.1], [3, 300], 5)
        start(page)
        stop_button = page.button(key="stop_sweep")
    states = visitor(page).part(Sweep).states
    waiting.wait_until(lambda: len(states) >= 2)
    stop_button.click().run()
    over(page)
    n, said = state(page).split(" of 20 trainings: ")
    assert 2 <= int(n) <= len(states) and said == ("stopped", "done")[n == "20"]
    for recipe, last in dict(states).items():
        assert last.history == expected(IMAGES, recipe).history


@pytest.mark.slow
def test_the_visitors_own_trainings_come_first_and_a_sweep_ends_with_the_next_one_or_when_they_leave(page):
    page.slider(key="epochs").set_value(100).run()
    sweep(page, [0.1], [10, 30], 5)
    start(page)
    first = visitor(page).part(Sweep).task
    small(page)
    train(page)
    assert first.active and len(visitor(page).part(Sweep).states) < len(visitor(page).part(Sweep).recipes)
    assert_same(training_of(page).state, expected(IMAGES, nn.Recipe(epochs=2)))
    assert visitor(page).n_trainings == 1 and visitor(page).kept == ()
    page.slider(key="epochs").set_value(100)
    page.select_slider(key="images_bundled").set_value(8_000).run()
    page.button(key="train").click().run()
    page.button(key="stop_sweep").click().run()
    start(page)
    second = visitor(page).part(Sweep).task
    assert second is not first and not first.active and second.active and is_training(page)
    before = training_of(page).state.images_seen
    wait_until(page, lambda: training_of(page).state.images_seen > before)
    visitor(page).close()  # the visitor leaves
    assert not second.active
    page.run()
    assert state(page).endswith("stopped") and not is_training(page) and not page.exception


def test_a_sweep_that_fails_says_so_in_a_sentence(page, monkeypatch):
    def broken(*inputs, **more):
        raise MemoryError("no room")

    small(page)
    sweep(page, [0.1], [3], 1)
    seconds_per_image(3, 1).wait(60)
    monkeypatch.setattr("nn.engine.scheduler.train_slice", broken)
    start(page)
    over(page)
    assert [error.value for error in page.error] == ["The sweep ended with an error: MemoryError: no room"]
