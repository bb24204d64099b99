"""What can be said of a network: how an answer comes about, how good the network is, and what its training lacks."""
