"""Look inside, 6 Spot the bug: the riddle, and what is said about the bugs, held against real trainings."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from lecture import relative_difference
from script import choose, html, pills, training_of, wait_until, words
from streamlit.testing.v1 import AppTest

import nn
from nn.analysis.diagnostics import epoch_ends, flat_share
from nn.network import Parameters, backward, forward, initial_network, onehot, sigmoid
from nn.training import Point, Run, train
from nn.ui.charts.comparison import compared_data, compared_spec
from nn.ui.inside.step6_bugs import images_in
from nn.ui.inside.step6_findings import (
    AS_IN_THE_FILE,
    AS_WRITTEN,
    BOTH,
    BY_DIGIT,
    PRESETS,
    SCALED,
    SHUFFLED,
    any_learnt_flat,
    curves_legend,
    findings,
    results_html,
)
from nn.ui.inside.step6_riddle import BUGS, CODE, LINES, verdict

INSPECTED = nn.load_mnist().X_test[:200]


@cache
def trained(preset, eta, order, seed=42):
    """The last Run of a real training."""
    images = images_in(order).mnist
    settings = replace(preset.settings(eta), seed=seed)
    *_, run = train(settings, images.X_train, images.y_train, images.X_test, images.y_test, slice_seconds=1)
    return run


def accuracies(preset, eta, order, seed=42):
    return [point.test_accuracy for point in epoch_ends(trained(preset, eta, order, seed))]


def four(eta, order, *presets):
    return {preset: trained(preset, eta, order) for preset in presets or PRESETS}


def a_run(*accuracies):
    """A finished Run with these held-out accuracies at the ends of its epochs, the untrained network's first."""
    history = tuple(Point(float(epoch), 1.0, 0.5, 1.0, accuracy) for epoch, accuracy in enumerate(accuracies))
    return Run(initial_network(2, 0), 100, images_seen=100 * (len(accuracies) - 1), history=history, finished=True)


# The riddle


def fixed(code, bug):
    """The code with one of its lines replaced by the fix, as far to the right as the line was."""
    lines = code.splitlines()
    old = lines[bug.line - 1]
    lines[bug.line - 1] = " " * (len(old) - len(old.lstrip())) + bug.fix
    return "\n".join(lines)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_the_code_with_its_fixes_trains_as_the_four_do(preset, monkeypatch):
    n, epochs = 20, 2
    few, settings = nn.load_mnist().first(n), replace(preset.settings(0.001), epochs=epochs)
    shuffles = iter([np.random.default_rng([settings.seed, epoch]).permutation(n) for epoch in range(epochs)])
    monkeypatch.setattr("numpy.random.shuffle", lambda indices: np.copyto(indices, next(shuffles)))
    names = "W_h", "b_h", "W_out", "b_out"
    start = initial_network(settings.n_hidden, settings.seed)
    notebook = {name: getattr(start, name).copy() for name in names}
    notebook |= {"np": np, "sigmoid": sigmoid, "epochs": epochs, "eta": settings.eta}
    notebook |= {"onehot": lambda label: np.eye(10)[label]}
    notebook |= {"load_mnist": lambda: (few.X_train.reshape(n, 28, 28), few.y_train)}
    code = CODE
    for bug, is_fixed in zip(BUGS, [preset.scale, preset.shuffle]):
        code = fixed(code, bug) if is_fixed else code
    exec(code, notebook)
    *_, run = train(settings, few.X_train, few.y_train, few.X_test, few.y_test)
    assert relative_difference([notebook[name] for name in names], run.network.parameters) < 1e-9


