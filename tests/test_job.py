"""Jobs train in turns, pause to be watched, end when they are told to, and are shared by all who ask for the same."""

import threading
import time
from types import SimpleNamespace

import pytest
from waiting import assert_same, expected, wait_until

import nn
from nn.gate import Line
from nn.images.training_set import TrainingSet
from nn.job import Trainings, no_pause
from nn.snapshots import ALBUM_BYTES
from nn.training import initial_run, train_slice

LONG = 10_000  # epochs


@pytest.fixture(scope="module")
def images():
    return TrainingSet(nn.load_mnist("bundled").first(500))


def join(trainings, images, run=None, snapshots=(), until=None, pause=no_pause, **settings):
    """A Seat at a training from the beginning, or from a Run."""
    settings = nn.Settings(**settings)
    return trainings.join(settings, images, run or initial_run(settings, images.n_images), snapshots, until, pause)


def test_a_job_trains_to_the_end_with_the_same_result_as_train(images):
    seat = join(Trainings(), images, epochs=2)
    wait_until(lambda: not seat.active)
    assert seat.error is None and seat.run.finished
    assert_same(seat.run, expected(images, nn.Settings(epochs=2)))


def test_a_stopped_job_changes_no_more_and_its_run_can_be_continued(images):
    trainings = Trainings()
    seat = join(trainings, images, epochs=LONG)
    wait_until(lambda: seat.run.images_seen > 0)
    seat.stop()
    run = seat.run
    assert not seat.active
    wait_until(lambda: trainings.n_jobs == 0 and not trainings.gate.busy)  # the thread has left
    assert seat.run is run and not run.finished
    further = join(trainings, images, run, epochs=LONG)
    wait_until(lambda: further.run.images_seen > run.images_seen)
    further.stop()


def test_the_end_of_a_training_is_nothing_that_its_visitor_did(images):
    seat = join(Trainings(), images, epochs=5)
    began = time.monotonic()
    wait_until(lambda: not seat.active)
    trained = time.monotonic() - began
    assert seat.seconds_since_visitor_acted >= trained  # so a click on Train at once isn't half of a double click
    seat.stop()
    assert seat.seconds_since_visitor_acted < trained


def test_many_jobs_all_move(images):
    trainings = Trainings()
    seats = [join(trainings, images, epochs=LONG, seed=seed) for seed in range(30)]
    wait_until(lambda: all(seat.run.images_seen > 0 for seat in seats))
    seen = [seat.run.images_seen for seat in seats]
    wait_until(lambda: all(seat.run.images_seen > before for seat, before in zip(seats, seen)))
    for seat in seats:
        seat.stop()
    wait_until(lambda: trainings.n_jobs == 0)


def test_a_stopped_job_leaves_the_line_at_once(images):
    trainings = Trainings()
    with trainings.here():  # nobody else has a turn
        seats = [join(trainings, images, epochs=LONG, seed=seed) for seed in range(60)]
        wait_until(lambda: trainings.gate.n_waiting == 60)
        for seat in seats:
            seat.stop()
        wait_until(lambda: trainings.n_jobs == 0)
        assert trainings.gate.n_waiting == 0


def test_an_error_in_the_training_is_kept_for_the_page_to_show(images, monkeypatch):
    def broken(*arguments):
        raise MemoryError("no room for the images")

    monkeypatch.setattr("nn.job.train_slice", broken)
    trainings = Trainings()
    seat = join(trainings, images)
    wait_until(lambda: not seat.active)
    assert isinstance(seat.error, MemoryError)
    assert trainings.n_jobs == 0 and not trainings.gate.busy


def test_the_past_is_kept_only_if_it_is_asked_for(images):
    trainings = Trainings()
    with_past, without = (join(trainings, images, snapshots=past, epochs=2) for past in ((), None))
    wait_until(lambda: not with_past.active and not without.active)
    assert with_past.past.snapshots[-1].epoch == 2 and without.past is None
    assert without.run.finished


def test_a_job_may_end_after_a_number_of_images_and_another_one_goes_on_from_there(images):
    trainings = Trainings()
    first = join(trainings, images, until=37, epochs=1)
    wait_until(lambda: not first.active)
    assert first.run.images_seen == 37 and not first.run.finished and first.error is None
    second = join(trainings, images, first.run, first.past.snapshots, until=74, epochs=1)
    wait_until(lambda: not second.active)
    assert second.run.images_seen == 74
    assert [round(500 * kept.epoch) for kept in second.past.snapshots][-3:] == [37, 50, 74]


