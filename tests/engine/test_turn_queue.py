"""The queue serves by priority and then in order of arrival, so all trainings move; background work comes last."""

import pytest

from nn.engine.turn_queue import Priority, TurnQueue


def holders(turns):
    return [name for name, turn in turns.items() if turn.done() and not turn.cancelled()]


def test_turns_come_in_the_order_of_arrival_so_a_long_training_holds_up_nobody():
    """However many slices one takes: between two of its turns, each of the others has one."""
    queue, order = TurnQueue(), []
    turns = {name: queue.enter() for name in ("long", "short", "other")}
    assert turns["long"].done() and not turns["short"].done() and len(queue) == 2
    for n_served in range(1, 31):
        (name,) = holders(turns)
        assert queue.n_served == n_served
        order.append(name)
        queue.leave(turns[name])
        turns[name] = queue.enter()  # for its next slice
    assert order == ["long", "short", "other"] * 10


def test_there_are_as_many_holders_as_places():
    places = [3]
    queue = TurnQueue(lambda: places[0])
    turns = {name: queue.enter() for name in "abcde"}
    assert holders(turns) == ["a", "b", "c"]
    places[0] = 1  # workers were lost: the next one waits until there is a place
    queue.leave(turns.pop("a"))
    queue.leave(turns.pop("b"))
    assert holders(turns) == ["c"]
    places[0] = 2
    queue.leave(turns.pop("c"))
    assert holders(turns) == ["d", "e"]


def test_the_first_slice_of_a_new_training_comes_next_and_background_work_last():
    queue = TurnQueue()
    turns = {"sweep": queue.enter(), "another sweep": queue.enter(Priority.BACKGROUND)}
    turns |= {"a": queue.enter(), "b": queue.enter()}
    turns |= {"new": queue.enter(Priority.FIRST), "newer": queue.enter(Priority.FIRST)}
    queue.leave(turns["sweep"])
    turns["sweep"] = queue.enter(Priority.BACKGROUND)
    queue.leave(turns["new"])
    turns["new"] = queue.enter()
    order = []
    while found := holders(turns):
        order += found
        queue.leave(turns.pop(found[0]))
        if found == ["a"]:
            turns["late"] = queue.enter()
    assert order == ["newer", "a", "b", "new", "late", "another sweep", "sweep"] and len(queue) == 0


def test_a_turn_that_is_cancelled_or_fails_keeps_nobody_waiting():
    queue = TurnQueue()
    turns = {name: queue.enter() for name in "abcd"}
    assert turns["b"].cancel() and len(queue) == 2
    queue.leave(turns["c"])  # before it has come
    queue.leave(turns["b"])  # does nothing: it has never come
    assert holders(turns) == ["a"] and turns["c"].cancelled() and len(queue) == 1
    queue.leave(turns.pop("a"))
    assert holders(turns) == ["d"]
    assert not turns["d"].cancel()  # too late: what it computes still needs the place
    assert holders(turns) == ["d"]
    queue.leave(turns["d"])
    queue.leave(turns["d"])  # twice is once
    with pytest.raises(KeyError), queue.turn():
        raise KeyError
    next_one, another = queue.enter(), queue.enter()
    assert next_one.done() and not another.done()
