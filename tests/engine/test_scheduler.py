"""Trainings move in turns, pause to be watched, end when stopped, and are shared by all who ask for the same."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
from waiting import assert_same, expected, wait_until

import nn
from nn.engine.scheduler import Scheduler
from nn.engine.slices import train_slice
from nn.engine.subscription import SharedTraining, estimate
from nn.engine.task import Task
from nn.engine.turn_queue import Priority, TurnQueue
from nn.images.training_set import TrainingSet
from nn.training import MAX_WEIGHT, initial_state

LONG = 10_000  # epochs
MOMENTS = [1, 2, 5, 10, 20, 50]  # in the first epoch of 60 images


@pytest.fixture(scope="module")
def images():
    mnist = nn.load_mnist().first(60)  # so few that BLAS never starts a second thread
    return TrainingSet(replace(mnist, X_test=mnist.X_test[:40], y_test=mnist.y_test[:40]))


def small(**changes):
    """The Recipe of a small network."""
    return nn.Recipe(**{"n_hidden": 5} | changes)


class Visitor:
    """The owner of trainings."""


def subscribe(
    scheduler, images, state=None, snapshots=(), until=None, pause=None, priority=Priority.USUAL, owner=None, **recipe
):
    """A Subscription to a training from the beginning, or from a TrainingState."""
    recipe = small(**recipe)
    state = state or initial_state(recipe, images.n_images)
    return scheduler.train(recipe, images, state, snapshots, until, pause, priority, owner)


def over(*subscriptions):
    """Whether all these trainings come to their end."""
    return all(one.wait(60) for one in subscriptions)


def is_free(scheduler):
    """Whether nobody has a turn."""
    turn = scheduler.queue.enter(Priority.FIRST)
    came = turn.done()
    scheduler.queue.leave(turn)
    return came


class Clock:
    """A clock that stands still unless `now` is changed."""

    def __init__(self, monkeypatch):
        self.now = 0
        for module in ("scheduler", "subscription"):
            monkeypatch.setattr(f"nn.engine.{module}.time", SimpleNamespace(monotonic=lambda: self.now))


def test_a_training_gives_the_result_of_train_and_keeps_snapshots_if_that_is_asked_for(images):
    scheduler = Scheduler()
    with_snapshots, without = (subscribe(scheduler, images, snapshots=those, epochs=2) for those in ((), None))
    assert over(with_snapshots, without)
    for subscription in (with_snapshots, without):
        assert subscription.error is None and subscription.state.finished and not subscription.active
        assert_same(subscription.state, expected(images, small(epochs=2)))
    assert [round(60 * one.epoch) for one in with_snapshots.snapshot_store.snapshots] == [0, *MOMENTS, 60, 120]
    assert without.snapshot_store is None


def test_the_end_of_a_training_is_no_click(images, monkeypatch):
    clock = Clock(monkeypatch)
    subscription = subscribe(Scheduler(), images, epochs=1)
    clock.now = 10
    assert over(subscription)
    clock.now = 30
    assert subscription.seconds_since_click == 30  # so a click on Train at once isn't half of a double click
    subscription.stop()
    clock.now = 31
    assert subscription.seconds_since_click == 1


def test_many_trainings_all_move_and_a_stopped_one_leaves_the_queue_at_once(images, monkeypatch):
    """Each has its first slice before any has its second, and all come to their end."""
    order = []

    def noted(arrays, recipe, *others):
        order.append(recipe.seed)
        return train_slice(arrays, recipe, *others)

    monkeypatch.setattr("nn.engine.scheduler.train_slice", noted)
    monkeypatch.setattr("nn.engine.scheduler.SLICE_SECONDS", 0)
    scheduler = Scheduler()
    with scheduler.turn():  # nobody else has a turn
        subscriptions = [subscribe(scheduler, images, epochs=1, seed=seed) for seed in range(33)]
        wait_until(lambda: len(scheduler.queue) == 33)
        for subscription in subscriptions[30:]:
            subscription.stop()
        assert over(*subscriptions[30:]) and scheduler.n_shares == len(scheduler.queue) == 30
    assert over(*subscriptions[:30]) and all(one.state.finished for one in subscriptions[:30])
    assert scheduler.n_shares == 0
    assert sorted(order[:30]) == list(range(30)) and len(order) > 60


@pytest.mark.parametrize("seconds", [0, 1_000])
def test_a_training_that_diverges_ends_where_it_was_last_measured_however_it_is_sliced(images, monkeypatch, seconds):
    """On each of 26 blank images only biases change; at the next one weights become too large."""
    monkeypatch.setattr("nn.engine.scheduler.SLICE_SECONDS", seconds)
    X, y = images.mnist.X_train.copy(), images.mnist.y_train.copy()
    X[20:46], y[20:46], y[46] = 0, 3, 7
    images = TrainingSet(replace(images.mnist, X_train=X, y_train=y))
    recipe = {"n_hidden": 0, "scale": False, "shuffle": False, "epochs": 2}
    scheduler = Scheduler()
    usual = subscribe(scheduler, images, until=20, eta=1e-6, **recipe)
    assert over(usual) and usual.error is None and not usual.state.finished
    subscription = subscribe(scheduler, images, usual.state, eta=MAX_WEIGHT, **recipe)
    assert over(subscription) and subscription.state.diverged and subscription.state.images_seen == 20
    assert_same(subscription.state, usual.state)


# Shared by all who ask for the same


def test_thirty_visitors_who_ask_for_the_same_share_one_training_also_to_continue_from_the_same_run(images):
    scheduler = Scheduler()
    finished = subscribe(scheduler, images, epochs=1)
    assert over(finished)
    snapshots = finished.snapshot_store.snapshots
    with scheduler.turn():
        subscriptions = [subscribe(scheduler, images, epochs=3) for _ in range(30)]
        other = subscribe(scheduler, images, epochs=3, seed=1)
        together = [subscribe(scheduler, images, finished.state, snapshots, epochs=3) for _ in range(2)]
        assert (scheduler.n_shares, scheduler.n_watching) == (3, 33)
    assert over(*subscriptions, other, *together) and scheduler.n_watching == 0
    for shared in (subscriptions, together):
        assert {(one.state, one.snapshot_store) for one in shared} == {(shared[0].state, shared[0].snapshot_store)}
        assert_same(shared[0].state, expected(images, small(epochs=3)))
    assert len({subscriptions[0].state, other.state, together[0].state}) == 3
    later = together[0].snapshot_store.snapshots
    assert later[: len(snapshots)] == snapshots and later[-1].epoch == 3


def test_late_joiners_see_the_history_and_each_leaves_alone_and_may_continue(images):
    scheduler = Scheduler()
    leaving = subscribe(scheduler, images, epochs=LONG)
    leaving.wait_for_progress(60)
    staying = subscribe(scheduler, images, epochs=LONG)
    assert staying.state.images_seen > 0 and staying.snapshot_store.snapshots[0].epoch == 0
    leaving.stop()
    leaving.stop()  # a tab that is closed after Stop doesn't count twice
    left = leaving.state
    assert not leaving.active and staying.active and scheduler.n_watching == 1
    wait_until(lambda: staying.state.images_seen > left.images_seen)
    assert leaving.state is left
    staying.stop()
    left = staying.state
    with scheduler.turn():
        new = subscribe(scheduler, images, epochs=LONG)
        assert new.active and new.state.images_seen == 0
        new.stop()
    assert over(staying, new) and scheduler.n_shares == 0 and is_free(scheduler)
    assert staying.state is left and not left.finished
    further = subscribe(scheduler, images, left, epochs=LONG)
    further.wait_for_progress(60)
    further.stop()
    assert further.state.images_seen > left.images_seen and over(further)


# Shared out among the owners


def test_all_turns_of_a_training_are_its_owners_also_of_those_who_join_and_leave(images, monkeypatch):
    """And turns are shared out among owners, see test_turn_queue.py."""
    asked, enter = [], TurnQueue.enter
    monkeypatch.setattr(TurnQueue, "enter", lambda self, *how: asked.append(how) or enter(self, *how))
    scheduler, first, second = Scheduler(), Visitor(), Visitor()
    prepared = TrainingSet(images.mnist.first(20), nn.Recipe(preparation="normalized"))
    with scheduler.turn():
        asked.clear()
        recipe = {"epochs": LONG, "preparation": "normalized"}
        joined = [subscribe(scheduler, prepared, owner=owner, **recipe) for owner in (first, second)]
        wait_until(lambda: len(scheduler.queue) == 1)
    joined[0].wait_for_progress(60)
    joined[0].stop()
    wait_until(lambda: joined[1].state.images_seen > joined[0].state.images_seen)
    joined[1].stop()
    assert over(*joined)
    priorities, owners = zip(*asked)
    assert {Priority.FIRST, Priority.USUAL} == set(priorities) and len({id(one) for one in owners}) == 1
    assert owners[0] == []  # the list of the present ones


def test_a_visitor_counts_once_and_has_one_share_with_however_many_trainings(images):
    scheduler, first, second = Scheduler(), Visitor(), Visitor()
    with scheduler.turn():
        mine = [subscribe(scheduler, images, owner=first, seed=seed) for seed in range(5)]
        assert (scheduler.n_watching, scheduler.n_shares) == (1, 1)
        shared = subscribe(scheduler, images, owner=second, seed=0)
        assert (scheduler.n_watching, scheduler.n_shares) == (2, 2)
        own = subscribe(scheduler, images, owner=second, seed=5)
        assert (scheduler.n_watching, scheduler.n_shares) == (2, 3)
        for one in (*mine, shared, own):
            one.stop()
    assert over(*mine, shared, own)


def test_a_task_that_waits_for_its_turn_can_be_cancelled(images):
    scheduler, prepared = Scheduler(), TrainingSet(images.mnist.first(20), nn.Recipe(preparation="normalized"))
    with scheduler.turn():
        task = Task(scheduler_completes, scheduler, prepared).start()
        wait_until(lambda: len(scheduler.queue) == 1)
        task.cancel()
        assert task.wait(60) and len(scheduler.queue) == 0 and prepared.share == 0


def scheduler_completes(task, scheduler, images):
    scheduler.complete(task, images, Priority.BACKGROUND)


# The time that it takes


def test_the_estimate_counts_those_who_share_the_time_and_the_pauses_to_come(images, monkeypatch):
    """A thousand images take a second here."""

    def one_speed(arrays, recipe, state, *others):
        states, is_over, _ = train_slice(arrays, recipe, state, *others)
        return states, is_over, (states[-1].images_seen - state.images_seen) / 1_000

    monkeypatch.setattr("nn.engine.scheduler.train_slice", one_speed)
    scheduler = Scheduler()
    with scheduler.turn():
        first = subscribe(scheduler, images, epochs=LONG)
        assert first.estimate is None  # no training knows yet how long an image takes
    wait_until(lambda: first.estimate is not None)
    with scheduler.turn():
        short = subscribe(scheduler, images, epochs=1)
        assert short.estimate == (pytest.approx(0.06 + 0.06), 0)
        assert first.estimate[0] > 0.12 and first.estimate[1] == 1
        paused = subscribe(scheduler, images, pause=lambda seen: 1_000, epochs=2)
        assert paused.estimate == (pytest.approx(1_000 * len(MOMENTS) + 0.12), 1)
        for subscription in (first, short, paused):
            subscription.stop()
    assert over(first, short, paused) and first.estimate is None


def test_equal_trainings_share_the_workers_and_a_longer_one_takes_as_many_turns_meanwhile():
    state = SimpleNamespace(n_images=1, images_seen=0)

    def estimates(*seconds, n_workers, owners=range(40)):
        """The estimates of trainings of which so many seconds are left; each has the next one of the owners."""
        plans = [nn.Recipe(epochs=10 * one) for one in seconds]
        trainings = [SharedTraining(plan, None, state, None, None, None, Priority.USUAL) for plan in plans]
        for one, owner in zip(trainings, owners):
            one.learnt_later, one.computing, one.share = 10, 1.0, frozenset([owner])
        return [estimate(one, trainings, n_workers) for one in trainings]

    assert estimates(4, n_workers=1) == [(4, 0)]
    assert estimates(4, n_workers=2) == [(4, 0)]  # a second worker is no help to one training
    assert estimates(*[1] * 40, n_workers=2) == [(20, 39)] * 40
    assert estimates(1, 100, n_workers=1) == [(2, 0), (101, 1)]
    together = estimates(1, 100, 2, n_workers=1, owners="aab")  # after 4 seconds, two of a's and the whole of b's
    assert together == [(4, 1), (103, 2), (4, 1)]
    assert estimates(10, 10, 10, 1, n_workers=1, owners="aaab")[3] == (2, 0)  # not 4: a's trainings have one share


def test_the_many_measurements_of_the_first_epoch_are_no_part_of_what_an_image_takes(images, monkeypatch):
    """Each slice here learns up to the next moment: a measurement takes as long as 12 images."""
    estimates = []

    def to_the_next_moment(arrays, recipe, state, *_):
        estimates.append((state.images_seen, subscription.estimate))
        states, is_over, _ = train_slice(arrays, recipe, state, 1e9, one_moment=True)
        return states, is_over, states[-1].images_seen - state.images_seen + 12

    monkeypatch.setattr("nn.engine.scheduler.train_slice", to_the_next_moment)
    scheduler = Scheduler()
    with scheduler.turn():
        subscription = subscribe(scheduler, images, epochs=3)
    assert over(subscription) and subscription.error is None
    assert estimates[:-1] == [(seen, None) for seen in (0, *MOMENTS, 60)]
    assert estimates[-1] == (120, (pytest.approx(60 * 72 / 60), 0))


@pytest.mark.parametrize("n_shares, seconds", [(1, 0.4), (20, 0.4), (100, 0.1), (200, 0.05), (2_000, 0.04)])
def test_slices_are_shorter_the_more_trainings_there_are_and_longest_for_a_few(monkeypatch, n_shares, seconds):
    scheduler = Scheduler()
    assert scheduler.slice_seconds == 0.05  # the page is in the same process
    scheduler.executor = SimpleNamespace(n=2)
    monkeypatch.setattr(Scheduler, "n_shares", n_shares)  # up to 200, a round of all takes 5 seconds at most
    assert scheduler.slice_seconds == pytest.approx(seconds)


# A training that pauses, to be watched


@pytest.fixture
def never_crowded(monkeypatch):
    """However long a training waits for its turn on a busy machine, it pauses."""
    monkeypatch.setattr("nn.engine.scheduler.CROWDED", float("inf"))


def watched(scheduler, images, pause, **recipe):
    """A Subscription to a training that pauses for pause(images_seen) seconds."""
    with scheduler.turn():  # so that it can't begin before it is known
        subscription = subscribe(scheduler, images, pause=pause, **recipe)
    return subscription


@pytest.mark.parametrize("slice_seconds", [0, 1_000])
@pytest.mark.parametrize(
    "batch_size, crowded, moments",
    [(1, float("inf"), MOMENTS), (1, 0, []), (60, float("inf"), [])],
    ids=["one image", "many are waiting", "all images"],
)
def test_a_watched_training_pauses_at_each_moment_of_the_first_epoch_and_is_the_same_training(
    images, monkeypatch, slice_seconds, batch_size, crowded, moments
):
    monkeypatch.setattr(
        "nn.engine.scheduler.SLICE_SECONDS", slice_seconds
    )  # 0: many slices from one moment to the next
    monkeypatch.setattr("nn.engine.scheduler.CROWDED", crowded)
    scheduler, pauses = Scheduler(), []

    def pause(images_seen):
        pauses.append((images_seen, is_free(scheduler), scheduler.n_watching))
        return 0

    subscription = watched(scheduler, images, pause, epochs=2, batch_size=batch_size)
    assert over(subscription) and subscription.state.finished
    assert pauses == [(moment, True, 1) for moment in moments]  # without a turn, but it counts
    assert_same(subscription.state, expected(images, small(epochs=2, batch_size=batch_size)))


def test_nobody_else_waits_during_a_pause_and_another_pace_goes_on_from_the_same_run(images, never_crowded):
    scheduler, pausing = Scheduler(), threading.Event()

    def pause(images_seen):
        if images_seen < 20:
            return 0
        pausing.set()
        return 1_000

    paused = watched(scheduler, images, pause, epochs=2)
    assert pausing.wait(60)
    other = subscribe(scheduler, images, epochs=1, seed=1)
    assert over(other) and other.state.finished
    assert paused.state.images_seen == 20 and paused.active
    quick = subscribe(scheduler, images, paused.state, paused.snapshot_store.snapshots, epochs=2)
    paused.stop()
    assert over(paused, quick) and scheduler.n_shares == 0
    assert paused.state.images_seen == 20 and paused.error is None
    assert_same(quick.state, expected(images, small(epochs=2)))


def test_the_speed_is_that_between_the_pauses(images, monkeypatch, never_crowded):
    clock, slices, learnt = Clock(monkeypatch), [], []

    def of_ten_seconds(*arguments):
        clock.now += 10
        slices.append(arguments)
        return train_slice(*arguments)

    def pause(images_seen):
        clock.now += 1_000
        learnt.append(subscription.images_per_second * 10 * len(slices))
        return 0

    monkeypatch.setattr("nn.engine.scheduler.train_slice", of_ten_seconds)
    subscription = watched(Scheduler(), images, pause, epochs=2)
    assert over(subscription) and learnt == pytest.approx(MOMENTS)  # also in the middle of a pause
    assert subscription.images_per_second == pytest.approx(120 / (10 * len(slices)))


# In the background


def test_trainings_in_the_background_slow_nobody_down_and_are_not_counted(images):
    """Neither the pages' pace nor an estimate depends on them, and they are not shared with a visitor's own."""
    scheduler = Scheduler()
    hidden = subscribe(scheduler, images, snapshots=None, priority=Priority.BACKGROUND, epochs=LONG)
    hidden.wait_for_progress(60)
    assert hidden.state.images_seen > 0 and scheduler.n_shares == scheduler.n_watching == 0
    own = subscribe(scheduler, images, snapshots=None, epochs=LONG)
    wait_until(lambda: own.estimate is not None)
    assert scheduler.n_shares == scheduler.n_watching == 1
    assert own.estimate[1] == 0
    hidden.stop()
    own.stop()
    assert over(hidden, own)


def test_every_slice_in_the_background_waits_until_nobody_else_does(images, monkeypatch):
    """Also those that make its images, and the first one, which comes before others in a visitor's own training."""
    asked, enter = [], TurnQueue.enter
    monkeypatch.setattr(TurnQueue, "enter", lambda self, *how: asked.append(how[0]) or enter(self, *how))
    scheduler, prepared = Scheduler(), TrainingSet(images.mnist.first(20), nn.Recipe(preparation="normalized"))
    recipe = {"epochs": 1, "preparation": "normalized"}
    hidden = subscribe(scheduler, prepared, snapshots=None, priority=Priority.BACKGROUND, **recipe)
    assert over(hidden) and hidden.state.finished and prepared.share == 1
    assert set(asked) == {Priority.BACKGROUND} and len(asked) >= 2
    assert_same(hidden.state, expected(prepared, small(**recipe)))
    asked.clear()
    assert over(subscribe(Scheduler(), images, epochs=1))
    assert asked[0] is Priority.FIRST and set(asked[1:]) <= {Priority.USUAL}


