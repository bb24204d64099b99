"""Look inside, step 2, as a person uses it in a real browser."""

from frames import drawn, record_places, wait_for
from playwright.sync_api import expect

# How high the tangent is, as the browser drew it.
TANGENT = """document.querySelector('.st-key-sigmoid_chart svg.marks path[stroke="#e8710a"][stroke-width="2.5"]')
    .getBBox().height"""
PARTS = [f".st-key-section {part}" for part in ("h4", "img", "svg.marks")]


def test_the_sliders_make_a_unit_flat_and_nothing_moves_while_a_network_learns(visit):
    visitor = visit("?inside=2+From+perceptron+to+network&hidden=0&epochs=100")
    expect(visitor.page.locator(".st-key-sigmoid_chart svg.marks")).to_be_visible()
    sentence = visitor.page.locator(".st-key-section .nn-words")
    expect(sentence).to_contain_text("Steep")
    assert visitor.page.evaluate(TANGENT) > 20
    record_places(visitor, *PARTS)
    visitor.slide("unit_b", 40)
    visitor.slide("unit_w", 30)
    expect(sentence).to_contain_text("saturated")
    wait_for(visitor, f"() => {TANGENT} < 2")
    assert len(drawn(visitor)) == 1, "something jumped"
    visitor.page.get_by_text("The mathematics:").click()
    formula = visitor.page.get_by_text("Second link, the sigmoid.")
    expect(formula).to_be_visible()

    visitor.train()
    own = visitor.page.locator(".st-key-section p").filter(has_text="your own")
    expect(own).to_contain_text("% of the unseen")
    visitor.at_rest()
    record_places(visitor, *PARTS)
    expect(own).not_to_have_text(own.inner_text())
    assert len(drawn(visitor)) == 1, "something jumped"
    expect(formula).to_be_visible()  # what was opened stays open
    expect(visitor.page.locator(".st-key-unit_b input[type=range]")).to_have_value("4")
