"""Training in the background: a Job computes slice by slice, for all the visitors who have a Seat at it."""

import threading
import time
import traceback
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from ..images.training_set import SLICE_SECONDS
from ..training import next_moment, train_slice
from .executors import Workers
from .gate import Gate, Line, forecast
from .snapshots import Album

LONGEST_SLICE, SHORTEST_SLICE = 0.4, 0.04  # seconds of work at a time for a worker
ROUND_SECONDS = 5  # with many trainings slices are shorter, so that each has had its turn after this time
CROWDED = 1.0  # seconds: a training that waits so long for its turn can be watched without pauses
TELLING = 2_000  # images for each measurement: in the first epoch a slice of fewer mostly measures
FADING = 0.75  # how much each slice counts, compared with the next one, in what learning from an image takes


def no_pause():
    """A pause of 0 seconds."""
    return 0


class Trainings:
    """All trainings of a process: the gate that they pass, the workers that compute them, and who watches which.

    gate : Gate, that every long computation of the process has to pass
    workers : Workers; by default everything is computed in the process itself
    album : Album, in which the past of trainings is kept
    """

    def __init__(self, workers=None):
        self.gate, self.workers, self.album = Gate(), workers or Workers(), Album()
        self._left = -np.inf, None  # when it was last asked what is left of all, and the answers, an array (n,)
        self._lock, self._jobs = threading.Lock(), {}  # what a Job was asked for -> the Job, while it is under way

    def join(self, recipe, images, state, snapshots=(), until=None, pause=no_pause, line=Line.USUAL):
        """A Seat at the training that continues this Run: a new Job, or the one that is under way already.

        The parameters are those of Job, with the Snapshots so far in the place of the Past (None: the past isn't kept).
        The same settings and images lead from the same Run to the same weights, so thirty visitors who ask for the same
        share a single Job. Who comes later sees its past at once.
        """
        start = None if state.is_untrained else state  # all untrained runs with the same settings are the same
        key = recipe, images, start, snapshots is None, until, pause, line
        with self._lock:
            job = self._jobs.get(key)
            is_new = job is None or not job.active
            if is_new:
                past = None if snapshots is None else self.album.open(snapshots)
                job = self._jobs[key] = Job(self, recipe, images, state, past, until, pause, line)
            job.n_seats += 1
        if is_new:
            try:
                job.thread.start()  # outside the lock, because it waits until the thread runs
            except RuntimeError:  # there are too many threads
                self.ended(job)
                job.stop()
                raise
        return Seat(self, job)

    def leave(self, job):
        """One visitor fewer watches a Job: it ends if it was the last."""
        with self._lock:
            job.n_seats -= 1
            if job.n_seats == 0:
                job.stop()

    def ended(self, job):
        """Forget a Job that is over."""
        with self._lock:
            self._jobs = {key: other for key, other in self._jobs.items() if other is not job}

    @property
    def n_watching(self):
        """How many seats are taken at trainings that are looked at: with step 6, a visitor may have several."""
        return sum(job.n_seats for job in self._looked_at())

    @property
    def n_jobs(self):
        """How many trainings are under way that are looked at."""
        return len(self._looked_at())

    def _looked_at(self):
        """The Jobs under way that somebody waits for: those in the background slow nobody down."""
        return [job for job in list(self._jobs.values()) if job.line is not Line.BACKGROUND]

    @property
    def n_workers(self):
        """How many slices are computed at a time."""
        return self.workers.n if self.workers.elsewhere else 1

    @property
    def slice_seconds(self):
        """How long a slice should take at present."""
        if not self.workers.elsewhere:
            return SLICE_SECONDS
        return min(max(ROUND_SECONDS * self.n_workers / max(self.n_jobs, 1), SHORTEST_SLICE), LONGEST_SLICE)

    def ask(self, line):
        """A Turn at the gate, for a slice of a training."""
        self._adapt_places()
        return self.gate.ask(line)

    def _adapt_places(self):
        """One place more than there are workers, so that none of them has to wait for its next slice."""
        self.gate.places = self.n_workers + 1 if self.workers.elsewhere else 1

    @contextmanager
    def here(self, line=Line.USUAL):
        """Wait for a turn to compute something in this thread; only one thread at a time does."""
        self._adapt_places()
        with self.gate.turn(line), self.workers.here:
            yield

    def forecast(self, job):
        """In how many seconds a Job will be over, and how many others will be before; None if that isn't known yet.

        What is left of all is asked for once a second, not for each of hundreds of pages.
        """
        asked, left = self._left
        if job.seconds_left is None or time.monotonic() > asked + 1:
            jobs = self._looked_at()
            known = [one.seconds_per_image for one in jobs if one.seconds_per_image]
            if not known:
                return None
            usual = sum(known) / len(known)
            for one in jobs:
                one.seconds_left = one.images_left * (one.seconds_per_image or usual)
            left = np.array([one.seconds_left for one in jobs])
            self._left = time.monotonic(), left
        mine = job.seconds_left
        if mine is None:
            return None  # it has just ended
        seconds, n_before = forecast(mine, np.delete(left, np.argmin(np.abs(left - mine))), self.n_workers)
        return max(seconds, mine + job.pauses_left), n_before


