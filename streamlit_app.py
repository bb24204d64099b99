"""The page: what is on it, and in which order."""

import streamlit as st

from nn.ui.curves_panel import curves_panel
from nn.ui.drawing_panel import drawing_panel
from nn.ui.inside import inside
from nn.ui.pace import prepare_process
from nn.ui.sidebar import sidebar
from nn.ui.state import take_moment
from nn.ui.turns import turn_to_draw
from nn.ui.view import configure, watch_the_tab

configure()
prepare_process()

with turn_to_draw():
    st.title("Watch a neural network learn to read your digits", anchor=False)
    moment = take_moment(whole_page=True)
    controls = sidebar(moment, st.container(key="notice"))
    with st.container(horizontal=True, key="top"):
        draw, learn = st.container(), st.container(key="learning")
        with learn:
            curves = curves_panel(moment, controls)
            watch_the_tab()
        with draw:
            drawing_panel(moment, controls, curves)
    inside(moment, controls)
