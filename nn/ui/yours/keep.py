"""To come."""

import streamlit as st


def panel(moment, controls):
    """Nothing yet."""
    st.info("To come.")
