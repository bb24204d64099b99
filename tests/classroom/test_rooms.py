"""Classes in a database, from their opening to their end: who may do what, and how much is stored, for how long."""

from collections import defaultdict
from dataclasses import astuple

import numpy as np
import pytest
from classes import bytes_of, drawing, guess, keys, plain, stored, training, withdrawal
from postgresql import both
from sqlalchemy import event

from nn.classroom import limits, rooms
from nn.classroom.rooms import ClassError, Classroom
from nn.classroom.submissions import ALL_DRAWINGS, RESULTS

pytestmark = both
FORGED = "", None, "' OR 1=1 --", "é\0\ud800"


def images(seed):
    """Two random images of a drawing."""
    rng = np.random.default_rng(seed)
    return {name: rng.integers(0, 256, 784, np.uint8) for name in ("mnist", "normalized")}


def test_nothing_is_left_of_a_room_a_day_after_its_opening(classroom, clock, url):
    code, secret = classroom.open_room()
    first, second = classroom.join(code), classroom.join(code)
    classroom.submit([training(first, network=b"weights"), drawing(second, 3), guess(second, 0.5)])
    classroom.ask(code, secret, "eta")
    board = classroom.board(code)
    assert (board.code, board.opened, board.question, board.n_people) == (code, clock.now, "eta", 2)
    assert board.present == {1, 2} and board.finished == {1} and not board.in_training
    assert len(board.trainings) == len(board.drawings) == len(board.guesses) == 1
    everything = stored(url)
    assert set(everything) == {"rooms", "people", "trainings", "drawings", "guesses"} and all(everything.values())
    assert code in str(everything) and not any(one in str(everything) for one in (secret, first.secret, second.secret))

    clock.now += 24 * 3600 - 1
    assert classroom.board(code).n_people == 2 and classroom.is_teacher(code, secret)
    clock.now += 1
    assert classroom.board(code, board) is None and not classroom.is_teacher(code, secret)
    for try_to in (lambda: classroom.join(code), lambda: classroom.ask(code, secret, None)):
        with pytest.raises(ClassError, match="no class with this code"):
            try_to()
    new, _ = classroom.open_room()  # removes the rooms whose day is over
    assert {table: len(rows) for table, rows in stored(url).items() if rows} == {"rooms": 1}
    assert classroom.board(new).n_people == 0


def test_a_room_that_has_ended_takes_nothing_more_and_shares_nothing_with_a_later_one(classroom, monkeypatch, url):
    codes = iter(["CDFHJK", "CDFHJK", "CDFHJK", "MNPRTV", "CDFHJK"])
    monkeypatch.setattr(rooms, "new_code", lambda: next(codes))
    (code, secret), (other, _) = classroom.open_room(), classroom.open_room()
    assert (code, other) == ("CDFHJK", "MNPRTV"), "the first is taken"
    person, neighbour = classroom.join(code), classroom.join(other)
    submissions = [training(person), drawing(person), guess(person, 0.1)]
    classroom.submit(submissions)
    classroom.submit([training(neighbour), drawing(neighbour), guess(neighbour, 0.1)])
    earlier = classroom.board(code)
    classroom.end_room(code, secret)
    assert classroom.board(code) is None and classroom.board(other).n_people == 1
    assert classroom.open_room()[0] == code
    newcomer = classroom.join(code)
    assert person.room != newcomer.room and person.id != newcomer.id
    assert classroom.submit(submissions) == []
    classroom.mark_present({person: True})
    classroom.submit([guess(newcomer, 0.5)])
    board = classroom.board(code, earlier)
    assert board.version == earlier.version and plain(board) == plain(classroom.board(code))
    assert not board.in_training and not board.trainings and not board.drawings and board.guesses == {"eta": {1: 0.5}}
    left = {table: len(rows) for table, rows in stored(url).items()}
    assert left == {"rooms": 2, "people": 2, "trainings": 1, "drawings": 1, "guesses": 2}


