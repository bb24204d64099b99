"""The page: what is on it, and in which order."""

import streamlit as st

from nn.ui.classroom.join import join_part, other_view, student_part
from nn.ui.inside import inside
from nn.ui.page.curves import curves_panel
from nn.ui.page.drawing import drawing_panel
from nn.ui.page.sidebar import sidebar
from nn.ui.session.layout import configure, watch_the_tab
from nn.ui.session.refresh import prepare_process
from nn.ui.session.render_lock import turn_to_draw
from nn.ui.session.state import take_moment
from nn.ui.yours import yours

configure()
prepare_process()

with turn_to_draw():
    moment = take_moment(whole_page=True)
    in_its_place = other_view()
    if in_its_place is not None:
        in_its_place(moment)
        watch_the_tab()
        st.stop()
    st.title("Watch a neural network learn to read your digits", anchor=False)
    controls = sidebar(moment, st.container(key="notice"))
    student_part(moment)
    with st.sidebar:
        join_part()
    with st.container(horizontal=True, key="top"):
        draw, learn = st.container(), st.container(key="learning")
        with learn:
            curves = curves_panel(moment, controls)
            watch_the_tab()
        with draw:
            drawing_panel(moment, controls, curves)
    yours(moment, controls)
    inside(moment, controls)
