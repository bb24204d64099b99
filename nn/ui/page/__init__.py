"""The first screen: sidebar, drawing, the answer, the training and its curves."""
