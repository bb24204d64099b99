"""The analysis of a network: how it arrives at an answer, how good it is, and what its training lacks."""
