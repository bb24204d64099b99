"""The file that a browser keeps is small and comes back as it was; anything else that comes back is refused."""

import io
import json
import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from examples import network_of as example_network
from PIL import Image

from nn import Network, Recipe, save_network
from nn.analysis.evaluation import Point
from nn.engine.training import Training
from nn.files.arrays import Refused
from nn.files.drawings import MAX_LABELLED, OWN, LabelledDrawing, labelled_file
from nn.files.saved_work import (
    MAX_BYTES,
    MAX_TRAININGS_BYTES,
    N_KEPT,
    TRAININGS,
    SavedWork,
    network_of,
    pack,
    stored,
    unpack,
    with_kept,
)
from nn.files.sketches import Sketch
from nn.recipe import MAX_HIDDEN
from nn.training import TrainingState

SENTENCE = r"This .*\."
HISTORY = Point(0.0, 7.1, 0.1, 7.2, 0.09), Point(1.0, 1.5, 0.8, 1.6, 0.79), Point(2.0, 0.9, 0.9, 1.1, 0.88)


def kept_of(number, n_hidden=2, compact=True, network=None, **more):
    """A stored training of two epochs on 500 images."""
    network = network or example_network(n_hidden)
    how = {"scale": network.pixel_max == 1, "preparation": network.preparation}
    recipe = Recipe(network.n_hidden, epochs=2, n_images=500, **how)
    state = TrainingState(network, 500, 1_000, HISTORY, finished=True)
    return stored(Training(recipe, state, number=number, **more), compact)


def drawing(seed, label=7, noise=0):
    """A labelled drawing; with noise, the picture of its canvas has about that many kB."""
    rng = np.random.default_rng(seed)
    pixels = np.zeros((280, 280), np.uint8)
    pixels.flat[: noise * 1_000] = rng.integers(0, 256, noise * 1_000)
    pixels[0, 0] = seed % 256
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    objects = [{"type": "path", "path": [["L", 1.5, 2.0], ["L", float(seed), 4.0]]}]
    return LabelledDrawing(rng.integers(0, 256, (28, 28)) / 255, label, 1, OWN, Sketch(objects, file.getvalue()))


def mine():
    """The Yours of a visitor who trained three times and labelled two drawings."""
    second = kept_of(2, n_hidden=0, origin="opened from a file", is_mixed=True)
    second = replace(second, state=replace(second.state, diverged=True, began_trained=True, finished=False))
    return SavedWork(kept_of(3, compact=False), (kept_of(1), second), (drawing(1), drawing(2)))


def numbers(yours):
    return [kept.number for kept in yours.kept], yours.training and yours.training.number


def changed(file, change=lambda told: None, compression=zipfile.ZIP_DEFLATED, **members):
    """The file with its JSON changed in place, and other bytes for some members (None: without it)."""
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    told = json.loads(content[TRAININGS])
    change(told)
    content |= {TRAININGS: json.dumps(told).encode()} | {name.replace("_", "."): it for name, it in members.items()}
    new = io.BytesIO()
    with zipfile.ZipFile(new, "w", compression) as archive:
        for name, data in content.items():
            if data is not None:
                archive.writestr(name, data)
    return new.getvalue()


def assert_refused(file, what):
    """The only outcome is Refused with a sentence."""
    with pytest.raises(Refused) as refused:
        pytest.fail(f"{what} was accepted: {unpack(file)}")
    assert re.fullmatch(SENTENCE, str(refused.value)), f"{what}: {refused.value}"


# There and back


@pytest.mark.parametrize("parts", [(), ("training",), ("kept",), ("drawings",), ("training", "kept", "drawings")])
def test_everything_that_is_kept_comes_back(parts):
    everything = mine()
    before = SavedWork(None, (), ())._replace(**{part: getattr(everything, part) for part in parts})
    after = unpack(pack(before))
    assert numbers(after) == numbers(before)
    for old, new in zip(before.trainings, after.trainings, strict=True):
        assert (new.recipe, new.origin, new.is_mixed) == (old.recipe, old.origin, old.is_mixed)
        assert vars(new.state) == vars(old.state) and new.state.history == HISTORY
        assert all(map(np.array_equal, network_of(new).parameters, network_of(old).parameters))
    for old, new in zip(before.drawings, after.drawings, strict=True):
        assert np.array_equal(new.image, old.image) and new.sketch.png == old.sketch.png
        assert (new.label, new.answer, new.reader) == (old.label, old.answer, old.reader)
        assert np.array_equal(new.sketch.strokes, old.sketch.strokes)


