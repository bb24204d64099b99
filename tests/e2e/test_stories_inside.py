"""Look inside, in a real browser: charts, formulas, films, steps during a training, and all parts on a phone."""

import re
from itertools import groupby

import pytest
from frames import wait_for
from PIL import Image
from playwright.sync_api import expect
from ticks import wait_for_rest, watch

from nn.ui.inside.step6_findings import PRESETS
from nn.ui.inside.steps import TITLES

SEVEN = (80, 60), (200, 60), (120, 230)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SCORES = "?inside=8+How+good+is+it%3F"

# Notes the number of rows and the width of the curve of a sum, whenever anything in the step changes.
WATCH_THE_SUM = """() => {
    window.seen = [];
    const look = () => {
        const slider = document.querySelector('.st-key-sum_rows input[type=range]');
        const curve = document.querySelector(".st-key-section path[stroke='#2f7bf0']");
        const width = slider && curve ? curve.getBBox().width : 0;
        if (width) seen.push([Number(slider.value), width]);
    };
    const all = { subtree: true, childList: true, attributes: true };
    new MutationObserver(look).observe(document.querySelector('.st-key-section'), all);
}"""

# Where everything of a step is, without what is unfolded: the distances from its top, and the heights.
PLACES = """() => {
    const section = document.querySelector('.st-key-section'), top = section.getBoundingClientRect().y;
    return [...section.querySelectorAll('[data-testid=stElementContainer], .nn-numbers')]
        .filter(element => !element.closest('details'))
        .map(element => element.getBoundingClientRect())
        .flatMap(({ y, height }) => [Math.round(y - top), Math.round(height)]);
}"""

# The words of a step and its places as soon as there are other words; not while Streamlit still keeps elements that the
# present run of the script has not drawn again.
CHANGED = f"""seen => {{
    const section = document.querySelector('.st-key-section');
    const is_new = section.innerText !== seen && !section.querySelector('[data-stale=true]');
    return is_new && [section.innerText, ({PLACES})()];
}}"""

# The widths of the curves of step 6, by colour, as shares of the chart's width.
CURVES = """() => {
    const chart = document.querySelector('.st-key-bug_chart [data-testid=stVegaLiteChart] svg.marks');
    const width = chart.querySelector('path.background').getBBox().width;
    return Object.fromEntries([...chart.querySelectorAll('.mark-line path')]
        .map(path => [path.getAttribute('stroke'), path.getBBox().width / width]));
}"""

# What is wider than the screen, scrolls sideways, or is cut off.
CUT_OFF = """() => {
    const right = element => element.getBoundingClientRect().right;
    const all = selector => [...document.querySelectorAll(selector)].filter(element => element.checkVisibility());
    const scrolls = '.nn-numbers, pre, .katex-display', beside = '.katex-mathml, svg, canvas, input, ' + scrolls;
    const wide = all('.st-key-section *, .st-key-yours_part *')
        .filter(element => right(element) > innerWidth + 1 && !element.closest(beside));
    const cut = all('.katex-display .base').filter(base => right(base) > right(base.closest('.katex-display')) + 1);
    const hidden = all('.nn-numbers').filter(table => table.scrollWidth > table.clientWidth);
    const pages = all('html, .stMain').filter(page => page.scrollWidth > innerWidth);
    return [...pages, ...wide, ...hidden, ...cut].map(element => element.outerHTML.slice(0, 200));
}"""


def section(visitor):
    return visitor.page.locator(".st-key-section")


def choose(visitor, title):
    """Open a step."""
    visitor.settled()
    visitor.page.locator(".st-key-inside").get_by_text(title).click()
    expect(visitor.page.get_by_role("heading", name=title)).to_be_visible()
    visitor.settled()


def train(visitor):
    visitor.train()
    expect(visitor.progress).to_contain_text("finished")
    visitor.settled()


def meant(visitor, digit):
    """Say in step 5 which digit it was meant to be."""
    section(visitor).locator("[class*=st-key-meant]").locator("button", has_text=str(digit)).click()
    expect(section(visitor)).to_contain_text(f"1 for the {digit}")


