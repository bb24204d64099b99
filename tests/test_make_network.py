"""The training of the pre-trained network: it learns digits and non-digits, and one seed gives one network."""

import sys

import numpy as np
import pytest
from make_network import main, pretrain, side_by_side

from nn import load_mnist, load_network
from nn.images import NON_DIGIT
from nn.network import forward, initial_network, onehot

pytestmark = pytest.mark.trains


@pytest.fixture(scope="module")
def images():
    mnist = load_mnist()
    return mnist.X_train[:300], mnist.y_train[:300]


def trained(X, y, **recipe):
    *_, last = pretrain(X, onehot(y), **{"n_hidden": 20, "epochs": 100, "seed": 1, **recipe})
    return last.network


def test_a_few_digits_are_learnt_by_heart(images):
    X, y = images
    network = trained(X, y, preparation="normalized")
    assert (network.predict(X) == y).mean() > 0.97
    assert network.W_h.dtype == np.float32 and network.preparation == "normalized"


@pytest.mark.slow
def test_all_ten_outputs_learn_to_be_small_for_a_non_digit(images):
    X, y = images
    outputs = trained(np.concatenate([X, 255 - X]), np.concatenate([y, np.full(300, NON_DIGIT)])).predict_proba
    assert outputs(X).max(axis=1).mean() > 0.8
    assert outputs(255 - X).max(axis=1).mean() < 0.1


def test_every_epoch_has_its_own_network_and_the_seed_decides_it(images):
    first, again, other = (
        list(pretrain(images[0], onehot(images[1]), n_hidden=5, epochs=3, seed=seed)) for seed in (1, 1, 2)
    )
    assert [epoch.number for epoch in first] == [1, 2, 3]
    assert not np.array_equal(first[0].network.W_h, first[2].network.W_h)
    assert np.array_equal(first[2].network.W_h, again[2].network.W_h)
    assert not np.array_equal(first[2].network.W_h, other[2].network.W_h)


def test_networks_side_by_side_answer_with_the_average_of_their_net_inputs(images):
    X = images[0] / 255
    networks = [initial_network(n_hidden, seed) for n_hidden, seed in ((5, 1), (7, 2), (5, 3))]
    together = side_by_side(networks)
    assert together.n_hidden == 17
    average = np.mean([forward(network, X).z_out for network in networks], axis=0)
    assert np.allclose(forward(together, X).z_out, average, atol=1e-12)


@pytest.mark.slow
def test_the_program_makes_a_network_file_and_refuses_nonsense_in_a_sentence(tmp_path, capsys, monkeypatch):
    small = load_mnist().first(100)
    monkeypatch.setattr("make_network.load_mnist", lambda source: small)
    out = tmp_path / "net.npz"
    assert main(["--hidden", "5", "--networks", "2", "--epochs", "1", "--copies", "1", "--out", str(out)]) == 0
    assert load_network(out).preparation == "normalized" and load_network(out).n_hidden == 10
    assert "2,000 held-out images" in capsys.readouterr().out.splitlines()[-1]
    for wrong in ["--hidden", "0"], ["--copies", "-1"], ["--out", str(tmp_path)]:
        assert main(["--out", str(out), *wrong]) == 2
        assert capsys.readouterr().err.startswith("error: ")
    assert main(["--hidden", "1251", "--networks", "4", "--out", str(out)]) == 2
    assert "More than 5,000 hidden units" in capsys.readouterr().err


def test_the_usual_network_is_small_enough_to_be_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr("make_network.load_mnist", lambda source: sys.exit("it has begun"))
    with pytest.raises(SystemExit, match="it has begun"):
        main(["--out", str(tmp_path / "net.npz")])
