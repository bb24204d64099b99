"""Look inside, 5 Backward: its pieces, and the page with it."""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from examples import by_hand, image, network_of
from script import SEVEN, cells, choose, draw, give, html, html_with, looked_at, part, pills, words

import nn
from nn.analysis.image_gradients import finite_differences, gradient_descent, inspect_image
from nn.network import Network
from nn.ui.inside import step5_check as check
from nn.ui.inside import step5_tables as tables
from nn.ui.numbers import amount, power_of_ten, short
from nn.ui.session.current_image import DrawingPart

SURE_OF_4 = replace(network_of(30), b_out=np.where(np.arange(10) == 4, 30.0, -30.0))

# The pieces


def test_numbers_are_short_and_have_a_real_minus_sign():
    numbers = 0.0, -0.0, 1.0, -0.0007, -0.999998, -0.26894, 255.0, 1234.5, -2e-7, 1e-5
    texts = "0", "0", "1.00", "−0.000700", "−1.00", "−0.269", "255", "1.23·10³", "−2.00·10⁻⁷", "1.00·10⁻⁵"
    assert tuple(short(x) for x in numbers) == texts
    assert [power_of_ten(-13), amount(3e29)] == ["10⁻¹³", "3.0·10²⁹"]


def test_the_tables_of_the_case_worked_by_hand():
    one = by_hand()
    outputs = cells(tables.outputs_table(one))
    assert outputs[0] == ["0", "0.5000", "0", "0.500", "0.693"]
    assert outputs[3] == ["3", "0.7311", "1", "−0.269", "0.313"]
    assert outputs[-1][-1] == short(one.cost) == "6.55"
    assert "<b>−0.269</b>" in tables.outputs_table(one) and "<b>0.500</b>" not in tables.outputs_table(one)
    unit = cells(tables.unit_table(one, 0))
    assert unit[3] == ["3", "−0.269", "2.00", "−0.538"] and unit[4] == ["4", "0.500", "0", "0"]
    assert [row[-1] for row in unit[10:]] == ["−0.538", "0.250", "−0.134"]
    assert cells(tables.strongest_table(one)) == [["0", "−0.538", "0.500", "0.250", "−0.134"]]
    assert cells(tables.shapes_table(one))[0] == ["∂J/∂Wh", "784 × 1", "783", "0.134"]
    words = tables.words_on_slopes(one)
    assert "0 of the 1 hidden units are saturated" in words and "25.0% through" in words
    assert "weights of unit 0, from −0.134 to 0" in tables.gradient_pictures(one)
    assert "−0.13<i" in tables.strip_of_units(one) and ">+0.13<" in tables.strip_of_units(one)


def test_the_strongest_units_come_first_and_are_capped():
    one = inspect_image(network_of(300), image(), 4)
    rows = cells(tables.strongest_table(one))
    assert len(rows) == tables.STRONGEST and int(rows[0][0]) == np.abs(one.delta_h).argmax()
    assert tables.gradient_pictures(one).count("<img") == 1 + tables.SHOWN
    assert "the first 30 of the 300 hidden units" in tables.w_out_table(one)
    W_out = np.where(np.arange(30)[:, None] < 3, 1, 1e-4) * network_of(30).W_out  # hardly any error gets to the others
    network = replace(network_of(30), W_out=W_out)
    assert tables.gradient_pictures(inspect_image(network, image(), 4)).count("<img") == 1 + 3
    few = inspect_image(network_of(2), image(), 4)
    assert len(cells(tables.strongest_table(few))) == 2 and tables.gradient_pictures(few).count("<img") == 3
    assert "each of the hidden units" in tables.w_out_table(few)
    html = tables.gradient_pictures(inspect_image(network_of(0), image(), 4))  # a picture for every digit
    assert html.count("<img") == 11 and "digit 9" in html and "unit" not in html


def test_words_on_slopes_say_when_the_gradient_vanishes_and_when_there_is_no_error():
    network = network_of(30)
    words = tables.words_on_slopes(inspect_image(network, image(), 4))
    assert "vanishes" not in words and "made up its mind" not in words
    saturated = replace(network, b_h=network.b_h + 30)
    words = tables.words_on_slopes(inspect_image(saturated, image(), 4))
    assert "30 of the 30 hidden units are saturated" in words and "The gradient vanishes" in words
    assert "made up its mind" in words
    raw = replace(saturated, pixel_max=255.0)
    assert "made up its mind" not in tables.words_on_slopes(inspect_image(raw, image(), 4))
    assert "try a wrong label" in tables.words_on_slopes(inspect_image(SURE_OF_4, image(), 4))


