"""The exchange between a process and the database: whatever happens to the database, everything is stored once.

Its thread is left out, and its turns are taken by hand: all but the last story are the same each time.
"""

import sqlite3
from contextlib import closing, contextmanager
from threading import Event
from types import SimpleNamespace

import pytest
from classes import drawn, guessed, keys, plain, stored, trained, withdrawn
from waiting import wait_until

from nn.classroom import exchange as exchange_module
from nn.classroom import schema
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


class Broken(Member):
    """A page with a fault."""

    def __init__(self, person, method):
        super().__init__(person)
        setattr(self, method, self.fail)

    def fail(self):
        raise RuntimeError("this page is broken")


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
    monkeypatch.setattr(exchange, "_start", lambda: None)
    return exchange


@pytest.fixture
def code(classroom):
    """The code of an open room."""
    return classroom.open_room()[0]


# Day to day


def test_what_members_have_to_hand_in_is_stored_until_they_leave(exchange, classroom, code, url):
    anna, ben = Member(classroom.join(code)), Member(classroom.join(code))
    exchange.attach(anna)
    exchange.attach(ben)
    posts = [trained(anna.person), drawn(ben.person), trained(ben.person)]
    anna.posts, ben.posts = posts[:1], posts[1:]
    exchange.hand_in(guessed(anna.person, 0.5))
    exchange.step()
    assert exchange.n_waiting == 0 and exchange.trouble == ""
    assert set(keys(url)) == {posts[0].key, posts[2].key} and keys(url, "drawings") == [posts[1].key]
    assert exchange.board(code).guesses == {"eta": {1: 0.5}}
    exchange.detach(ben)
    exchange.detach(ben)
    ben.posts = [trained(ben.person)]
    exchange.step()
    assert len(keys(url)) == 2


def test_a_page_that_was_closed_hands_in_what_it_has_and_leaves(exchange, classroom, clock, code, url):
    anna, ben = Member(classroom.join(code)), Member(classroom.join(code))
    exchange.attach(anna)
    exchange.attach(ben)
    clock.now += 60
    anna.here, anna.posts = False, [post := trained(anna.person)]
    exchange.step()
    assert keys(url) == [post.key] and exchange.n_members == 1
    assert exchange.board(code).here == {2}


def test_posts_of_several_rooms_are_stored_each_in_its_own_and_in_their_order(exchange, classroom, url):
    codes = [classroom.open_room()[0] for _ in range(3)]
    people = [classroom.join(code) for code in codes]
    posts = [trained(people[i % 3]) for i in range(30)]
    for post in posts:
        exchange.hand_in(post)
    exchange.hand_in(drawn(people[0], 3, "sketch"))
    exchange.hand_in(drawn(people[0], 5, "sketch"))
    exchange.hand_in(drawn(people[1], 3, "sketch"))
    exchange.hand_in(withdrawn(people[1], "sketch"))
    assert exchange.n_waiting == 34
    exchange.step()
    assert exchange.n_waiting == 0
    rows = stored(url)["trainings"]
    for i, person in enumerate(people):
        assert [row["key"] for row in rows if row["room"] == person.room] == [post.key for post in posts[i::3]]
    assert [row["label"] for row in stored(url)["drawings"]] == [5]


def test_more_posts_than_fit_in_a_transaction_are_all_stored_in_one_turn(exchange, classroom, code, monkeypatch, url):
    monkeypatch.setattr(exchange_module, "TOGETHER", 7)
    person = classroom.join(code)
    posts = [trained(person) for _ in range(50)]
    for post in posts:
        exchange.hand_in(post)
    exchange.step()
    assert keys(url) == [post.key for post in posts] and exchange.n_waiting == 0


def test_who_is_there_and_trains_is_said_every_ten_seconds(exchange, classroom, clock, code, seconds):
    anna, ben = Member(classroom.join(code)), Member(classroom.join(code))
    exchange.attach(anna)
    exchange.attach(ben)
    anna.trains = True
    for _ in range(60):
        seconds[0] += 1
        clock.now += 1
        exchange.step()
        assert classroom.board(code).here == {1, 2}
    assert classroom.board(code).in_training == {1}
    exchange.detach(anna)
    for _ in range(31):
        seconds[0] += 1
        clock.now += 1
        exchange.step()
    assert classroom.board(code).here == {2} and not classroom.board(code).in_training