def test_the_verdict_counts_the_bugs_found_and_the_lines_that_are_fine():
    assert verdict(set()) == "You didn't guess. Here are the two bugs:"
    for guess in [{2, 6}, {1, 5}, {1, 2, 5, 6}]:
        assert verdict(guess) == "Well spotted! You found both bugs."
    for guess in [{2}, {5, 6}]:  # two lines of the same bug
        assert verdict(guess) == "You found one of the two bugs."
    assert verdict({6, 9}) == "You found one of the two bugs, and suspected 1 line that is fine."
    assert verdict({8, 9}) == "You found neither bug this time, and suspected 2 lines that are fine."
    assert verdict(set(LINES)) == "Well spotted! You found both bugs, and suspected 10 lines that are fine."


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
    assert all(f"The fix is in line {bug.line}: `{bug.fix}`" in words(page) for bug in BUGS)
    assert trainings(page) == [preset.name for preset in PRESETS] + ["All four"]
    choose(page, None)
    choose(page, "6")
    assert "You found one of the two bugs" in words(page)  # still revealed
    page.button(key="bug_reveal").click().run()
    assert not gives_away(page) and not trainings(page)
    assert pills(page, "bug_guess").value == [2, 9]


def test_it_opens_with_the_case_that_shows_most_and_the_notebooks_eta_beside_it(page):
    reveal(page)
    eta, order = page.radio(key="bug_eta"), page.radio(key="bug_order")
    assert eta.value == 0.1 and eta.options == ["0.001 (the notebook's)", "0.01", "0.1"]
    assert order.value == BY_DIGIT
    assert "show best with η = 0.1 and a file sorted by digit" in words(page)


# The trainings


@pytest.mark.slow
def test_the_case_that_shows_most_and_the_one_that_is_easy_to_miss():
    for seed in (42, 1):
        clearest, notebooks = (
            {preset: accuracies(preset, *case, seed)[-1] for preset in PRESETS}
            for case in [(0.1, BY_DIGIT), (0.001, AS_IN_THE_FILE)]
        )
        assert clearest.pop(BOTH) > 0.9 and max(clearest.values()) < 0.15, f"seed {seed}"
        assert min(notebooks.values()) > 0.75 and max(notebooks.values()) < 0.9, f"seed {seed}"


@pytest.mark.slow
def test_what_is_found_in_the_case_that_shows_most():
    together, scaling, shuffling = findings(four(0.1, BY_DIGIT), 0.1, BY_DIGIT)
    scaled, shuffled, both = (f"{accuracies(preset, 0.1, BY_DIGIT)[-1]:.1%}" for preset in (SCALED, SHUFFLED, BOTH))
    assert together.startswith("**Neither fix is enough alone**")
    assert f"{scaled} right with scaled inputs only, {shuffled} with the shuffle only, and {both} with both" in together
    assert f"{shuffled} right with raw pixels, {both} with scaled ones, both shuffled" in scaling
    assert "For raw pixels, η = 0.1 is far too large; try the notebook's 0.001." in scaling
    assert f"The shuffle is decisive**: {scaled} right without it, {both} with it, both with scaled inputs" in shuffling


@pytest.mark.slow
def test_with_the_lectures_eta_raw_pixels_start_faster_and_end_lower_and_scaled_ones_still_climb():
    for seed in (42, 1):
        raw, scaled = (accuracies(preset, 0.001, AS_IN_THE_FILE, seed) for preset in (AS_WRITTEN, SCALED))
        assert raw[1] > scaled[1] + 0.03, f"seed {seed}"
        assert scaled[10] > raw[10] + 0.01, f"seed {seed}"
        assert scaled[10] > scaled[8] + 0.005, f"seed {seed}"


@pytest.mark.slow
def test_only_scaled_inputs_bear_a_large_eta():
    assert accuracies(AS_WRITTEN, 0.1, AS_IN_THE_FILE)[-1] < 0.3
    assert accuracies(SCALED, 0.1, AS_IN_THE_FILE)[-1] > 0.9


@pytest.mark.slow
def test_raw_pixels_begin_flat_and_end_flat():
    assert flat_share(initial_network(30, 42, 255.0), INSPECTED) > 0.95
    assert flat_share(trained(AS_WRITTEN, 0.001, AS_IN_THE_FILE).network, INSPECTED) > 0.95
    assert flat_share(trained(SCALED, 0.001, AS_IN_THE_FILE).network, INSPECTED) < 0.2