def test_images_that_are_not_ready_are_made_first(images):
    prepared = TrainingSet(images.mnist.first(40), "normalized")
    seat = join(Trainings(), prepared, epochs=1, preparation="normalized")
    wait_until(lambda: not seat.active)
    assert seat.run.finished and prepared.share == 1
    assert_same(seat.run, expected(prepared, nn.Settings(epochs=1, preparation="normalized")))


@pytest.mark.parametrize("seconds", [0.0, 0.01, 10.0])
def test_a_training_that_diverges_ends_in_the_same_way_however_it_is_sliced(images, monkeypatch, seconds):
    monkeypatch.setattr("nn.job.SLICE_SECONDS", seconds)
    seat = join(Trainings(), images, epochs=9, eta=10.0, scale=False, n_hidden=0, seed=3)
    wait_until(lambda: not seat.active)
    end = expected(images, nn.Settings(epochs=9, eta=10.0, scale=False, n_hidden=0, seed=3))
    assert seat.run.diverged and end.diverged
    assert_same(seat.run, end)


# Shared by all who ask for the same


def test_thirty_who_ask_for_the_same_share_one_training(images):
    trainings = Trainings()
    with trainings.here():
        seats = [join(trainings, images, epochs=3) for _ in range(30)]
        other = join(trainings, images, epochs=3, seed=1)
        assert (trainings.n_jobs, trainings.n_watching) == (2, 31)
    wait_until(lambda: not any(seat.active for seat in seats) and not other.active)
    assert all(seat.run is seats[0].run and seat.past is seats[0].past for seat in seats)
    assert other.run is not seats[0].run
    assert_same(seats[0].run, expected(images, nn.Settings(epochs=3)))
    assert trainings.n_watching == 0


def test_who_joins_later_sees_the_past_at_once(images):
    trainings = Trainings()
    first = join(trainings, images, epochs=LONG)
    wait_until(lambda: first.run.epoch > 2)
    second = join(trainings, images, epochs=LONG)
    assert second.run.epoch > 2 and second.past.snapshots[0].epoch == 0
    first.stop()
    second.stop()


def test_each_leaves_alone_and_the_training_ends_when_nobody_watches(images):
    trainings = Trainings()
    leaving, staying = join(trainings, images, epochs=LONG), join(trainings, images, epochs=LONG)
    wait_until(lambda: leaving.run.images_seen > 0)
    leaving.stop()
    leaving.stop()  # a tab that is closed after Stop doesn't count twice
    left = leaving.run
    assert not leaving.active and staying.active and trainings.n_watching == 1
    wait_until(lambda: staying.run.images_seen > left.images_seen)
    assert leaving.run is left
    staying.stop()
    assert not staying.active
    wait_until(lambda: trainings.n_jobs == 0)


def test_who_comes_after_the_last_has_left_begins_anew(images):
    trainings = Trainings()
    first = join(trainings, images, epochs=LONG)
    wait_until(lambda: first.run.images_seen > 0)
    first.stop()
    with trainings.here():
        second = join(trainings, images, epochs=LONG)
        assert second.active and second.run.images_seen == 0
        second.stop()


def test_to_continue_is_ones_own_unless_it_is_from_the_same_run(images):
    trainings = Trainings()
    finished = join(trainings, images, epochs=1)
    wait_until(lambda: not finished.active)
    with trainings.here():
        together = [join(trainings, images, finished.run, finished.past.snapshots, epochs=3) for _ in range(2)]
        new = join(trainings, images, epochs=3)
        assert trainings.n_jobs == 2
    wait_until(lambda: not together[0].active and not new.active)
    assert together[0].run is together[1].run and together[0].run is not new.run
    assert_same(together[0].run, new.run)


# The time that it takes


def test_the_forecast_needs_a_training_that_tells_how_long_an_image_takes():
    trainings = Trainings()
    images = TrainingSet(nn.load_mnist("bundled").first(2_000))
    with trainings.here():
        first = join(trainings, images, epochs=LONG)
        assert first.forecast is None
    wait_until(lambda: first.run.epoch > 1)
    with trainings.here():
        short = join(trainings, images, epochs=1)
        seconds, n_before = short.forecast
        assert 0 < seconds < 60 and n_before == 0
        assert first.forecast[0] > 10 * seconds and first.forecast[1] == 1
    first.stop()
    wait_until(lambda: not short.active)


