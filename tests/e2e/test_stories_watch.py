"""To see it learn: the pace to watch, steps, and the curves of before."""

import re
import time

from playwright.sync_api import expect

SEVEN = (80, 60), (200, 60), (120, 230)

# What the page shows, frame by frame, until the first epoch is over: the held-out accuracy and the outputs' bars.
FILM = """async () => {
    const picture = document.querySelector('.st-key-network_picture [data-testid=stBidiComponentIsolated]').shadowRoot;
    const accuracies = new Set(), outputs = new Set(), weights = new Set();
    while (!/Epoch/.test(document.querySelector('[data-testid=stProgress]').innerText)) {
        const accuracy = document.querySelector('.nn-legend').innerText.match(/held-out\\s+([\\d.]+)%/);
        if (accuracy) accuracies.add(Number(accuracy[1]));
        outputs.add([...picture.querySelectorAll('#outputs small')].map(output => output.innerText).join());
        weights.add(picture.querySelector('#units canvas').toDataURL());
        await new Promise(requestAnimationFrame);
    }
    return [[...accuracies], outputs.size, weights.size];
}"""


def train(visitor):
    visitor.button("train").click()
    expect(visitor.progress).not_to_contain_text("Nothing is trained yet")  # it may be over already


def choose_pace(visitor, pace):
    visitor.page.locator(".st-key-pace").get_by_text(pace).click()


def test_the_climb_of_the_first_epoch_is_seen(visit):
    seen = []
    while len(seen) < 3 and max(seen, default=0) < 10:  # while the machine is busy, a browser draws less often
        visitor = visit("?pace=Watch")
        visitor.draw(*SEVEN)
        expect(visitor.answer).to_have_text("7")
        train(visitor)
        expect(visitor.page.locator(".nn-reading")).to_contain_text("guessing")
        accuracies, n_outputs, n_weights = visitor.page.evaluate(FILM)
        seen.append(min(len([accuracy for accuracy in accuracies if 10 < accuracy < 90]), n_outputs, n_weights))
        expect(visitor.page.locator(".nn-reading")).not_to_contain_text("guessing")
        visitor.page.close()
    assert max(seen) >= 10, seen


def test_one_can_stop_watching_at_any_time(visit):
    visitor = visit("?pace=Watch&epochs=2")
    train(visitor)
    expect(visitor.progress).to_contain_text(re.compile(r"After \d+ of 8,000 images"))
    choose_pace(visitor, "Full speed")
    expect(visitor.progress).to_contain_text("Epoch 2.0 of 2: finished")


def test_it_learns_from_one_image_then_ten_then_the_rest(visit):
    visitor = visit("?pace=Step&epochs=1&images_bundled=500")
    step = visitor.page.locator(".nn-step")
    visitor.button("step_1").click()
    expect(step).to_contain_text(re.compile(r"It learnt from image 1, an? \d\. It read \d before and \d after"))
    expect(step.locator("img")).to_have_count(4)  # the image, and the weights of three units
    visitor.button("step_10").click()
    expect(step).to_contain_text(re.compile(r"images 2 to 11\. It read \d+ of them right before and \d+ after"))
    expect(step.locator("figcaption").first).to_have_text(re.compile(r"\d → \d"))
    expect(visitor.progress).to_have_text("11 of 500 images: stopped")
    choose_pace(visitor, "Watch")
    visitor.button("continue").click()
    expect(visitor.progress).to_contain_text("After 50 of 500 images")
    choose_pace(visitor, "Full speed")
    expect(visitor.progress).to_contain_text("finished")
    choose_pace(visitor, "Step")  # a finished network is not lost by a step too many
    expect(visitor.button("step_1")).to_have_count(0)
    visitor.button("new_network").click()
    expect(visitor.progress).to_have_text("After 0 of 500 images")
    visitor.draw(*SEVEN)
    expect(visitor.page.locator(".nn-reading")).to_contain_text("Untrained: guessing")