class Matrix:
    """The confusion matrix on a visitor's page."""

    def __init__(self, visitor):
        self.page, self.visitor = visitor.page, visitor
        self.cells = visitor.page.locator(".st-key-chart_scores svg.marks .mark-rect path")
        self.choice = self.page.get_by_role("combobox", name="See the images of")
        self.pictures = self.page.locator(".st-key-scores_pictures #pictures button")
        expect(self.cells).to_have_count(100)

    def click(self, label, answer):
        self.visitor.settled()
        self.cells.nth(10 * label + answer).click()
        expect(self.choice).to_have_value(re.compile(f"{label} read as {answer}"))

    @property
    def outlined(self):
        """The cells with an outline, as pairs (label, answer)."""
        widths = self.cells.evaluate_all("cells => cells.map(cell => Number(cell.getAttribute('stroke-width')))")
        return [divmod(i, 10) for i, width in enumerate(widths) if width > 0]


def test_the_hidden_units_of_a_drawing_and_a_sum_that_grows(visit):
    visitor = visit("?inside=3+Hidden+units")
    visitor.draw(*SEVEN)
    expect(section(visitor).locator(".nn-current")).to_contain_text("reads your drawing as a 7")
    pictures = section(visitor).locator(".nn-figures img")
    expect(pictures).to_have_count(24)
    assert pictures.evaluate_all("images => images.every(image => image.complete && image.naturalWidth === 28)")
    captions = section(visitor).locator(".nn-figures figcaption")
    for_seven = captions.all_inner_texts()
    visitor.page.locator(".st-key-units_digit button", has_text=re.compile("^1$")).click()
    expect(captions).not_to_have_text(for_seven)
    visitor.page.locator(".st-key-units_pictures button", has_text="48").click()
    expect(pictures).to_have_count(48)

    choose(visitor, "4 Forward")
    running_sum = section(visitor).locator(".nn-numbers", has_text="running sum").first  # the old one may be there too
    number = visitor.page.locator(".st-key-sum_unit input")
    number.fill("17")
    number.press("Enter")
    expect(section(visitor).locator(".katex-html", has_text="[17]")).to_have_count(1)
    curve = section(visitor).locator("[data-testid=stVegaLiteChart] svg path[stroke='#2f7bf0']")
    expect(curve).to_have_count(1)
    whole = curve.evaluate("curve => curve.getBBox().width")
    visitor.slide("sum_rows", -18)
    expect(running_sum).to_contain_text("after 280 inputs")
    shorter = "whole => document.querySelector(\".st-key-section path[stroke='#2f7bf0']\")?.getBBox().width < whole / 2"
    visitor.page.wait_for_function(shorter, arg=whole)

    # A step that was closed has kept its settings.
    choose(visitor, "3 Hidden units")
    expect(pictures).to_have_count(48)
    choose(visitor, "4 Forward")
    expect(number).to_have_value("17")
    expect(visitor.page.locator(".st-key-sum_rows input[type=range]")).to_have_value("10")
    expect(running_sum).to_contain_text("after 280 inputs")

    play = visitor.button("play_forward")
    boxes = visitor.page.locator(".st-key-sum_layer"), running_sum, visitor.page.locator(".st-key-steps")
    choice, numbers, bar = (part.bounding_box() for part in boxes)
    assert numbers["y"] + numbers["height"] - choice["y"] < 800 - bar["height"]  # one screen shows all that moves
    visitor.page.evaluate(WATCH_THE_SUM)
    play.click()
    expect(play).to_contain_text("Pause")
    expect(play).to_contain_text("Play")
    expect(running_sum).to_contain_text("after 784 inputs")
    rows, widths = zip(*visitor.page.evaluate("seen"))
    assert rows == tuple(sorted(rows)) and len(set(rows)) > 3 and rows[-1] == 28
    grown = list(dict.fromkeys(widths))  # the chart before may be there once more, for a moment
    assert grown == sorted(grown) and len(grown) > 3