def test_slices_are_shorter_the_more_trainings_there_are_and_longest_for_a_few():
    trainings = Trainings()
    assert trainings.slice_seconds == 0.05  # the page is in the same process
    trainings.workers = SimpleNamespace(elsewhere=True, n=2)
    assert trainings.slice_seconds == 0.4
    job = SimpleNamespace(line=Line.USUAL)
    trainings._jobs = dict.fromkeys(range(100), job)
    assert trainings.slice_seconds == pytest.approx(0.1)
    trainings._jobs = dict.fromkeys(range(200), job)
    assert 200 / 2 * trainings.slice_seconds <= 5  # a round of all
    trainings._jobs = dict.fromkeys(range(2_000), job)
    assert trainings.slice_seconds == 0.04


def test_the_memory_of_the_past_is_bounded_for_all_together(images):
    trainings = Trainings()
    seats = [join(trainings, images, epochs=30, seed=seed) for seed in range(3)]
    wait_until(lambda: not any(seat.active for seat in seats))
    n_before = len(seats[0].past.snapshots)
    many = [trainings.album.open(seats[0].past.snapshots) for _ in range(200)]
    assert len(seats[0].past.snapshots) < n_before
    each = [sum(array.nbytes for array in kept.network.parameters) for kept in seats[0].past.snapshots]
    assert sum(each) * (len(seats) + len(many)) <= ALBUM_BYTES


# A training that pauses, to be watched

MOMENTS = 1, 2, 5, 10, 20, 50, 100, 200  # in the first epoch of 500 images


def watched(trainings, images, pause, **settings):
    """A Seat at a training that pauses for pause(images_seen) seconds."""
    with trainings.here():  # so that it can't begin before it is known
        seat = join(trainings, images, pause=lambda: pause(seat.run.images_seen), **settings)
    return seat


def test_a_watched_training_pauses_at_each_moment_of_the_first_epoch_and_is_the_same_training(images):
    trainings, pauses = Trainings(), []

    def pause(images_seen):
        pauses.append((images_seen, trainings.gate.busy, trainings.n_watching))
        return 0

    seat = watched(trainings, images, pause, epochs=3)
    wait_until(lambda: not seat.active)
    assert pauses == [(moment, False, 1) for moment in MOMENTS]  # not at the gate, but it counts
    assert seat.run.finished
    assert_same(seat.run, expected(images, nn.Settings(epochs=3)))


def test_nobody_else_waits_during_a_pause_and_stop_ends_it(images):
    trainings = Trainings()
    paused = watched(trainings, images, lambda images_seen: 1_000 if images_seen == 20 else 0, epochs=2)
    wait_until(lambda: paused.run.images_seen == 20)
    other = join(trainings, images, epochs=1)
    wait_until(lambda: not other.active)
    assert other.run.finished and paused.run.images_seen == 20 and paused.active
    paused.stop()
    wait_until(lambda: trainings.n_jobs == 0)
    assert paused.run.images_seen == 20 and paused.error is None


def test_a_pace_that_changes_is_another_job_that_goes_on_from_the_same_run(images):
    trainings = Trainings()
    paused = watched(trainings, images, lambda images_seen: 1_000 if images_seen == 20 else 0, epochs=2)
    wait_until(lambda: paused.run.images_seen == 20)
    quick = join(trainings, images, paused.run, paused.past.snapshots, epochs=2)
    paused.stop()
    wait_until(lambda: not quick.active)
    assert_same(quick.run, expected(images, nn.Settings(epochs=2)))


def test_it_does_not_pause_between_the_moments(images, monkeypatch):
    monkeypatch.setattr("nn.job.SLICE_SECONDS", 0)  # many slices from one moment to the next
    pauses = []
    seat = watched(Trainings(), images, lambda seen: pauses.append(seen) or 0, epochs=1)
    wait_until(lambda: not seat.active)
    assert pauses == list(MOMENTS)


def test_a_large_batch_takes_one_slice_however_short_slices_are(images, monkeypatch):
    monkeypatch.setattr("nn.job.SLICE_SECONDS", 0)
    pauses = []
    seat = watched(Trainings(), images, lambda seen: pauses.append(seen) or 0, epochs=2, batch_size=500)
    wait_until(lambda: not seat.active)
    assert seat.run.finished and pauses == []  # it has no moment within the first epoch


def test_the_pauses_that_are_left_are_part_of_the_forecast(images):
    trainings = Trainings()
    with trainings.here():
        seat = join(trainings, images, pause=lambda: 2.0, epochs=2)
        assert seat._job.pauses_left == 2.0 * len(MOMENTS)
        seat.stop()