@pytest.mark.slow
def test_what_is_found_with_the_lectures_eta():
    runs = four(0.001, AS_IN_THE_FILE)
    scaling, shuffling = findings(runs, 0.001, AS_IN_THE_FILE)
    raw, scaled = (accuracies(preset, 0.001, AS_IN_THE_FILE) for preset in (AS_WRITTEN, SCALED))
    assert f"in the end {raw[-1]:.1%} right with raw pixels, {scaled[-1]:.1%} with scaled ones, neither" in scaling
    assert "still climbing" in scaling and "can take η = 0.1" in scaling
    assert f"raw pixels were ahead, {raw[1]:.1%} against {scaled[1]:.1%}" in scaling
    assert "almost no difference" in shuffling and "sort the images by digit" in shuffling


@pytest.mark.slow
def test_sorted_images_show_what_the_shuffle_is_for():
    scaling, shuffling = findings(four(0.001, BY_DIGIT), 0.001, BY_DIGIT)
    assert "The shuffle is decisive" in shuffling and "hundreds of nines" in shuffling
    assert accuracies(BOTH, 0.001, BY_DIGIT)[-1] > accuracies(SCALED, 0.001, BY_DIGIT)[-1] + 0.3
    # The two that learnt anything are compared.
    assert f"{accuracies(SHUFFLED, 0.001, BY_DIGIT)[-1]:.1%} right with raw" in scaling


def test_a_finding_compares_two_finished_trainings():
    raw, scaled = a_run(0.1, 0.8, 0.9), a_run(0.1, 0.7, 0.95)
    (found,) = findings({AS_WRITTEN: raw, SCALED: scaled}, 0.001, AS_IN_THE_FILE)
    said = "**Scaling pays off**: in the end 90.0% right with raw pixels, 95.0% with scaled ones, neither shuffled."
    assert found.startswith(said)
    assert "raw pixels were ahead, 80.0% against 70.0%" in found
    (found,) = findings({AS_WRITTEN: scaled, SCALED: scaled}, 0.01, AS_IN_THE_FILE)
    assert "only 10 epochs, the accuracy doesn't show it" in found
    (found,) = findings({AS_WRITTEN: raw, SHUFFLED: scaled}, 0.001, AS_IN_THE_FILE)
    assert found == "**The shuffle**: 90.0% right without it, 95.0% with it, both with raw pixels."
    for presets in [(), (AS_WRITTEN,), (AS_WRITTEN, BOTH), (SCALED, SHUFFLED)]:
        assert findings(dict.fromkeys(presets, raw), 0.001, AS_IN_THE_FILE) == [], f"only {presets}"
    assert findings({AS_WRITTEN: raw, SCALED: replace(scaled, finished=False)}, 0.001, AS_IN_THE_FILE) == []


def test_a_training_that_diverged_is_said_to_have():
    runs = four(0.1, BY_DIGIT, AS_WRITTEN)
    assert runs[AS_WRITTEN].diverged
    assert "diverged<br>at 3.0" in results_html(runs, INSPECTED)


@pytest.mark.slow
def test_table_and_legend_say_what_the_curves_show():
    runs = four(0.001, AS_IN_THE_FILE, AS_WRITTEN)
    last = runs[AS_WRITTEN].history[-1]
    row = next(row for row in results_html(runs, INSPECTED).split("<tr>") if "As written" in row)
    assert f"<td>10</td><td>{last.test_accuracy:.1%}</td><td>{last.test_cost:.2f}</td><td>98% → 100%</td>" in row
    assert f"As written <b>{last.test_accuracy:.1%}</b>" in curves_legend(runs)
    assert curves_legend({}).count("<b>") == 1 and "nan" not in results_html({}, INSPECTED)


