"""What is read and written: networks, drawings, saved trainings, results, the notebook; checked as a stranger's."""
