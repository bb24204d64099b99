"""Start over: the next person at the same computer finds the page as if it had never been used.

In the address, view=kiosk is for a computer that many people use one after the other: the page starts over by itself
when nobody has touched it for two minutes.
"""

from pathlib import Path

import streamlit as st

from .browser_store import BrowserStore
from .current_image import DrawingPart
from .layout import KIOSK, component, page_address, requested_view
from .state import empty_session, part, this_session

COMPUTER_KEYS = "view", "hide"  # the parts of the address that belong to the computer, not to the visitor


def start_over_button(place):
    """Draw the button, which asks first; place tells it apart from others on the same page."""
    with st.popover("Start over", key=f"ask_{place}", icon=":material/restart_alt:"):
        st.markdown(
            "For the next person at this computer: deletes your networks, drawings and settings, on this page and in "
            "this browser, and leaves your class."
        )
        st.button("Delete everything", key=f"start_over_{place}", type="primary", on_click=start_over)
    if part(BrowserStore).next_address and part(BrowserStore).trouble:
        st.warning(part(BrowserStore).trouble)


def watch_for_idleness():
    """In a kiosk, draw the component that counts down and starts over after two minutes without a touch."""
    if requested_view() == KIOSK:
        session = this_session()
        has_work = session.training or session.labelled or part(DrawingPart).sketches
        is_used = bool(has_work or set(st.query_params).difference(COMPUTER_KEYS))  # or settings, or a class
        kiosk = component("kiosk", Path(__file__).with_name("kiosk"))
        kiosk(data={"is_used": is_used}, key="kiosk", on_over_change=start_over)


def start_over():
    """Delete everything of this visitor, here and in the browser, which then opens the page anew. This is a callback.

    Loading the page anew also resets Streamlit's widgets in the browser. Until it is there, the canvas must not report
    the old drawing again, so it gets another number.
    """
    address = {key: st.query_params[key] for key in COMPUTER_KEYS if key in st.query_params}
    number = part(DrawingPart).canvas
    empty_session()
    st.query_params.from_dict(address)
    part(DrawingPart).canvas = number + 1
    part(BrowserStore).start_over(page_address(address))
    this_session().redraws = True