@pytest.mark.parametrize("n_hidden", [0, 30])
@pytest.mark.parametrize("preparation, pixel_max", [("mnist", 255.0), ("normalized", 1.0), ("normalized", 255.0)])
def test_the_present_weights_are_exact_and_those_of_the_others_rounded_to_a_127th_of_the_largest(
    n_hidden, preparation, pixel_max
):
    network = example_network(n_hidden, preparation=preparation, pixel_max=pixel_max)
    exact, compact = (kept_of(number, network=network, compact=number == 2) for number in (1, 2))
    restored = unpack(pack(SavedWork(exact, (compact,), ())))
    for after in map(network_of, restored.trainings):
        assert (after.n_hidden, after.preparation, after.pixel_max) == (n_hidden, preparation, pixel_max)
    assert all(map(np.array_equal, network_of(restored.training).parameters, network.parameters))
    first = "W_h" if n_hidden else "W_out"
    weights, rounded = (getattr(one, first) for one in (network, network_of(restored.kept[0])))
    assert np.abs(rounded - weights).max() > 0
    assert (np.abs(rounded - weights) <= np.abs(weights).max(axis=0) / 127 / 2 * 1.01).all()
    assert len(compact.weights) < len(exact.weights) / (4 if n_hidden else 2)


# At most so much


def some(one, *numbers):
    """The same Kept training with each of these numbers."""
    return tuple(replace(one, number=number) for number in numbers)


def test_the_last_seven_trainings_stay_before_the_present_one():
    kept = ()
    for one in some(kept_of(1), *range(1, 11)):
        kept = with_kept(kept, one)
    assert [one.number for one in kept] == [4, 5, 6, 7, 8, 9, 10] and N_KEPT == 7


def test_large_trainings_push_out_others_before_the_present_one():
    """The pre-trained network after a lesson, rounded, takes nearly all room."""
    first, second = some(kept_of(1), 1, 2)
    large = replace(kept_of(3), weights=bytes(MAX_TRAININGS_BYTES))
    assert with_kept((first, second), large) == (large,) and with_kept((large, first), second) == (first, second)


def test_eight_large_trainings_and_many_drawings_fit_and_the_oldest_trainings_are_left_out_first():
    network = example_network(300)
    kept = some(kept_of(1, network=network), *range(1, 8))
    everything = SavedWork(kept_of(8, network=network, compact=False), kept, tuple(drawing(i) for i in range(60)))
    file = pack(everything)
    after = unpack(file)
    assert len(file) <= MAX_BYTES and numbers(after) == ([1, 2, 3, 4, 5, 6, 7], 8) and len(after.drawings) == 60
    less = len(file) - 2 * len(kept[0].weights)
    file = pack(everything, less)
    after = unpack(file)
    left, number = numbers(after)
    assert len(file) <= less and len(after.drawings) == 60
    assert number == 8 and left == list(range(8 - len(left), 8)) and 0 < len(left) < 7


def test_of_drawings_that_do_not_fit_the_latest_stay():
    drawings = tuple(drawing(i, noise=5) for i in range(30))
    file = pack(SavedWork(kept_of(2, n_hidden=1), (kept_of(1, n_hidden=1),), drawings), 60_000)
    after = unpack(file)
    assert len(file) <= 60_000 and numbers(after) == ([], 2) and 0 < len(after.drawings) < 30
    assert [one.sketch.png for one in after.drawings] == [one.sketch.png for one in drawings[-len(after.drawings) :]]


