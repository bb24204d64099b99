"""The gate's lines: who has waited longest comes next, background work comes last, and a forecast comes true."""

import random

import pytest

from nn.gate import Gate, Line, forecast


def inside(turns):
    return [name for name, turn in turns.items() if turn.inside]


def test_who_has_waited_longest_comes_next():
    gate = Gate()
    turns = {name: gate.ask() for name in "abc"}
    assert inside(turns) == ["a"] and gate.n_waiting == 2
    turns["a"].leave()
    turns["a"] = gate.ask()  # for its next slice, behind the others
    assert inside(turns) == ["b"]
    turns["b"].leave()
    assert inside(turns) == ["c"]
    turns["c"].leave()
    assert inside(turns) == ["a"] and gate.n_waiting == 0


def test_a_long_training_holds_up_nobody():
    """However many slices one takes: between two of its turns, each of the others has one."""
    gate, order = Gate(), []
    turns = {name: gate.ask() for name in ("long", "short", "other")}
    for _ in range(30):
        (name,) = inside(turns)
        order.append(name)
        turns[name].leave()
        turns[name] = gate.ask()
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


def test_background_work_waits_until_nobody_else_does():
    gate = Gate()
    first = gate.ask()
    turns = {"sweep": gate.ask(Line.BACKGROUND), "visitor": gate.ask()}
    first.leave()
    assert inside(turns) == ["visitor"]
    turns["late"] = gate.ask()
    turns["visitor"].leave()
    assert inside(turns) == ["late"]
    turns["late"].leave()
    assert inside(turns) == ["sweep"]


def test_a_new_training_comes_next_with_its_first_slice_and_then_waits_like_the_others():
    gate = Gate()
    turns = {name: gate.ask() for name in "abc"}
    turns["new"], turns["newer"] = gate.ask(Line.FIRST), gate.ask(Line.FIRST)
    turns["a"].leave()
    assert inside(turns) == ["new"]
    turns["new"].leave()
    turns["new"] = gate.ask()
    order = []
    while found := inside(turns):
        order += found
        turns.pop(found[0]).leave()
    assert order == ["newer", "b", "c", "new"]


def test_a_turn_that_is_given_up_leaves_the_line_at_once():
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
    next_one, another = gate.ask(), gate.ask()
    assert next_one.inside and not another.inside


def test_a_turn_can_be_waited_for_for_a_while():
    gate = Gate()
    first, second = gate.ask(), gate.ask()
    assert first.wait(0.01) and not second.wait(0.01)
    first.leave()
    assert second.wait(0.01)


def test_an_error_inside_does_not_keep_the_gate_shut():
    gate = Gate()
    with pytest.raises(KeyError), gate.turn():
        raise KeyError
    assert gate.ask().inside


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
