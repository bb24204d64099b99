"""The gate's lines: first come, first served; background work comes last; and a forecast comes true."""

import random

import pytest

from nn.engine.gate import Gate, Line, forecast


def inside(turns):
    return [name for name, turn in turns.items() if turn.inside]


def test_turns_come_in_the_order_of_arrival_so_a_long_training_holds_up_nobody():
    """However many slices one takes: between two of its turns, each of the others has one."""
    gate, order = Gate(), []
    turns = {name: gate.ask() for name in ("long", "short", "other")}
    assert turns["long"].wait() and not turns["short"].wait(0) and gate.n_waiting == 2
    for _ in range(30):
        (name,) = inside(turns)
        order.append(name)
        turns[name].leave()
        turns[name] = gate.ask()  # for its next slice
    assert order == ["long", "short", "other"] * 10


def test_as_many_are_inside_as_there_are_places():
    gate = Gate(places=3)
    turns = {name: gate.ask() for name in "abcde"}
    assert inside(turns) == ["a", "b", "c"]
    gate.places = 1  # workers were lost: the next one waits until there is a place
    turns["a"].leave()
    turns["b"].leave()
    assert inside(turns) == ["c"]
    gate.places = 2
    turns["c"].leave()
    assert inside(turns) == ["d", "e"]


def test_the_first_slice_of_a_new_training_comes_next_and_background_work_last():
    gate = Gate()
    turns = {"sweep": gate.ask(), "another sweep": gate.ask(Line.BACKGROUND), "a": gate.ask(), "b": gate.ask()}
    turns["new"], turns["newer"] = gate.ask(Line.FIRST), gate.ask(Line.FIRST)
    turns["sweep"].leave()
    turns["sweep"] = gate.ask(Line.BACKGROUND)
    turns["new"].leave()
    turns["new"] = gate.ask()
    order = []
    while found := inside(turns):
        order += found
        turns.pop(found[0]).leave()
        if found == ["a"]:
            turns["late"] = gate.ask()
    assert order == ["newer", "a", "b", "new", "late", "another sweep", "sweep"] and gate.n_waiting == 0


def test_a_turn_that_is_given_up_or_fails_keeps_nobody_waiting():
    gate = Gate()
    turns = {name: gate.ask() for name in "abc"}
    turns["b"].give_up()
    assert gate.n_waiting == 1 and turns["b"].wait() is False
    turns["b"].leave()  # does nothing: it never was inside
    assert inside(turns) == ["a"]
    turns["a"].leave()
    assert inside(turns) == ["c"]
    turns["c"].give_up()  # too late: what it computes still needs the place
    assert inside(turns) == ["c"]
    turns["c"].leave()
    turns["c"].leave()  # twice is once
    with pytest.raises(KeyError), gate.turn():
        raise KeyError
    next_one, another = gate.ask(), gate.ask()
    assert next_one.inside and not another.inside


def test_the_forecast_of_a_training_that_is_alone_and_of_equal_ones():
    assert forecast(4.0, [], 1) == (4.0, 0)
    assert forecast(4.0, [], 2) == (4.0, 0)  # a second worker is no help to one training
    assert forecast(1.0, [1.0] * 39, 2) == (20.0, 39)
    assert forecast(1.0, [100.0], 1) == (2.0, 0)  # a long one takes as many turns meanwhile, not more
    assert forecast(100.0, [1.0], 1) == (101.0, 1)


@pytest.mark.parametrize("n_workers", [1, 2, 8])
def test_the_forecast_comes_true_when_trainings_take_turns(n_workers):
    """Sixty trainings of all lengths in a gate with a clock of its own: each forecast is right within a tenth."""
    chance = random.Random(n_workers)
    left = {name: chance.uniform(0.2, 10) for name in range(60)}
    forecasts = {
        name: forecast(mine, [other for key, other in left.items() if key != name], n_workers)
        for name, mine in left.items()
    }
    gate, clock, ended = Gate(n_workers), 0.0, {}
    turns = {name: gate.ask() for name in left}
    while left:
        clock += 0.05
        for name in [name for name in turns if turns[name].inside]:  # in the order in which they asked
            turns.pop(name).leave()
            left[name] -= 0.05
            if left[name] > 0:
                turns[name] = gate.ask()
            else:
                ended[name] = clock
                del left[name]
    for name, (seconds, n_before) in forecasts.items():
        assert ended[name] == pytest.approx(seconds, rel=0.1, abs=1)
        assert sum(end < ended[name] for end in ended.values()) == pytest.approx(n_before, abs=3)
