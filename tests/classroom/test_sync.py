"""The thread between a process and the database: whatever happens to the database, everything is stored once.

All stories but the last take its turns by hand.
"""

import shutil
import sqlite3
import threading
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from classes import bytes_of, drawing, guess, keys, plain, stored, training, withdrawal
from sqlalchemy import event
from waiting import wait_until

from nn.classroom import limits, schema
from nn.classroom import sync as sync_module
from nn.classroom.rooms import Classroom, Unreachable
from nn.classroom.sync import ClassSync


class Participant:
    """A page that takes part in a class."""

    def __init__(self, person, *submissions):
        self.person, self.submissions, self.trains, self.present = person, list(submissions), False, True
        self.refused = []

    def is_present(self):
        return self.present

    def is_training(self):
        return self.trains

    def new_submissions(self):
        submissions, self.submissions = self.submissions, []
        return submissions

    def refuse(self, submission):
        self.refused.append(submission)


class Visitor:
    is_connected = True


@pytest.fixture(autouse=True)
def seconds(monkeypatch):
    """The time that passes for the thread."""
    seconds = [1_000.0]
    monkeypatch.setattr(sync_module, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    return seconds


@pytest.fixture
def impatient(monkeypatch):
    """A second is enough for a database that is to be locked, and on a busy machine for one that is not."""
    monkeypatch.setattr(schema, "TIMEOUT", 1)


@pytest.fixture
def sync(classroom):
    return ClassSync(classroom)


@pytest.fixture
def code(classroom):
    """The code of an open room."""
    return classroom.open_room()[0]


@pytest.fixture
def participants(sync, classroom, code):
    """Two Participants, anna and ben, of a room."""
    participants = [Participant(classroom.join(code)) for _ in range(2)]
    for participant in participants:
        sync.participants.add(participant)
    return participants


def test_submissions_are_stored_in_their_order_until_their_authors_leave(sync, classroom, clock, monkeypatch, url):
    monkeypatch.setattr(sync_module, "BATCH", 4)  # in one transaction
    codes = [classroom.open_room()[0] for _ in range(3)]
    anna, ben, carl = participants = [Participant(classroom.join(code)) for code in codes]
    for participant in participants:
        sync.participants.add(participant)
        participant.submissions = [training(participant.person) for _ in range(10)]
    expected = [[submission.key for submission in participant.submissions] for participant in participants]
    sync.submit(drawing(anna.person, 3, "sketch"), drawing(anna.person, 5, "sketch"), guess(anna.person, 0.5))
    sync.submit(drawing(ben.person, 3, "sketch"), withdrawal(ben.person, "sketch"))
    assert len(sync.waiting) == 5
    sync.step()
    assert len(sync.waiting) == 0 and sync.trouble == ""
    rows = stored(url)["trainings"]
    assert [
        [row["key"] for row in rows if row["room"] == participant.person.room] for participant in participants
    ] == expected
    assert [row["label"] for row in stored(url)["drawings"]] == [5]
    assert sync.board(codes[0]).guesses == {"eta": {1: 0.5}}

    clock.now += 60
    anna.present, anna.submissions = False, [last := training(anna.person)]  # the page was closed
    sync.step()
    assert keys(url)[30:] == [last.key] and len(sync.participants) == 2
    sync.participants.discard(ben)
    sync.participants.discard(ben)
    ben.submissions = [training(ben.person)]
    sync.step()
    assert len(keys(url)) == 31


def test_the_database_knows_who_is_present_and_old_rooms_go(sync, classroom, clock, code, participants, seconds, url):
    participants[0].trains = True
    for second in range(70):
        if second == 35:
            sync.participants.discard(participants[0])
        seconds[0] += 1
        clock.now += 1
        sync.step()
        board = classroom.board(code)
        assert second >= 35 or board.present == {1, 2} and board.in_training == {1}
    assert board.present == {2} and not board.in_training
    clock.now += 24 * 3600
    for more, n_rooms in [(60, 1), (600, 0)]:
        seconds[0] += more
        sync.step()
        assert len(stored(url)["rooms"]) == n_rooms


def test_a_board_is_read_in_each_turn_for_a_minute_after_somebody_looked(sync, classroom, code, seconds):
    board = sync.board(code)
    person = classroom.join(code)
    assert sync.board(code) is board and board.n_people == 0, "between two turns nothing is read"
    assert plain(sync.board(code, fresh=True)) == plain(classroom.board(code)) != plain(board)
    classroom.submit([training(person)])
    seconds[0] += 59
    sync.step()
    assert plain(sync.board(code)) == plain(classroom.board(code))
    reads, read = [], classroom.board
    classroom.board = lambda *args: reads.append(args) or read(*args)
    for more in (60, 1, 0):
        seconds[0] += more
        sync.step()
        assert len(reads) == 1, "later nobody looks any more"
    assert plain(sync.board(code)) == plain(read(code))


def test_only_boards_of_rooms_are_kept_and_one_that_has_ended_is_not_asked_for_again(sync, classroom):
    code, secret = classroom.open_room()
    assert sync.board("CCCCCC") is None and sync.board(code).code == code and list(sync.boards) == [code]
    classroom.end_room(code, secret)
    sync.step()
    classroom.board = None  # nobody asks the database
    assert [sync.board(code) for _ in range(5)] == [None] * 5 and not sync.boards


def test_a_room_whose_board_is_open_is_in_use_until_the_page_is_closed(sync, clock, code, seconds, url):
    visitor = Visitor()  # who looks at something else meanwhile: the page is hidden, and asks for nothing
    sync.viewers[visitor] = code
    used = []
    for connected in (True, True, False, False):
        visitor.is_connected = connected
        clock.now += 60
        seconds[0] += 60
        sync.step()
        used.append(stored(url)["rooms"][0]["used"] - clock.now)
    assert used == [0, 0, -60, -120] and not sync.viewers


def test_everyone_hears_of_their_own_submissions_for_which_there_is_no_room(sync, participants, monkeypatch):
    monkeypatch.setattr(limits, "MAX_DRAWINGS", 1)
    monkeypatch.setattr(limits, "MAX_TRAININGS", 1)
    anna, ben = participants
    other_tab = Participant(anna.person)
    sync.participants.add(other_tab)
    anna.submissions = [drawing(anna.person), drawing(anna.person), training(anna.person), training(anna.person)]
    ben.submissions = [drawing(ben.person), training(ben.person), guess(ben.person, 0.5)]
    expected = [anna.submissions[1], anna.submissions[3]]
    sync.step()
    assert anna.refused == other_tab.refused == expected and ben.refused == []
    sync.step()
    assert anna.refused == expected and not sync.waiting


@contextmanager
def locked_file(engine, server):
    with closing(sqlite3.connect(engine.url.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")  # another process writes, for a very long time
        yield


@contextmanager
def locked_tables(engine, server):
    with server().connect() as other, other.transaction():
        other.execute("LOCK TABLE rooms, people, trainings, drawings, guesses")
        yield


@contextmanager
def stopped(engine, server):
    server().stop()
    yield
    server().start()


@contextmanager
def setting(bad, good, engine, server):
    """A setting of the engine's only connection to SQLite."""
    for pragma in (bad, good):
        with engine.connect().execution_options(reading=True) as connection:
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        if pragma is bad:
            yield


FULL = partial(setting, "max_page_count = 1", "max_page_count = 1000000")  # not one page more fits on the disk
READ_ONLY = partial(setting, "query_only = ON", "query_only = OFF")
OUTAGES = [("sqlite", FULL), ("sqlite", READ_ONLY), ("sqlite", locked_file)]
OUTAGES += [("postgresql", stopped), ("postgresql", locked_tables)]


@pytest.mark.slow
@pytest.mark.parametrize("url, outage", OUTAGES, indirect=["url"])
def test_submissions_wait_while_nothing_can_be_stored_and_then_each_is_stored_once(
    impatient, sync, classroom, code, engines, participants, outage, request, seconds, url
):
    anna, ben = participants
    submissions = [training(anna.person, network=bytes(100_000))]
    anna.submissions = submissions[:1]
    sync.step()
    assert sync.trouble == "" and len(sync.board(code).trainings) == 1

    with outage(engines[0], lambda: request.getfixturevalue("postgresql")):
        for n_waiting in (3, 6):
            submissions += [training(anna.person, network=bytes(300_000)), training(ben.person)]
            anna.submissions, ben.submissions = submissions[-2:-1], submissions[-1:]
            sync.submit(drawing(ben.person, key=f"drawing {n_waiting}"))
            seconds[0] += 1
            sync.step()
            assert sync.trouble.endswith(".") and "sql" not in sync.trouble.lower()
            assert len(sync.waiting) == n_waiting
        assert len(sync.board(code).trainings) == 1, "the last board can still be seen"

    seconds[0] += 1
    sync.step()
    assert sync.trouble == "" and len(sync.waiting) == 0
    assert sorted(keys(url)) == sorted(submission.key for submission in submissions)
    assert keys(url, "drawings") == ["drawing 3", "drawing 6"]
    assert classroom.join(code).number == 3
    sync.step()
    assert len(sync.board(code).trainings) == 5


def test_other_files_wrong_addresses_and_an_empty_database_count_as_unreachable(sync, classroom, tmp_path):
    for address in ("sqlite://", "nonsense", "oracle://somewhere/x", "postgresql+nodriver://x/y"):
        with pytest.raises(Unreachable):
            Classroom(address).open_room()
    folder, letter = tmp_path / "classes", "Dear reader, this is a letter. " * 100
    for file in (folder, folder / "classes.sqlite"):  # in place of the folder, and of the database
        file.parent.mkdir(exist_ok=True)
        file.write_text(letter)
        for call in (classroom.open_room, lambda: sync.board("CDFHJK")):
            with pytest.raises(Unreachable):
                call()
        sync.step()
        assert sync.trouble and file.read_text() == letter
        file.unlink()
    sync.step()
    assert sync.trouble == "" and sync.board(classroom.open_room()[0]).n_people == 0

    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for table in ("guesses", "drawings", "trainings", "people", "rooms"):
            connection.execute(f"DROP TABLE {table}")
    with pytest.raises(Unreachable):
        classroom.open_room()
    assert classroom.board(classroom.open_room()[0]).n_people == 0, "it is made anew"


@pytest.mark.parametrize("gone", ["the file", "the file and its companions", "the folder"])
def test_a_file_that_is_deleted_during_a_class_is_made_anew_with_everything_in_it(
    sync, classroom, clock, code, participants, gone, seconds, url
):
    file, other_process = Path(url.removeprefix("sqlite:///")), Classroom(url, lambda: clock.now)
    anna, ben = (one.person for one in participants)
    board = other_process.board(code)
    sync.submit(training(anna, network=bytes(300_000)), drawing(ben, 3, "sketch"), guess(ben, 0.5))
    sync.step()
    before = stored(url)
    if gone == "the folder":
        shutil.rmtree(file.parent)
    else:
        for end in ("", "-wal", "-shm") if "companions" in gone else ("",):
            file.with_name(file.name + end).unlink()
    sync.submit(last := training(ben))
    seconds[0] += 1
    sync.step()
    assert sync.trouble and list(sync.waiting) == [last], "nothing goes to a file that nobody can find"
    seconds[0] += 1
    sync.step()
    assert sync.trouble == "" and not sync.waiting
    after = stored(url)
    assert after["trainings"].pop()["key"] == last.key
    for version in (before, after):
        del version["rooms"][0]["version"], version["rooms"][0]["used"]
    assert after == before
    with pytest.raises(Unreachable):  # its file is the deleted one, too
        other_process.board(code, board)
    assert plain(other_process.board(code, board)) == plain(classroom.board(code)) and bytes_of(url)
    assert other_process.join(code, anna.secret) == anna and other_process.join(code).number == 3
    left = {path.name.removeprefix(file.name) for path in file.parent.iterdir()}
    assert left <= {"", "-wal", "-shm"}, "nothing unfinished stays behind"


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_transaction_that_is_cut_off_stores_all_or_nothing(sync, classroom, code, engines, postgresql, url):
    person, ended = classroom.join(code), []

    def end_connection(connection, cursor, statement, *_):
        if statement.startswith("UPDATE rooms SET bytes") and not ended:  # after the trainings
            ended.append(postgresql.disconnect_all())

    event.listen(engines[0], "before_cursor_execute", end_connection)
    submissions = [training(person) for _ in range(5)]
    sync.submit(*submissions)
    sync.step()
    assert ended and sync.trouble and len(sync.waiting) == 5 and not keys(url)
    sync.step()
    assert not sync.trouble and keys(url) == [submission.key for submission in submissions]


def test_one_page_or_submission_with_a_fault_stops_nobody(sync, classroom, clock, code, participants, url):
    anna, ben = participants
    store = classroom.submit

    def fail(*_):
        raise RuntimeError("nobody has thought of this")

    for method in ("new_submissions", "is_present", "is_training"):
        sync.participants.add(broken := Participant(classroom.join(code)))
        setattr(broken, method, fail)
    ended, secret = classroom.open_room()
    gone = classroom.join(ended)
    sync.participants.add(Participant(gone, training(gone)))
    classroom.end_room(ended, secret)
    classroom.submit = lambda batch: fail() if "cursed" in [one.key for one in batch] else store(batch)
    submissions = [training(anna.person), training(ben.person), training(ben.person), training(anna.person)]
    sync.submit(training(gone), submissions[0], training(ben.person, "cursed"), submissions[1])
    ben.submissions = submissions[2:]
    clock.now += 60
    sync.step()
    assert len(sync.waiting) == 0 and sync.trouble == "" and sync.board(code).present == {1, 2}
    assert keys(url) == [submission.key for submission in submissions]


def test_only_so_many_submissions_and_bytes_wait_and_the_oldest_are_dropped(sync, participants, monkeypatch, url):
    monkeypatch.setattr(sync_module, "MAX_WAITING", 10)
    monkeypatch.setattr(sync_module, "MAX_WAITING_BYTES", 1_000)
    person = participants[0].person
    submissions = [training(person) for _ in range(20)]
    sync.submit(*submissions[:15])
    assert len(sync.waiting) == 10
    participants[0].submissions = submissions[15:]
    sync.step()
    assert keys(url) == [submission.key for submission in submissions[10:]]
    large = [training(person, network=bytes(300)) for _ in range(5)]
    sync.submit(*large, *(drawing(person) for _ in range(3)))
    assert len(sync.waiting) == 3 + 3
    sync.step()
    assert keys(url)[10:] == [submission.key for submission in large[2:]] and len(keys(url, "drawings")) == 3


def test_the_thread_does_all_this_by_itself_and_goes_on_after_anything(classroom, code, monkeypatch, url):
    monkeypatch.undo()  # the time passes again
    monkeypatch.setattr(sync_module, "PERIOD", 0.01)
    monkeypatch.setattr(sync_module, "PRESENCE_PERIOD", 0)
    sync, participant = ClassSync(classroom), Participant(classroom.join(code))
    sync.start()
    sync.participants.add(participant)
    sync.board(code)
    for method in ("submit", "mark_present", "board"):
        failed = threading.Event()

        def fail(*args, method=method, failed=failed):
            delattr(classroom, method)
            failed.set()
            raise RuntimeError("nobody has thought of this")

        setattr(classroom, method, fail)
        sync.submit(guess(participant.person, 0.5))
        assert failed.wait(60)
        participant.submissions = [submission := training(participant.person)]
        wait_until(lambda submission=submission: submission.key in keys(url))
        wait_until(lambda: len(sync.board(code).trainings) == len(keys(url)))
    over = threading.Event()
    sync.step = lambda: over.set() or threading.Event().wait()  # for ever: the thread does nothing more
    assert over.wait(60)
