"""The queue serves by priority, and nobody waits for ever: neither behind clicks nor behind an owner of many turns."""

from itertools import islice

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


def served(queue, turns):
    """The names in the order in which their turns come, until nobody waits."""
    order = []
    while found := holders(turns):
        order += found
        queue.leave(turns.pop(found[0]))
    return order


def test_work_in_the_background_that_is_made_usual_is_as_old_as_it_is():
    queue = TurnQueue()
    first, turns = queue.enter(), {name: queue.enter(Priority.BACKGROUND) for name in ("refresh", "another")}
    turns |= {"page": queue.enter()}
    queue.hurry(turns["refresh"])
    queue.leave(first)
    assert served(queue, turns) == ["refresh", "page", "another"]
    queue.hurry(first)  # which is over: nothing happens


def test_the_first_slice_of_a_new_training_comes_soon_and_background_work_last():
    queue = TurnQueue()
    turns = {"sweep": queue.enter(), "another sweep": queue.enter(Priority.BACKGROUND)}
    turns |= {"a": queue.enter(), "b": queue.enter()}
    turns |= {"new": queue.enter(Priority.FIRST)}
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
    assert order == ["a", "b", "new", "late", "another sweep", "sweep"] and len(queue) == 0


def test_however_many_click_whoever_has_waited_longest_has_every_second_turn():
    """Twenty tabs that click without end don't keep a new page out."""
    queue, order = TurnQueue(), []
    turns = {"click 0": queue.enter(Priority.FIRST), "refresh": queue.enter(Priority.BACKGROUND)}
    turns |= {"page": queue.enter(), "another page": queue.enter()}
    for number in range(1, 9):
        turns |= {f"click {number}": queue.enter(Priority.FIRST), f"more {number}": queue.enter(Priority.FIRST)}
        order += holders(turns)
        queue.leave(turns.pop(order[-1]))
    assert order[:4] == ["click 0", "click 1", "page", "more 1"] and order[4] == "another page"
    assert order[5:] == ["click 2", "more 2", "click 3"]  # those have waited longest now
    assert served(queue, turns)[-1] == "refresh"


def test_a_turn_that_was_cancelled_has_overtaken_nobody():
    queue = TurnQueue()
    turns = {"holder": queue.enter(), "page": queue.enter(), "gone": queue.enter(Priority.FIRST)}
    turns |= {"click": queue.enter(Priority.FIRST)}
    turns["gone"].cancel()
    assert served(queue, turns) == ["holder", "click", "page"]


# Owners


class Owner:
    """Somebody who may have several turns."""


def turns_of(queue, works):
    """Yield whose turn comes, of works that take turn after turn: a dict of a work's name -> the list of its owners."""
    with queue.turn():  # until all wait
        turns = {name: queue.enter(owners=owners) for name, owners in works.items()}
    while True:
        (name,) = holders(turns)
        yield name
        queue.leave(turns[name])
        turns[name] = queue.enter(owners=works[name])


def test_an_owner_of_many_trainings_has_as_many_turns_as_one_of_a_single_one():
    many, few, alone = [Owner()], [Owner()], [Owner()]
    works = {f"many {i}": many for i in range(6)} | {"few 0": few, "few 1": few, "alone": alone}
    order = [*islice(turns_of(TurnQueue(), works), 36)]
    assert [name.split()[0] for name in order] == ["many", "few", "alone"] * 12
    assert order[::3] == [f"many {i}" for i in range(6)] * 2  # they take turns among themselves
    assert order[1::3] == ["few 0", "few 1"] * 6


def test_an_owner_has_the_places_that_nobody_else_needs_and_one_who_comes_is_next():
    queue, owners = TurnQueue(lambda: 3), [Owner()]
    turns = {name: queue.enter(owners=owners) for name in "abcd"} | {"other": queue.enter(owners=[Owner()])}
    assert holders(turns) == ["a", "b", "c"]
    queue.leave(turns["a"])
    del turns["a"]
    assert holders(turns) == ["b", "c", "d"]  # the other came after it
    turns["a"] = queue.enter(owners=owners)
    queue.leave(turns.pop("b"))
    assert holders(turns) == ["c", "d", "other"]


def test_new_owners_without_end_keep_nobody_out():
    queue, old = TurnQueue(), [Owner()]
    turns = {"old": queue.enter(owners=old)}
    for number in range(3):
        turns[f"new {number}"] = queue.enter(owners=[Owner()])
    queue.leave(turns["old"])
    turns["old"] = queue.enter(owners=old)
    turns["late"] = queue.enter(owners=[Owner()])
    assert served(queue, turns) == ["new 0", "new 1", "new 2", "old", "late"]


def test_a_training_that_another_joins_loses_nothing_by_its_owners_many_others():
    mine = [Owner()]
    works = {f"mine {i}": mine for i in range(5)} | {"shared": [*mine], "other": [Owner()]}
    order = turns_of(TurnQueue(), works)
    assert [next(order) for _ in range(4)] == ["mine 0", "other", "mine 1", "other"]
    works["shared"].append(Owner())  # while it waits
    assert [next(order) for _ in range(2)] == ["shared", "other"]
    later = [next(order) for _ in range(36)]
    assert later.count("shared") == later.count("other") == 12  # a visitor's share each; the first owner has the rest


def test_two_who_share_many_trainings_have_no_share_for_each_of_them():
    both = [Owner(), Owner()]
    works = {f"both {i}": both for i in range(6)} | {"other": [Owner()]}
    assert [*islice(turns_of(TurnQueue(), works), 30)].count("other") == 15


# What goes wrong


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