def test_only_the_teacher_can_end_a_room_ask_and_remove_drawings(classroom):
    (code, secret), (other, other_secret) = classroom.open_room(), classroom.open_room()
    person, neighbour = classroom.join(code), classroom.join(other)
    classroom.submit([drawing(person)])
    classroom.submit([drawing(neighbour)])
    mine, theirs = classroom.board(code).drawings[0].id, classroom.board(other).drawings[0].id
    for wrong in (*FORGED, other_secret, person.secret, secret[:-1], secret + "x", secret.swapcase()):
        assert not classroom.is_teacher(code, wrong)
        for action, *more in ((classroom.end_room,), (classroom.ask, "eta"), (classroom.remove_drawing, mine)):
            with pytest.raises(ClassError, match="Only the teacher"):
                action(code, wrong, *more)
    classroom.remove_drawing(code, secret, theirs)  # a drawing of another room is none of this teacher's
    classroom.remove_drawing(code, secret, 12_345)
    assert classroom.is_teacher(code, secret) and classroom.board(code).question is None
    assert [d.id for d in classroom.board(code).drawings] == [mine]
    classroom.remove_drawing(code, secret, mine)
    assert not classroom.board(code).drawings
    assert [d.id for d in classroom.board(other).drawings] == [theirs]
    for question in ("no_hidden_units", None, "eta"):
        classroom.ask(code, secret, question)
        assert classroom.board(code).question == question
    for question in ("<b>", "q" * 1000, "", 7):
        with pytest.raises(ClassError, match="no such question"):
            classroom.ask(code, secret, question)
    assert classroom.board(code).question == "eta"


def test_a_secret_makes_somebody_the_same_person_again_even_in_a_full_class(classroom, monkeypatch):
    monkeypatch.setattr(limits, "MAX_PEOPLE", 7)
    code, _ = classroom.open_room()
    person = classroom.join(code)
    assert classroom.join(code, person.secret) == person and classroom.board(code).n_people == 1
    for number, secret in enumerate([*FORGED, "forged", person.secret + "x"], start=2):
        newcomer = classroom.join(code, secret)
        assert newcomer.number == number and newcomer.secret not in (secret, person.secret)
    with pytest.raises(ClassError, match="full: 7 people"):
        classroom.join(code)
    assert classroom.join(code, person.secret) == person and classroom.board(code).n_people == 7
    elsewhere = classroom.join(classroom.open_room()[0], person.secret)
    assert elsewhere.number == 1 and elsewhere.room != person.room and elsewhere.secret != person.secret


def test_somebody_is_present_for_half_a_minute_after_the_last_sign(classroom, clock):
    code, _ = classroom.open_room()
    one, two, three = (classroom.join(code) for _ in range(3))
    board = None
    story = [(20, {one: True, two: False}, {1, 2, 3}, {1}), (20, {}, {1, 2}, {1})]
    story += [(0, {one: False, three: True}, {1, 2, 3}, {3}), (31, {}, set(), set())]
    for seconds, present, here, in_training in story:
        clock.now += seconds
        classroom.mark_present(present)
        board = classroom.board(code, board)
        assert (board.present, board.in_training, board.n_people) == (here, in_training, 3)


def test_wrong_codes_keep_nobody_out_of_a_class_that_exists(classroom):
    code, secret = classroom.open_room()
    yesterdays, theirs = classroom.open_room()
    classroom.end_room(yesterdays, theirs)
    for wrong in ("CCCCCC", yesterdays) * 200:  # a hall with an old link
        with pytest.raises(ClassError, match="no class with this code"):
            classroom.join(wrong)
        assert classroom.board(wrong) is None
    assert classroom.join(code).number == 1 and classroom.board(code).n_people == 1


def test_places_of_people_who_handed_in_nothing_and_are_away_are_given_again(classroom, clock, monkeypatch):
    monkeypatch.setattr(limits, "MAX_PEOPLE", 5)
    code, _ = classroom.open_room()
    trained, drew, guessed, present, away = (classroom.join(code) for _ in range(5))
    classroom.submit([training(trained), drawing(drew, key="sketch"), guess(guessed, 0.5)])

    def is_full():
        with pytest.raises(ClassError, match="full: 5 people"):
            classroom.join(code)
        return True

    clock.now += limits.AWAY_SECONDS
    assert is_full(), "they may come back"
    clock.now += 1
    classroom.mark_present({present: False})
    newcomer = classroom.join(code)
    assert newcomer.number == away.number and classroom.board(code).present == {present.number, newcomer.number}
    assert classroom.join(code, newcomer.secret) == newcomer and is_full()
    classroom.submit([withdrawal(drew, "sketch")])
    late = classroom.join(code, away.secret)
    assert late.number == drew.number and late.secret != away.secret, "their secret is nobody's any more"
    assert is_full() and classroom.join(code, trained.secret) == trained and classroom.board(code).n_people == 5
    assert classroom.submit([guess(late, 0.1)]) == [] and classroom.board(code).guesses["eta"] == {3: 0.5, 2: 0.1}


