"""The picture of the network: what it shows is what the network computes, and little enough to send at every stroke."""

import base64
import json
import re
from functools import cache
from itertools import product

import examples
import lecture
import numpy as np
import pytest
from examples import image

import nn
from nn import Network
from nn.ui.html import full_colour
from nn.ui.page.network_picture.data import MAX_UNITS, network_data

pytestmark = pytest.mark.filterwarnings("error")
HIDDEN = [0, 1, 30, 300, 1_000]
network_of = cache(examples.network_of)


def sent(network, image):
    """The text that goes to the browser; it fails if there is a NaN or an infinity, which JavaScript can't read."""
    return json.dumps(network_data(network, image), allow_nan=False)


def terms_of(network, image):
    """The terms of every hidden unit in every output (H, 10), and the net inputs of the outputs (10,)."""
    _, a_h, z_out, _ = lecture.forward(network.parameters, image.ravel())
    return np.array([a * row for a, row in zip(a_h, network.W_out)]), z_out


def pictures(text, dtype, n=1):
    """Pictures (n, 784) as the browser decodes them."""
    parts = [text] if isinstance(text, str) else text
    return np.frombuffer(b"".join(map(base64.b64decode, parts)), dtype).reshape(n, 784)


def test_at_most_thirty_units_are_sent_those_that_count_most_for_the_digit_read():
    for n_hidden in HIDDEN:
        network, what = network_of(n_hidden), f"{n_hidden} hidden units"
        text = sent(network, image())
        data, n = json.loads(text), min(n_hidden or 10, 30)
        assert len(text) < 40_000, what
        assert [len(data[name]) for name in ("units", "z", "a", "terms")] == [n] * 4, what
        assert data["units"] == sorted(set(data["units"])) and data["n_hidden"] == n_hidden
        if n_hidden > n:
            terms, z_out = terms_of(network, image())
            strength = np.abs(terms[:, z_out.argmax()])
            assert strength[data["units"]].min() > np.delete(strength, data["units"]).max(), what
    digit = nn.load_mnist().X_test[0].reshape(28, 28) / 255
    assert len(sent(nn.load_pretrained(), digit)) < 40_000


def test_the_units_terms_and_the_bias_make_up_the_net_input_of_every_output():
    for n_hidden in HIDDEN:
        network = network_of(n_hidden)
        data, (terms, z_out) = network_data(network, image()), terms_of(network, image())
        shown = np.array(data["terms"])
        rounding = 0.005 * (len(shown) + 1) + 1e-9
        total = shown.sum(axis=0) + data["others"] + network.b_out
        assert total == pytest.approx(z_out, abs=rounding), f"{n_hidden} hidden units"
        assert data["digit"] == z_out.argmax() and data["outputs"] == pytest.approx(lecture.sigmoid(z_out), abs=0.00051)
        if n_hidden:
            assert shown == pytest.approx(terms[data["units"]], abs=0.0051), f"{n_hidden} hidden units"


@pytest.mark.parametrize("n_hidden", [0, 300])
def test_the_units_have_their_activations_and_their_weights_in_full_colour(n_hidden):
    """Without a hidden layer, the ten outputs are the units, and each adds only to itself."""
    network = network_of(n_hidden)
    data = network_data(network, image())
    z_h, a_h, z_out, a_out = lecture.forward(network.parameters, image().ravel())
    assert pictures(data["image"], np.uint8)[0] == pytest.approx(255 * image().ravel(), abs=0.51)
    z, a, W = (z_h, a_h, network.W_h) if n_hidden else (z_out, a_out, network.W_out)
    assert data["z"] == pytest.approx(z[data["units"]], abs=0.0051)
    assert data["a"] == pytest.approx(a[data["units"]], abs=0.00051)
    weights = W.T[data["units"]]
    drawn = pictures(data["weights"], np.int8, MAX_UNITS if n_hidden else 10)
    assert drawn == pytest.approx(np.clip(127 * weights / full_colour(weights), -127, 127), abs=0.51)
    assert drawn.max() == 127 and drawn.min() == -127
    if not n_hidden:
        assert data["units"] == list(range(10)) and data["others"] == [0] * 10 and data["a"] == data["outputs"]
        assert not (np.array(data["terms"]) - np.diag(np.diagonal(data["terms"]))).any()


def test_without_a_drawing_everything_is_dark_but_the_weights():
    for n_hidden in HIDDEN:
        network = network_of(n_hidden)
        data = json.loads(sent(network, None))
        assert data["digit"] is None and data["outputs"] == [0] * 10, f"{n_hidden} hidden units"
        assert not any(data["a"]) and not np.any(data["terms"]), f"{n_hidden} hidden units"
        assert not pictures(data["image"], np.uint8).any()
        assert pictures(data["weights"], np.int8, len(data["units"])).any(axis=1).all(), f"{n_hidden} hidden units"


def test_the_words_name_the_digit_read_and_what_counts_most():
    def words(n_hidden, image):
        return network_data(network_of(n_hidden), image)["words"]

    for n_hidden in (1, 30, 1_000):
        terms, z_out = terms_of(network_of(n_hidden), image())
        digit = z_out.argmax()
        strongest = np.abs(terms[:, digit]).argmax()
        term = f"{terms[strongest, digit]:+.2f}".replace("-", "−")
        said = words(n_hidden, image())
        assert f"the network reads {digit}: its output is {lecture.sigmoid(z_out[digit]):.2f}; " in said
        assert f"most important: unit {strongest} ({term})" in said and len(re.findall(r"unit \d", said)) == min(
            n_hidden, 3
        )
    assert words(0, image()) == "With no hidden layer, the network reads 8: its output is 0.99."
    for n_hidden, layer in [(0, "no hidden layer"), (1, "1 hidden unit"), (1_000, "1,000 hidden units")]:
        assert words(n_hidden, image()).startswith(f"With {layer}, the network reads")
        assert words(n_hidden, None) == f"The network, with {layer}, waits for a drawing."


def test_a_network_that_is_about_to_diverge_or_has_no_weights_yet_can_still_be_drawn():
    white = np.ones((28, 28))
    for n_hidden, dtype in product([0, 1, 300], [np.float32, np.float64]):
        for factor in (0.0, 1e4, 1e29):  # 1e4: every sigmoid is saturated
            arrays = (dtype(factor) * array for array in network_of(n_hidden, dtype).parameters)
            data = json.loads(sent(Network(*arrays, pixel_max=255.0), white))
            what = f"{n_hidden} hidden units, {dtype.__name__}, times {factor}"
            assert 0 <= data["digit"] <= 9 and max(data["outputs"]) == (1 if factor else 0.5), what