def test_a_file_of_the_most_drawings_and_one_more_can_still_be_read():
    first, others, last = drawing(1), drawing(2), drawing(3)
    after = unpack(pack(SavedWork(None, (), (first, *[others] * (MAX_LABELLED - 1), last))))
    assert len(after.drawings) == MAX_LABELLED
    assert [after.drawings[i].sketch.png for i in (0, -1)] == [others.sketch.png, last.sketch.png]


def test_the_largest_network_that_the_page_trains_stays_exact_while_there_is_room():
    network = example_network(MAX_HIDDEN)
    present = kept_of(8, network=network, compact=False)
    alone = unpack(pack(SavedWork(present, (), ()), MAX_TRAININGS_BYTES))
    assert all(map(np.array_equal, network_of(alone.training).parameters, network.parameters))
    others = some(kept_of(1, network=network), *range(1, 8))
    assert numbers(unpack(pack(SavedWork(present, others, ()), MAX_TRAININGS_BYTES)))[1] == 8


def test_a_network_larger_than_the_page_takes_is_refused_in_a_sentence():
    network = Network(np.zeros((784, 2_401)), np.zeros(2_401), np.zeros((2_401, 10)), np.zeros(10))
    with pytest.raises(Refused, match="This network has 2,401 hidden units: at most 2,400 are allowed here."):
        unpack(pack(SavedWork(kept_of(1, network=network), (), ())))


def test_a_large_present_network_is_rounded_before_anything_else_has_to_go():
    """Such as the pre-trained one after a lesson: in full it would leave no room for all else."""
    present = kept_of(8, 1_000, compact=False)
    after = unpack(pack(SavedWork(present, some(kept_of(1), *range(1, 8)), (drawing(1), drawing(2)))))
    assert numbers(after) == ([1, 2, 3, 4, 5, 6, 7], 8) and len(after.drawings) == 2
    assert network_of(after.training).n_hidden == 1_000 and len(after.training.weights) < len(present.weights) / 4


def test_a_network_that_does_not_fit_even_if_it_is_rounded_is_left_out():
    file = pack(SavedWork(kept_of(1, 30), (), ()), 5_000)
    assert len(file) <= 5_000 and numbers(unpack(file)) == ([], None)


# Refused


def set_in(*path, value):
    """A change of one value in the JSON."""

    def change(told):
        for key in path[:-1]:
            told = told[key]
        told[path[-1]] = value

    return change


ANY_TYPE = [None, True, -1, 0.5, "x", [7], {"a": 1}]
RECIPE, STATE, POINT = ("recipe",), ("state",), ("state", "history", 1)
INF, NAN = float("inf"), float("nan")
IMPOSSIBLE = {  # though of the right type
    ("number",): [0, -1, 2],  # 2 is there twice
    ("origin",): ["x" * 201],
    (*RECIPE, "source"): ["bundle", ""],
    (*RECIPE, "n_images"): [0, -500, 501, 8_000],  # 8,000: the training was on 500
    (*RECIPE, "distorted"): [True],  # that would be more images
    (*RECIPE, "more"): [1],
    (*RECIPE, "n_hidden"): [3, -1, 10**9],
    (*RECIPE, "eta"): [0.0, -1.0, NAN, INF, 10**400],
    (*RECIPE, "epochs"): [0, 10**9],
    (*RECIPE, "batch_size"): [0, 10**9],
    (*RECIPE, "seed"): [-1, 2**40],
    (*RECIPE, "scale"): [False],  # the network's white is 1
    (*RECIPE, "preparation"): ["normalized", "evened", ""],  # the network's is "mnist"
    STATE: [{}],
    (*STATE, "n_images"): [0, -1, 501, 500.0],
    (*STATE, "images_seen"): [-1, 999, 10**12, 1_000.0],  # 999: the history goes on to 1,000
    (*STATE, "history"): [[{}], [[0, 1, 2, 3, 4]]],
    (*POINT, "epoch"): [-1.0, 2.5, NAN, INF, 1e308],  # 2.5 would be after the next
    **{(*POINT, key): [-1.0, NAN, INF, 1e300, 10**400] for key in ("cost", "test_cost")},
    **{(*POINT, key): [-0.1, 1.1, NAN] for key in ("accuracy", "test_accuracy")},
}


