"""A class: the way in, what a student sees of it, the board for the wall, and the teacher's tools.

The page imports door.py only. That imports the rest, and with it the database, when a visitor starts or joins a class.
"""