def test_a_board_that_somebody_looks_at_is_read_in_each_turn_for_a_minute(exchange, classroom, code, seconds):
    board = exchange.board(code)
    assert plain(board) == plain(classroom.board(code))
    person = classroom.join(code)
    assert exchange.board(code) is board, "between two turns nothing is read"
    assert plain(exchange.board(code, fresh=True)) == plain(classroom.board(code)) != plain(board)
    classroom.hand_in([trained(person)])
    seconds[0] += 59
    exchange.step()
    assert plain(exchange.board(code)) == plain(classroom.board(code))

    reads, read = [], classroom.board
    classroom.board = lambda *args: reads.append(args) or read(*args)
    seconds[0] += 60
    exchange.step()
    assert len(reads) == 1
    seconds[0] += 1
    exchange.step()
    exchange.step()
    assert len(reads) == 1, "nobody looks any more"
    assert plain(exchange.board(code)) == plain(read(code))


def test_there_is_no_board_of_a_room_that_never_was_or_has_ended(exchange, classroom, clock):
    code, secret = classroom.open_room()
    assert exchange.board("CDFHJK") is None
    assert exchange.board(code).code == code
    classroom.end_room(code, secret)
    exchange.step()
    assert exchange.board(code) is None


def test_rooms_whose_day_is_over_are_removed_without_anybody_opening_one(
    exchange, classroom, clock, code, seconds, url
):
    exchange.step()
    assert len(stored(url)["rooms"]) == 1
    clock.now += 24 * 3600
    exchange.step()
    assert len(stored(url)["rooms"]) == 1, "this was looked for just now"
    seconds[0] += 600
    exchange.step()
    assert not stored(url)["rooms"]


# The database has a bad day


@contextmanager
def locked(classroom, url, server):
    """Another process writes, for a very long time."""
    if server:
        with server.connect() as other, other.transaction():
            other.execute("LOCK TABLE rooms, people, trainings, drawings, guesses")
            yield
        return
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextmanager
def read_only(classroom, url, server):
    if server:
        with server.connect() as other:
            disconnect = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            other.execute("ALTER DATABASE postgres SET default_transaction_read_only = on")
            other.execute(f"{disconnect} AND datname = 'postgres'")
            yield
            other.execute("SET default_transaction_read_only = off")
            other.execute("ALTER DATABASE postgres RESET default_transaction_read_only")
            other.execute(f"{disconnect} AND datname = 'postgres'")
        return
    classroom._engine.dispose()
    schema.event.listen(classroom._engine, "connect", only_read := lambda c, _: c.execute("PRAGMA query_only = ON"))
    yield
    schema.event.remove(classroom._engine, "connect", only_read)
    classroom._engine.dispose()


@contextmanager
def full(classroom, url, server):
    """Not one page more fits on the disk."""
    with classroom._transaction(reading=True) as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    yield
    with classroom._transaction(reading=True) as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")


@contextmanager
def stopped(classroom, url, server):
    server.stop()
    yield
    server.start()


OUTAGES = {"sqlite": [locked, read_only, full], "postgresql": [locked, read_only, stopped]}


@pytest.mark.slow
@pytest.mark.parametrize(
    "url, outage",
    [
        pytest.param(url, outage, id=f"{url}-{outage.__name__}")
        for url, outages in OUTAGES.items()
        for outage in outages
    ],
    indirect=["url"],
)
def test_while_nothing_can_be_stored_it_waits_and_then_everything_is_stored_once(
    impatient, exchange, classroom, code, outage, request, seconds, url
):
    server = request.getfixturevalue("postgresql") if url.startswith("postgresql") else None
    anna, ben = Member(classroom.join(code)), Member(classroom.join(code))
    exchange.attach(anna)
    exchange.attach(ben)
    posts = [trained(anna.person, network=bytes(100_000))]
    anna.posts = posts[:1]
    exchange.step()
    assert exchange.trouble == "" and len(exchange.board(code).trainings) == 1

    with outage(classroom, url, server):
        for _ in range(2):
            posts += [trained(anna.person, network=bytes(300_000)), trained(ben.person)]
            anna.posts, ben.posts = posts[-2:-1], posts[-1:]
            exchange.hand_in(drawn(ben.person, key=f"drawing {len(posts)}"))
            seconds[0] += 1
            exchange.step()
            assert exchange.trouble.endswith(".") and "sql" not in exchange.trouble.lower()
        assert exchange.n_waiting == 6
        assert len(exchange.board(code).trainings) == 1, "the last board can still be seen"
        with pytest.raises(Unreachable):
            classroom.hand_in(posts[-2:])

    seconds[0] += 1
    exchange.step()
    assert exchange.trouble == "" and exchange.n_waiting == 0
    assert sorted(keys(url)) == sorted(post.key for post in posts)
    assert sorted(keys(url, "drawings")) == ["drawing 3", "drawing 5"]
    assert classroom.join(code).number == 3
    exchange.step()
    assert len(exchange.board(code).trainings) == 5


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_file_in_place_of_the_databases_folder_is_trouble_until_it_is_removed(clock, exchange, tmp_path, url):
    (tmp_path / "classes").write_text("I am in the way.")
    classroom = exchange.classroom
    for call in (classroom.open_room, lambda: exchange.board("CDFHJK")):
        with pytest.raises(Unreachable):
            call()
    exchange.step()
    assert exchange.trouble
    (tmp_path / "classes").unlink()
    exchange.step()
    assert exchange.trouble == ""
    code, _ = classroom.open_room()
    assert exchange.board(code).n_people == 0


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_file_that_is_no_database_is_trouble_and_is_left_as_it_is(exchange, tmp_path, url):
    file = tmp_path / "classes" / "classes.sqlite"
    file.parent.mkdir()
    file.write_text("Dear reader, this is a letter. " * 100)
    exchange.step()
    assert exchange.trouble and file.read_text().startswith("Dear reader")
    with pytest.raises(Unreachable):
        exchange.classroom.open_room()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_database_that_ends_a_connection_in_the_middle_of_a_transaction_stores_all_or_nothing(
    exchange, classroom, code, postgresql, url
):
    person, inserts = classroom.join(code), []

    def end_connection(connection, cursor, statement, *_):
        if statement.startswith(("INSERT INTO trainings", "UPDATE rooms SET bytes")):
            inserts.append(statement)
            if len(inserts) == 2:
                with postgresql.connect() as other:
                    ended = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE state = %s"
                    other.execute(ended, ["idle in transaction"])

    schema.event.listen(classroom._engine, "before_cursor_execute", end_connection)
    posts = [trained(person) for _ in range(5)]
    for post in posts:
        exchange.hand_in(post)
    exchange.step()
    assert len(inserts) == 2 and exchange.trouble and exchange.n_waiting == 5 and not keys(url)
    exchange.step()
    assert not exchange.trouble and keys(url) == [post.key for post in posts]


