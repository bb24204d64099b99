"""A class on the page.

    join.py         the way into a class, and its state for a visitor
    membership.py   this process's connection to the classes, and a student's place in one
    student.py      a student's view above the page
    board.py        the board for the projector, with the teacher's tools
    results.py      the results of a class on both: trainings, digits, guesses
    predictions.py  networks' predictions for the class's digits
    digits/         these digits as one picture
    file.py         a class as a file
    lesson.py       the page for teachers

The page imports join.py only. That imports the rest, and with it the database, when a visitor starts or joins a class.
"""
