"""A class on the page.

A student sees student.py, the board is in board.py, and both show results.py. membership.py connects them to the class.

The page imports join.py only. That imports the rest, and with it the database, when a visitor starts or joins a class.
"""