def test_words_on_a_step_say_what_it_did():
    one = inspect_image(network_of(30), image(), 4)
    for eta, steps, said in [
        (1e-4, 1, ["After 1 step J falls", "short enough"]),
        (0.1, 1, ["J falls", "the slope changed on the way"]),
        (1e-4, 20, ["After 20 steps J falls"]),
    ]:
        _, read, costs, _ = gradient_descent(one, eta, steps)
        words = tables.words_on_step(one, eta, read, costs)
        said = [*said, f"It read {read[0]}, and now reads <b>{read[-1]}</b>"]
        if short(costs[0]) != short(costs[-1]):
            said.append(f"{short(costs[0])} before, <b>{short(costs[-1])}</b>")
        assert all(part in words for part in said), f"eta {eta}, {steps} steps: {words}"


def test_words_on_a_step_that_made_it_worse_or_hardly_better():
    one, read = inspect_image(network_of(30), image(), 4), np.array([5, 5])
    words = tables.words_on_step(one, 0.1, read, np.array([1.0, 3.0]))
    assert "After 1 step J rises" in words and "It raised J by 2" in words and "η is too large" in words
    assert "J stays at 2.00. It" in tables.words_on_step(one, 0.1, read, np.array([2.0, 2.0]))
    costs = np.array([0.001112, 0.001112 - 3.46e-6])
    words = tables.words_on_step(inspect_image(SURE_OF_4, image(), 4), 0.1, [4, 4], costs)
    assert "J falls by 3.46·10⁻⁶, from 0.00111: there is hardly anything left to learn here" in words
    words = tables.words_on_step(inspect_image(SURE_OF_4, image(), 5), 1e-9, [4, 4], np.array([9.0, 9.0 - 1e-6]))
    assert "J falls by 1.00·10⁻⁶, from 9.00. It" in words  # not twice the same number


def test_words_on_the_other_images():
    assert "<b>98</b> right before, and <b>41</b> after" in tables.words_on_others(98, 41, 100)
    assert "spoils others" in tables.words_on_others(98, 41, 100)
    assert "these 100 show no harm" in tables.words_on_others(98, 98, 100)
    assert "may be chance" in tables.words_on_others(97, 98, 100)


def test_the_measured_slopes_in_a_table_and_in_words():
    one = by_hand()
    found = finite_differences(one, "b_out", (3,), check.WIDTHS)
    both = check.differences_table(one.delta_out[3], found)
    rows, costs = [cells(table) for table in both.split("</table>")[:2]]
    widths = [f"10{e}" for e in ["⁻¹", "⁻³", "⁻⁵", "⁻⁷", "⁻⁹", "⁻¹¹", "⁻¹³"]]
    assert [row[0] for row in rows] == [row[0] for row in costs] == widths
    digits = [int(row[2]) for row in rows]
    assert digits[2] >= 9 and digits[0] < digits[2] > digits[-1]  # best between the two errors
    assert rows[2][1].startswith("−0.26894142") and costs[0][1:] == [short(cost, 15) for cost in found[0][:2]]
    assert re.search(r"first (9|1\d) digits agree", check.words_on_differences(one.delta_out[3], found))
    black = finite_differences(one, "W_h", (0, 0), check.WIDTHS)
    assert "Both are exactly 0" in check.words_on_differences(0.0, black)
    assert "rounding" in check.words_on_differences(1e-20, black)


# The page


def meant(page):
    return pills(page, "meant_")


def wrong_label(page):
    """The button that tries the runner-up as the label."""
    return page.button(key="backward_wrong_label")


def cost_of(page):
    number, exponent = re.search(r"J = ([\d.]+)(?:·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?\*\*", words(page)).groups(default="⁰")
    return float(number) * 10.0 ** int(exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))


