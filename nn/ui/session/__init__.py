"""One visitor's session: its state, its refreshes, what the browser keeps; and what all visitors share."""