def test_a_wrong_label_and_the_mathematics_of_backward(visit):
    visitor = visit("?inside=5+Backward")
    visitor.draw(*SEVEN)
    expect(section(visitor)).to_contain_text("the network's answer, 7, takes its place")
    wrong = visitor.button("backward_wrong_label")
    wrong.click()
    expect(section(visitor)).to_contain_text("The network reads 7 instead")
    expect(section(visitor).locator("[class*=st-key-meant] [aria-checked=true]")).to_have_count(1)
    expect(wrong).to_be_disabled()
    meant(visitor, 7)
    expect(wrong).to_be_enabled()
    meant(visitor, 2)
    visitor.slide("backward_steps", 30)
    expect(section(visitor)).to_contain_text("After 31 steps J falls")
    expect(visitor.answer).to_have_text("7")  # the steps changed a copy
    visitor.button("clear").click()
    expect(section(visitor)).to_contain_text("unseen image 0")
    expect(section(visitor)).to_contain_text("1 for the 0")  # the choice was for the drawing

    mathematics = section(visitor).locator(".st-key-backward_mathematics")
    expect(mathematics.get_by_text("Step 3: the error term of the outputs")).to_be_hidden()
    visitor.unfold("backward_mathematics")
    expect(mathematics.get_by_text("Step 3: the error term of the outputs")).to_be_visible()
    expect(mathematics.locator(".katex-display")).to_have_count(13)
    typeset = section(visitor).locator(".katex-html").all_inner_texts()
    assert len(typeset) > 18 and not [text for text in typeset if "\\" in text]  # an unknown command stays as it is
    expect(section(visitor).locator(".katex-error")).to_have_count(0)


def test_a_riddle_guessed_revealed_and_trained_curve_over_curve(visit):
    visitor = visit("?inside=6+Spot+the+bug")
    watch(visitor)
    expect(section(visitor).locator("pre")).to_contain_text("np.random.shuffle(indices)")
    for line in ("2", "6"):
        section(visitor).locator(".st-key-bug_guess").get_by_text(line, exact=True).click()
    expect(visitor.button("bug_all")).to_have_count(0)
    visitor.button("bug_reveal").click()
    expect(section(visitor)).to_contain_text("Well spotted! You found both bugs.")
    expect(section(visitor)).to_contain_text("X = images.reshape(-1, 784) / 255")
    for words in ("the notebook's", "mixed"):
        section(visitor).locator("label", has_text=words).click()
        visitor.settled()
    chart = visitor.page.locator(".st-key-bug_chart")
    expect(chart).to_contain_text("Four learning curves")
    before = chart.bounding_box()
    visitor.button("bug_all").click()
    expect(section(visitor).locator(".nn-legend", has_text=re.compile(r"Inputs scaled \d"))).to_be_visible()
    wait_for_rest(visitor)  # when the trainings are over, nothing refreshes itself any more
    assert chart.bounding_box()["height"] == before["height"]
    curves = visitor.page.evaluate(CURVES)
    assert set(curves) == {colour for colour, _ in PRESETS.values()}
    assert min(curves[colour] for colour, changes in PRESETS.values() if changes["scale"]) > 0.99
    expect(visitor.progress).to_contain_text("Nothing is trained yet")  # the visitor's own training is a different one


