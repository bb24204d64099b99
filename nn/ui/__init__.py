"""The parts of the page: besides streamlit_app.py, the only code that imports Streamlit."""
