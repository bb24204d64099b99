"""Start over: nothing of the visitor before is left, on the page, in the address, or in the server's memory."""

import gc
import weakref

import pytest
from script import SEVEN, answer, draw, part, pills, quick, train, training_of, visitor

from nn.ui.session.browser_store import BrowserStore
from nn.ui.session.current_image import DrawingPart
from nn.ui.session.state import departed


def component_names(page):
    return [one.proto.component_name for one in page.get("bidi_component")]


@pytest.mark.parametrize("place", ["sidebar", "keep"])
def test_nothing_of_the_visitor_before_is_left(page, place):
    page.query_params["hide"] = "inside"
    pills(page, "yours").set_value("Save or export")
    quick(page)
    page.select_slider(key="eta").set_value(0.5).run()
    train(page)
    train(page)  # the one before is kept
    draw(page, SEVEN)
    pills(page, "label_").set_value(7).run()
    before, canvas = visitor(page), part(page, DrawingPart).key
    before.is_connected = True  # all pages of AppTest are one session for Streamlit, which marks only the first
    (labelled,) = before.labelled.values()
    things = [weakref.ref(one) for one in (training_of(page).state.network, before.kept[0], labelled)]
    del labelled

    page.button(key=f"start_over_{place}").click().run()
    page.run()
    now = visitor(page)
    assert now.training is None and now.kept == () and now.labelled == {} and now.is_connected and now not in departed()
    assert answer(page) == "?" and part(page, DrawingPart).key != canvas
    assert page.select_slider(key="eta").value == 0.1 and pills(page, "yours").value is None
    assert dict(page.query_params) == {"hide": "inside"}
    gc.collect()
    assert [thing() for thing in things] == [None, None, None]

    store = part(page, BrowserStore)  # the browser deletes its files, and then opens the page anew
    assert store.order and not store.keeps and store.next_address.endswith("?hide=inside")
    draw(page, SEVEN)
    pills(page, "label_").set_value(7).run()
    assert store.files == {}
    store.carried({"order": store.order, "trouble": "UnknownError"})
    page.run()
    assert any("could not delete" in warning.value for warning in page.sidebar.warning)


def test_only_a_kiosk_starts_over_by_itself(page):
    assert "kiosk" not in component_names(page)
    page.query_params["view"] = "kiosk"
    page.run()
    assert "kiosk" in component_names(page) and not page.exception
    assert all(button.key != "start_class" for button in page.button)  # the next visitor would be the teacher
