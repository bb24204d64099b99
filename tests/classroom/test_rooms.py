"""Classes in a database, from their opening to their end: what is kept of whom, for how long, and how much at most."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pytest
from classes import drawn, guessed, keys, plain, stored, trained, withdrawn
from sqlalchemy import event

from nn.classroom import limits, rooms
from nn.classroom.names import LETTERS, name_of, new_code, read_code
from nn.classroom.rooms import ClassError, Classroom

DAY = 24 * 3600


def images(seed):
    """Two random images of a drawing."""
    rng = np.random.default_rng(seed)
    return {name: rng.integers(0, 256, 784, np.uint8) for name in ("mnist", "normalized")}


def bytes_of(url):
    """A dict of room -> bytes of its networks and drawings, counted one by one; rooms.bytes must be the same."""
    found, sizes = stored(url), defaultdict(int)
    for row in found["trainings"]:
        sizes[row["room"]] += len(row["network"] or b"")
    for row in found["drawings"]:
        sizes[row["room"]] += len(row["mnist"]) + len(row["normalized"])
    sizes = {row["id"]: sizes[row["id"]] for row in found["rooms"]}
    assert sizes == {row["id"]: row["bytes"] for row in found["rooms"]}
    return sizes


# A room


def test_a_room_from_its_opening_to_its_end_a_day_later_when_nothing_of_it_is_left(classroom, clock, url):
    code, secret = classroom.open_room()
    first, second = classroom.join(code), classroom.join(code)
    classroom.hand_in([trained(first, network=b"weights"), drawn(second, 3), guessed(second, 0.5)])
    classroom.ask(code, secret, "eta")

    board = classroom.board(code)
    assert (board.code, board.opened, board.question, board.n_people) == (code, clock.now, "eta", 2)
    assert board.here == {1, 2} and board.finished == {1} and not board.in_training
    assert len(board.trainings) == len(board.drawings) == len(board.guesses) == 1

    clock.now += DAY - 1
    assert classroom.board(code).n_people == 2 and classroom.is_teacher(code, secret)
    clock.now += 1
    assert classroom.board(code, board) is None and not classroom.is_teacher(code, secret)
    for try_to in (lambda: classroom.join(code), lambda: classroom.ask(code, secret, None)):
        with pytest.raises(ClassError, match="no class with this code"):
            try_to()
    assert set(stored(url)) == {"rooms", "people", "trainings", "drawings", "guesses"}
    assert all(stored(url).values())
    classroom.remove_ended()
    assert not any(stored(url).values())


def test_a_new_room_removes_those_whose_day_is_over(classroom, clock, url):
    code, _ = classroom.open_room()
    classroom.hand_in([drawn(classroom.join(code))])
    clock.now += DAY
    code, _ = classroom.open_room()
    assert [row["code"] for row in stored(url)["rooms"]] == [code]
    assert not stored(url)["people"] and not stored(url)["drawings"]


def test_the_teacher_ends_a_room_and_the_one_beside_it_stays(classroom, url):
    (code, secret), (other, _) = classroom.open_room(), classroom.open_room()
    person, neighbour = classroom.join(code), classroom.join(other)
    classroom.hand_in([trained(person), drawn(person), guessed(person, 0.1)])
    classroom.hand_in([trained(neighbour), drawn(neighbour), guessed(neighbour, 0.1)])
    classroom.end_room(code, secret)
    assert classroom.board(code) is None
    assert {table: len(rows) for table, rows in stored(url).items()} == dict.fromkeys(stored(url), 1)
    assert classroom.board(other).n_people == 1


def test_what_is_handed_in_to_a_room_that_has_ended_never_gets_into_a_later_one(classroom, url):
    code, secret = classroom.open_room()
    person = classroom.join(code)
    classroom.end_room(code, secret)
    later, _ = classroom.open_room()
    other = classroom.join(later)
    assert classroom.hand_in([trained(person), drawn(person), guessed(person, 0.5)]) == 0
    assert not keys(url) and not keys(url, "drawings")
    classroom.greet({person: True})
    assert person.room != other.room and person.id != other.id
    assert not classroom.board(later).in_training


def test_a_code_is_read_as_people_type_it():
    for typed in ("CDFHJK", "cdfhjk", " cdf hjk ", "CDF-HJK", "c d f h j k", "Cdf - Hjk", "CDFHJK                    "):
        assert read_code(typed) == "CDFHJK", typed
    wrong = "", "CDFHJ", "CDFHJKM", "CDFHJA", "CDFHJ0", "<CDFHJK>", "CDFHJß", "CDFHJK\0", "x" * 1_000_000, None, 3
    for typed in (*wrong, ["C", "D", "F", "H", "J", "K"]):
        assert read_code(typed) is None, str(typed)[:20]
    codes = {new_code() for _ in range(500)}
    assert len(codes) > 490 and all(read_code(code.lower()) == code for code in codes)
    assert not set(LETTERS) & set("0123456789AEIOU"), "a code is no word, and no digit is taken for a letter"


def test_a_code_that_is_taken_is_not_given_to_a_second_room(classroom, monkeypatch):
    codes = iter(["CDFHJK", "CDFHJK", "CDFHJK", "MNPRTV"])
    monkeypatch.setattr(rooms, "new_code", lambda: next(codes))
    assert [classroom.open_room()[0], classroom.open_room()[0]] == ["CDFHJK", "MNPRTV"]


def test_only_the_teacher_of_a_room_can_end_it_ask_and_take_out_drawings(classroom):
    (code, secret), (other, other_secret) = classroom.open_room(), classroom.open_room()
    person, neighbour = classroom.join(code), classroom.join(other)
    classroom.hand_in([drawn(person)])
    classroom.hand_in([drawn(neighbour)])
    mine, theirs = classroom.board(code).drawings[0].id, classroom.board(other).drawings[0].id

    forged = (
        other_secret,
        person.secret,
        "",
        None,
        "' OR 1=1 --",
        secret[:-1],
        secret + "x",
        secret.upper(),
        "é\0\ud800",
    )
    for wrong in forged:
        assert not classroom.is_teacher(code, wrong)
        for try_to in (
            lambda secret: classroom.end_room(code, secret),
            lambda secret: classroom.ask(code, secret, "eta"),
            lambda secret: classroom.take_out(code, secret, mine),
        ):
            with pytest.raises(ClassError, match="Only the teacher"):
                try_to(wrong)
    classroom.take_out(code, secret, theirs)  # a drawing of another room is none of this teacher's
    classroom.take_out(code, secret, 12_345)
    assert classroom.is_teacher(code, secret) and classroom.board(code).question is None
    assert [d.id for d in classroom.board(code).drawings] == [mine]
    assert [d.id for d in classroom.board(other).drawings] == [theirs]

    classroom.take_out(code, secret, mine)
    assert not classroom.board(code).drawings
    assert [d.id for d in classroom.board(other).drawings] == [theirs]


def test_no_secret_is_stored(classroom, url):
    code, secret = classroom.open_room()
    person = classroom.join(code)
    everything = str(stored(url))
    assert code in everything and secret not in everything and person.secret not in everything


def test_a_question_is_asked_and_taken_back(classroom):
    code, secret = classroom.open_room()
    for question in ("eta", "no_hidden_units", None):
        classroom.ask(code, secret, question)
        assert classroom.board(code).question == question


# People


def test_somebody_who_reloads_the_page_is_the_same_person_and_nobody_else_is(classroom):
    code, _ = classroom.open_room()
    person = classroom.join(code)
    assert classroom.join(code, person.secret) == person
    assert classroom.board(code).n_people == 1
    for secret in (None, "", "forged", person.secret + "x", "é\0\ud800"):
        newcomer = classroom.join(code, secret)
        assert newcomer.number > person.number and newcomer.secret not in (secret, person.secret)
    elsewhere = classroom.join(classroom.open_room()[0], person.secret)
    assert elsewhere.number == 1 and elsewhere.room != person.room and elsewhere.secret != person.secret
    assert classroom.board(code).n_people == 6


@pytest.mark.slow
def test_250_people_with_different_names_join_and_the_next_one_is_refused(classroom):
    code, _ = classroom.open_room()
    people = [classroom.join(code) for _ in range(250)]
    assert [person.number for person in people] == list(range(1, 251))
    assert len({name_of(person.number).words for person in people}) == 250
    with pytest.raises(ClassError, match="full: 250 people"):
        classroom.join(code)
    assert classroom.join(code, people[99].secret) == people[99], "who is in stays in"
    assert classroom.board(code).n_people == 250
    assert classroom.join(classroom.open_room()[0]).number == 1


def test_the_first_sixteen_people_differ_in_colour_and_animal():
    names = [name_of(number) for number in range(1, 17)]
    assert len({name.colour for name in names}) == len({name.words.split()[1] for name in names}) == 16


def test_somebody_who_was_not_seen_for_half_a_minute_is_no_longer_here(classroom, clock):
    code, _ = classroom.open_room()
    one, two, three = (classroom.join(code) for _ in range(3))
    clock.now += 20
    classroom.greet({one: True, two: False})
    board = classroom.board(code)
    assert board.here == {1, 2, 3} and board.in_training == {1}
    clock.now += 20
    board = classroom.board(code, board)
    assert board.here == {1, 2} and board.in_training == {1}
    classroom.greet({one: False, three: True})
    board = classroom.board(code, board)
    assert board.here == {1, 2, 3} and board.in_training == {3}
    clock.now += 31
    board = classroom.board(code, board)
    assert not board.here and not board.in_training and board.n_people == 3


# What is handed in


def test_trainings_drawings_and_guesses_come_back_as_they_were_handed_in(classroom):
    code, _ = classroom.open_room()
    people = [classroom.join(code) for _ in range(3)]
    posts = [
        trained(people[2], network=bytes(range(256)), seed=2**32 - 1, batch_size=2**31 - 1, eta=1e-9, accuracy=1 / 3),
        trained(people[0], n_hidden=0, scale=False, shuffle=False, distorted=True, is_sorted=True, diverged=True),
        trained(people[0], eta=1e3, epochs_done=0.1 + 0.2, n_images=60_000, preparation="normalized", source="openml"),
    ]
    digits = [drawn(people[1], 0, **images(1)), drawn(people[2], 9, **images(2))]
    classroom.hand_in(
        [*posts, *digits, guessed(people[0], 0.1), guessed(people[1], 1, "sorted"), guessed(people[2], 0)]
    )

    board = classroom.board(code)
    assert [row.number for row in board.trainings] == [3, 1, 1] and board.finished == {1, 3}
    for row, post in zip(board.trainings, posts):
        for setting, value in post.content._asdict().items():
            if setting != "network":
                assert getattr(row, setting) == value and type(getattr(row, setting)) is type(value), setting
    assert classroom.networks([row.id for row in board.trainings]) == {board.trainings[0].id: bytes(range(256))}
    assert classroom.kept_networks(board.room) == [board.trainings[0].id]
    assert [(row.number, row.label) for row in board.drawings] == [(2, 0), (3, 9)]
    for row, seed in zip(board.drawings, [1, 2]):
        assert row.images.keys() == images(seed).keys()
        for name, image in images(seed).items():
            assert row.images[name].dtype == np.uint8 and np.array_equal(row.images[name], image)
    assert board.guesses == {"eta": {1: 0.1, 3: 0}, "sorted": {2: 1}}


def test_numpys_numbers_are_stored_as_numbers(classroom):
    code, _ = classroom.open_room()
    person = classroom.join(code)
    numbers = {"n_hidden": np.int64(30), "seed": np.uint32(7), "n_images": np.int32(8_000), "eta": np.float32(0.5)}
    results = {"accuracy": np.float32(0.75), "epochs_done": np.float64(10)}
    classroom.hand_in(
        [trained(person, **numbers, **results), drawn(person, np.int64(3)), guessed(person, np.float32(0.5))]
    )
    board = classroom.board(code)
    row = board.trainings[0]
    assert (row.n_hidden, row.seed, row.n_images, row.eta) == (30, 7, 8_000, 0.5)
    assert (row.accuracy, row.epochs_done) == (0.75, 10)
    assert board.drawings[0].label == 3 and board.guesses == {"eta": {1: 0.5}}


def test_what_is_handed_in_twice_counts_once(classroom, url):
    code, _ = classroom.open_room()
    one, two = classroom.join(code), classroom.join(code)
    posts = [trained(one, network=b"weights"), drawn(one, 4, "sketch"), drawn(two, 5, "sketch"), guessed(one, 0.3)]
    for again in (posts, posts, [*posts, *posts], posts[::-1]):
        assert classroom.hand_in(again) == 0
    board = classroom.board(code)
    assert len(board.trainings) == 1 and board.guesses == {"eta": {1: 0.3}}
    assert [(row.number, row.label) for row in board.drawings] == [(1, 4), (2, 5)], "a key counts for its author only"
    assert bytes_of(url) == {one.room: len(b"weights") + 4 * 784}


def test_a_second_guess_replaces_the_first(classroom):
    code, _ = classroom.open_room()
    person = classroom.join(code)
    classroom.hand_in([guessed(person, 0.2), guessed(person, 0.9), guessed(person, 0.5, "sorted")])
    classroom.hand_in([guessed(person, 0.4)])
    assert classroom.board(code).guesses == {"eta": {1: 0.4}, "sorted": {1: 0.5}}


def test_an_author_changes_a_drawings_label_or_takes_it_back(classroom, url):
    code, _ = classroom.open_room()
    person, other = classroom.join(code), classroom.join(code)
    classroom.hand_in([drawn(person, 1, "one", **images(1)), drawn(person, 2, "two"), drawn(other, 2, "two")])
    before = classroom.board(code)
    classroom.hand_in([drawn(person, 7, "one", **images(1)), withdrawn(person, "two"), withdrawn(person, "nothing")])
    for board in (classroom.board(code), classroom.board(code, before)):
        assert sorted((row.number, row.label) for row in board.drawings) == [(1, 7), (2, 2)]
        changed = next(row for row in board.drawings if row.number == 1)
        assert np.array_equal(changed.images["mnist"], images(1)["mnist"])
    assert bytes_of(url) == {person.room: 2 * 2 * 784}
    classroom.hand_in([withdrawn(person, "one"), drawn(person, 3, "one")])
    assert sorted(row.label for row in classroom.board(code).drawings) == [2, 3]


# Limits


def test_a_person_can_hand_in_so_much_and_the_others_still_can(classroom, monkeypatch):
    monkeypatch.setattr(limits, "MAX_TRAININGS", 3)
    monkeypatch.setattr(limits, "MAX_DRAWINGS", 2)
    code, _ = classroom.open_room()
    person, other = classroom.join(code), classroom.join(code)
    assert classroom.hand_in([trained(person) for _ in range(5)] + [drawn(person, n, f"{n}") for n in range(5)]) == 5
    assert classroom.hand_in([drawn(person, 8, "0"), withdrawn(person, "1"), drawn(person, 9)]) == 0, "this is no more"
    assert classroom.hand_in([drawn(person), trained(person), drawn(other), trained(other)]) == 2
    board = classroom.board(code)
    assert [row.number for row in board.trainings] == [1, 1, 1, 2]
    assert sorted((row.number, row.label) for row in board.drawings) == [(1, 8), (1, 9), (2, 7)]


def test_a_room_takes_so_much_and_the_next_room_still_does(classroom, monkeypatch):
    monkeypatch.setattr(limits, "MAX_ROOM_TRAININGS", 3)
    monkeypatch.setattr(limits, "MAX_ROOM_DRAWINGS", 2)
    code, _ = classroom.open_room()
    people = [classroom.join(code) for _ in range(4)]
    assert classroom.hand_in([post for person in people for post in (trained(person), drawn(person))]) == 1 + 2
    board = classroom.board(code)
    assert [row.number for row in board.trainings] == [1, 2, 3] and [row.number for row in board.drawings] == [1, 2]
    other, _ = classroom.open_room()
    newcomer = classroom.join(other)
    assert classroom.hand_in([trained(newcomer), drawn(newcomer)]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # the other takes much longer, and nothing differs
def test_of_10_000_trainings_that_one_person_hands_in_200_are_stored(classroom, url):
    code, _ = classroom.open_room()
    person = classroom.join(code)
    posts = [trained(person, network=b"weights") for _ in range(10_000)]
    assert sum(classroom.hand_in(posts[i : i + 1_000]) for i in range(0, 10_000, 1_000)) == 9_800
    assert keys(url) == [post.key for post in posts[:200]]
    assert bytes_of(url) == {person.room: len(b"weights")}


@dataclass
class Kept:
    """What the networks of one person must be, found by looking at all trainings again after each."""

    trainings: list

    def networks(self):
        with_network = [(accuracy, i) for i, (accuracy, network) in enumerate(self.trainings) if network]
        if not with_network:
            return []
        best, latest = max(with_network)[1], with_network[-1][1]
        return [self.trainings[i][1] for i in sorted({best, latest})]


@pytest.mark.slow
def test_networks_are_kept_of_everybodys_best_and_latest_training_and_each_byte_is_counted(classroom, url):
    rng = np.random.default_rng(11)
    code, secret = classroom.open_room()
    people = [classroom.join(code) for _ in range(3)]
    kept, sketches = {person.number: Kept([]) for person in people}, [f"sketch {i}" for i in range(5)]
    for i in range(60):
        posts = []
        for _ in range(rng.integers(1, 5)):
            person = people[rng.integers(3)]
            kind = rng.integers(5)
            if kind < 2:
                accuracy = float(rng.integers(0, 6)) / 5  # some are equal
                network = rng.bytes(rng.integers(1, 3_000)) if rng.random() < 0.8 else None
                posts.append(trained(person, network=network, accuracy=accuracy))
                kept[person.number].trainings.append((accuracy, network))
            elif kind < 4:
                posts.append(drawn(person, int(rng.integers(10)), str(rng.choice(sketches))))
            else:
                posts.append(withdrawn(person, str(rng.choice(sketches))))
        assert classroom.hand_in(posts) == 0
        board = classroom.board(code)
        if rng.random() < 0.2 and board.drawings:
            classroom.take_out(code, secret, board.drawings[0].id)
        if i % 3 == 0:
            assert bytes_of(url)
    numbers = {row.id: row.number for row in board.trainings}
    networks = classroom.networks(list(numbers))
    assert sorted(networks) == classroom.kept_networks(board.room)
    for number, model in kept.items():
        assert [networks[id] for id in sorted(networks) if numbers[id] == number] == model.networks()


@pytest.mark.slow
def test_a_room_that_is_full_takes_trainings_without_their_networks_and_no_drawings(classroom, monkeypatch, url):
    monkeypatch.setattr(limits, "MAX_ROOM_BYTES", 10_000)
    rng = np.random.default_rng(12)
    code, _ = classroom.open_room()
    people, largest, posts = [classroom.join(code) for _ in range(8)], 0, []
    for i in range(150):
        person = people[rng.integers(8)]
        if rng.random() < 0.3:
            classroom.hand_in([drawn(person, int(rng.integers(10)), f"{rng.integers(4)}")])
        elif rng.random() < 0.2:
            classroom.hand_in([withdrawn(person, f"{rng.integers(4)}")])
        else:
            posts.append(trained(person, network=rng.bytes(rng.integers(1, 3_000)), accuracy=rng.random()))
            assert classroom.hand_in(posts[-1:]) == 0
        if i % 10 == 0:
            size = bytes_of(url)[people[0].room]
            assert size <= 10_000
            largest = max(largest, size)
    assert largest > 8_000, "the limit was reached"
    assert keys(url) == [post.key for post in posts]
    assert classroom.hand_in([drawn(people[0], key=f"{i}") for i in range(10, 17)]) > 0


def test_when_all_rooms_together_are_too_large_the_oldest_goes(classroom, clock, monkeypatch, url):
    monkeypatch.setattr(limits, "MAX_BYTES", 10_000)
    codes = []
    for size in (3_000, 3_000, 3_000):
        code, _ = classroom.open_room()
        classroom.hand_in([trained(classroom.join(code), network=bytes(size))])
        codes.append(code)
        clock.now += 1
    assert sum(bytes_of(url).values()) == 9_000
    newest = classroom.join(codes[2])
    classroom.hand_in([drawn(newest)])
    assert [classroom.board(code) is None for code in codes] == [True, False, False]
    classroom.hand_in([trained(newest, network=bytes(5_000), accuracy=0.1)])
    assert [row["code"] for row in stored(url)["rooms"]] == codes[2:]
    assert bytes_of(url) == {newest.room: 3_000 + 5_000 + 2 * 784}


@pytest.mark.slow
def test_there_are_at_most_1_000_rooms_and_one_that_nobody_uses_makes_place_for_a_new_one(classroom, clock, url):
    codes = []
    for _ in range(1_000):
        codes.append(classroom.open_room()[0])
        clock.now += 1
    with pytest.raises(ClassError, match="too many classes"):
        classroom.open_room()
    assert len(stored(url)["rooms"]) == 1_000
    first = classroom.join(codes[0])
    second = classroom.join(codes[1])
    clock.now += 3600 - 998 + 2  # the third room's hour is over, the fourth's too, and the fifth's is not
    classroom.greet({first: False})
    classroom.hand_in([guessed(second, 0.5)])
    for gone in (2, 3):
        codes.append(classroom.open_room()[0])
        assert {row["code"] for row in stored(url)["rooms"]} == set(codes) - set(codes[2 : gone + 1])
    with pytest.raises(ClassError, match="too many classes"):
        classroom.open_room()


# Boards


@pytest.mark.slow
def test_a_board_that_continues_an_earlier_one_is_the_same_as_a_new_one_whatever_happened(classroom, clock):
    rng = np.random.default_rng(13)
    rooms_ = [classroom.open_room() for _ in range(2)]
    people = [classroom.join(code) for code, _ in rooms_]
    boards = defaultdict(list)
    for _ in range(60):
        person = people[rng.integers(len(people))]
        code, secret = rooms_[person.room - people[0].room]
        key, label = f"sketch {rng.integers(4)}", int(rng.integers(10))
        match rng.integers(9):
            case 0:
                people.append(classroom.join(rooms_[rng.integers(2)][0]))
            case 1 | 2:
                classroom.hand_in([trained(person, accuracy=rng.random(), network=b"weights")])
            case 3 | 4:
                classroom.hand_in([drawn(person, label, key, **images(rng.integers(99)))])
            case 5:
                classroom.hand_in([withdrawn(person, key), guessed(person, rng.random())])
            case 6:
                classroom.ask(code, secret, [None, "eta", "sorted"][rng.integers(3)])
            case 7:
                if drawings := classroom.board(code).drawings:
                    classroom.take_out(code, secret, drawings[rng.integers(len(drawings))].id)
            case 8:
                clock.now += float(rng.integers(20))
                classroom.greet({person: bool(rng.integers(2))})
        for code, _ in rooms_:
            fresh = classroom.board(code)
            earlier = boards[code]
            for before in (earlier[i] for i in {0, len(earlier) // 2, len(earlier) - 1} if earlier):
                assert plain(classroom.board(code, before)) == plain(fresh)
            earlier.append(classroom.board(code, earlier[-1] if earlier else None))
    assert all(boards[code][-1].trainings and boards[code][-1].drawings for code, _ in rooms_)


def test_a_board_of_another_room_is_not_mixed_into_this_one(classroom, monkeypatch):
    codes = iter(["CDFHJK", "MNPRTV", "CDFHJK"])
    monkeypatch.setattr(rooms, "new_code", lambda: next(codes))
    (code, secret), (other, _) = classroom.open_room(), classroom.open_room()
    for at in (code, other):
        person = classroom.join(at)
        classroom.hand_in([trained(person), drawn(person), guessed(person, 0.5)])
    mine, theirs = classroom.board(code), classroom.board(other)
    assert mine.version == theirs.version
    assert plain(classroom.board(code, theirs)) == plain(mine) != plain(theirs)

    classroom.end_room(code, secret)
    again, _ = classroom.open_room()
    assert again == code, "two rooms have one code, one after the other"
    for _ in range(mine.version - 1):
        person = classroom.join(code)
    classroom.hand_in([guessed(person, 0.1)])
    board = classroom.board(code, mine)
    assert board.version == mine.version and plain(board) == plain(classroom.board(code))
    assert not board.trainings and not board.drawings and board.guesses == {"eta": {1: 0.1}}


def test_a_board_shows_one_moment_though_others_write_while_it_is_read(classroom, clock, url):
    code, _ = classroom.open_room()
    person, other_process, writes = classroom.join(code), Classroom(url, clock), []
    classroom.hand_in([trained(person), drawn(person), guessed(person, 0.5)])
    other_process.board(code)

    def write(connection, cursor, statement, *_):
        table = next((table for table in ("trainings", "drawings", "guesses") if f"FROM {table}" in statement), None)
        if table and table not in writes:
            writes.append(table)
            newcomer = other_process.join(code)
            other_process.hand_in([trained(newcomer), drawn(newcomer), guessed(newcomer, 0.1)])

    before = classroom.board(code)
    event.listen(classroom._engine, "before_cursor_execute", write)
    board = classroom.board(code)
    assert writes == ["trainings", "drawings", "guesses"]
    assert plain(board) == plain(before)
    board = classroom.board(code, board)
    assert plain(board) == plain(classroom.board(code)) and board.n_people == len(board.trainings) == 4


def test_networks_that_are_not_kept_or_are_no_more_are_left_out(classroom):
    code, secret = classroom.open_room()
    person = classroom.join(code)
    classroom.hand_in([trained(person), trained(person, network=b"weights")])
    ids = [row.id for row in classroom.board(code).trainings]
    assert classroom.networks([*ids, 12_345]) == {ids[1]: b"weights"} and classroom.networks([]) == {}
    classroom.end_room(code, secret)
    assert classroom.networks(ids) == {} and classroom.kept_networks(person.room) == []


def test_after_many_codes_that_do_not_exist_only_who_was_there_before_gets_in(classroom, clock, monkeypatch):
    monkeypatch.setattr(limits, "MAX_WRONG_CODES", 5)
    classroom = Classroom(classroom._url, clock)
    code, _ = classroom.open_room()
    person = classroom.join(code)
    for _ in range(5):
        with pytest.raises(ClassError, match="no class with this code"):
            classroom.join("CCCCCC")
        clock.now += 1
    with pytest.raises(ClassError, match="Please wait"):
        classroom.join(code)
    assert classroom.join(code, person.secret) == person
    clock.now += limits.WRONG_SECONDS
    assert classroom.join(code).number == 2


def test_only_a_known_question_can_be_asked(classroom):
    code, secret = classroom.open_room()
    for question in ("<b>", "q" * 1000, "", 7):
        with pytest.raises(ClassError, match="no such question"):
            classroom.ask(code, secret, question)
    assert classroom.board(code).question is None
