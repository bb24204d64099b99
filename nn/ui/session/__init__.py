"""One visitor's session: its state, its refreshes, its storage in the browser; and the state shared by all visitors."""
