"""Who computes, and when: background tasks, the scheduler that gives them turns, and where they are computed."""
