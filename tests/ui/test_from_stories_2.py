"""What the stories in a browser leave to AppTest: steps keep their choices, and a forged canvas is replaced."""

import json

from script import SEVEN, answer, choose, draw, html, quick, train, visitor, words

CHOICES = [  # a step, what is set there (by the beginning of its key), and what the step then says
    ("1", "number_input", "data_number", 12, "training image 12"),
    ("2", "slider", "unit_w", 2.0, "2.00"),
    ("3", "button_group", "units_pictures", 48, "the 30 below"),
    ("4", "slider", "sum_rows", 10, "after 280 inputs"),
    ("5", "slider", "backward_steps", 21, "After 21 steps J"),
    ("7", "select_slider", "moment_", 1.0, "After 1 epoch it read"),
]


def widget(page, kind, key):
    return next(element for element in page.get(kind) if element.key.startswith(key))


def all_words(page):
    return html(page) + words(page) + " ".join(formula.value for formula in page.latex)


def test_a_closed_step_keeps_its_choices(page):
    quick(page)
    page.select_slider(key="images_bundled").set_value(100).run()
    train(page)
    for step, kind, key, chosen, said in CHOICES:
        choose(page, step)
        widget(page, kind, key).set_value(chosen).run()
        assert said in all_words(page)
    for step, kind, key, chosen, said in CHOICES:
        choose(page, step)
        assert widget(page, kind, key).value == chosen and said in all_words(page), step
    choose(page, None)
    page.slider(key="epochs").set_value(3).run()
    choose(page, step)
    assert widget(page, kind, key).value == chosen and said in all_words(page)


FORGED = [
    '{"drawing": {"raw": {"objects": [{"left": 1e999}]}, "data": null}}',
    '{"drawing": {"raw": {"objects": [{"left": 1' + "0" * 400 + '}]}, "data": null}}',
    '{"drawing": {"raw": [], "data": "data:image/png;base64,AAAA"}}',
    '{"drawing": 7, "backgroundFit": {}}',
]


def test_a_forged_report_of_a_canvas_brings_a_blank_one(page):
    for number, content in enumerate(FORGED):
        page.session_state[f"canvas_{number}"] = json.loads(content)
        page.run()
        page.run()
        assert visitor(page).canvas == number + 1 and answer(page) == "?" and not page.exception, content[:80]
        draw(page, SEVEN)
        assert answer(page) == "7"