def test_submissions_come_back_as_they_were_submitted(classroom):
    code, secret = classroom.open_room()
    people = [classroom.join(code) for _ in range(3)]
    numpys = {"n_hidden": np.int64(30), "seed": np.uint32(7), "n_images": np.int32(8_000), "eta": np.float32(0.5)}
    numpys |= {"accuracy": np.float32(0.75), "epochs_done": np.float64(10)}  # SQLite would store them as bytes
    submissions = [
        training(people[2], network=bytes(range(256)), seed=2**32 - 1, batch_size=1_000_000, eta=1e-9, accuracy=1 / 3),
        training(people[0], n_hidden=0, scale=False, shuffle=False, distorted=True, is_sorted=True, diverged=True),
        training(people[0], eta=1e3, epochs_done=0.1 + 0.2, n_images=60_000, preparation="normalized", source="openml"),
        training(people[1], **numpys),
    ]
    digits = [drawing(people[1], np.int64(0), **images(1)), drawing(people[2], 9, **images(2))]
    guesses = [guess(people[0], np.float32(0.5)), guess(people[1], 1, "sorted"), guess(people[2], 0)]
    classroom.submit([*submissions, *digits, *guesses])
    board = classroom.board(code)
    assert [row.number for row in board.trainings] == [3, 1, 1, 2] and board.finished == {1, 2, 3}
    for row, submission in zip(board.trainings, submissions):
        for of_row, of_post in zip(astuple(row.content.recipe), astuple(submission.content.recipe)):
            assert of_row == of_post and type(of_row) is type(of_post)
        for name in RESULTS:
            assert getattr(row.content, name) == getattr(submission.content, name)
    assert [(row.number, row.content.label) for row in board.drawings] == [(2, 0), (3, 9)]
    for row, seed in zip(board.drawings, [1, 2]):
        for name, image in images(seed).items():
            assert np.array_equal(getattr(row.content, name), image)
    assert board.guesses == {"eta": {1: 0.5, 3: 0}, "sorted": {2: 1}}

    ids = [row.id for row in board.trainings]
    assert classroom.networks([*ids, 12_345]) == {ids[0]: bytes(range(256))} and classroom.networks([]) == {}
    assert classroom.with_network(board.room) == ids[:1]
    classroom.end_room(code, secret)
    assert classroom.networks(ids) == {} and classroom.with_network(board.room) == []


def test_a_later_submission_replaces_the_first_and_the_same_one_counts_once(classroom, url):
    code, _ = classroom.open_room()
    one, two = classroom.join(code), classroom.join(code)
    submissions = [training(one, network=b"weights"), drawing(one, 6, "sketch"), drawing(one, 4, "sketch", **images(1))]
    submissions += [
        drawing(two, 5, "sketch"),
        drawing(two, 8, "other"),
        withdrawal(two, "other"),
        withdrawal(two, "nothing"),
    ]
    submissions += [guess(one, 0.2), guess(one, 0.3), guess(one, 0.5, "sorted")]
    for again in (submissions, submissions, [*submissions, *submissions]):
        assert classroom.submit(again) == []
        board = classroom.board(code)
        assert [row.id for row in board.trainings] == [1] and board.guesses == {"eta": {1: 0.3}, "sorted": {1: 0.5}}
        found = sorted(board.drawings, key=lambda row: row.number)
        assert [(row.number, row.content.label) for row in found] == [(1, 4), (2, 5)], (
            "a key counts for its author only"
        )
        assert np.array_equal(found[0].content.mnist, images(1)["mnist"])
        assert bytes_of(url) == {one.room: len(b"weights") + 2 * 2 * 784}
    classroom.submit([guess(one, 0.4), drawing(one, 7, "sketch", **images(1)), withdrawal(two, "sketch")])
    board = classroom.board(code)
    assert [(row.number, row.content.label) for row in board.drawings] == [(1, 7)] and board.guesses["eta"] == {1: 0.4}
    assert bytes_of(url) == {one.room: len(b"weights") + 2 * 784}
    classroom.submit([drawing(two, 1), drawing(two, 2), guess(two, 0.6)])
    classroom.submit([drawing(two, 3), withdrawal(two, ALL_DRAWINGS), drawing(one, 4)])
    board = classroom.board(code)
    assert [row.number for row in board.drawings] == [1, 1] and board.guesses["eta"] == {1: 0.4, 2: 0.6}


