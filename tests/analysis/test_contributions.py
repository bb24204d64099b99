"""Weighted sums taken apart: the terms add up to what forward computes, whatever the network."""

from dataclasses import replace

import numpy as np
import pytest

import nn
from nn.analysis.contributions import WeightedSum, hidden_sum, output_sum, top_k_by_magnitude, top_k_of_each_sign
from nn.network import forward, initial_network

IMAGE = np.random.default_rng(0).random((1, 784)) * (np.arange(784) % 3 == 0)
NETWORKS = {
    "hidden units": initial_network(30, seed=1),
    "no hidden unit": initial_network(0, seed=2),
    "raw pixels": initial_network(7, seed=3, pixel_max=255.0),
    "the pre-trained one": nn.load_pretrained(),
}


def test_a_sum_by_hand():
    by_hand = WeightedSum(np.array([1.0, 0.5, 0.0]), np.array([2.0, -6.0, 9.0]), bias=0.25, z=-0.75, a=0.3)
    assert by_hand.terms.tolist() == [2, -3, 0]
    assert by_hand.running.tolist() == [0, 2, -1, -1]
    assert by_hand.running[-1] + by_hand.bias == by_hand.z


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_the_terms_add_up_to_what_forward_computes(network):
    X = network.inputs(IMAGE)
    z_h, a_h, z_out, a_out = forward(network, X)
    sums = [(hidden_sum(network, X, j), z_h[0, j], a_h[0, j]) for j in range(0, network.n_hidden, 29)]
    sums += [(output_sum(network, X, k), z_out[0, k], a_out[0, k]) for k in range(10)]
    for one, z, a in sums:
        assert (one.z, one.a) == (z, a)
        assert one.running[-1] + one.bias == pytest.approx(z, rel=1e-5, abs=1e-4 if z.dtype == np.float32 else 1e-10)
        assert len(one.running) == len(one.inputs) + 1
    assert np.array_equal(sums[-1][0].inputs, a_h[0] if network.n_hidden else X[0])


def test_a_hidden_units_term_is_what_is_missing_when_it_is_switched_off():
    network = NETWORKS["hidden units"]
    X, unit, digit = network.inputs(IMAGE), 4, 8
    W_out = network.W_out.copy()
    W_out[unit] = 0  # nothing of it is passed on
    without = forward(replace(network, W_out=W_out), X).z_out[0, digit]
    added = output_sum(network, X, digit).terms[unit]
    assert abs(added) > 1e-3
    assert forward(network, X).z_out[0, digit] - without == pytest.approx(added)


def test_the_strongest_of_all_and_of_each_sign():
    values = np.array([1.0, -5.0, 0.0, 3.0, -2.0])
    assert top_k_by_magnitude(values, 3).tolist() == [1, 3, 4]
    up, down = top_k_of_each_sign(values, 2)
    assert up.tolist() == [3, 0] and down.tolist() == [1, 4]
    up, down = top_k_of_each_sign(np.array([0.0, 2.0]), 5)
    assert up.tolist() == [1] and down.tolist() == []
