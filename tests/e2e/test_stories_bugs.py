"""Look inside, 6 Spot the bug and 9 Hints, in a real browser."""

import re
import time

from playwright.sync_api import expect
from waiting import wait_until

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
BUGS, HINTS = "?inside=6+Spot+the+bug", "?inside=9+Hints"


def curves(visitor):
    """The widths of the curves that the browser drew, by colour, as shares of the chart's width."""
    return visitor.page.evaluate("""() => {
        const chart = document.querySelector('.st-key-bug_chart [data-testid=stVegaLiteChart] svg.marks');
        if (!chart) return {};
        const width = chart.querySelector('path.background').getBBox().width;
        const lines = [...chart.querySelectorAll('.mark-line path')];
        return Object.fromEntries(lines.map(path => [path.getAttribute('stroke'), path.getBBox().width / width]));
    }""")


def reveal(visitor):
    """Reveal the bugs, and wait for the buttons that train."""
    visitor.button("bug_reveal").click()
    expect(visitor.button("bug_all")).to_be_visible()


def choose(visitor, words):
    """Choose an option of a radio."""
    visitor.page.locator(".st-key-section label", has_text=words).click()
    visitor.settled()


def test_a_riddle_guessed_and_revealed(visit):
    visitor = visit(BUGS)
    section = visitor.page.locator(".st-key-section")
    expect(section.locator("pre")).to_contain_text("np.random.shuffle(indices)")
    for line in ("2", "6"):
        section.locator(".st-key-bug_guess").get_by_text(line, exact=True).click()
    expect(visitor.button("bug_all")).to_have_count(0)
    reveal(visitor)
    expect(section).to_contain_text("Well spotted! You found both bugs.")
    expect(section).to_contain_text("X = images.reshape(-1, 784) / 255")
    visitor.button("bug_all").click()
    expect(section).to_contain_text("Neither fix is enough alone", timeout=60_000)
    expect(section).to_contain_text("The shuffle is decisive")
    visitor.button("bug_reveal").click()
    expect(visitor.button("bug_all")).to_have_count(0)
    expect(section).not_to_contain_text("Well spotted")
    expect(section.locator(".st-key-bug_guess [aria-pressed=true]")).to_have_text(["2", "6"])
    reveal(visitor)
    expect(section).to_contain_text("Neither fix is enough alone")  # the curves were kept


def test_the_notebook_as_written_and_fixed_curve_over_curve(visit):
    visitor = visit(BUGS)
    reveal(visitor)
    choose(visitor, "the notebook's")
    choose(visitor, "mixed")
    chart = visitor.page.locator(".st-key-bug_chart")
    expect(chart).to_contain_text("Four learning curves")
    before = chart.bounding_box()
    visitor.button("bug_0").click()
    expect(visitor.page.locator(".nn-legend", has_text=re.compile(r"As written \d"))).to_be_visible()
    visitor.button("bug_all").click()
    expect(visitor.page.get_by_text("Scaling pays")).to_be_visible(timeout=60_000)  # four trainings take turns
    expect(visitor.page.get_by_text("almost no difference")).to_be_visible()
    assert chart.bounding_box()["height"] == before["height"]
    wait_until(lambda: set(curves(visitor)) == {"#e8710a", "#2f7bf0", "#c0569b", "#16a085"})
    wait_until(lambda: min(curves(visitor).values()) > 0.99)  # the words come a little before the curves
    expect(visitor.progress).to_contain_text("Nothing is trained yet")  # the visitor's own training is a different one


def test_the_page_does_not_tick_when_nothing_is_training_any_more(visit):
    visitor = visit(BUGS)
    reveal(visitor)
    visitor.button("bug_1").click()
    epochs = visitor.page.locator(".nn-numbers tr", has_text="Inputs scaled").locator("td").first
    expect(epochs).to_have_text("10")
    visitor.settled()
    visitor.page.evaluate("""() => {
        window.changes = 0;
        const options = {attributes: true, attributeFilter: ['data-test-script-state']};
        new MutationObserver(() => window.changes++).observe(document.querySelector('[data-testid=stApp]'), options);
    }""")
    time.sleep(2)
    assert visitor.page.evaluate("window.changes") == 0


def test_a_hint_sets_the_sidebar_and_trains(visit):
    visitor = visit(HINTS + "&eta=10&images_bundled=1%2C000&epochs=5")
    expect(visitor.page.get_by_text("have one yet")).to_be_visible()
    visitor.button("train").click()
    expect(visitor.page.get_by_text("The learning rate is too large.")).to_be_visible()
    visitor.button("fix_eta").click()
    expect(visitor.page.locator(".st-key-section")).to_contain_text(re.compile(r"after epoch 5 of 5, η = 1,"))
    expect(visitor.page).to_have_url(re.compile(r"eta=1(\.0)?(&|$)"))
    expect(visitor.page.locator(".st-key-eta")).to_contain_text("1")
    expect(visitor.progress).to_contain_text("Epoch 5.0 of 5: finished")
    visitor.page.get_by_text("How this is judged").first.click()
    expect(visitor.page.get_by_text("of a_h are below")).to_be_visible()


def test_on_a_phone_both_steps_fit(visit):
    for query in (BUGS, HINTS):
        visitor = visit(query + "&images_bundled=500&epochs=3", **PHONE)
        if query == BUGS:
            reveal(visitor)
        visitor.button("bug_all" if query == BUGS else "train").click()
        expect(visitor.page.locator(".st-key-section")).to_contain_text(
            "in the end" if query == BUGS else "after epoch 3", timeout=60_000
        )
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
        wide = visitor.page.evaluate("""() => [...document.querySelectorAll('.st-key-section *')]
            .filter(element => element.getBoundingClientRect().right > 391)
            .filter(element => !element.closest('.nn-numbers, pre, .katex')).length""")
        assert wide == 0
