"""The page: its parts, from top to bottom."""

import streamlit as st

from nn.ui.classroom.join import join_part, look_after_classes, other_view, student_part
from nn.ui.inside import inside
from nn.ui.page.curves import curves_panel
from nn.ui.page.drawing import drawing_panel
from nn.ui.page.sidebar import sidebar
from nn.ui.session.layout import configure, watch_the_tab
from nn.ui.session.process import prepare_process
from nn.ui.session.refresh import whole_page
from nn.ui.session.start_over import start_over_button, watch_for_idleness
from nn.ui.yours import yours

configure()
prepare_process()
look_after_classes()

with whole_page() as view:
    in_its_place = other_view()
    if in_its_place is not None:
        in_its_place(view)
        watch_the_tab()
        st.stop()
    st.title("Watch a neural network learn to read your digits", anchor=False)
    recipe = sidebar(view, st.container(key="notice"))
    student_part(view)
    with st.sidebar:
        join_part()
        start_over_button("sidebar")
    with st.container(horizontal=True, key="top"):
        draw, learn = st.container(), st.container(key="learning")
        with learn:
            curves = curves_panel(view, recipe)
            watch_the_tab()
            watch_for_idleness()
        with draw:
            drawing_panel(view, recipe, curves)
    yours(view, recipe)
    inside(view, recipe)
