"""The page: what is on it, and in which order."""

import streamlit as st

from nn.ui.classroom.door import class_part, class_strip, other_view
from nn.ui.inside import inside
from nn.ui.page.curves import curves_panel
from nn.ui.page.drawing import drawing_panel
from nn.ui.page.sidebar import sidebar
from nn.ui.session.layout import configure, watch_the_tab
from nn.ui.session.process import prepare_process
from nn.ui.session.refresh import whole_page
from nn.ui.yours import yours

configure()
prepare_process()

with whole_page() as moment:
    in_its_place = other_view()
    if in_its_place is not None:
        in_its_place(moment)
        watch_the_tab()
        st.stop()
    st.title("Watch a neural network learn to read your digits", anchor=False)
    controls = sidebar(moment, st.container(key="notice"))
    class_strip(moment)
    with st.sidebar:
        class_part()
    with st.container(horizontal=True, key="top"):
        draw, learn = st.container(), st.container(key="learning")
        with learn:
            curves = curves_panel(moment, controls)
            watch_the_tab()
        with draw:
            drawing_panel(moment, controls, curves)
    yours(moment, controls)
    inside(moment, controls)
