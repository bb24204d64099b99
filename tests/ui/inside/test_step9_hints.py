"""Look inside, 9 Hints: what is said about the visitor's own training, and the buttons that fix it."""

from dataclasses import replace

import pytest
from script import can_go_on, choose, finish, is_training, progress, stop, train, training_of, wait_until, words

from nn.analysis.diagnostics import Hint
from nn.recipe import BATCH_SIZES, DEFAULT, ETAS, MAX_BATCH, Recipe
from nn.ui.inside.step9_hints import fix_of

pytestmark = pytest.mark.trains


def fix(what, value, recipe=DEFAULT, **changes):
    return fix_of(Hint("", "", "", what, value), replace(recipe, **changes))


def test_the_buttons_set_only_what_the_sidebar_offers():
    for eta in ETAS:
        for wanted in (eta / 10, 3 * eta, 10 * eta):
            found = fix("eta", wanted, eta=eta)
            assert found is None or found[1].eta in ETAS and found[1].eta != eta
    assert fix("eta", 0.01)[:1] + fix("eta", 0.01)[2:] == ("Train with η = 0.01", False)
    assert fix("eta", 0.0001, eta=0.001) is None and fix("eta", 100.0, eta=10.0) is None
    for n in (1, 10, 80, 600):
        assert fix("batch_size", n, batch_size=8_000)[1].batch_size in BATCH_SIZES
    assert fix("batch_size", 80, batch_size=512)[1].batch_size == 32
    assert fix("n_hidden", 400)[1].n_hidden == 300 and fix("n_hidden", 600, n_hidden=300) is None
    scaled = fix("scale", 0.1, scale=False, eta=0.001)[1]
    assert (scaled.scale, scaled.eta) == (True, 0.1)


def test_more_epochs_continue_with_the_same_network_up_to_the_sliders_end():
    label, recipe, go_on = fix("epochs", 60)
    assert (label, recipe.epochs, go_on) == ("Continue to epoch 60", 60, True)
    assert fix("epochs", 120, epochs=60)[1].epochs == 100
    assert fix("epochs", 200, epochs=100) is None
    assert fix("epochs", 100, epochs=100)[2] is True  # it was stopped before


def test_against_overfitting_first_all_images_then_distorted_ones_then_fewer_epochs():
    assert fix("images", 9, replace(DEFAULT, n_images=500))[1].n_images == 8_000
    assert fix("images", 9)[1].distorted
    distorted = replace(DEFAULT, distorted=True)
    assert fix("images", 9, distorted)[1].epochs == 9
    assert fix("images", 0, distorted)[0] == "Train for 1 epoch only"
    assert fix("images", 9, distorted, epochs=9) is None


def button(page, start):
    return next(button for button in page.button if button.key.startswith(start))


def test_before_the_first_training_it_says_what_to_do(page):
    choose(page, "9")
    assert "Press **Train** above" in words(page)


def test_a_learning_rate_that_is_too_large_is_fixed_with_one_click(page):
    page.select_slider(key="images_bundled").set_value(1_000)
    page.select_slider(key="eta").set_value(10.0)
    page.slider(key="epochs").set_value(5)
    choose(page, "9")
    train(page)
    assert "The learning rate is too large" in words(page)
    page.slider(key="hidden").set_value(77).run()  # the visitor has played with it in the meantime
    button(page, "fix_eta").click().run()
    assert page.select_slider(key="eta").value == 1.0
    assert page.slider(key="hidden").value == 30  # as in the network that the hint is about
    finish(page)
    mine = training_of(page)
    assert mine.recipe == Recipe(eta=1.0, epochs=5, n_images=1_000) and mine.state.images_seen == 5_000


def test_more_epochs_continue_the_same_training(page):
    page.select_slider(key="images_bundled").set_value(1_000)
    page.slider(key="epochs").set_value(2)
    choose(page, "9")
    train(page)
    assert "More epochs would help" in words(page)
    before = training_of(page).state
    button(page, "fix_epochs").click().run()
    assert page.slider(key="epochs").value == 10
    finish(page)
    assert progress(page) == "Epoch 10.0 of 10: finished"
    assert training_of(page).state.history[: len(before.history)] == before.history


@pytest.mark.slow
def test_a_hint_can_be_taken_while_it_still_trains(page):
    page.toggle(key="scale").set_value(False)
    page.slider(key="epochs").set_value(100)
    page.slider(key="hidden").set_value(100)
    choose(page, "9")
    page.button(key="train").click().run()
    wait_until(page, lambda: "The inputs are too large" in words(page))
    assert is_training(page)
    button(page, "fix_scale").click().run()
    assert is_training(page)
    mine = training_of(page)
    assert mine.recipe.scale and mine.state.network.pixel_max == 1
    stop(page)
    assert can_go_on(page)


@pytest.mark.slow
def test_every_network_can_be_judged(page):
    page.select_slider(key="images_bundled").set_value(100)
    page.slider(key="epochs").set_value(3)
    choose(page, "9")
    for hidden, scale in [(0, True), (300, True), (0, False), (1, False)]:
        case = f"{hidden} hidden units, {'scaled' if scale else 'raw'} pixels"
        page.slider(key="hidden").set_value(hidden)
        page.toggle(key="scale").set_value(scale)
        train(page)
        assert (training_of(page).state.network.n_hidden, training_of(page).recipe.scale) == (hidden, scale)
        assert not page.exception, case
        assert "Your network after epoch" in words(page) and "nan" not in words(page).lower(), case


def test_a_batch_of_all_images_is_made_smaller(page):
    page.select_slider(key="images_bundled").set_value(500)
    page.select_slider(key="batch").set_value(MAX_BATCH)
    page.slider(key="epochs").set_value(2)
    page.select_slider(key="eta").set_value(0.02)
    choose(page, "9")
    train(page)
    assert "Too few steps" in words(page)
    button(page, "fix_batch_size").click().run()
    assert page.select_slider(key="batch").value == 1
    assert page.select_slider(key="images_bundled").value == 500
