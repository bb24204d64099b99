"""A browser is asked once, told what to keep, and believed only as far as it answers what it was asked."""

import base64

import pytest
from examples import network_of

from nn import Settings
from nn.training import Run
from nn.ui.browser import NO_STORAGE, Browser
from nn.ui.controls import Controls
from nn.ui.kept import Kept, Yours, unpack
from nn.ui.state import Training

ANYTHING = [None, 0, 7, True, "", "x", [], ["order"], {}, {"order": None}, {"question": None}, {"file": "x"}, 1.5, b""]


def yours(number=1):
    controls = Controls(Settings(1), "bundled", 500, False)
    return Yours(Kept.of(number, Training(controls, None, Run(network_of(1), 500, 500))), (), ())


def never():
    pytest.fail("it has this already")


def test_a_browser_is_asked_and_what_it_has_is_found_once():
    browser, file = Browser(), b"\x00file\xff"
    answer = {"question": browser.question, "file": base64.b64encode(file).decode()}
    assert browser.question and browser.question != Browser().question
    assert browser.found(answer) == file and browser.is_answered
    assert browser.found(answer) is None  # once more, because a component repeats itself


def test_a_browser_that_has_nothing_answers_too():
    browser = Browser()
    assert browser.found({"question": browser.question, "file": ""}) is None
    assert browser.is_answered and browser.trouble == ""


def test_an_answer_to_another_question_is_none():
    browser = Browser()
    for answer in [*ANYTHING, {"question": Browser().question, "file": "AAAA"}, {"question": [browser.question]}]:
        assert browser.found(answer) is None and not browser.is_answered, answer
    assert browser.found({"question": browser.question, "file": "AAAA"}) == bytes(3)


@pytest.mark.parametrize("file", [None, 7, True, [], {}, "ä", "x", "A" * 5, b"AAAA"])
def test_a_forged_file_is_none_and_the_question_is_answered(file):
    browser = Browser()
    assert browser.found({"question": browser.question, "file": file}) is None and browser.is_answered


@pytest.mark.parametrize("trouble", ["QuotaExceededError", 7, ["x"], {"a": 1}])
def test_why_nothing_is_kept_is_said_in_our_own_words(trouble):
    asked, told = Browser(), Browser()
    asked.found({"question": asked.question, "trouble": trouble})
    told.keep((1,), yours)
    told.carried({"order": told.order, "trouble": trouble})
    assert asked.trouble == told.trouble == NO_STORAGE
    told.keep((2,), yours)
    told.carried({"order": told.order})
    assert told.trouble == ""  # there is room again


def test_a_file_is_made_when_something_changed_and_sent_until_it_is_acknowledged():
    browser = Browser()
    browser.keep((1,), yours)
    order, file = browser.order, base64.b64decode(browser.file)
    assert unpack(file).training.number == 1 and browser.n_bytes == len(file)
    browser.keep((1,), never)
    assert browser.order == order and browser.file
    for answer in [*ANYTHING, {"order": "other"}, {"order": [order]}]:
        browser.carried(answer)
        assert browser.order == order and browser.file and browser.trouble == "", answer
    browser.carried({"order": order})
    assert browser.order == browser.file == ""
    browser.keep((1,), never)
    assert browser.order == "" and browser.n_bytes == len(file)


def test_a_late_acknowledgement_does_not_stop_the_next_order():
    browser = Browser()
    browser.keep((1,), yours)
    first = browser.order
    browser.keep((2,), lambda: yours(2))
    browser.carried({"order": first})
    assert browser.order not in ("", first) and unpack(base64.b64decode(browser.file)).training.number == 2


def test_to_forget_is_to_delete_and_to_keep_nothing_more_until_it_is_wanted_again():
    browser = Browser()
    browser.keep((1,), yours)
    browser.carried({"order": browser.order})
    browser.forget()
    assert browser.order and browser.file == "" and browser.n_bytes == 0 and not browser.keeps
    browser.carried({"order": browser.order})
    browser.keep_again()
    browser.keep((1,), yours)  # the same as before: it was deleted
    assert browser.keeps and browser.order and browser.file
