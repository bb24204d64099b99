"""What several sections show."""
import inspect

import streamlit as st

from ..pictures import picture, subject_html
from ..session import answering_network, bundled_network
from ..subject import drawn, picked, subject


def show_subject():
    """Say what is looked at, and which network reads it; returns the Subject and the Network."""
    looked_at, network = subject(), answering_network()
    X = looked_at.image.reshape(1, -1)
    output, answer = network.predict_proba(X)[0], network.predict(X)[0]
    whose = "The bundled network" if network is bundled_network() else "Your network"
    label = f", which is a {looked_at.label}" if looked_at.label is not None else ""
    words = f"{whose} ({network.n_hidden:,} hidden units) looks at <b>{looked_at.name}</b>{label}, and reads <b>{answer}</b> "
    words += f"(output {output[answer]:.2f})."
    if picked():
        words += " <b>Back to the drawing</b>, above, takes it away again."
    elif not drawn():
        words += " Draw a digit above, and it takes this place."
    st.html(subject_html(picture(looked_at.image, f"{looked_at.name}, as the network sees it"), words))
    return looked_at, network


def code_line(function, text):
    """The line of a function that contains a text, as "file.py, line 12" and the stripped line; raises LookupError without one."""
    function = inspect.unwrap(function)  # np.errstate wraps some
    lines, start = inspect.getsourcelines(function)
    for number, line in enumerate(lines, start):
        if text in line:
            return f"{inspect.getsourcefile(function).rsplit('/', 1)[-1]}, line {number}", line.split("#")[0].strip()
    raise LookupError(f"{function.__name__} has no line with {text!r}.")
