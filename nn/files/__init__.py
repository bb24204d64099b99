"""Files: networks, drawings, saved trainings, results, the notebook. All that is read is checked as a stranger's."""