def test_a_person_and_a_room_take_so_much_and_the_others_still_do(classroom, monkeypatch):
    for name, most in {"TRAININGS": 3, "DRAWINGS": 2, "ROOM_TRAININGS": 4, "ROOM_DRAWINGS": 3}.items():
        monkeypatch.setattr(limits, f"MAX_{name}", most)
    (code, _), (next_room, _) = classroom.open_room(), classroom.open_room()
    person, other, third = (classroom.join(code) for _ in range(3))
    trainings, drawings = [training(person) for _ in range(5)], [drawing(person, n, f"{n}") for n in range(5)]
    assert classroom.submit(trainings + drawings) == trainings[3:] + drawings[2:]
    assert classroom.submit([drawing(person, 8, "0"), withdrawal(person, "1"), drawing(person, 9)]) == [], (
        "this is no more"
    )
    assert classroom.submit([*(mine := [drawing(person), training(person)]), drawing(other), training(other)]) == mine
    assert classroom.submit(theirs := [drawing(third), training(third)]) == theirs
    board = classroom.board(code)
    assert [row.number for row in board.trainings] == [1, 1, 1, 2]
    assert sorted((row.number, row.content.label) for row in board.drawings) == [(1, 8), (1, 9), (2, 7)]
    newcomer = classroom.join(next_room)
    assert classroom.submit([training(newcomer), drawing(newcomer)]) == []


def test_a_room_that_is_full_takes_trainings_without_their_networks_and_no_drawings(classroom, monkeypatch, url):
    monkeypatch.setattr(limits, "MAX_ROOM_BYTES", 10_000)
    code, _ = classroom.open_room()
    people = [classroom.join(code) for _ in range(4)]
    submissions = [training(person, network=bytes(3_000)) for person in people]
    assert classroom.submit([*submissions, last := drawing(people[0])]) == [last]
    assert keys(url) == [submission.key for submission in submissions] and bytes_of(url) == {people[0].room: 9_000}
    assert len(classroom.with_network(people[0].room)) == 3
    better = training(people[0], network=bytes(2_000), accuracy=0.95)  # and smaller than the one that it replaces
    assert classroom.submit([better, drawing(people[0]), last]) == [last]
    assert bytes_of(url) == {people[0].room: 3_000 + 3_000 + 2_000 + 2 * 784}


def test_networks_go_before_any_room_when_all_together_are_too_large(classroom, clock, monkeypatch, url):
    monkeypatch.setattr(limits, "MAX_BYTES", 10_000)
    small, left, large = people = [classroom.join(classroom.open_room()[0]) for _ in range(3)]
    trainings = [training(person, network=bytes(2_000), accuracy=0.9) for person in (left, large)]
    trainings += [training(large, network=bytes(2_000), accuracy=0.1), training(small, network=bytes(3_000))]
    for submission in trainings[:3]:
        classroom.submit([submission])
    clock.now += limits.IDLE_SECONDS + 1
    classroom.mark_present({small: False, large: True})

    def sizes_after(submission):
        assert classroom.submit([submission]) == []
        return [bytes_of(url)[person.room] for person in people]

    assert sizes_after(trainings[3]) == [3_000, 2_000, 4_000]
    assert sizes_after(drawing(small)) == [4_568, 0, 4_000], "that of a room that nobody uses goes first"
    assert sizes_after(drawing(small)) == [6_136, 0, 2_000], "and then the oldest of the one with most of them"
    assert keys(url) == [submission.key for submission in trainings], "the trainings stay"
    assert classroom.with_network(large.room) == [3]


def test_drawings_are_refused_before_a_room_in_use_goes(classroom, clock, monkeypatch, url):
    monkeypatch.setattr(limits, "MAX_BYTES", 5 * 2 * 784)
    prepared, _ = classroom.open_room()
    other, mine = people = [classroom.join(classroom.open_room()[0]) for _ in range(2)]
    classroom.submit([drawing(other) for _ in range(3)])
    drawings = [drawing(mine) for _ in range(4)]
    assert classroom.submit(drawings[:3]) == drawings[2:3]
    assert classroom.submit([training(mine, "no network", network=bytes(100))]) == [], "only its network is left out"
    assert list(bytes_of(url).values()) == [0, 3 * 1_568, 2 * 1_568] and keys(url) == ["no network"]
    clock.now += limits.IDLE_SECONDS + 1
    assert classroom.submit(drawings[3:]) == []
    assert bytes_of(url) == {other.room - 1: 0, mine.room: 3 * 1_568} and people[0].room not in bytes_of(url)
    assert classroom.join(prepared).number == 1, "a class without a byte is in nobody's way"