def test_the_many_measurements_of_the_first_epoch_are_no_part_of_what_an_image_takes(monkeypatch):
    """Each slice here learns up to the next moment: a measurement takes as long as 1,000 images."""
    told = []

    def slice(arrays, settings, run, *_):
        told.append((run.images_seen, seat._job.seconds_per_image))
        done = train_slice(arrays, settings, run, 1e9, one_moment=True)
        return done._replace(seconds=done.runs[-1].images_seen - run.images_seen + 1_000)

    monkeypatch.setattr("nn.job.train_slice", slice)
    trainings = Trainings()
    images = TrainingSet(nn.load_mnist("bundled").first(5_000))
    with trainings.here():
        seat = join(trainings, images, epochs=2)
    wait_until(lambda: not seat.active)
    assert [seen for seen, seconds in told if seconds is None] == [
        0,
        0,
        1,
        2,
        5,
        10,
        20,
        50,
        100,
        200,
        500,
        1_000,
        2_000,
    ]
    assert told[-1] == (5_000, 4_000 / 3_000)
    assert seat._job.seconds_per_image == pytest.approx((0.75 * 4_000 + 6_000) / (0.75 * 3_000 + 5_000))


class Clock:
    """A clock that stands still, except that every slice takes a second of it."""

    def __init__(self, monkeypatch):
        self.now = self.slices = 0
        monkeypatch.setattr("nn.job.time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr("nn.job.train_slice", self.slice)

    def slice(self, *arguments):
        self.now, self.slices = self.now + 1, self.slices + 1
        return train_slice(*arguments)


def test_the_speed_is_that_between_the_pauses(images, monkeypatch):
    clock = Clock(monkeypatch)

    def pause(images_seen):
        clock.now += 1_000
        return 0

    seat = watched(Trainings(), images, pause, epochs=2)
    wait_until(lambda: not seat.active)
    assert clock.now > 1_000 * len(MOMENTS) and clock.slices >= len(MOMENTS)
    assert seat.images_per_second == pytest.approx(1_000 / clock.slices)


def test_the_speed_does_not_fall_during_a_pause(images, monkeypatch):
    clock, pausing = Clock(monkeypatch), threading.Event()

    def pause(images_seen):
        if images_seen < 20:
            return 0
        pausing.set()
        return 1_000

    paused = watched(Trainings(), images, pause, epochs=2)
    assert pausing.wait(30)
    wait_until(lambda: paused._job._pause_began is not None)
    before = paused.images_per_second
    clock.now += 500
    after = paused.images_per_second
    paused.stop()
    assert before == after > 0


# In the background


def test_trainings_in_the_background_slow_nobody_down_and_are_not_counted(images):
    """Neither the pages' pace nor a forecast depends on them, and they are not shared with a visitor's own."""
    trainings, settings = Trainings(), nn.Settings(epochs=LONG)
    start = initial_run(settings, images.n_images)
    hidden = trainings.join(settings, images, start, snapshots=None, line=Line.BACKGROUND)
    wait_until(lambda: hidden.run.images_seen > 0)
    assert trainings.n_jobs == trainings.n_watching == 0
    alone = trainings.slice_seconds
    own = trainings.join(settings, images, start, snapshots=None)
    wait_until(lambda: own.forecast is not None)
    assert trainings.n_jobs == trainings.n_watching == 1 and trainings.slice_seconds == alone
    assert own._job is not hidden._job
    _, n_before = own.forecast
    assert n_before == 0
    others = [join(trainings, images, epochs=1_000, seed=seed) for seed in range(3)]
    wait_until(lambda: all(other.run.images_seen > 0 for other in others))
    assert trainings.n_jobs == 4
    for seat in (hidden, own, *others):
        seat.stop()
    wait_until(lambda: not trainings._jobs)


def test_every_slice_in_the_background_waits_until_nobody_else_does(images, monkeypatch):
    """Also the first one, which comes before those of others in a visitor's own training."""
    asked, ask = [], Trainings.ask
    monkeypatch.setattr(Trainings, "ask", lambda self, line: asked.append(line) or ask(self, line))
    settings, prepared = (
        nn.Settings(epochs=1, preparation="normalized"),
        TrainingSet(images.mnist.first(40), "normalized"),
    )
    seat = Trainings().join(settings, prepared, initial_run(settings, 40), snapshots=None, line=Line.BACKGROUND)
    wait_until(lambda: not seat.active)
    assert seat.run.finished and set(asked) == {Line.BACKGROUND}
    assert_same(seat.run, expected(prepared, settings))
    asked.clear()
    seat = join(Trainings(), images, epochs=1)
    wait_until(lambda: not seat.active)
    assert asked[0] is Line.FIRST and set(asked[1:]) <= {Line.USUAL}
