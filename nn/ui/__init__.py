"""The page's sections: the only code that imports streamlit, beside streamlit_app.py."""