# What goes wrong


def test_an_error_ends_the_training_of_all_and_is_kept(images, monkeypatch):
    def broken(*arguments):
        raise MemoryError("no room")

    monkeypatch.setattr("nn.engine.scheduler.train_slice", broken)
    scheduler = Scheduler()
    with scheduler.turn():
        both = [subscribe(scheduler, images) for _ in range(2)]
    assert over(*both)
    for one in both:
        assert isinstance(one.error, MemoryError) and not one.active and one.state.images_seen == 0
    assert scheduler.n_shares == 0 and is_free(scheduler)


def test_a_slice_that_ends_after_stop_changes_nothing(images, monkeypatch):
    computes, go_on = threading.Event(), threading.Event()

    def slow(*arguments):
        computes.set()
        go_on.wait(60)
        return train_slice(*arguments)

    monkeypatch.setattr("nn.engine.scheduler.train_slice", slow)
    scheduler = Scheduler()
    subscription = subscribe(scheduler, images, epochs=1)
    assert computes.wait(60)
    state = subscription.state
    subscription.stop()
    assert not is_free(scheduler)  # the slice still needs its place
    go_on.set()
    assert over(subscription) and subscription.state is state and subscription.snapshot_store.snapshots == ()
    assert is_free(scheduler)


def test_a_training_whose_thread_cannot_be_started_is_not_under_way(images, monkeypatch):
    def full(thread):
        raise RuntimeError("can't start new thread")

    scheduler = Scheduler()
    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(threading.Thread, "start", full)
        subscribe(scheduler, images, epochs=1)
    assert scheduler.n_shares == 0
    assert over(subscribe(scheduler, images, epochs=1))
