"""Look inside, 8 How good is it?, in a real browser: the matrix can be clicked, and its images opened."""

import re

from playwright.sync_api import expect

SCORES = "?inside=8+How+good+is+it%3F"


class Matrix:
    """The confusion matrix on a visitor's page."""

    def __init__(self, visitor):
        self.page, self.visitor = visitor.page, visitor
        self.cells = visitor.page.locator(".st-key-chart_scores svg.marks .mark-rect path")
        expect(self.cells).to_have_count(100)

    def click(self, label, answer):
        self.visitor.settled()
        self.cells.nth(10 * label + answer).click()

    @property
    def choice(self):
        return self.page.get_by_role("combobox", name="See the images of")

    @property
    def outlined(self):
        """The cells with an outline, as pairs (label, answer)."""
        widths = self.cells.evaluate_all("cells => cells.map(cell => Number(cell.getAttribute('stroke-width')))")
        return [divmod(i, 10) for i, width in enumerate(widths) if width > 0]

    @property
    def pictures(self):
        return self.page.locator(".st-key-scores_pictures figure")


def test_a_click_on_a_cell_shows_its_images_again_and_again(visit):
    visitor = visit(SCORES)
    matrix = Matrix(visitor)
    expect(matrix.choice).to_have_value(re.compile("All mistakes: 19 images"))
    expect(matrix.pictures).to_have_count(19)
    assert matrix.outlined == []
    for label, answer in [(8, 2), (9, 4), (8, 2), (3, 3)]:
        matrix.click(label, answer)
        expect(matrix.choice).to_have_value(re.compile(f"{label} read as {answer}: "))
        expect(matrix.pictures.first).to_contain_text(f"{label} read as {answer}")
        assert matrix.outlined == [(label, answer)]
    expect(matrix.pictures).to_have_count(24)  # no more, of the 3s that were read right


def test_the_choice_in_the_list_counts_even_after_a_click(visit):
    visitor = visit(SCORES)
    matrix = Matrix(visitor)
    matrix.click(8, 2)
    expect(matrix.choice).to_have_value(re.compile("8 read as 2: "))
    matrix.choice.press("ArrowDown")  # opens the list
    visitor.page.get_by_role("option", name=re.compile("All mistakes")).click()
    expect(matrix.choice).to_have_value(re.compile("All mistakes: "))
    expect(matrix.pictures).to_have_count(19)
    matrix.click(8, 2)  # the chart believes that this cell is still selected
    expect(matrix.choice).to_have_value(re.compile("8 read as 2: "))


def test_an_image_opens_in_another_step_and_the_drawing_comes_back(visit):
    visitor = visit(SCORES)
    matrix = Matrix(visitor)
    matrix.click(8, 2)
    expect(matrix.pictures.first).to_contain_text("8 read as 2")
    number = re.search(r"image ([\d,]+)", matrix.pictures.first.inner_text()).group(1)
    visitor.button("scores_4").click()
    expect(visitor.page.locator(".nn-current")).to_contain_text(f"held-out image {number}, which is an 8, and reads 2")
    expect(visitor.page).to_have_url(re.compile("inside=4"))
    expect(visitor.answer).to_have_text("2")
    visitor.button("back").click()
    expect(visitor.answer).to_have_text("?")


def test_while_it_trains_the_score_follows_and_nothing_jumps(visit):
    visitor = visit("?epochs=100&hidden=300&eta=0.003&inside=8+How+good+is+it%3F")
    matrix = Matrix(visitor)
    matrix.click(9, 4)
    expect(matrix.choice).to_have_value(re.compile("9 read as 4: "))
    visitor.button("train").click()
    expect(matrix.choice).to_have_value("9 read as 4")  # no count while it changes
    figures = visitor.page.locator(".st-key-scores_figures")
    expect(figures).to_contain_text("Accuracy")

    def places():
        return visitor.page.evaluate("""() => ['scores_figures', 'chart_scores', 'scores_choice', 'scores_pictures',
            'scores_look', 'scores_mathematics'].map(key => {
                const box = document.querySelector(`.st-key-${key}`).getBoundingClientRect();
                return [Math.round(box.x), Math.round(box.y), Math.round(box.height)];
            })""")

    before, chart = places(), visitor.page.locator(".st-key-chart_scores svg.marks").element_handle()
    for _ in range(2):  # it learns slowly, so every score is different
        text = figures.inner_text()
        expect(figures).not_to_have_text(text, use_inner_text=True, timeout=20_000)  # new scores every few seconds
        assert places() == before
        expect(matrix.choice).to_have_value("9 read as 4")
        assert matrix.outlined == [(9, 4)]
    assert chart.evaluate("chart => chart.isConnected")  # the same chart, only with new data
    visitor.button("stop").click()


def test_on_a_phone_a_cell_can_be_tapped_and_nothing_scrolls_sideways(visit):
    visitor = visit(SCORES, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    matrix = Matrix(visitor)
    matrix.cells.nth(82).scroll_into_view_if_needed()
    matrix.cells.nth(82).tap()
    expect(matrix.choice).to_have_value(re.compile("8 read as 2: "))
    assert visitor.page.evaluate("document.querySelector('.stMain').scrollWidth") <= 390
