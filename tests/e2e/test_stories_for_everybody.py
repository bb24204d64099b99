"""For everybody: no violation of WCAG's levels A and AA that axe-core can find, on any part of the page.

This story is in the light theme, the one of all steps on a phone in the dark one.
"""

from frames import wait_for
from playwright.sync_api import expect
from script import SEVEN

from nn.ui.inside.steps import TITLES

CHARTS = "() => [...document.querySelectorAll('[data-testid=stVegaLiteChart]')].every(one => one.querySelector('svg'))"


def test_axe_finds_nothing(visit):
    visitor = visit("?epochs=1&images_bundled=500")
    assert visitor.violations(".st-key-top") == []  # as long as nothing is drawn or trained
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    visitor.train()
    expect(visitor.progress).to_contain_text("finished")
    assert visitor.violations() == []
    for title in TITLES.values():
        visitor.page.locator(".st-key-inside").get_by_text(title).click()
        expect(visitor.page.get_by_role("heading", name=title)).to_be_visible()
        visitor.settled()
        wait_for(visitor, CHARTS)
        assert visitor.violations(".stMainBlockContainer > .stVerticalBlock > :last-child") == [], title
