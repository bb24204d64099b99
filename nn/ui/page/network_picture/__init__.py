"""The answer, and the network as a picture: image, hidden units with their weights and activations, and ten outputs.

The lines show the contribution of each hidden unit to an output, a_h * W_out: blue lines raise it, orange lines lower
it. network_data() computes the data; picture.js draws them, and is the only part that knows positions.
"""

import json
from pathlib import Path

from ...session.layout import component


def network_picture(data, reading, signal, key, on_see):
    """Draw the picture; returns the request of a click on "See how", a dict of unit and hidden, or else None.

    data : the result of network_data
    reading : dict of HTML, the answer in `words` and any `doubt` about it: drawn together, both always show the same
    signal : any text; when it changes, the signal visibly runs from left to right
    on_see : function, called first after such a click
    """
    everything = data | {"reading": reading, "signal": signal}
    file = json.dumps(everything).encode()  # a dict would be serialized twice, at every tick
    picture = component("network_picture", Path(__file__).with_name("picture"))
    return picture(data=file, key=key, on_see_change=on_see).see
