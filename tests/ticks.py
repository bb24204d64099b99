"""What refreshes itself on a page: Streamlit has a timer in the browser for each part that does."""

from frames import wait_for

WATCH = """() => {
    window.ticking = new Set();
    const { setInterval: start, clearInterval: end } = window;
    window.setInterval = (...how) => { const timer = start(...how); ticking.add(timer); return timer; };
    window.clearInterval = timer => { ticking.delete(timer); end(timer); };
}"""


def watch(visitor):
    """Count the timers from now on; before anything ticks."""
    visitor.page.evaluate(WATCH)


def wait_for_ticks(visitor):
    """Wait until something refreshes itself."""
    wait_for(visitor, "() => ticking.size > 0")


def wait_for_rest(visitor):
    """Wait until nothing refreshes itself, and all that was asked is answered."""
    wait_for(visitor, "() => ticking.size === 0")
    visitor.settled()