def places(value, path=()):
    """Pairs (path, value) of a value in the JSON and of all that is in it."""
    yield path, value
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(one, (*path, key))


def test_a_value_of_another_type_or_one_that_is_impossible_is_refused():
    file, found = pack(mine()), []
    assert numbers(unpack(changed(file, found.append))) == numbers(mine()), "the change itself keeps everything"
    cases = [(path, wrong) for path, values in IMPOSSIBLE.items() for wrong in values]
    for path, value in places(found[0]["trainings"][0]):
        cases += [(path, wrong) for wrong in ANY_TYPE if type(wrong) is not type(value)]
    for path, wrong in cases:
        assert_refused(changed(file, set_in("trainings", 0, *path, value=wrong)), f"{path} = {wrong!r}")


def test_a_file_of_another_form_is_refused():
    file, bomb = pack(mine()), bytes(20_000_000)
    other = io.BytesIO()
    save_network(example_network(2, preparation="normalized"), other)
    for what, forged in {
        "nothing": b"",
        "text": b"hello",
        "too large": file + bytes(MAX_BYTES),
        "a network": kept_of(1).weights,
        "no list": changed(file, set_in("trainings", value=7)),
        "no JSON": changed(file, trainings_json=b"{"),
        "no letters": changed(file, trainings_json=b"\xff\xfe\xff"),
        "a list": changed(file, trainings_json=b"[]"),
        "deep": changed(file, trainings_json=b"[" * 1_000_000),
        "a bomb of JSON": changed(file, trainings_json=bomb),
        "a bomb of weights": changed(file, **{"0_npz": bomb}),
        "a bomb beside": changed(file, more=bomb),
        "no weights": changed(file, **{"0_npz": None}),
        "no trainings": changed(file, trainings_json=None),
        "a present one of none": changed(file, lambda told: told.update(trainings=[])),
        "the weights of another network": changed(file, **{"0_npz": other.getvalue()}),
        "drawings in the weights' place": changed(file, **{"0_npz": labelled_file([drawing(1)])}),
        "weights in the drawings' place": changed(file, drawings_npz=kept_of(1).weights),
        "an unknown compression": changed(file, compression=zipfile.ZIP_LZMA),
    }.items():
        assert_refused(forged, what)


def test_of_more_trainings_than_there_can_be_only_so_many_are_read():
    file = pack(mine())
    with_many = changed(file, lambda told: told["trainings"].extend([{"absurd": True}] * 5))
    assert_refused(with_many, "a training that is none")
    weights = {f"{i}_npz": kept_of(1).weights for i in range(20)}

    def twenty(told):
        told["trainings"] = [told["trainings"][0] | {"number": i + 1} for i in range(20)]

    after = unpack(changed(file, twenty, **weights))
    assert len(after.kept) + 1 == N_KEPT + 1


def test_every_changed_byte_ends_in_an_answer_or_a_refusal():
    """Bytes of headers, of the JSON and of the list at the end, and some of the weights; tests/fuzz.py tries more."""
    file = pack(SavedWork(kept_of(2, n_hidden=0), (kept_of(1, n_hidden=0),), (drawing(1),)))
    rng, outcomes = np.random.default_rng(0), {"read": 0, "refused": 0}
    tried = {*range(0, len(file), 499), *range(0, 400, 5), *range(len(file) - 600, len(file), 5)}
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        tried.update(*(range(one.header_offset, one.header_offset + 60, 2) for one in archive.infolist()))
    for place in sorted(tried):
        damaged = bytearray(file)
        damaged[place] ^= int(rng.integers(1, 256))
        try:
            assert isinstance(unpack(bytes(damaged)), SavedWork)
            outcomes["read"] += 1
        except Refused as error:
            assert re.fullmatch(SENTENCE, str(error)), f"byte {place}: {error}"
            outcomes["refused"] += 1
    assert outcomes["refused"] > len(tried) / 2, outcomes
