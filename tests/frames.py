"""A page frame by frame, as a browser draws it."""

import json

PATIENCE = 120_000  # milliseconds until a story gives up: a busy machine gives its trainings what is left

RECORD = """() => {{
    const mine = window.drawn = [];
    const look = () => {{
        if (window.drawn !== mine) return;  // another recording has begun
        const now = JSON.stringify({what});
        if (mine.at(-1) !== now) mine.push(now);
        requestAnimationFrame(look);
    }};
    look();
}}"""

PLACE = """part => {
    const { x, y, height } = part.getBoundingClientRect();
    return [x, y - document.querySelector('.stMainBlockContainer').getBoundingClientRect().y, height].map(Math.round);
}"""


def record(visitor, what):
    """Look at each frame from now on: at the value of a JavaScript expression."""
    visitor.page.evaluate(RECORD.format(what=what))


def record_places(visitor, *selectors):
    """Look at each frame where these parts of the page are, however far it is scrolled."""
    parts = f"document.querySelectorAll({json.dumps(', '.join(selectors))})"
    record(visitor, f"[...{parts}].map({PLACE})")


def drawn(visitor):
    """The values that were recorded, one after the other, each as often as it came."""
    return visitor.page.evaluate("() => window.drawn.map(JSON.parse)")


def wait_for(visitor, condition, arg=None):
    """Wait until a JavaScript function of arg returns something true, which is returned."""
    return visitor.page.wait_for_function(condition, arg=arg, timeout=PATIENCE).json_value()
