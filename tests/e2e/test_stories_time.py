"""Look inside, in a real browser: choosing steps, and the journey through time."""

import re

from PIL import Image
from playwright.sync_api import expect

SEVEN = (80, 60), (200, 60), (120, 230)


def moments(visitor):
    return visitor.page.locator("[class*=st-key-moment_] input[type=range]")


def test_when_did_it_first_see_your_seven(visit):
    visitor = visit("?epochs=5&images_bundled=2,000&inside=7+Through+time")
    expect(visitor.page.get_by_text("Train a network above.")).to_be_visible()
    visitor.draw(*SEVEN)
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("finished")
    section = visitor.page.locator(".st-key-section")
    expect(section.locator(".nn-digit")).to_have_text("7")
    expect(section.get_by_text(re.compile(r"It first read 7 in your drawing after"))).to_be_visible()
    expect(section.locator(".nn-figures figure")).to_have_count(12)
    expect(section.get_by_text("After 5 epochs it read")).to_be_visible()
    visitor.settled()  # the step is drawn again after the progress says that the training is over
    today = section.locator(".nn-figures img").first.get_attribute("src")

    moments(visitor).focus()
    visitor.page.keyboard.press("Home")
    expect(section.get_by_text("Before any training it read")).to_be_visible()
    expect(section.locator(".nn-figures img").first).not_to_have_attribute("src", today)
    visitor.page.keyboard.press("End")
    expect(section.get_by_text("After 5 epochs it read")).to_be_visible()
    expect(section.locator(".nn-figures img").first).to_have_attribute("src", today)


def test_a_step_follows_the_drawing_and_closes_when_it_is_chosen_again(visit):
    visitor = visit("?epochs=1&images_bundled=2,000")
    expect(visitor.page.locator(".st-key-section")).to_have_count(0)
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("finished")
    pill = visitor.page.locator(".st-key-inside").get_by_text("7 Through time")
    pill.click()
    subject = visitor.page.locator(".nn-current")
    expect(subject).to_contain_text("held-out image 0")
    visitor.draw(*SEVEN)
    expect(subject).to_contain_text("your drawing")
    visitor.button("clear").click()
    expect(subject).to_contain_text("held-out image 0")
    pill.click()
    expect(visitor.page.locator(".st-key-section")).to_have_count(0)


def test_an_mnist_image_covers_the_canvas_and_the_drawing_comes_back(visit):
    visitor = visit("?inside=1+The+data")
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    canvas = visitor.canvas.bounding_box()
    visitor.page.get_by_text("Look inside with this image").click()
    expect(visitor.answer).to_have_text("5")
    visitor.settled()
    visitor.canvas.scroll_into_view_if_needed()
    assert visitor.page.locator(".st-key-over img").bounding_box() == visitor.canvas.bounding_box()
    expect(visitor.page.locator(".st-key-over img")).to_be_visible()
    visitor.button("back").click()
    expect(visitor.answer).to_have_text("7")
    expect(visitor.page.locator(".st-key-over img")).to_have_count(0)
    visitor.settled()
    assert visitor.canvas.bounding_box()["width"] == canvas["width"]


def test_the_past_plays_and_its_film_can_be_saved(visit):
    visitor = visit("?epochs=2&images_bundled=1%2C000&inside=7+Through+time")
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("finished")
    play = visitor.button("play_time")
    expect(play).to_contain_text("Play")
    moments(visitor).evaluate("""slider => {
        window.seen = [];
        const look = () => {
            const text = slider.getAttribute("aria-valuetext");
            if (text !== window.seen.at(-1)) window.seen.push(text);
        };
        new MutationObserver(look).observe(slider, {attributes: true});
    }""")
    play.click()
    expect(play).to_contain_text("Pause")
    expect(play).to_contain_text("Play")  # it ends by itself
    expect(visitor.page.locator(".st-key-section")).to_contain_text("After 2 epochs it read")
    seen = visitor.page.evaluate("window.seen")
    images = [int(name.split()[0]) for name in seen if "image" in name]
    assert "untrained" in seen[:2] and images == sorted(images) and len(images) >= 5 and seen[-1] == "now"

    saved = visitor.download(visitor.button("save_film"))
    assert saved.suggested_filename == "training.webp"
    with Image.open(saved.path()) as film:
        assert film.format == "WEBP" and film.n_frames == 12


def test_the_past_of_a_training_plays_while_it_goes_on(visit):
    visitor = visit("?epochs=100&hidden=300&eta=0.01&inside=7+Through+time")
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("Epoch")  # so many moments that it doesn't end at once
    section, play = visitor.page.locator(".st-key-section"), visitor.button("play_time")
    play.click()
    expect(play).to_contain_text("Pause")
    expect(section).to_contain_text(re.compile(r"(Before any training|After [\d,]+ images?) it read"))
    expect(section).to_contain_text(re.compile(r"After \d+ epochs? it read"))
    moments(visitor).focus()
    visitor.page.keyboard.press("Home")
    expect(play).to_contain_text("Play")
    expect(section).to_contain_text("Before any training it read")
    visitor.button("stop").click()
    expect(visitor.progress).to_contain_text("stopped")
    expect(section).to_contain_text("Before any training it read")
    expect(visitor.button("save_film")).to_be_visible()