def test_the_training_before_stays_as_a_pale_curve(visit):
    visitor = visit("?epochs=30&images_bundled=1000")
    train(visitor)
    expect(visitor.progress).to_contain_text("finished")
    visitor.slide("eta", -3)
    visitor.settled()
    train(visitor)
    legend = visitor.page.locator(".nn-legend").first
    expect(legend).to_contain_text("pale: previous, η = 0.1")
    curves = visitor.page.locator('.st-key-chart_accuracy svg path[stroke="#2f7bf0"]')
    expect(curves).to_have_count(2)
    assert sorted(curves.evaluate_all("paths => paths.map(path => path.getAttribute('opacity') ?? '1')"))[0] == "0.35"


def test_hovering_a_curve_tells_its_values(visit):
    visitor = visit("?epochs=30&images_bundled=1000")
    train(visitor)
    expect(visitor.progress).to_contain_text("finished")
    chart = visitor.page.locator(".st-key-chart_accuracy svg.marks").bounding_box()
    visitor.page.mouse.move(chart["x"] + 0.6 * chart["width"], chart["y"] + 0.5 * chart["height"])
    tip = visitor.page.locator("#vg-tooltip-element")
    expect(tip).to_contain_text("held-out images")
    expect(tip).to_contain_text("images seen")


def test_a_divergence_is_said_above_the_curves_and_nothing_moves(visit):
    visitor = visit("?epochs=20&eta=10&images_bundled=500")

    def places():
        keys = "chart_accuracy", "chart_cost", "steps"
        boxes = [visitor.page.locator(f".st-key-{key}").bounding_box() for key in keys]
        return [{side: round(pixels) for side, pixels in box.items()} for box in boxes]

    before = places()
    train(visitor)
    expect(visitor.progress).to_contain_text("diverged")
    expect(visitor.page.locator(".st-key-curves")).to_contain_text("With η = 10 the cost rises instead of falling")
    assert places() == before
    expect(visitor.page.locator(".st-key-hand")).to_contain_text("Choose a smaller η")


def test_unusual_settings_are_named_beside_train(visit):
    visitor = visit("?scale=false&shuffle=false")
    expect(visitor.page.locator(".st-key-hand")).to_contain_text("Changed: raw pixels, no shuffle.")


def test_the_focus_stays_on_train_and_stop(visit):
    visitor = visit("?epochs=100&hidden=300")
    focused = "document.activeElement.closest('.st-key-train')?.innerText.trim().split('\\n').at(-1)"
    visitor.button("train").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.button("stop")).to_be_visible()
    expect(visitor.progress).to_contain_text("images/s")
    assert visitor.page.evaluate(focused) == "Stop"
    time.sleep(0.6)  # longer than a double click
    visitor.page.keyboard.press("Enter")
    expect(visitor.progress).to_contain_text("stopped")
    expect(visitor.button("train")).to_be_visible()  # it is drawn after the progress
    assert visitor.page.evaluate(focused) == "Train"


def test_a_double_click_is_one_click(visit):
    visitor = visit("?epochs=100&hidden=300")
    visitor.button("train").dblclick()
    expect(visitor.progress).to_contain_text("images/s")
    visitor.button("stop").dblclick()
    expect(visitor.progress).to_contain_text("stopped")
    time.sleep(1)
    expect(visitor.progress).to_contain_text("stopped")


def test_with_batches_a_step_is_at_least_one_batch(visit):
    visitor = visit("?pace=Step&batch=32&images_bundled=500")
    for n in (32, 128):  # 1 and 10 images are less than a batch
        expect(visitor.button(f"step_{n}")).to_be_visible()
    visitor.button("step_32").click()
    expect(visitor.page.locator(".nn-step")).to_contain_text("images 1 to 32, of which the first 10 are shown")


def test_the_choice_of_the_network_survives_a_step(visit):
    visitor = visit("?pace=Step")
    visitor.button("step_1").click()
    visitor.draw(*SEVEN)
    expect(visitor.page.locator(".nn-reading")).to_contain_text("Your network reads")
    visitor.page.locator("[class*=st-key-own_answers] label:visible", has_text="Pre-trained network").click()
    expect(visitor.page.locator(".nn-reading")).to_contain_text("The pre-trained network reads 7.")
    visitor.button("step_10").click()
    expect(visitor.progress).to_contain_text("11 of 8,000 images")
    expect(visitor.page.locator(".nn-reading")).to_contain_text("The pre-trained network reads 7.")
