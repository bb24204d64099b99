"""A training in slices that can be computed anywhere: in this process or in another one, on this machine or not."""

import time

from ..training import train


def train_slice(arrays, recipe, state, seconds, until=None, one_moment=False):
    """Train from a TrainingState for about this many seconds, which large batches may exceed.

    Returns the TrainingStates that were measured and the latest one, in order; whether the training is over; and the
    seconds that it took. Slice after slice brings the states that train() yields.

    arrays : tuple (X_train, y_train, X_test, y_test); these, recipe, state and until are as for train()
    one_moment : bool, whether to end where the state is measured for the first time, once it has learnt something
    """
    began, seen, states, later = time.perf_counter(), state.images_seen, [], state
    for later in train(recipe, *arrays, state=state, slice_seconds=seconds / 2, until=until):
        if len(later.history) > len(state.history):
            states.append(later)
            state = later
        time_is_up = time.perf_counter() - began >= seconds and later.images_seen > seen
        if later.finished or time_is_up or (states and one_moment and later.images_seen > seen):
            break
    over = later.finished or (until is not None and later.images_seen >= until)
    if not states or states[-1] is not later:
        states.append(later)
    return tuple(states), over, time.perf_counter() - began