def test_an_answer_that_got_lost_after_everything_was_stored_stores_nothing_twice(exchange, classroom, code, url):
    person, hand_in = classroom.join(code), classroom.hand_in

    def lose_the_answer(posts):
        hand_in(posts)
        classroom.hand_in = hand_in
        raise Unreachable("The class can't be reached at the moment.")

    classroom.hand_in = lose_the_answer
    posts = [trained(person, network=b"weights"), drawn(person, 1, "sketch"), drawn(person, 2, "sketch")]
    posts += [drawn(person, 3, "other"), withdrawn(person, "other"), guessed(person, 0.5)]
    for post in posts:
        exchange.hand_in(post)
    exchange.step()
    assert exchange.trouble and exchange.n_waiting == 6
    exchange.step()
    assert not exchange.trouble and exchange.n_waiting == 0
    assert keys(url) == [posts[0].key] and keys(url, "drawings") == ["sketch"]
    assert stored(url)["drawings"][0]["label"] == 2 and len(stored(url)["guesses"]) == 1
    assert stored(url)["rooms"][0]["bytes"] == len(b"weights") + 2 * 784


def test_a_room_that_ended_meanwhile_blocks_nobody(exchange, classroom, url):
    (code, secret), (other, _) = classroom.open_room(), classroom.open_room()
    person, neighbour = classroom.join(code), classroom.join(other)
    exchange.attach(Member(person, trained(person)))
    exchange.hand_in(trained(person))
    exchange.hand_in(last := trained(neighbour))
    classroom.end_room(code, secret)
    exchange.step()
    assert exchange.trouble == "" and exchange.n_waiting == 0 and keys(url) == [last.key]


# Somebody's fault


def test_a_member_whose_page_is_broken_stops_nobody(exchange, classroom, clock, code, url):
    people = [classroom.join(code) for _ in range(5)]
    posts = [trained(people[0]), trained(people[4])]
    broken = [Broken(person, method) for person, method in zip(people[1:], ["news", "is_here", "is_training"])]
    for member in (Member(people[0], posts[0]), *broken, Member(people[4], posts[1])):
        exchange.attach(member)
    clock.now += 60
    exchange.step()
    assert sorted(keys(url)) == sorted(post.key for post in posts)
    assert exchange.trouble == "" and exchange.n_waiting == 0
    assert exchange.board(code).here == {1, 5}


def test_what_a_page_cannot_have_made_is_left_out_and_the_rest_is_stored(exchange, classroom, code, url):
    person = classroom.join(code)
    wrong = trained(person, accuracy=97.0)
    with pytest.raises(ValueError):
        exchange.hand_in(wrong)
    posts = [trained(person), wrong, drawn(person, 10), guessed(person, 2), trained(None), trained(person)]
    exchange.attach(Member(person, *posts))
    exchange.step()
    assert keys(url) == [posts[0].key, posts[-1].key] and exchange.n_waiting == 0
    assert not keys(url, "drawings") and not stored(url)["guesses"]


