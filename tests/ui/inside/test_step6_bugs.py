"""Look inside, 6 Spot the bug: the riddle, the sentences about trainings, and the trainings of the page.

With raw pixels the steps are so long that another processor, which rounds otherwise, gets another network. So the
sentences are tested with made trainings, and of real ones only what holds for every processor.
"""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from lecture import relative_difference
from script import choose, finish, html, pills, training_of, visitor, words

import nn
from nn.analysis.diagnostics import flat_share
from nn.analysis.evaluation import Point
from nn.engine.slices import train_slice
from nn.images.training_set import TrainingSet
from nn.network import Parameters, backward, forward, initial_network, onehot, sigmoid
from nn.training import TrainingState, train
from nn.ui.charts.curves import compared_data, compared_spec
from nn.ui.inside import step6_findings as step6
from nn.ui.inside.step6_bugs import BUGS, CODE, LINES, BugTrainings, verdict
from nn.ui.inside.step6_findings import AS_IN_THE_FILE, AS_WRITTEN, BOTH, BY_DIGIT, PRESETS, SCALED, SHUFFLED, findings
from nn.ui.session import shared

pytestmark = pytest.mark.trains

INSPECTED = nn.load_mnist().X_test[:200]
FLAT_NETWORK, STEEP_NETWORK = initial_network(30, 42, 255.0), initial_network(30, 42)


def a_run(*accuracies, network=STEEP_NETWORK):
    """A finished Run with these held-out accuracies at the ends of its epochs, the untrained network's first."""
    history = tuple(Point(float(epoch), 1.0, 0.5, 1.25, accuracy) for epoch, accuracy in enumerate(accuracies))
    return TrainingState(network, 100, images_seen=100 * (len(accuracies) - 1), history=history, finished=True)


# The riddle


def fixed(code, line, fix):
    """The code with one of its lines replaced by the fix, as far to the right as the line was."""
    lines = code.splitlines()
    old = lines[line - 1]
    lines[line - 1] = " " * (len(old) - len(old.lstrip())) + fix
    return "\n".join(lines)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_code_with_its_fixes_trains_as_the_four_do(preset, monkeypatch):
    n, epochs = 10, 2  # so few steps that rounding stays rounding, raw pixels or not
    few, recipe = nn.load_mnist().first(n), replace(step6.recipe_of(preset, 0.001, BY_DIGIT), epochs=epochs)
    shuffles = iter([np.random.default_rng([recipe.seed, epoch]).permutation(n) for epoch in range(epochs)])
    monkeypatch.setattr("numpy.random.shuffle", lambda indices: np.copyto(indices, next(shuffles)))
    names = "W_h", "b_h", "W_out", "b_out"
    start = initial_network(recipe.n_hidden, recipe.seed)
    notebook = {name: getattr(start, name).copy() for name in names}
    notebook |= {"np": np, "sigmoid": sigmoid, "epochs": epochs, "eta": recipe.eta}
    notebook |= {"onehot": lambda label: np.eye(10)[label]}
    notebook |= {"load_mnist": lambda: (few.X_train.reshape(n, 28, 28), few.y_train)}
    code = CODE
    for (_, line, fix), is_fixed in zip(BUGS.values(), [recipe.scale, recipe.shuffle]):
        code = fixed(code, line, fix) if is_fixed else code
    exec(code, notebook)
    *_, state = train(recipe, few.X_train, few.y_train, few.X_test[:10], few.y_test[:10])
    assert relative_difference([notebook[name] for name in names], state.network.parameters) < 1e-9


def test_the_verdict_counts_the_bugs_found_and_the_lines_that_are_fine():
    assert verdict(set()) == "You didn't guess. Here are the two bugs:"
    for guess in [{2, 6}, {1, 5}, {1, 2, 5, 6}]:
        assert verdict(guess) == "Well spotted! You found both bugs."
    for guess in [{2}, {5, 6}]:  # two lines of the same bug
        assert verdict(guess) == "You found one of the two bugs."
    assert verdict({6, 9}) == "You found one of the two bugs, and suspected 1 line that is fine."
    assert verdict({8, 9}) == "You found neither bug this time, and suspected 2 lines that are fine."
    assert verdict(set(LINES)) == "Well spotted! You found both bugs, and suspected 10 lines that are fine."