class Job:
    """One training: a daemon thread that completes a TrainingSet and then has slice after slice computed.

    Made by Trainings.join. It continues from a Run with Settings to the end, or until it has learnt from this many
    images, and keeps what it measures in a Past (or None). pause is a function that returns how many seconds to wait at
    each measured moment of the first epoch, from the first image on, so that a person can watch. The wait is outside
    the gate: nobody else waits, and the weights are the same. line is where it waits for its turns; in Line.USUAL, its
    first slice comes before those of others.

    run : Run, the latest one. It is immutable, so it can be kept; when the job is over it is the last
    past : Past or None
    error : Exception or None, what ended the training
    n_seats : int, how many visitors watch; Trainings counts them
    ended : float or None, when it was stopped or ended, by time.monotonic()
    moved, over : Events, set when it has learnt from an image or is over, and when its thread has ended
    seconds_left : float or None, of computing, when Trainings last asked for it
    seconds_per_image : float or None, what learning from an image takes, measuring included, until it is known
    """

    def __init__(self, trainings, recipe, images, state, past=None, until=None, pause=no_pause, line=Line.USUAL):
        self.state, self.past, self.line, self.error = state, past, line, None
        self.n_seats, self.seconds_per_image, self.seconds_left, self.ended = 0, None, None, None
        self.moved, self.over = threading.Event(), threading.Event()
        self._trainings, self._settings, self._images = trainings, recipe, images
        self._until, self._pause = until, pause
        self._stop, self._commit, self._turn = threading.Event(), threading.Lock(), None
        self._began, self._seen_before, self._measured = None, state.images_seen, state
        self._lately = np.zeros(2)  # seconds of computing and images, the latest ones counting most
        self._paused, self._pause_began = 0.0, None  # seconds of the pauses so far, and when the present one began
        self.thread = threading.Thread(target=self._work, daemon=True, name="training")

    def _work(self):
        try:
            while self._images.mnist is None and not self._stop.is_set():
                with self._trainings.here(self.line):
                    self._images.step()
            self._began = time.monotonic()
            is_over = self.state.history and self._until is not None and self.state.images_seen >= self._until
            while not is_over and not self._stop.is_set() and self._take_slice():
                pass
        except Exception as error:  # the page shows it, and the server's log: in a thread it would be lost
            self.error = error
            traceback.print_exc()
        finally:
            self._trainings.ended(self)
            self.ended = self.ended or time.monotonic()
            self.moved.set()
            self.over.set()

    def _take_slice(self):
        """Have a slice computed, and pause after it; returns whether the training goes on."""
        is_first = self.state.images_seen == 0
        line = Line.FIRST if is_first and self.line is Line.USUAL else self.line
        turn, asked = self._trainings.ask(line), time.monotonic()
        self._turn = turn
        if self._stop.is_set():  # stop() may have come before there was a turn to give up
            turn.give_up()
        try:
            if not turn.wait() or self._stop.is_set():
                return False
            pauses = self._pause is not no_pause and time.monotonic() - asked < CROWDED
            watched = pauses and self.state.epoch < 1
            seconds = SLICE_SECONDS if is_first else self._trainings.slice_seconds
            done = self._trainings.workers.compute(
                train_slice, self._images.mnist, self._settings, self.state, seconds, self._until, watched
            )
        finally:
            turn.leave()
        *_, last = done.states
        n_images = last.images_seen - self.state.images_seen
        for state in done.states:
            if state.is_measured and not state.diverged:
                self._measured = state
        if last.diverged and not last.is_measured:
            last = replace(self._measured, finished=True, diverged=True)  # where it was last measured, however sliced
        n_measured = sum(state.is_measured for state in done.states)
        tells = self.state.epoch >= 1 or n_images >= TELLING * n_measured  # later, each image has its share
        if n_images and tells:
            self._lately = FADING * self._lately + (done.seconds, n_images)
            self.seconds_per_image = self._lately[0] / self._lately[1]
        with self._commit:
            if self._stop.is_set():
                return False
            self.state = last
            for state in done.states if self.past is not None else ():
                self.past.remember(state)
        if n_images:
            self.moved.set()
        if watched and last.is_measured and not done.over and 0 < last.epoch < 1:
            self._wait()
        return not done.over

    def _wait(self):
        self._pause_began = time.monotonic()
        self._stop.wait(self._pause())
        self._paused, self._pause_began = self._paused + time.monotonic() - self._pause_began, None

    def stop(self):
        """End the training, without waiting for the present slice."""
        with self._commit:
            self._stop.set()
            self.ended = self.ended or time.monotonic()
        if self._turn is not None:
            self._turn.give_up()

    @property
    def active(self):
        """Whether the training is under way."""
        return self.ended is None

    @property
    def images_left(self):
        """How many images it has still to learn from."""
        end = self._settings.epochs * self.state.n_images
        return max((end if self._until is None else min(end, self._until)) - self.state.images_seen, 0)

    @property
    def pauses_left(self):
        """Seconds of all pauses that are still to come."""
        if self._pause is no_pause:
            return 0.0
        n_images, moments = self.state.n_images, 0
        moment = next_moment(self.state.images_seen, n_images)
        while moment < n_images:
            moments, moment = moments + 1, next_moment(moment, n_images)
        return moments * self._pause()

    @property
    def images_per_second(self):
        """The speed since the images were complete, including the waits at the gate but not the pauses; 0 before."""
        if self._began is None:
            return 0.0
        now = self._pause_began or time.monotonic()
        seconds = now - self._began - self._paused
        return (self.state.images_seen - self._seen_before) / max(seconds, 1e-6)


