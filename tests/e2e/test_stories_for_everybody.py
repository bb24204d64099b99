"""For everybody: no violation of WCAG's levels A and AA that axe-core can find, on any part of the page."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from nn.ui.inside.steps import STEPS

SEVEN = (80, 60), (200, 60), (120, 230)
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "rules": {"heading-order": {"enabled": True}, "page-has-heading-one": {"enabled": True}},
}


def violations(visitor, part=None):
    """What axe finds on the page, or in the part of it with this selector."""
    visitor.settled()
    found = Axe().run(visitor.page, context=part, options=RULES).response["violations"]
    return [(rule["id"], node["target"], node["html"][:200]) for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(visit, theme):
    visitor = visit("?epochs=1&images_bundled=500", color_scheme=theme)
    assert violations(visitor) == []
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("finished")
    assert violations(visitor) == []
    for step in STEPS.values():
        visitor.page.locator(".st-key-inside").get_by_text(step.title).click()
        expect(visitor.page.get_by_role("heading", name=step.title)).to_be_visible()
        visitor.page.wait_for_timeout(300)  # for a chart to be drawn
        assert violations(visitor, ".stMainBlockContainer > .stVerticalBlock > :last-child") == [], step.title