def test_of_too_many_rooms_those_go_first_that_nobody_joined_the_newest_first(classroom, clock, monkeypatch, url):
    monkeypatch.setattr(limits, "MAX_ROOMS", 6)
    prepared, _ = classroom.open_room()
    clock.now += 10 * 3600
    used, joined, watched = (classroom.open_room()[0] for _ in range(3))
    person = classroom.join(used)
    classroom.submit([guess(person, 0.5)])
    classroom.join(joined)
    kept = {prepared, used, joined, watched}

    def codes():
        clock.now += limits.EMPTY_SECONDS + 1
        classroom.mark_present({}, {watched})
        return {row["code"] for row in stored(url)["rooms"]}

    flood = [classroom.open_room()[0] for _ in range(2)]
    assert codes() == kept | {*flood}
    for _ in range(10):  # somebody clicks and clicks
        flood = [flood[0], classroom.open_room()[0]]
        assert codes() == kept | {*flood}
    for gone in (flood[1], flood[0], prepared, joined):  # all at once: a teacher must not lose the room just opened
        kept |= {classroom.open_room()[0]}
        kept -= {gone}
        assert {row["code"] for row in stored(url)["rooms"]} - {*flood} == kept
    with pytest.raises(ClassError, match="too many classes"):
        classroom.open_room()
    clock.now += 3600
    classroom.mark_present({}, kept - {used})
    classroom.open_room()
    assert used not in {row["code"] for row in stored(url)["rooms"]}, "nobody has used it for an hour"


@pytest.mark.slow
def test_boards_continue_earlier_ones_and_best_and_latest_networks_are_kept_whatever_happens(classroom, clock, url):
    rng = np.random.default_rng(13)
    rooms_ = [classroom.open_room() for _ in range(2)]
    people = [classroom.join(code) for code, _ in rooms_]
    boards = defaultdict(list)  # of each code, all that were read
    networks = defaultdict(list)  # of each person: (accuracy, its place among them, network) of all with a network
    for i in range(45):
        person = people[rng.integers(len(people))]
        code, secret = rooms_[person.room - people[0].room]
        key, label, accuracy = f"sketch {rng.integers(4)}", int(rng.integers(10)), float(rng.integers(6)) / 5
        match rng.integers(11):
            case 0:
                people.append(classroom.join(rooms_[rng.integers(2)][0]))
            case 1 | 2 | 3 | 4:
                network = rng.bytes(rng.integers(1, 3_000)) if rng.random() < 0.8 else None
                classroom.submit([training(person, network=network, accuracy=accuracy)])
                if network:
                    networks[person].append((accuracy, len(networks[person]), network))
            case 5 | 6:
                classroom.submit([drawing(person, label, key, **images(i))])
            case 7:
                classroom.submit([withdrawal(person, key), guess(person, rng.random())])
            case 8:
                classroom.ask(code, secret, [None, "eta", "sorted"][rng.integers(3)])
            case 9:
                if drawings := classroom.board(code).drawings:
                    classroom.remove_drawing(code, secret, drawings[rng.integers(len(drawings))].id)
            case 10:
                clock.now += float(rng.integers(20))
                classroom.mark_present({person: bool(rng.integers(2))})
        for code, _ in rooms_:
            fresh = plain(classroom.board(code))
            for earlier in boards.values():  # those of the other room, too
                for before in (earlier[0], earlier[len(earlier) // 2], earlier[-1]):
                    assert plain(classroom.board(code, before)) == fresh
            boards[code].append(classroom.board(code, boards[code][-1] if boards[code] else None))
        assert i % 5 or bytes_of(url)
    for code, _ in rooms_:
        board = boards[code][-1]
        assert board.trainings and board.drawings
        kept = classroom.networks([row.id for row in board.trainings])
        assert sorted(kept) == classroom.with_network(board.room)
        for person in (person for person in networks if person.room == board.room):
            found = [kept[row.id] for row in board.trainings if row.number == person.number and row.id in kept]
            best_and_latest = {max(networks[person]), networks[person][-1]}
            assert found == [network for *_, network in sorted(best_and_latest, key=lambda one: one[1])]


def test_a_board_shows_one_moment_though_others_write_while_it_is_read(classroom, clock, engines, url):
    code, _ = classroom.open_room()
    person, other_process, writes = classroom.join(code), Classroom(url, lambda: clock.now), []
    classroom.submit([training(person), drawing(person), guess(person, 0.5)])

    def write(connection, cursor, statement, *_):
        table = next((table for table in ("trainings", "drawings", "guesses") if f"FROM {table}" in statement), None)
        if table and table not in writes:
            writes.append(table)
            newcomer = other_process.join(code)
            other_process.submit([training(newcomer), drawing(newcomer), guess(newcomer, 0.1)])

    before = classroom.board(code)
    event.listen(engines[0], "before_cursor_execute", write)  # of this process
    board = classroom.board(code)
    assert writes == ["trainings", "drawings", "guesses"]
    assert plain(board) == plain(before)
    board = classroom.board(code, board)
    assert plain(board) == plain(classroom.board(code)) and board.n_people == len(board.trainings) == 4
