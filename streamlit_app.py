"""The page: what is on it, and in which order."""

import streamlit as st

from nn.ui.controls import sidebar
from nn.ui.drawing_panel import drawing_panel
from nn.ui.inside import inside
from nn.ui.session import prepare_process
from nn.ui.style import STYLE
from nn.ui.training_panel import estimate, training_buttons, training_panel

st.set_page_config("A network learns to read", page_icon="✍️", layout="wide")
prepare_process()
st.html(STYLE)

controls = sidebar()
st.title("Watch a neural network learn to read your digits", anchor=False)
st.markdown("Plain NumPy, and it learns in front of you: **draw a digit**, **train your own network**, and draw again.")
left, right = st.columns([0.54, 0.46], gap="medium")
with right:  # first, because a click on Train also decides which network answers, on the left
    place = training_buttons(controls)
with left:
    drawing_panel()
with right:
    training_panel(controls, training=place is None)
inside(controls)
if place is not None:
    estimate(controls, place)  # last, because it may have to measure
