"""Questions to students, answered by a network or a training."""
