"""What is asked, and answered by a network or a training."""
