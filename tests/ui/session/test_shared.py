"""What all visitors share: each made once, and kept for as long as it is needed."""

import gc
import itertools
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import streamlit as st
from examples import completed
from waiting import wait_until

from nn import DataError, Recipe
from nn.images.drawing_set import DrawingSet
from nn.ui.session import shared
from nn.ui.session.shared import LATEST_SETS, mnist, offers_openml, once, scheduler, training_set

# More kinds of images than stay if nobody uses them.
KINDS = [
    Recipe(n_images=n, preparation="normalized", distorted=distorted)
    for n, distorted in itertools.product((100, 500, 1_000, 2_000), (False, True))
]


def test_threads_that_ask_for_the_same_at_the_same_time_wait_for_one_computation():
    computed, go_on = [], threading.Event()

    @once
    def slow(number):
        computed.append(number)
        return go_on.wait(60) and object()

    with ThreadPoolExecutor(5) as pool:
        same = [pool.submit(slow, 1) for _ in range(4)]
        other = pool.submit(slow, 2)  # doesn't wait for the first
        wait_until(lambda: len(computed) == 2)
        go_on.set()
        assert len({one.result() for one in same}) == 1 and other.result() is slow(2) is not slow(1)
    assert sorted(computed) == [1, 2]
    slow.clear()
    assert slow(1) is not same[0].result()


def test_an_error_is_not_kept():
    errors = [OSError()]

    @once
    def unlucky():
        if errors:
            raise errors.pop()

    with pytest.raises(OSError):
        unlucky()
    assert unlucky() is None


def test_nothing_of_all_visitors_is_lost_when_streamlits_cache_is_emptied():
    before = scheduler(), mnist("bundled")
    st.cache_resource.clear()
    assert scheduler() is before[0] and mnist("bundled") is before[1]


def test_training_sets_live_as_long_as_somebody_uses_them_and_the_latest_a_little_longer():
    assert len(KINDS) > LATEST_SETS
    used = [training_set(recipe) for recipe in KINDS]
    assert all(training_set(recipe) is images for recipe, images in zip(KINDS, used))
    assert training_set(KINDS[0]) is training_set(Recipe(5, 1.0, n_images=100, preparation="normalized"))
    known = [weakref.ref(images) for images in used]
    del used
    gc.collect()
    assert sum(images() is not None for images in known) == LATEST_SETS
    assert known[0]() is not None, "it was asked for last"


def test_a_drawing_set_uses_the_images_beside_its_drawings_even_when_it_is_complete(monkeypatch):
    monkeypatch.setattr("nn.images.drawing_set.COPIES", 1)
    recipe = Recipe(n_images=100)
    drawings = completed(DrawingSet([np.ones((9, 9))], [1], training_set(recipe)))
    beside = weakref.ref(training_set(recipe))
    for other in KINDS:
        training_set(other)
    gc.collect()
    assert training_set(recipe) is beside() is not None and drawings.mnist is not None


def test_visitors_who_ask_at_the_same_time_share_a_training_set():
    recipe = Recipe(n_images=100, is_sorted=True)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(training_set, 50 * [recipe]))) == 1


@pytest.mark.parametrize(
    "setting, memory, offers",
    [
        ("yes", 1e9, True),
        ("True", 1e9, True),
        ("no", 1e12, False),
        ("0", 1e12, False),
        ("", 1e9, False),
        ("", 8e9, True),
    ],
)
def test_openmls_images_are_offered_if_the_operator_or_else_the_memory_allows_it(monkeypatch, setting, memory, offers):
    monkeypatch.setenv("NN_OPENML", setting)
    monkeypatch.setattr(shared.executors, "available_memory", lambda: memory)
    assert offers_openml() is offers
    if not offers:
        with pytest.raises(DataError, match="not offered here"):
            mnist("openml")
