"""The codes of rooms as people type them, and the names that people get."""

from nn.classroom.limits import MAX_PEOPLE
from nn.classroom.names import LETTERS, colour_of, name_of, new_code, read_code


def test_a_code_is_read_as_people_type_it():
    for typed in ("CDFHJK", "cdfhjk", " cdf hjk ", "CDF-HJK", "c d f h j k", "Cdf - Hjk", "CDFHJK                    "):
        assert read_code(typed) == "CDFHJK", typed
    wrong = "", "CDFHJ", "CDFHJKM", "CDFHJA", "CDFHJ0", "<CDFHJK>", "CDFHJß", "CDFHJK\0", "x" * 1_000_000, None, 3
    for typed in (*wrong, ["C", "D", "F", "H", "J", "K"]):
        assert read_code(typed) is None, str(typed)[:20]
    codes = {new_code() for _ in range(500)}
    assert len(codes) > 490 and all(read_code(code.lower()) == code for code in codes)
    assert not set(LETTERS) & set("0123456789AEIOU"), "a code is no word, and no digit is taken for a letter"


def test_people_in_a_room_have_different_names_and_the_first_sixteen_differ_in_colour_and_animal():
    numbers = range(1, MAX_PEOPLE + 1)
    assert len({name_of(number) for number in numbers}) == MAX_PEOPLE
    first = numbers[:16]
    assert len({colour_of(number) for number in first}) == len({name_of(number).split()[1] for number in first}) == 16