def test_cells_of_the_matrix_are_clicked_and_an_image_takes_the_drawings_place(visit):
    visitor = visit(SCORES)
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    matrix, width = Matrix(visitor), visitor.canvas.bounding_box()["width"]
    expect(matrix.choice).to_have_value(re.compile(r"All mistakes: \d+ images"))
    assert matrix.outlined == []
    for label, answer in [(8, 2), (9, 4), (8, 2), (3, 3)]:
        matrix.click(label, answer)
        expect(matrix.pictures.first).to_contain_text(f"{label} read as {answer}")
        assert matrix.outlined == [(label, answer)]
    expect(matrix.pictures).to_have_count(24)  # no more, of the 3s that were read right
    matrix.choice.press("ArrowDown")  # opens the list
    visitor.page.get_by_role("option", name=re.compile("All mistakes")).click()
    expect(matrix.choice).to_have_value(re.compile("All mistakes: "))
    matrix.click(3, 3)  # the chart believes that this cell is still selected

    matrix.click(8, 2)
    expect(matrix.pictures.first).to_contain_text("8 read as 2")
    expect(matrix.pictures.first).to_have_attribute("aria-pressed", "true")  # until another one is chosen
    matrix.pictures.nth(1).click()
    expect(matrix.pictures.nth(1)).to_have_attribute("aria-pressed", "true")
    number = re.search(r"image ([\d,]+)", matrix.pictures.nth(1).inner_text())[1]
    expect(visitor.page.locator(".st-key-scores_look")).to_contain_text(f"image {number}")
    visitor.button("scores_4").click()
    current = visitor.page.locator(".nn-current")
    expect(current).to_contain_text(f"unseen image {number} as a 2")
    expect(visitor.page).to_have_url(re.compile("inside=4"))
    expect(visitor.answer).to_have_text("2")
    visitor.settled()
    visitor.canvas.scroll_into_view_if_needed()
    over = visitor.page.locator(".st-key-over img")
    expect(over).to_be_visible()
    assert over.bounding_box() == visitor.canvas.bounding_box()
    visitor.button("back").click()
    expect(visitor.answer).to_have_text("7")
    expect(over).to_have_count(0)
    visitor.settled()
    assert visitor.canvas.bounding_box()["width"] == width


def test_a_journey_to_the_untrained_network_that_plays_and_is_saved_as_a_film(visit):
    visitor = visit("?epochs=2&images_bundled=1%2C000&inside=7+Through+time")
    visitor.draw(*SEVEN)
    train(visitor)
    expect(section(visitor)).to_contain_text("After 2 epochs it got")
    picture = section(visitor).locator(".nn-figures img").first
    today = picture.get_attribute("src")
    moments = visitor.page.locator("[class*=st-key-moment_] input[type=range]")
    moments.focus()
    visitor.page.keyboard.press("Home")
    expect(section(visitor)).to_contain_text("Before any training it got")
    expect(picture).not_to_have_attribute("src", today)
    visitor.page.keyboard.press("End")
    expect(section(visitor)).to_contain_text("After 2 epochs it got")
    expect(picture).to_have_attribute("src", today)
    visitor.settled()

    play = visitor.button("play_time")
    moments.evaluate("""slider => {
        window.seen = [];
        const look = () => seen.push(slider.getAttribute('aria-valuetext'));
        new MutationObserver(look).observe(slider, { attributes: true });
    }""")
    play.click()
    expect(play).to_contain_text("Pause")
    expect(play).to_contain_text("Play")  # it ends by itself
    expect(section(visitor)).to_contain_text("After 2 epochs it got")
    seen = [name for name, _ in groupby(visitor.page.evaluate("seen"))]
    images = [int(name.split()[0]) for name in seen if "image" in name]
    assert "untrained" in seen[:2] and images == sorted(images) and len(images) >= 5 and seen[-1] == "now"
    for kind in ("gif", "webp"):
        saved = visitor.download(visitor.button(f"save_{kind}"))
        assert saved.suggested_filename == f"training.{kind}"
        with Image.open(saved.path()) as film:
            assert film.format == kind.upper() and film.n_frames > 5

    # The step follows the drawing. A click on its title doesn't close it; Close does.
    expect(visitor.page.locator(".nn-current")).to_contain_text("your drawing")
    visitor.button("clear").click()
    expect(visitor.page.locator(".nn-current")).to_contain_text("unseen image 0")
    visitor.page.locator(".st-key-inside").get_by_text("7 Through time").click()
    visitor.settled()
    expect(section(visitor)).to_be_visible()
    visitor.button("close_step").click()
    expect(section(visitor)).to_have_count(0)
    expect(visitor.page).not_to_have_url(re.compile("inside="))