def test_the_mathematics_of_raw_pixels():
    """Raw pixels are scaled ones with W_h 255 times as large, and with 255 squared times the eta for W_h."""
    images, y, eta = nn.load_mnist().first(8_000).X_train, nn.load_mnist().y_train, 0.001
    raw = initial_network(5, 3, 255.0)
    other = replace(raw, W_h=255 * raw.W_h, pixel_max=1.0)

    def step(network, eta_h, i):
        X, Y = network.inputs(images[i : i + 1]), onehot(y[i : i + 1])
        slope = backward(network, X, forward(network, X), Y)
        rates = Parameters(eta_h, eta, eta, eta)
        return replace(network, **{k: w - r * g for k, w, r, g in zip(slope._fields, network.parameters, rates, slope)})

    for i in range(10):
        raw, other = step(raw, eta, i), step(other, 255**2 * eta, i)
        outputs = [forward(network, network.inputs(images[:50])).z_out for network in (raw, other)]
        np.testing.assert_allclose(*outputs, rtol=1e-6)
    assert 255**2 == 65_025
    squares = ((images / 255.0) ** 2).sum(axis=1).mean()
    assert f"{squares:.0f}" == "88" and f"{255**2 * squares / 1e6:.1f}" == "5.7"

    network, x = initial_network(5, 3), initial_network(5, 3).inputs(images[:1])
    delta_h = backward(network, x, forward(network, x), onehot(y[:1])).b_h
    moved = replace(network, W_h=network.W_h - eta * x.T * delta_h, b_h=network.b_h - eta * delta_h)
    change = forward(moved, x).z_h - forward(network, x).z_h
    np.testing.assert_allclose(change[0], -eta * ((x**2).sum() + 1) * delta_h)


# The sentences about made trainings

SLOW, FLAT = (0.1, 0.6, 0.7, 0.8), (0.1, 0.1, 0.1, 0.1)
CLIMBING, LEVEL = (0.1, 0.5, 0.8, 0.9), (0.1, 0.5, 0.8, 0.5)


def found(eta, order, **accuracies):
    """The findings about made trainings; the keywords are names of presets, w(ritten), sc(aled), sh(uffled), b(oth)."""
    presets = {"w": AS_WRITTEN, "sc": SCALED, "sh": SHUFFLED, "b": BOTH}
    runs = {presets[name]: a_run(*values) for name, values in accuracies.items()}
    assert findings({preset: replace(state, finished=False) for preset, state in runs.items()}, eta, order) == []
    return " ".join(findings(runs, eta, order))


def test_the_finding_on_scaling_names_what_is_seen():
    said = found(0.001, AS_IN_THE_FILE, w=FLAT, sc=CLIMBING)
    assert said.startswith(
        "**Scaling pays off**: in the end 10.0% right with raw pixels, 90.0% with scaled ones, neither"
    )
    assert "still climbing" in said and "can take η = 0.1" in said and "ahead" not in said and "too large" not in said
    said = found(0.001, AS_IN_THE_FILE, sh=SLOW, b=LEVEL[:-1] + (0.81,))
    assert "both shuffled" in said and "raw pixels were ahead, 60.0% against 50.0%" in said
    assert "climbing" not in found(0.001, AS_IN_THE_FILE, w=FLAT, sc=LEVEL)
    said = found(0.1, AS_IN_THE_FILE, w=FLAT, sc=CLIMBING)
    assert "For raw pixels, η = 0.1 is far too large; try the notebook's 0.001." in said and "climbing" not in said
    assert "too large" not in found(0.01, AS_IN_THE_FILE, w=SLOW, sc=CLIMBING)
    said = found(0.01, AS_IN_THE_FILE, w=CLIMBING, sc=SLOW)
    assert "With η = 0.01 and only 10 epochs, the accuracy doesn't show it" in said and "pays off" not in said


def test_the_finding_on_the_shuffle_names_what_is_seen():
    said = found(0.1, BY_DIGIT, w=FLAT, sh=SLOW)
    assert "The shuffle is decisive**: 10.0% right without it, 80.0% with it, both with raw" in said
    assert "hundreds of nines" in said
    said = found(0.1, BY_DIGIT, w=FLAT, sh=(0.1, 0.15))
    assert said == "**The shuffle**: 10.0% right without it, 15.0% with it, both with raw pixels."
    assert "80.0% with it" in (said := found(0.1, AS_IN_THE_FILE, w=FLAT, sh=SLOW)) and "decisive" not in said
    said = found(0.1, AS_IN_THE_FILE, w=FLAT, sc=CLIMBING, sh=FLAT, b=CLIMBING)
    assert "almost no difference here**: 90.0% right without it" in said and "sort the images by digit" in said
    said = found(0.1, BY_DIGIT, w=FLAT, sh=FLAT)
    assert "almost no difference" in said and "already mixed" not in said


