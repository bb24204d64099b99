"""Jobs train in turns, pause to be watched, end when they are told to, and are shared by all who ask for the same."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
from waiting import assert_same, expected, wait_until

import nn
from nn.engine.gate import Line
from nn.engine.scheduler import Trainings, no_pause
from nn.engine.snapshots import Album
from nn.images.training_set import TrainingSet
from nn.training import MAX_WEIGHT, initial_state, train_slice

LONG = 10_000  # epochs
MOMENTS = [1, 2, 5, 10, 20, 50]  # in the first epoch of 60 images


@pytest.fixture(scope="module")
def images():
    mnist = nn.load_mnist().first(60)  # so few that BLAS never starts a second thread
    return TrainingSet(replace(mnist, X_test=mnist.X_test[:40], y_test=mnist.y_test[:40]))


def small(**changes):
    """Settings of a small network."""
    return nn.Recipe(**{"n_hidden": 5} | changes)


def join(trainings, images, state=None, snapshots=(), until=None, pause=no_pause, line=Line.USUAL, **recipe):
    """A Seat at a training from the beginning, or from a Run."""
    recipe = small(**recipe)
    state = state or initial_state(recipe, images.n_images)
    return trainings.join(recipe, images, state, snapshots, until, pause, line)


def over(*seats):
    """Whether all these trainings come to their end."""
    return all(seat.join(60) for seat in seats)


class Clock:
    """A clock that stands still unless `now` is changed."""

    def __init__(self, monkeypatch):
        self.now = 0
        monkeypatch.setattr("nn.engine.scheduler.time", SimpleNamespace(monotonic=lambda: self.now))


def test_a_job_gives_the_result_of_train_and_keeps_the_past_if_that_is_asked_for(images):
    trainings = Trainings()
    trainings.album = Album(max_bytes=200_000)
    with_past, without = (join(trainings, images, snapshots=past, epochs=2) for past in ((), None))
    assert over(with_past, without)
    for seat in (with_past, without):
        assert seat.error is None and seat.state.finished and not seat.active
        assert_same(seat.state, expected(images, small(epochs=2)))
    n_kept = len(with_past.past.snapshots)
    assert with_past.past.snapshots[-1].epoch == 2 and without.past is None
    others = [trainings.album.open() for _ in range(9)]
    assert len(with_past.past.snapshots) < n_kept, f"the memory is bounded for it and {len(others)} others together"


def test_the_end_of_a_training_is_no_act_of_its_visitor(images, monkeypatch):
    clock = Clock(monkeypatch)
    seat = join(Trainings(), images, epochs=1)
    clock.now = 10
    assert over(seat)
    clock.now = 30
    assert seat.seconds_since_visitor_acted == 30  # so a click on Train at once isn't half of a double click
    seat.stop()
    clock.now = 31
    assert seat.seconds_since_visitor_acted == 1


def test_many_jobs_all_move_and_a_stopped_one_leaves_the_line_at_once(images, monkeypatch):
    """Each has its first slice before any has its second, and all come to their end."""
    order = []

    def noted(arrays, recipe, *others):
        order.append(recipe.seed)
        return train_slice(arrays, recipe, *others)

    monkeypatch.setattr("nn.engine.scheduler.train_slice", noted)
    monkeypatch.setattr("nn.engine.scheduler.SLICE_SECONDS", 0)
    trainings = Trainings()
    with trainings.here():  # nobody else has a turn
        seats = [join(trainings, images, epochs=1, seed=seed) for seed in range(33)]
        wait_until(lambda: trainings.gate.n_waiting == 33)
        for seat in seats[30:]:
            seat.stop()
        assert over(*seats[30:]) and trainings.n_jobs == trainings.gate.n_waiting == 30
    assert over(*seats[:30]) and all(seat.state.finished for seat in seats[:30]) and trainings.n_jobs == 0
    assert sorted(order[:30]) == list(range(30)) and len(order) > 60


@pytest.mark.parametrize("seconds", [0, 1_000])
def test_a_training_that_diverges_ends_where_it_was_last_measured_however_it_is_sliced(images, monkeypatch, seconds):
    """On each of 26 blank images only biases change; at the next one weights become too large."""
    monkeypatch.setattr("nn.engine.scheduler.SLICE_SECONDS", seconds)
    X, y = images.mnist.X_train.copy(), images.mnist.y_train.copy()
    X[20:46], y[20:46], y[46] = 0, 3, 7
    images = TrainingSet(replace(images.mnist, X_train=X, y_train=y))
    recipe = {"n_hidden": 0, "scale": False, "shuffle": False, "epochs": 2}
    trainings = Trainings()
    usual = join(trainings, images, until=20, eta=1e-6, **recipe)
    assert over(usual) and usual.error is None and not usual.state.finished
    seat = join(trainings, images, usual.state, eta=MAX_WEIGHT, **recipe)
    assert over(seat) and seat.state.diverged and seat.state.images_seen == 20
    assert_same(seat.state, usual.state)


# Shared by all who ask for the same


def test_thirty_visitors_who_ask_for_the_same_share_one_training_also_to_continue_from_the_same_run(images):
    trainings = Trainings()
    finished = join(trainings, images, epochs=1)
    assert over(finished)
    past = finished.past.snapshots
    with trainings.here():
        seats = [join(trainings, images, epochs=3) for _ in range(30)]
        other = join(trainings, images, epochs=3, seed=1)
        together = [join(trainings, images, finished.state, past, epochs=3) for _ in range(2)]
        assert (trainings.n_jobs, trainings.n_watching) == (3, 33)
    assert over(*seats, other, *together) and trainings.n_watching == 0
    for shared in (seats, together):
        assert all(seat.state is shared[0].state and seat.past is shared[0].past for seat in shared)
        assert_same(shared[0].state, expected(images, small(epochs=3)))
    assert len({seats[0].state, other.state, together[0].state}) == 3
    assert together[0].past.snapshots[: len(past)] == past and together[0].past.snapshots[-1].epoch == 3


def test_late_joiners_see_the_history_and_each_leaves_alone_and_may_continue(images):
    trainings = Trainings()
    leaving = join(trainings, images, epochs=LONG)
    leaving.wait_for_progress(60)
    staying = join(trainings, images, epochs=LONG)
    assert staying.state.images_seen > 0 and staying.past.snapshots[0].epoch == 0
    leaving.stop()
    leaving.stop()  # a tab that is closed after Stop doesn't count twice
    left = leaving.state
    assert not leaving.active and staying.active and trainings.n_watching == 1
    wait_until(lambda: staying.state.images_seen > left.images_seen)
    assert leaving.state is left
    staying.stop()
    left = staying.state
    with trainings.here():
        new = join(trainings, images, epochs=LONG)
        assert new.active and new.state.images_seen == 0
        new.stop()
    assert over(staying, new) and trainings.n_jobs == 0 and not trainings.gate.busy
    assert staying.state is left and not left.finished
    further = join(trainings, images, left, epochs=LONG)
    further.wait_for_progress(60)
    further.stop()
    assert further.state.images_seen > left.images_seen and over(further)


# The time that it takes


def test_the_forecast_counts_those_who_share_the_time_and_the_pauses_to_come(images, monkeypatch):
    """A thousand images take a second here."""

    def one_speed(arrays, recipe, state, *others):
        done = train_slice(arrays, recipe, state, *others)
        return done._replace(seconds=(done.states[-1].images_seen - state.images_seen) / 1_000)

    monkeypatch.setattr("nn.engine.scheduler.train_slice", one_speed)
    trainings = Trainings()
    with trainings.here():
        first = join(trainings, images, epochs=LONG)
        assert first.forecast is None  # no training has told yet how long an image takes
    wait_until(lambda: first.forecast is not None)
    with trainings.here():
        short = join(trainings, images, epochs=1)
        assert short.forecast == (pytest.approx(0.06 + 0.06), 0)
        assert first.forecast[0] > 0.12 and first.forecast[1] == 1
        paused = join(trainings, images, pause=lambda: 1_000, epochs=2)
        assert paused.forecast == (pytest.approx(1_000 * len(MOMENTS) + 0.12), 1)
        for seat in (first, short, paused):
            seat.stop()


def test_the_many_measurements_of_the_first_epoch_are_no_part_of_what_an_image_takes(images, monkeypatch):
    """Each slice here learns up to the next moment: a measurement takes as long as 12 images."""
    clock, forecasts = Clock(monkeypatch), []
    monkeypatch.setattr("nn.engine.scheduler.TELLING", 30)

    def to_the_next_moment(arrays, recipe, state, *_):
        clock.now += 10  # forecasts are made anew after a second
        forecasts.append((state.images_seen, seat.forecast))
        done = train_slice(arrays, recipe, state, 1e9, one_moment=True)
        return done._replace(seconds=done.states[-1].images_seen - state.images_seen + 12)

    monkeypatch.setattr("nn.engine.scheduler.train_slice", to_the_next_moment)
    trainings = Trainings()
    with trainings.here():
        seat = join(trainings, images, epochs=3)
    assert over(seat) and seat.error is None
    assert forecasts[:-3] == [(seen, None) for seen in (0, 0, *MOMENTS[:-1])]
    of_30_images, of_later_epochs = 42 / 30, (0.75 * 42 + 72) / (0.75 * 30 + 60)
    left = [(50, 130 * of_30_images), (60, 120 * of_30_images), (120, 60 * of_later_epochs)]
    assert forecasts[-3:] == [(seen, (pytest.approx(seconds), 0)) for seen, seconds in left]


@pytest.mark.parametrize("n_jobs, seconds", [(1, 0.4), (20, 0.4), (100, 0.1), (200, 0.05), (2_000, 0.04)])
def test_slices_are_shorter_the_more_trainings_there_are_and_longest_for_a_few(monkeypatch, n_jobs, seconds):
    trainings = Trainings()
    assert trainings.slice_seconds == 0.05  # the page is in the same process
    trainings.workers = SimpleNamespace(elsewhere=True, n=2)
    monkeypatch.setattr(Trainings, "n_jobs", n_jobs)  # up to 200, a round of all takes 5 seconds at most
    assert trainings.slice_seconds == pytest.approx(seconds)


# A training that pauses, to be watched


@pytest.fixture
def never_crowded(monkeypatch):
    """However long a training waits for its turn on a busy machine, it pauses."""
    monkeypatch.setattr("nn.engine.scheduler.CROWDED", float("inf"))


def watched(trainings, images, pause, **recipe):
    """A Seat at a training that pauses for pause(images_seen) seconds."""
    with trainings.here():  # so that it can't begin before it is known
        seat = join(trainings, images, pause=lambda: pause(seat.state.images_seen), **recipe)
    return seat


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
    trainings, pauses = Trainings(), []

    def pause(images_seen):
        pauses.append((images_seen, trainings.gate.busy, trainings.n_watching))
        return 0

    seat = watched(trainings, images, pause, epochs=2, batch_size=batch_size)
    assert over(seat) and seat.state.finished
    assert pauses == [(moment, False, 1) for moment in moments]  # not at the gate, but it counts
    assert_same(seat.state, expected(images, small(epochs=2, batch_size=batch_size)))


def test_nobody_else_waits_during_a_pause_and_another_pace_goes_on_from_the_same_run(images, never_crowded):
    trainings, pausing = Trainings(), threading.Event()

    def pause(images_seen):
        if images_seen < 20:
            return 0
        pausing.set()
        return 1_000

    paused = watched(trainings, images, pause, epochs=2)
    assert pausing.wait(60)
    other = join(trainings, images, epochs=1, seed=1)
    assert over(other) and other.state.finished
    assert paused.state.images_seen == 20 and paused.active
    quick = join(trainings, images, paused.state, paused.past.snapshots, epochs=2)
    paused.stop()
    assert over(paused, quick) and trainings.n_jobs == 0
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
        learnt.append(seat.images_per_second * 10 * len(slices))
        return 0

    monkeypatch.setattr("nn.engine.scheduler.train_slice", of_ten_seconds)
    seat = watched(Trainings(), images, pause, epochs=2)
    assert over(seat) and learnt == pytest.approx(MOMENTS)  # also in the middle of a pause
    assert seat.images_per_second == pytest.approx(120 / (10 * len(slices)))


# In the background


def test_trainings_in_the_background_slow_nobody_down_and_are_not_counted(images):
    """Neither the pages' pace nor a forecast depends on them, and they are not shared with a visitor's own."""
    trainings = Trainings()
    hidden = join(trainings, images, snapshots=None, line=Line.BACKGROUND, epochs=LONG)
    hidden.wait_for_progress(60)
    assert hidden.state.images_seen > 0 and trainings.n_jobs == trainings.n_watching == 0
    own = join(trainings, images, snapshots=None, epochs=LONG)
    wait_until(lambda: own.forecast is not None)
    assert trainings.n_jobs == trainings.n_watching == 1
    assert own.forecast[1] == 0
    hidden.stop()
    own.stop()
    assert over(hidden, own)


def test_every_slice_in_the_background_waits_until_nobody_else_does(images, monkeypatch):
    """Also those that make its images, and the first one, which comes before others in a visitor's own training."""
    asked, ask = [], Trainings.ask
    monkeypatch.setattr(Trainings, "ask", lambda self, line: asked.append(line) or ask(self, line))
    trainings, prepared = Trainings(), TrainingSet(images.mnist.first(20), nn.Recipe(preparation="normalized"))
    turns, turn = [], trainings.gate.turn
    monkeypatch.setattr(trainings.gate, "turn", lambda line: turns.append(line) or turn(line))
    seat = join(trainings, prepared, None, None, line=Line.BACKGROUND, epochs=1, preparation="normalized")
    assert over(seat) and seat.state.finished and prepared.share == 1
    assert set(asked) == set(turns) == {Line.BACKGROUND}
    assert_same(seat.state, expected(prepared, small(epochs=1, preparation="normalized")))
    asked.clear()
    assert over(join(Trainings(), images, epochs=1))
    assert asked[0] is Line.FIRST and set(asked[1:]) <= {Line.USUAL}
