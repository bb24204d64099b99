"""What refreshes itself on a page: Streamlit has a timer in the browser for each part that does."""

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
    visitor.page.wait_for_function("() => ticking.size > 0", timeout=120_000)


def wait_for_rest(visitor):
    """Wait until nothing refreshes itself, and all that was asked is answered."""
    visitor.page.wait_for_function("() => ticking.size === 0", timeout=120_000)
    visitor.settled()