def test_the_finding_on_both_fixes_names_what_is_seen():
    said = found(0.1, BY_DIGIT, sc=FLAT, sh=FLAT, b=CLIMBING)
    assert said.startswith(
        "**Neither fix is enough alone**: in the end 10.0% right with scaled inputs only, 10.0% with the shuffle only, "
        "and 90.0% with both. **Scaling pays off**: in the end 10.0% right with raw pixels"
    )
    for alone, both in [(LEVEL, CLIMBING), (FLAT, (0.1, 0.3))]:  # one alone does much; both do little
        assert "Neither" not in found(0.1, BY_DIGIT, sc=alone, sh=FLAT, b=both)
    for incomparable in [{"w": FLAT, "sc": CLIMBING}, {"w": FLAT, "b": CLIMBING}, {"sc": FLAT, "sh": CLIMBING}, {}]:
        assert found(0.1, BY_DIGIT, **incomparable) == ""


def test_table_and_legend_say_what_the_curves_show():
    runs = {AS_WRITTEN: a_run(0.1, 0.5, 0.75, network=FLAT_NETWORK), BOTH: replace(a_run(0.1, 0.2), diverged=True)}
    table, flat = step6.results_html(runs, INSPECTED), f"{flat_share(FLAT_NETWORK, INSPECTED):.0%}"
    row = next(row for row in table.split("<tr>") if "As written" in row)
    assert f"<td>2</td><td>75.0%</td><td>1.25</td><td>{flat} → {flat}</td>" in row
    assert "diverged<br>at 1.0" in next(row for row in table.split("<tr>") if "Both fixed" in row)
    assert "As written <b>75.0%</b>" in step6.curves_legend(runs)
    assert step6.curves_legend({}).count("<b>") == 1 and "nan" not in step6.results_html({}, INSPECTED)


def test_raw_pixels_make_flat_units_and_a_network_that_learnt_nevertheless_is_recognized():
    assert flat_share(FLAT_NETWORK, INSPECTED) > 0.97 and flat_share(STEEP_NETWORK, INSPECTED) < 0.2
    runs = [a_run(0.1, 0.8, network=FLAT_NETWORK), a_run(0.1, 0.3, network=FLAT_NETWORK), a_run(0.1, 0.8)]
    assert [step6.any_learnt_flat([state], INSPECTED) for state in runs] == [True, False, False]


def test_the_charts_data_and_its_axes():
    point = Point(2.0, 1.0, 0.5, 1.0, 0.25)
    table = compared_data({"a": [replace(point, epoch=0.0), point]}, ["a", "b"], 3)
    assert table.column_names == ["epoch", "a", "b"]
    assert table["epoch"].to_pylist() == [0, 1, 2, 3]
    assert table["a"].to_pylist() == pytest.approx([0.25, np.nan, 0.25, np.nan], nan_ok=True)
    assert np.isnan(table["b"].to_numpy()).all()
    spec = compared_spec(["a", "b"], ["#000", "#fff"], 3, 300)
    assert spec["encoding"]["color"]["scale"] == {"domain": ["a", "b"], "range": ["#000", "#fff"]}
    assert spec["encoding"]["x"]["scale"]["domain"] == [0, 3]  # all epochs from the start, so that nothing moves
    assert spec["encoding"]["y"]["scale"]["domain"] == [0, 1]


@pytest.mark.slow
def test_scaled_inputs_need_the_shuffle_in_a_sorted_file_and_bear_a_large_eta():
    """Scaled inputs take short steps: so much holds for every seed and every processor."""
    images = TrainingSet(nn.load_mnist(), nn.Recipe(is_sorted=True)).mnist
    for seed, preset in product((42, 1), (SCALED, BOTH)):
        recipe = replace(step6.recipe_of(preset, 0.1, BY_DIGIT), seed=seed, epochs=1)
        *_, state = train(recipe, images.X_train, images.y_train, images.X_test, images.y_test, slice_seconds=1)
        accuracy = state.history[-1].test_accuracy
        assert accuracy > 0.8 if preset == BOTH else accuracy < 0.3, f"seed {seed}, {preset}"


# The page


@pytest.fixture
def few(monkeypatch):
    """Trainings of 300 images."""
    images = nn.load_mnist().first(300)
    made = lambda recipe: TrainingSet(images, recipe)  # noqa: E731
    monkeypatch.setattr("nn.ui.inside.step6_bugs.training_set", made)