class Seat:
    """A visitor's seat at a Job, which others may watch too: they share its progress, but each leaves alone."""

    def __init__(self, trainings, job):
        self._trainings, self._job = trainings, job
        self._made, self._left, self._last = time.monotonic(), None, None
        self._lock = threading.Lock()

    def stop(self):
        """Leave. What this visitor has stays as it is now; the training ends if nobody else watches it."""
        with self._lock:
            if self._left is not None:
                return
            self._last, self._left = self._job.state, time.monotonic()
        self._trainings.leave(self._job)

    @property
    def state(self):
        """The latest Run, or that when the visitor left."""
        return self._last or self._job.state

    @property
    def past(self):
        """The training's Past, or None. If others go on, it goes on too."""
        return self._job.past

    @property
    def error(self):
        """The Exception that ended the training, or None."""
        return self._job.error

    @property
    def active(self):
        """Whether the training is under way, and the visitor has not left."""
        return self._left is None and self._job.active

    def join(self, seconds):
        """Wait for the training's end, at most these seconds; returns whether it is over."""
        return self._job.over.wait(seconds)

    def wait_for_progress(self, seconds):
        """Wait until it has learnt from an image, but not longer than this."""
        self._job.moved.wait(seconds)

    @property
    def seconds_since_visitor_acted(self):
        """Seconds since the visitor came or, if they have left, since then; that it ended by itself doesn't count."""
        return time.monotonic() - (self._left or self._made)

    @property
    def images_per_second(self):
        """The training's speed, without pauses."""
        return self._job.images_per_second

    @property
    def forecast(self):
        """In how many seconds it will be over, and how many others before it; None if that isn't known yet."""
        return self._trainings.forecast(self._job)