# A training that no story waits for. It learns slowly, so everything changes for long.
LONG = "?epochs=100&hidden=300&eta=0.003"


def test_the_past_of_a_training_plays_while_it_goes_on(visit):
    visitor = visit(LONG)
    visitor.train()
    expect(visitor.progress).to_contain_text("Epoch")
    choose(visitor, "7 Through time")
    play = visitor.button("play_time")
    play.click()
    expect(play).to_contain_text("Pause")
    expect(section(visitor)).to_contain_text(re.compile(r"(Before any training|After [\d,]+ images?) it got"))
    expect(section(visitor)).to_contain_text(re.compile(r"After \d+ epochs? it got"))
    visitor.page.locator("[class*=st-key-moment_] input[type=range]").focus()
    visitor.page.keyboard.press("Home")
    expect(play).to_contain_text("Play")
    expect(section(visitor)).to_contain_text("Before any training it got")


@pytest.mark.parametrize("titles", [("3 Hidden units", "4 Forward"), ("5 Backward", "8 How good is it?")])
def test_while_it_trains_the_steps_follow_and_nothing_jumps(visit, titles):
    visitor = visit(LONG)
    visitor.train()
    expect(visitor.progress).to_contain_text("Epoch")
    for title in titles:
        choose(visitor, title)
        expect(section(visitor)).to_contain_text("Your network (300 hidden units)")
        if title.startswith("5"):
            meant(visitor, 4)
        if title.startswith("8"):
            chart = visitor.page.locator(".st-key-chart_scores svg.marks").element_handle()
        visitor.settled()
        seen, _ = wait_for(visitor, CHANGED, "")
        # The first change takes away what Streamlit may still keep of the step before.
        seen, before = wait_for(visitor, CHANGED, seen)
        _, now = wait_for(visitor, CHANGED, seen)
        assert len(now) == len(before), title
        assert max(abs(one - other) for one, other in zip(now, before)) <= 1, title  # a pixel may be shared
        if title.startswith("5"):
            expect(section(visitor)).to_contain_text("1 for the 4")
    if title.startswith("8"):
        assert chart.evaluate("chart => chart.isConnected")  # the same chart, only with new data


def test_on_a_phone_in_the_dark_nothing_is_cut_off_or_pale_in_any_step_or_part(visit):
    how = PHONE | {"reduced_motion": "reduce", "color_scheme": "dark"}
    visitor = visit("?epochs=1&images_bundled=500&inside=1+The+data", **how)
    train(visitor)
    assert visitor.pale(".st-key-top") == []
    for title in TITLES.values():
        expect(visitor.page.get_by_role("heading", name=title)).to_be_visible()
        visitor.settled()
        if title.startswith("6"):
            visitor.button("bug_reveal").click()
            expect(visitor.button("bug_all")).to_be_visible()
        if title.startswith("8"):
            matrix = Matrix(visitor)
            matrix.cells.nth(82).scroll_into_view_if_needed()
            matrix.cells.nth(82).tap()
            expect(matrix.choice).to_have_value(re.compile("8 read as 2: "))
        for summary in section(visitor).locator("summary").all():
            summary.click()
        visitor.settled()
        visitor.at_rest()
        assert visitor.page.evaluate(CUT_OFF) == [], title
        assert visitor.pale(".stMainBlockContainer > .stVerticalBlock > :last-child") == [], title
        if title != list(TITLES.values())[-1]:
            visitor.button("next_step").click()
    for part in ("Compare", "Sweep", "Teach it your handwriting", "Save or export"):
        visitor.page.locator(".st-key-yours button").filter(has_text=part).click()
        expect(visitor.page.locator(".st-key-yours_part")).to_be_visible()
        visitor.settled()
        assert visitor.page.evaluate(CUT_OFF) == [], part
        assert visitor.pale(".st-key-yours_part") == [], part