def test_a_post_that_can_never_be_stored_takes_no_other_along(exchange, classroom, code, monkeypatch, url):
    """It can't be for a reason that nobody has thought of."""
    people, hand_in = [classroom.join(code) for _ in range(2)], classroom.hand_in

    def fail(posts):
        if any(post.key == "cursed" for post in posts):
            raise RuntimeError("nobody has thought of this")
        return hand_in(posts)

    monkeypatch.setattr(classroom, "hand_in", fail)
    posts = [trained(people[0]), trained(people[1], "cursed"), trained(people[1]), trained(people[0])]
    for post in posts:
        exchange.hand_in(post)
    exchange.step()
    assert exchange.n_waiting == 0 and exchange.trouble == ""
    assert keys(url) == [post.key for post in posts if post.key != "cursed"]


def test_only_so_many_posts_wait_and_the_oldest_are_given_up(exchange, classroom, code, monkeypatch, url):
    monkeypatch.setattr(exchange_module, "MAX_WAITING", 10)
    person = classroom.join(code)
    posts = [trained(person) for _ in range(25)]
    for post in posts[:15]:
        exchange.hand_in(post)
    assert exchange.n_waiting == 10
    exchange.attach(Member(person, *posts[15:]))
    exchange.step()
    assert keys(url) == [post.key for post in posts[15:]]


def test_only_so_many_bytes_of_networks_wait_and_the_oldest_are_given_up(exchange, classroom, code, monkeypatch, url):
    monkeypatch.setattr(exchange_module, "MAX_WAITING_BYTES", 1_000)
    person = classroom.join(code)
    posts = [trained(person, network=bytes(300)) for _ in range(5)] + [drawn(person) for _ in range(3)]
    for post in posts:
        exchange.hand_in(post)
    assert exchange.n_waiting == 3 + 3
    exchange.step()
    assert keys(url) == [post.key for post in posts[2:5]] and len(keys(url, "drawings")) == 3


# The thread


def test_the_thread_does_all_this_by_itself_and_goes_on_after_anything(classroom, code, monkeypatch, url):
    monkeypatch.undo()  # the time passes again
    monkeypatch.setattr(exchange_module, "PERIOD", 0.01)
    monkeypatch.setattr(exchange_module, "GREETING", 0)
    exchange, member = Exchange(classroom), Member(classroom.join(code))
    exchange.attach(member)
    exchange.board(code)
    for method in ("hand_in", "greet", "board"):

        def fail(*args, method=method):
            delattr(classroom, method)
            raise RuntimeError("nobody has thought of this")

        setattr(classroom, method, fail)
        exchange.hand_in(guessed(member.person, 0.5))
        wait_until(lambda method=method: method not in vars(classroom))
        member.posts = [post := trained(member.person)]
        wait_until(lambda post=post: post.key in keys(url))
        wait_until(lambda: len(exchange.board(code).trainings) == len(keys(url)))

    arrived = Event()
    exchange.step = lambda: arrived.set() or Event().wait()  # for ever
    wait_until(arrived.is_set)


def test_a_database_that_comes_back_empty_is_made_anew(tmp_path):
    path = tmp_path / "classes.sqlite"
    classroom = Classroom(f"sqlite:///{path}")
    classroom.open_room()
    with closing(sqlite3.connect(path)) as connection:
        for table in ("guesses", "drawings", "trainings", "people", "rooms"):
            connection.execute(f"DROP TABLE {table}")
        connection.commit()
    with pytest.raises(Unreachable):
        classroom.open_room()
    code, _ = classroom.open_room()
    assert classroom.board(code).n_people == 0


@pytest.mark.parametrize("url", ["sqlite://", "nonsense", "oracle://somewhere/x", "postgresql+nodriver://x/y"])
def test_an_address_that_is_none_is_said_like_a_database_that_is_away(url):
    with pytest.raises(Unreachable):
        Classroom(url).open_room()


def test_codes_that_strangers_invent_are_forgotten_at_once(exchange, classroom, code):
    for _ in range(100):
        assert exchange.board("CCCCCC") is None
    exchange.board(code)
    assert set(exchange._boards) == set(exchange._looked_at) == {code}


def test_those_who_look_at_a_class_that_has_just_ended_try_no_codes(exchange, classroom):
    code, secret = classroom.open_room()
    assert exchange.board(code).n_people == 0
    classroom.end_room(code, secret)
    exchange.step()
    assert [exchange.board(code) for _ in range(5)] == [None] * 5
    assert not classroom._wrong_codes