@pytest.mark.slow
def test_an_mnist_image_has_a_label_and_a_wrong_one_can_be_tried(page):
    choose(page, "5")
    mnist, network = nn.load_mnist(), nn.load_pretrained()
    X = nn.prepare_images(mnist.X_test[:1], network.preparation)
    label, before, runner_up = mnist.y_test[0], cost_of(page), int(network.predict_proba(X)[0].argsort()[-2])
    assert meant(page).value == label and not wrong_label(page).disabled
    assert f"the {runner_up} has the second-largest output" in html(page)
    wrong_label(page).click().run()
    assert meant(page).value == runner_up and f"The network reads {label} instead" in html(page)
    assert before < cost_of(page) == pytest.approx(inspect_image(network, X[0] / 255, runner_up).cost, rel=0.01)
    rows = cells(html_with(page, "The ten outputs, and what each adds to J"))
    assert rows[runner_up][2:4] == ["1", "−1.00"] and f"1 for the {runner_up}" in html(page)
    assert wrong_label(page).disabled  # a wrong label is there already
    meant(page).set_value(label).run()
    assert cost_of(page) == before and not wrong_label(page).disabled
    # The runner-up is found where outputs are rounded to 1, too.
    give(page, replace(network_of(30), b_out=np.array([1e4, 1e4, 1e4, 1e5, 1e4, 1e4, 1e6, 1e4, 1e4, 1e4])))
    meant(page).set_value(6).run()
    assert "the 3 has the second-largest output" in html(page)


@pytest.mark.slow
def test_a_drawing_counts_as_the_digit_read_until_the_visitor_says_what_it_is(page):
    choose(page, "5")
    draw(page, SEVEN)
    assert meant(page).value is None and "the digit that is read, 7, is used" in html(page)
    outputs = nn.load_pretrained().predict_proba(part(page, DrawingPart).prepared.image.reshape(1, -1))[0]
    wrong_label(page).click().run()
    assert meant(page).value == outputs.argsort()[-2] and f"1 for the {meant(page).value}" in html(page)
    meant(page).set_value(None).run()
    assert "the digit that is read, 7, is used" in html(page) and not wrong_label(page).disabled
    meant(page).set_value(1).run()
    assert "Nobody" not in html(page) and "1 for the 1" in html(page)
    pills(page, "label_").set_value(7).run()
    page.run()  # the fragment asks for the whole page
    assert meant(page).value == 7 and "1 for the 7" in html(page)
    draw(page, [(140, 40), (141, 240)])
    assert meant(page).value is None and "the digit that is read, 1, is used" in html(page)


def test_a_hidden_unit_and_a_weight_can_be_chosen(page):
    choose(page, "5")
    give(page, network_of(20))
    page.number_input(key="backward_unit_20").set_value(17).run()
    assert "Hidden unit 17, in full" in html(page)
    page.number_input(key="backward_W_h_row_28").set_value(0)
    page.number_input(key="backward_W_h_column_28").set_value(0).run()
    assert "row <b>0</b>, column <b>0</b>" in html(page) and "Both are exactly 0" in html(page)
    page.radio(key="backward_kind_True").set_value("b_out").run()
    page.number_input(key="backward_b_out_digit_10").set_value(4).run()
    assert "digit <b>4</b>" in html(page) and "digits agree." in html(page)
    give(page, network_of(0))
    assert "no hidden units" in words(page) and "Hidden unit" not in html(page)
    rows = cells(html_with(page, "The gradient has a number"))
    assert [row[:2] for row in rows] == [["∂J/∂Wout", "784 × 10"], ["∂J/∂bout", "10"]]
    page.number_input(key="backward_W_out_digit_10").set_value(9).run()
    assert "digit <b>9</b>" in html(page)


def test_steps_use_the_sidebars_eta_and_a_copy_of_the_network(page):
    choose(page, "5")
    wrong = (nn.load_mnist().y_test[0] + 3) % 10
    meant(page).set_value(wrong).run()
    reads = looked_at(page)
    page.slider(key="backward_steps").set_value(20).run()
    assert "After 20 steps J falls" in html(page) and f"now reads <b>{wrong}</b>" in html(page)
    right = [int(n) for n in re.search(r"reads <b>(\d+)</b> right before, and <b>(\d+)</b> after", html(page)).groups()]
    assert right[1] < right[0] > 95  # learnt by heart, and others forgotten
    page.select_slider(key="eta").set_value(0.001).run()
    assert "η = **0.001**" in words(page)
    assert looked_at(page) == reads


@pytest.mark.slow
def test_raw_pixels_and_huge_weights_show_no_nan(page):
    choose(page, "5")
    page.slider(key="backward_steps").set_value(100)
    for n_hidden, size in product((0, 1, 30), (1.0, 1e3, 1e29)):
        give(page, Network(*(array * size for array in network_of(n_hidden).parameters), pixel_max=255.0))
        for digit in (0, 3):
            case = f"{n_hidden} hidden units, weights times {size:g}, label {digit}"
            meant(page).set_value(digit).run()
            assert not page.exception and "After 100 steps" in html(page), case
            assert not re.search(r"\b(nan|inf)\b", html(page) + words(page)), case
