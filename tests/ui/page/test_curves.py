"""The learning curves: their data, their axes, and their course in words."""

from itertools import product

import numpy as np
import pytest

from nn.analysis.evaluation import Point
from nn.ui.charts import MAX_POINTS, images_axis
from nn.ui.charts.curves import IMAGES, PREVIOUS, TRAINING, UNSEEN, curve_in_words, curves_data, curves_spec, log_limits

HISTORY = (Point(0.0, 7.25, 0.11, 7.5, 0.1), Point(0.5, 1.5, 0.75, 1.75, 0.7), Point(1.0, 0.6, 0.92, 0.75, 0.9))
GHOST = (Point(0.0, 8.0, 0.05, 8.5, 0.06), Point(2.0, 3.0, 0.5, 3.5, 0.4))


def curve(table, name):
    """The points of a curve in the data of a chart: pairs (images seen, value)."""
    _, *columns = (column.to_pylist() for column in table.columns)
    return [place for place, of in zip(zip(*columns), table["curve"].to_pylist()) if of == name]


def test_the_data_are_the_points_of_the_history_over_the_images_seen():
    costs, accuracies = (curves_data(HISTORY, 8_000, quantity) for quantity in ("cost", "accuracy"))
    assert costs.column_names == ["curve", IMAGES, "cost"] and accuracies.column_names == ["curve", IMAGES, "accuracy"]
    assert curve(costs, TRAINING) == [(0, 7.25), (4_000, 1.5), (8_000, 0.6)]
    assert curve(costs, UNSEEN) == [(0, 7.5), (4_000, 1.75), (8_000, 0.75)]
    assert curve(accuracies, TRAINING) == [(0, 0.11), (4_000, 0.75), (8_000, 0.92)]
    assert curve(accuracies, UNSEEN) == [(0, 0.1), (4_000, 0.7), (8_000, 0.9)]
    assert curve(accuracies, PREVIOUS) == []
    table = curves_data(HISTORY, 8_000, "accuracy", GHOST, 500)  # with the previous training, which had 500 images
    assert curve(table, PREVIOUS) == [(0, 0.06), (1_000, 0.4)]
    for name in (TRAINING, UNSEEN):
        assert curve(table, name) == curve(accuracies, name)


def test_a_long_training_has_no_more_points_than_can_be_seen_and_ends_where_it_is():
    history = [Point(float(epoch), 1.0, 0.5, 1.0, epoch / 1_000) for epoch in range(1_000)]
    held_out = curve(curves_data(history, 100, "accuracy", history, 100), UNSEEN)
    assert len(held_out) == MAX_POINTS
    assert held_out[0] == (0, 0) and held_out[-1] == (99_900, 0.999)


def test_without_held_out_images_their_curve_has_no_values():
    history = [Point(0.0, 7.0, 0.1, None, None), Point(1.0, 1.0, 0.9, None, None)]
    table = curves_data(history, 100, "cost")
    assert curve(table, TRAINING) == [(0, 7), (100, 1)] and np.isnan([cost for _, cost in curve(table, UNSEEN)]).all()
    assert log_limits(history) == (0.1, 10)


def test_the_charts_are_not_rebuilt_while_the_curves_grow_within_the_same_limits():
    def charts(history):
        return [curves_spec(quantity, 8_000, 30, True, 130, log_limits(history)) for quantity in ("accuracy", "cost")]

    before = charts(())
    assert all(charts(HISTORY[:n]) == before for n in range(len(HISTORY) + 1)) and charts([*HISTORY, *GHOST]) == before
    low, high = (charts([*HISTORY, Point(2.0, cost, 0.9, 0.5, 0.9)]) for cost in (0.09, 10.5))
    assert low[0] == high[0] == before[0]
    domains = [spec["layer"][0]["encoding"]["y"]["scale"]["domain"] for _, spec in (before, low, high)]
    assert domains == [[0.1, 10], [0.01, 10], [0.1, 100]]


def test_the_cost_has_a_tick_at_each_power_of_ten_even_if_it_is_absurd_or_0():
    costs = [0.0, 1e-300, 0.05, 3e20]
    low, high = log_limits([Point(float(epoch), cost, 0.5, None, None) for epoch, cost in enumerate(costs)])
    assert low == pytest.approx(1e-9) and high == pytest.approx(1e21)
    ticks = curves_spec("cost", 100, 1, False, 130, (low, high))["layer"][0]["encoding"]["y"]["axis"]["values"]
    assert np.log10(ticks) == pytest.approx(np.arange(-9, 22))


def test_the_course_in_words_is_that_of_the_held_out_images():
    assert curve_in_words(HISTORY, 8_000, "accuracy") == (
        "Accuracy on unseen images: 10.0% at first, 70.0% after 4,000 images, 90.0% after 1 epoch."
    )
    long = [Point(float(epoch), 1.0, 0.5, 1 / (1 + epoch), 0.5) for epoch in range(51)]
    words = curve_in_words(long, 1_000, "cost")
    assert words.count(" after ") == 5  # and the untrained network
    assert words.startswith("Cost on unseen images: 1.000 at first, ") and words.endswith("0.020 after 50 epochs.")


@pytest.mark.parametrize("logarithmic", [True, False])
def test_the_ticks_are_few_and_in_order_and_begin_at_0(logarithmic):
    n_images = 1, 2, 3, 24, 100, 270, 999, 1_000, 8_000, 21_600, 60_000, 162_000
    for n, epochs in product(n_images, [*range(1, 101), 999, 1_000, 3_999, 10_000]):
        axis = images_axis(IMAGES, n, epochs, logarithmic)
        what, ticks, end = f"{n} images, {epochs} epochs", axis["axis"]["values"], n * epochs
        assert axis["scale"]["domain"] == [0, end], what
        assert ticks == sorted(set(ticks)) and ticks[0] == 0 and ticks[-1] <= end and 2 <= len(ticks) <= 12, what
        assert all(tick % n == 0 for tick in ticks if tick > n), f"{what}: whole epochs after the first"
        if logarithmic:
            early = [tick for tick in ticks if 0 < tick < n]
            assert early == [10**exponent for exponent in range(len(early))], what
            assert axis["scale"]["type"] == "symlog" and {n, end} <= set(ticks), what
        else:
            (step,) = set(np.diff(ticks))
            assert "type" not in axis["scale"] and end - ticks[-1] < step, what


def test_the_ticks_of_usual_trainings():
    assert images_axis(IMAGES, 8_000, 30, True)["axis"]["values"] == [0, 1, 10, 100, 1_000, 8_000, 240_000]
    assert images_axis(IMAGES, 1_000, 30, False)["axis"]["values"] == list(range(0, 30_001, 5_000))