def reveal(page):
    """Open the step, and reveal the bugs."""
    choose(page, "6")
    page.button(key="bug_reveal").click().run()


def trainings(page):
    """The buttons that train."""
    return [button.label for button in page.button if button.key.startswith("bug_") and button.key != "bug_reveal"]


def gives_away(page):
    """The words that name a bug."""
    return [text for text in ("not scaled", "never used", "/ 255", "Inputs scaled") if text in words(page) + html(page)]


def test_the_bugs_are_revealed_after_a_guess_and_can_be_hidden_again(page):
    choose(page, "6")
    assert page.code[0].value == CODE.strip() and "two bugs" in words(page)
    assert not gives_away(page) and not trainings(page)
    pills(page, "bug_guess").set_value([2, 9]).run()
    assert not gives_away(page)  # nothing says that 2 is right and 9 isn't
    page.button(key="bug_reveal").click().run()
    assert "You found one of the two bugs, and suspected 1 line that is fine." in words(page)
    assert all(f"The fix is in line {line}: `{fix}`" in words(page) for _, line, fix in BUGS.values())
    assert trainings(page) == [*PRESETS, "All four"]
    eta, order = page.radio(key="bug_eta"), page.radio(key="bug_order")
    assert (eta.value, order.value) == (0.1, BY_DIGIT)  # the case that shows most
    assert eta.options == ["0.001 (the notebook's)", "0.01", "0.1"]
    choose(page, None)
    choose(page, "6")
    assert "You found one of the two bugs" in words(page)  # still revealed
    page.button(key="bug_reveal").click().run()
    assert not gives_away(page) and not trainings(page)
    assert pills(page, "bug_guess").value == [2, 9]


def over(page):
    """The presets whose training is over, by the table."""
    rows = html(page).split("<tbody>")[-1].split("<tr>")
    done = re.compile("<td>(10|diverged.*?)</td>")
    return [preset for preset in PRESETS for row in rows if f">{preset}<" in row and done.search(row)]


@pytest.mark.slow
def test_one_click_trains_a_preset_shows_an_error_and_leaves_the_visitors_network_alone(page, few, monkeypatch):
    def broken(*inputs, **more):
        raise MemoryError("no room")

    reveal(page)
    page.radio(key="bug_eta").set_value(0.001)
    page.radio(key="bug_order").set_value(AS_IN_THE_FILE).run()
    assert "Four learning curves" in html(page) and not over(page)
    page.button(key="bug_0").click().run()
    finish(page)
    assert over(page) == [AS_WRITTEN]
    with monkeypatch.context() as patch:
        patch.setattr("nn.engine.scheduler.train_slice", broken)
        page.button(key="bug_1").click().run()
        finish(page)
    assert "Inputs scaled" in page.error[0].value and "MemoryError: no room" in page.error[0].value
    page.radio(key="bug_order").set_value(BY_DIGIT).run()
    assert "Four learning curves" in html(page) and not page.error  # each choice has curves and errors of its own
    page.radio(key="bug_order").set_value(AS_IN_THE_FILE).run()
    assert over(page) == [AS_WRITTEN] and page.error
    page.button(key="bug_all").click().run()
    finish(page)
    assert over(page) == list(PRESETS) and not page.error
    started = visitor(page).part(BugTrainings).subscriptions
    runs = {preset: started[step6.recipe_of(preset, 0.001, AS_IN_THE_FILE)].state for preset in PRESETS}
    found = findings(runs, 0.001, AS_IN_THE_FILE)
    assert found and all(finding in words(page) for finding in found)
    assert step6.results_html(runs, INSPECTED) in html(page) and step6.curves_legend(runs) in html(page)
    assert training_of(page) is None
    assert not any(training.snapshot_store for training in started.values())  # they would fill the memory


def test_the_trainings_end_when_they_are_started_again_or_the_visitor_leaves(page, few, monkeypatch):
    def endless(*inputs, **more):
        states, _, seconds = train_slice(*inputs, **more)
        return states, False, seconds

    reveal(page)
    monkeypatch.setattr("nn.engine.scheduler.train_slice", endless)
    page.button(key="bug_0").click().run()
    page.button(key="bug_all").click().run()
    assert shared.scheduler().n_watching == 4
    visitor(page).close()  # what Streamlit does when the tab is closed
    assert shared.scheduler().n_watching == 0