def test_the_charts_data_and_its_axes():
    point = Point(2.0, 1.0, 0.5, 1.0, 0.25)
    table = compared_data({"a": [replace(point, epoch=0.0), point]}, ["a", "b"], 3)
    assert table.column_names == ["epoch", "a", "b"]
    assert table["epoch"].to_pylist() == [0, 1, 2, 3]
    assert [value for value in table["a"].to_pylist() if not np.isnan(value)] == [0.25, 0.25]
    assert np.isnan(table["b"].to_numpy()).all()
    spec = compared_spec(["a", "b"], ["#000", "#fff"], 3, 300)
    assert spec["encoding"]["color"]["scale"] == {"domain": ["a", "b"], "range": ["#000", "#fff"]}
    assert spec["encoding"]["x"]["scale"]["domain"] == [0, 3]  # all epochs from the start, so that nothing moves
    assert spec["encoding"]["y"]["scale"]["domain"] == [0, 1]


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

    for i in range(20):
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


def over(page):
    """The presets whose training is over, by the table."""
    rows = html(page).split("<tbody>")[-1].split("<tr>")
    return [preset for preset in PRESETS for row in rows if f">{preset.name}<" in row and "<td>10</td>" in row]


def jobs_that_are_left():
    from nn.ui.state import job_holder

    assert not job_holder().bug_trainings  # their snapshots would stay in memory


@pytest.mark.slow
def test_one_click_trains_a_preset_and_leaves_the_visitors_network_alone(page):
    reveal(page)
    page.radio(key="bug_eta").set_value(0.001)
    page.radio(key="bug_order").set_value(AS_IN_THE_FILE).run()
    assert "Four learning curves" in html(page) and not over(page)
    page.button(key="bug_0").click().run()
    wait_until(page, lambda: over(page) == [AS_WRITTEN])
    page.button(key="bug_all").click().run()
    wait_until(page, lambda: over(page) == PRESETS)
    assert any("almost no difference" in text.value for text in page.markdown)
    assert training_of(page) is None
    assert not AppTest.from_function(jobs_that_are_left).run().exception
    page.radio(key="bug_order").set_value(BY_DIGIT).run()
    assert "Four learning curves" in html(page)  # each choice has curves of its own
    page.radio(key="bug_order").set_value(AS_IN_THE_FILE).run()
    assert over(page) == PRESETS


@pytest.mark.slow
def test_an_error_in_a_training_is_shown(page, monkeypatch):
    def broken(*inputs, **more):
        raise MemoryError("no room")

    reveal(page)
    with monkeypatch.context() as patch:
        patch.setattr("nn.job.train_slice", broken)
        page.button(key="bug_1").click().run()
        wait_until(page, lambda: page.error)
    assert "Inputs scaled" in page.error[0].value and "MemoryError: no room" in page.error[0].value
    page.radio(key="bug_eta").set_value(0.001).run()
    assert not page.error  # it was an error at another eta
    page.radio(key="bug_eta").set_value(0.1).run()
    assert page.error
    page.button(key="bug_1").click().run()
    wait_until(page, lambda: SCALED in over(page))
    assert not page.error


@pytest.mark.slow
def test_a_network_that_learnt_although_it_is_flat_is_recognized():
    assert any_learnt_flat([trained(AS_WRITTEN, 0.001, AS_IN_THE_FILE)], INSPECTED)
    assert not any_learnt_flat([trained(SCALED, 0.001, AS_IN_THE_FILE)], INSPECTED)
    assert not any_learnt_flat([trained(AS_WRITTEN, 0.1, AS_IN_THE_FILE)], INSPECTED)  # flat, and has learnt nothing


def what_a_visitor_does_who_leaves():
    from nn.ui.inside.step6_bugs import is_training, start
    from nn.ui.inside.step6_findings import AS_IN_THE_FILE, AS_WRITTEN, PRESETS
    from nn.ui.state import job_holder

    for preset in PRESETS:
        start(0.001, AS_IN_THE_FILE, preset)
    first = job_holder().bug_trainings[0.001, AS_IN_THE_FILE, AS_WRITTEN]
    start(0.001, AS_IN_THE_FILE, AS_WRITTEN)  # again
    assert is_training(None) and not first.active
    job_holder().stop()  # what Streamlit does when the tab is closed
    assert not is_training(None)


def test_the_trainings_end_when_the_visitor_leaves(page):
    assert not AppTest.from_function(what_a_visitor_does_who_leaves).run().exception
