"""The exchange between a process and the database: whatever happens to the database, everything is stored once.

All stories but that of the thread take its turns by hand.
"""

import sqlite3
import threading
from contextlib import closing, contextmanager
from functools import partial
from types import SimpleNamespace

import pytest
from classes import drawn, guessed, keys, plain, stored, trained, withdrawn
from waiting import wait_until

from nn.classroom import exchange as exchange_module
from nn.classroom import limits, schema
from nn.classroom.exchange import Exchange
from nn.classroom.rooms import Classroom, Unreachable


class Member:
    """Somebody's page in a class."""

    def __init__(self, person, *posts):
        self.person, self.posts, self.trains, self.here = person, list(posts), False, True

    def is_here(self):
        return self.here

    def is_training(self):
        return self.trains

    def news(self):
        posts, self.posts = self.posts, []
        return posts


@pytest.fixture(autouse=True)
def seconds(monkeypatch):
    """The time that passes for the exchange."""
    seconds = [1_000.0]
    monkeypatch.setattr(exchange_module, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    return seconds


@pytest.fixture
def impatient(monkeypatch):
    """A second is enough for a database that is to be locked, and on a busy machine for one that is not."""
    monkeypatch.setattr(schema, "TIMEOUT", 1)


@pytest.fixture
def exchange(classroom, monkeypatch):
    exchange = Exchange(classroom)
    monkeypatch.setattr(exchange, "start", lambda: None)
    return exchange


@pytest.fixture
def code(classroom):
    """The code of an open room."""
    return classroom.open_room()[0]


@pytest.fixture
def members(exchange, classroom, code):
    """Two Members, anna and ben, of a room."""
    members = [Member(classroom.join(code)) for _ in range(2)]
    for member in members:
        exchange.attach(member)
    return members


def hand_in(exchange, *posts):
    for post in posts:
        exchange.hand_in(post)


def test_posts_are_stored_in_their_order_until_their_authors_leave(exchange, classroom, clock, monkeypatch, url):
    monkeypatch.setattr(exchange_module, "TOGETHER", 4)  # in one transaction
    codes = [classroom.open_room()[0] for _ in range(3)]
    anna, ben, carl = members = [Member(classroom.join(code)) for code in codes]
    for member in members:
        exchange.attach(member)
        member.posts = [trained(member.person) for _ in range(10)]
    expected = [[post.key for post in member.posts] for member in members]
    hand_in(exchange, drawn(anna.person, 3, "sketch"), drawn(anna.person, 5, "sketch"), guessed(anna.person, 0.5))
    hand_in(exchange, drawn(ben.person, 3, "sketch"), withdrawn(ben.person, "sketch"))
    assert exchange.n_waiting == 5
    exchange.step()
    assert exchange.n_waiting == 0 and exchange.trouble == ""
    rows = stored(url)["trainings"]
    assert [[row["key"] for row in rows if row["room"] == member.person.room] for member in members] == expected
    assert [row["label"] for row in stored(url)["drawings"]] == [5]
    assert exchange.board(codes[0]).guesses == {"eta": {1: 0.5}}

    clock.now += 60
    anna.here, anna.posts = False, [last := trained(anna.person)]  # the page was closed
    exchange.step()
    assert keys(url)[30:] == [last.key] and exchange.n_members == 2
    exchange.detach(ben)
    exchange.detach(ben)
    ben.posts = [trained(ben.person)]
    exchange.step()
    assert len(keys(url)) == 31


def test_the_database_hears_who_is_there_and_old_rooms_go(exchange, classroom, clock, code, members, seconds, url):
    members[0].trains = True
    for second in range(70):
        if second == 35:
            exchange.detach(members[0])
        seconds[0] += 1
        clock.now += 1
        exchange.step()
        board = classroom.board(code)
        assert second >= 35 or board.here == {1, 2} and board.in_training == {1}
    assert board.here == {2} and not board.in_training
    clock.now += 24 * 3600
    for more, n_rooms in [(60, 1), (600, 0)]:
        seconds[0] += more
        exchange.step()
        assert len(stored(url)["rooms"]) == n_rooms


def test_a_board_is_read_in_each_turn_for_a_minute_after_somebody_looked(exchange, classroom, code, seconds):
    board = exchange.board(code)
    person = classroom.join(code)
    assert exchange.board(code) is board and board.n_people == 0, "between two turns nothing is read"
    assert plain(exchange.board(code, fresh=True)) == plain(classroom.board(code)) != plain(board)
    classroom.hand_in([trained(person)])
    seconds[0] += 59
    exchange.step()
    assert plain(exchange.board(code)) == plain(classroom.board(code))
    reads, read = [], classroom.board
    classroom.board = lambda *args: reads.append(args) or read(*args)
    for more in (60, 1, 0):
        seconds[0] += more
        exchange.step()
        assert len(reads) == 1, "later nobody looks any more"
    assert plain(exchange.board(code)) == plain(read(code))


def test_codes_of_no_room_are_forgotten_and_those_who_saw_a_class_end_try_none(exchange, classroom):
    code, secret = classroom.open_room()
    for _ in range(limits.MAX_WRONG_CODES - 1):
        assert exchange.board("CCCCCC") is None
    assert exchange.board(code).code == code and exchange.n_boards == 1
    classroom.end_room(code, secret)
    exchange.step()
    assert [exchange.board(code) for _ in range(5)] == [None] * 5 and exchange.n_boards == 0
    other, _ = classroom.open_room()
    assert classroom.join(other).number == 1, "one more wrong code, and nobody new would get in"
    assert exchange.board("CCCCCC") is None
    with pytest.raises(Unreachable, match="Too many codes"):
        classroom.join(other)


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
def test_posts_wait_while_nothing_can_be_stored_and_then_each_is_stored_once(
    impatient, exchange, classroom, code, engines, members, outage, request, seconds, url
):
    anna, ben = members
    posts = [trained(anna.person, network=bytes(100_000))]
    anna.posts = posts[:1]
    exchange.step()
    assert exchange.trouble == "" and len(exchange.board(code).trainings) == 1

    with outage(engines[0], lambda: request.getfixturevalue("postgresql")):
        for n_waiting in (3, 6):
            posts += [trained(anna.person, network=bytes(300_000)), trained(ben.person)]
            anna.posts, ben.posts = posts[-2:-1], posts[-1:]
            hand_in(exchange, drawn(ben.person, key=f"drawing {n_waiting}"))
            seconds[0] += 1
            exchange.step()
            assert exchange.trouble.endswith(".") and "sql" not in exchange.trouble.lower()
            assert exchange.n_waiting == n_waiting
        assert len(exchange.board(code).trainings) == 1, "the last board can still be seen"

    seconds[0] += 1
    exchange.step()
    assert exchange.trouble == "" and exchange.n_waiting == 0
    assert sorted(keys(url)) == sorted(post.key for post in posts)
    assert keys(url, "drawings") == ["drawing 3", "drawing 6"]
    assert classroom.join(code).number == 3
    exchange.step()
    assert len(exchange.board(code).trainings) == 5


def test_files_and_addresses_of_no_database_and_an_empty_one_are_like_one_that_is_away(exchange, classroom, tmp_path):
    for address in ("sqlite://", "nonsense", "oracle://somewhere/x", "postgresql+nodriver://x/y"):
        with pytest.raises(Unreachable):
            Classroom(address).open_room()
    folder, letter = tmp_path / "classes", "Dear reader, this is a letter. " * 100
    for file in (folder, folder / "classes.sqlite"):  # in place of the folder, and of the database
        file.parent.mkdir(exist_ok=True)
        file.write_text(letter)
        for call in (classroom.open_room, lambda: exchange.board("CDFHJK")):
            with pytest.raises(Unreachable):
                call()
        exchange.step()
        assert exchange.trouble and file.read_text() == letter
        file.unlink()
    exchange.step()
    assert exchange.trouble == "" and exchange.board(classroom.open_room()[0]).n_people == 0

    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for table in ("guesses", "drawings", "trainings", "people", "rooms"):
            connection.execute(f"DROP TABLE {table}")
    with pytest.raises(Unreachable):
        classroom.open_room()
    assert classroom.board(classroom.open_room()[0]).n_people == 0, "it is made anew"


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_transaction_that_is_cut_off_stores_all_or_nothing(exchange, classroom, code, engines, postgresql, url):
    person, ended = classroom.join(code), []

    def end_connection(connection, cursor, statement, *_):
        if statement.startswith("UPDATE rooms SET bytes") and not ended:  # after the trainings
            ended.append(postgresql.disconnect_all())

    schema.event.listen(engines[0], "before_cursor_execute", end_connection)
    posts = [trained(person) for _ in range(5)]
    hand_in(exchange, *posts)
    exchange.step()
    assert ended and exchange.trouble and exchange.n_waiting == 5 and not keys(url)
    exchange.step()
    assert not exchange.trouble and keys(url) == [post.key for post in posts]


def test_one_page_or_post_with_a_fault_stops_nobody(exchange, classroom, clock, code, members, url):
    anna, ben = members
    store, wrong = classroom.hand_in, trained(anna.person, key="é")

    def fail(*_):
        raise RuntimeError("nobody has thought of this")

    for method in ("news", "is_here", "is_training"):
        exchange.attach(broken := Member(classroom.join(code)))
        setattr(broken, method, fail)
    ended, secret = classroom.open_room()
    gone = classroom.join(ended)
    exchange.attach(Member(gone, trained(gone)))
    classroom.end_room(ended, secret)
    with pytest.raises(ValueError):
        exchange.hand_in(wrong)
    classroom.hand_in = lambda posts: fail() if "cursed" in [post.key for post in posts] else store(posts)
    posts = [trained(anna.person), trained(ben.person), trained(ben.person), trained(anna.person)]
    hand_in(exchange, trained(gone), posts[0], trained(ben.person, "cursed"), posts[1])
    ben.posts = [posts[2], wrong, drawn(None), guessed(None, 0.5), trained(None), posts[3]]
    clock.now += 60
    exchange.step()
    assert exchange.n_waiting == 0 and exchange.trouble == "" and exchange.board(code).here == {1, 2}
    assert keys(url) == [post.key for post in posts]
    assert not keys(url, "drawings") and not stored(url)["guesses"]


def test_only_so_many_posts_and_bytes_of_networks_wait_and_the_oldest_are_given_up(exchange, members, monkeypatch, url):
    monkeypatch.setattr(exchange_module, "MAX_WAITING", 10)
    monkeypatch.setattr(exchange_module, "MAX_WAITING_BYTES", 1_000)
    person = members[0].person
    posts = [trained(person) for _ in range(20)]
    hand_in(exchange, *posts[:15])
    assert exchange.n_waiting == 10
    members[0].posts = posts[15:]
    exchange.step()
    assert keys(url) == [post.key for post in posts[10:]]
    large = [trained(person, network=bytes(300)) for _ in range(5)]
    hand_in(exchange, *large, *(drawn(person) for _ in range(3)))
    assert exchange.n_waiting == 3 + 3
    exchange.step()
    assert keys(url)[10:] == [post.key for post in large[2:]] and len(keys(url, "drawings")) == 3


def test_the_thread_does_all_this_by_itself_and_goes_on_after_anything(classroom, code, monkeypatch, url):
    monkeypatch.undo()  # the time passes again
    monkeypatch.setattr(exchange_module, "PERIOD", 0.01)
    monkeypatch.setattr(exchange_module, "GREETING", 0)
    exchange, member = Exchange(classroom), Member(classroom.join(code))
    exchange.attach(member)
    exchange.board(code)
    for method in ("hand_in", "greet", "board"):
        failed = threading.Event()

        def fail(*args, method=method, failed=failed):
            delattr(classroom, method)
            failed.set()
            raise RuntimeError("nobody has thought of this")

        setattr(classroom, method, fail)
        exchange.hand_in(guessed(member.person, 0.5))
        assert failed.wait(60)
        member.posts = [post := trained(member.person)]
        wait_until(lambda post=post: post.key in keys(url))
        wait_until(lambda: len(exchange.board(code).trainings) == len(keys(url)))
    over = threading.Event()
    exchange.step = lambda: over.set() or threading.Event().wait()  # for ever: the thread does nothing more
    assert over.wait(60)
