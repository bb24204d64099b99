"""A browser is asked once, told what to keep, and believed only as far as it answers what it was asked."""

import base64

import pytest

from nn.ui.session.browser_store import NO_STORAGE, BrowserStore

ANYTHING = [None, 0, 7, True, "", "x", [], ["order"], {}, {"order": None}, {"question": None}, {"files": "x"}, 1.5, b""]
FILE = b"\x00file\xff"


def in_base64(file):
    return base64.b64encode(file).decode()


def never():
    pytest.fail("it has this already")


@pytest.fixture
def browser():
    """One that keeps nothing yet."""
    return BrowserStore()


def test_a_browser_is_asked_and_what_it_has_is_found_once(browser):
    files = {"drawings": in_base64(FILE), "others": in_base64(FILE)}
    assert browser.question and browser.question != BrowserStore().question
    for answer in [*ANYTHING, {"question": BrowserStore().question, "files": files}, {"question": [browser.question]}]:
        assert browser.found(answer) == {} and not browser.is_answered, answer
    answer = {"question": browser.question, "files": files}
    assert browser.found(answer) == {"drawings": FILE} and browser.is_answered and browser.n_bytes == len(FILE)
    assert browser.found(answer) == {}  # once more, because a component repeats itself


def test_a_browser_that_has_nothing_says_so_when_it_keeps_the_first_file(browser):
    browser.keep("drawings", (), never)
    assert browser.order == ""  # there is nothing yet
    browser.keep("drawings", (1,), lambda: FILE)
    assert not browser.is_answered
    browser.carried({"order": browser.order})
    assert browser.is_answered and browser.trouble == "" and browser.n_bytes == len(FILE)
    assert browser.found({"question": browser.question, "files": {"drawings": in_base64(FILE)}}) == {}


@pytest.mark.parametrize("file", [None, 7, True, [], {}, b"AAAA", "", "ä", "x", "A" * 5, "?AAA"])
def test_a_file_that_is_no_base64_is_none_or_an_empty_one_and_the_question_is_answered(file):
    empty = {"trainings": b""} if file and isinstance(file, str) else {}  # which will be refused
    for files, found in (({"trainings": file}, empty), (file, {})):
        browser = BrowserStore()
        assert browser.found({"question": browser.question, "files": files}) == found and browser.is_answered


@pytest.mark.parametrize("trouble", ["QuotaExceededError", 7, ["x"], {"a": 1}])
def test_the_reason_why_nothing_is_kept_is_said_in_our_own_words(browser, trouble):
    asked = BrowserStore()
    asked.found({"question": asked.question, "trouble": trouble})
    browser.keep("drawings", (1,), lambda: FILE)
    browser.carried({"order": browser.order, "trouble": trouble})
    assert asked.trouble == browser.trouble == NO_STORAGE
    browser.keep("drawings", (2,), lambda: FILE)
    browser.carried({"order": browser.order})
    assert browser.trouble == ""  # there is room again


def test_a_file_is_made_when_something_changed_and_sent_until_it_is_acknowledged(browser):
    browser.keep("drawings", (1,), lambda: FILE)
    order = browser.order
    assert browser.files == {"drawings": in_base64(FILE)} and browser.n_bytes == 0
    browser.keep("drawings", (1,), never)
    assert browser.order == order and browser.files
    for answer in [*ANYTHING, {"order": "other"}, {"order": [order]}]:
        browser.carried(answer)
        assert browser.order == order and browser.files and browser.trouble == "", answer
    browser.keep("drawings", (2,), lambda: b"2")
    browser.carried({"order": order})  # late: there is another order now
    assert browser.order not in ("", order) and browser.files == {"drawings": in_base64(b"2")}
    browser.carried({"order": browser.order})
    assert browser.order == "" and browser.files == {}
    browser.keep("drawings", (2,), never)
    assert browser.order == "" and browser.n_bytes == 1


def test_a_browser_that_never_answers_is_not_said_to_store_anything(browser):
    for contents in ((1,), (1, 2)):
        browser.keep("drawings", contents, lambda: FILE)
        assert browser.order and (browser.n_bytes, browser.counts) == (0, {})
    browser.carried({"order": browser.order, "trouble": "QuotaExceededError"})
    assert (browser.n_bytes, browser.counts) == (0, {})
    browser.keep("drawings", (1, 2, 3), lambda: FILE)
    browser.carried({"order": browser.order})
    assert (browser.n_bytes, browser.counts) == (len(FILE), {"drawings": 3})


def test_files_too_large_for_a_message_stay_until_the_visitor_deletes_them(browser):
    browser.keep("drawings", (1,), lambda: FILE)
    assert browser.found({"question": browser.question, "files": {}, "too_large": True}) == {}
    assert browser.trouble.startswith("The work saved in this browser can't be read. It is larger than the 2 MB")
    browser.keep("drawings", (2,), never)
    assert browser.order == "" and browser.files == {}


def test_files_go_together_but_a_label_does_not_send_the_networks_again(browser):
    browser.keep("trainings", (1,), lambda: 1_000 * FILE)
    browser.keep("drawings", (1,), lambda: FILE)
    assert browser.files == {"trainings": in_base64(1_000 * FILE), "drawings": in_base64(FILE)}
    browser.carried({"order": browser.order})
    browser.keep("trainings", (1,), never)
    browser.keep("drawings", ("seven", 7), lambda: 2 * FILE)
    assert browser.files == {"drawings": in_base64(2 * FILE)} and browser.n_bytes == 1_001 * len(FILE)
    browser.carried({"order": browser.order})
    assert browser.n_bytes == 1_002 * len(FILE)


def test_a_file_that_changes_all_the_time_is_kept_after_a_pause_only(browser, monkeypatch):
    now = 100.0
    monkeypatch.setattr("nn.ui.session.browser_store.time.monotonic", lambda: now)
    browser.keep("trainings", (1,), lambda: b"1", pause=5)
    browser.keep("trainings", (2,), never, pause=5)
    now = 105.0
    browser.keep("trainings", (3,), lambda: b"3", pause=5)
    browser.keep("trainings", (4,), lambda: b"4")  # it is over: no pause any more
    assert browser.files == {"trainings": in_base64(b"4")}


def test_to_start_over_is_to_delete_everything_and_to_store_nothing_more():
    browser = BrowserStore()
    browser.start_over("http://here/?view=kiosk")
    assert browser.order and browser.files == {} and browser.next_address == "http://here/?view=kiosk"
    browser.keep("trainings", (2,), never)
    late = {"question": browser.question, "files": {"trainings": in_base64(FILE)}}
    assert browser.found(late) == {}  # what was there before doesn't come back


@pytest.mark.parametrize("is_quick", [False, True])
def test_an_unreadable_file_stays_until_the_visitor_deletes_it(is_quick):
    browser = BrowserStore()
    if is_quick:  # something was to be kept before the browser had answered: it would take the place of what is there
        browser.keep("drawings", (1,), lambda: FILE)
    browser.found({"question": browser.question, "files": {"trainings": in_base64(FILE)}})
    browser.unreadable("This is damaged.")
    browser.keep("trainings", (1,), never)
    assert "This is damaged." in browser.trouble and browser.n_bytes == len(FILE)
    assert browser.order == "" and browser.files == {}
