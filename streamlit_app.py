"""The page: what is on it, and in which order."""

from pathlib import Path

import streamlit as st

from nn.ui.drawing_panel import drawing_panel
from nn.ui.inside import inside
from nn.ui.pace import prepare_process
from nn.ui.sidebar import sidebar
from nn.ui.state import take_moment
from nn.ui.training_panel import estimate, training_buttons, training_panel

st.set_page_config("A network learns to read", page_icon="✍️", layout="wide")
prepare_process()
st.html(Path(__file__).parent / "nn" / "ui" / "style.css")

controls = sidebar()
moment = take_moment(whole_page=True)
st.title("Watch a neural network learn to read your digits", anchor=False)
st.markdown("Plain NumPy, and it learns in front of you: **draw a digit**, **train your own network**, and draw again.")
left, right = st.columns([0.54, 0.46], gap="medium")
with right:  # first, because a click on Train reruns the page
    place = training_buttons(controls, moment)
with left:
    drawing_panel(moment)
with right:
    training_panel(controls, moment)
inside(controls, moment)
if place is not None:
    estimate(controls, moment, place)  # last, because it may have to measure
