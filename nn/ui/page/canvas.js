// Names the canvas, which can't be drawn on without a pointer. Its own toolbar has an edit mode in which strokes are
// moved, not drawn: style.css hides it, and here it is taken from the keyboard, too. canvas.py calls this function.
(key, number) => { // number of redraws: a new one makes Streamlit run this again; null outside a challenge
  const name = (tries) => {
    const component = document.querySelector(`.st-key-${key} [data-testid=stBidiComponentIsolated]`);
    const root = component?.shadowRoot;
    const canvas = root?.querySelector(".upper-canvas"), toolbar = root?.querySelector(".dc-toolbar");
    if (!canvas || !toolbar) return tries && setTimeout(name, 100, tries - 1);
    canvas.role = "img";
    canvas.ariaLabel = "A canvas to draw a digit on with a mouse, a pen or a finger. Beside it are examples to choose.";
    toolbar.inert = true;
    if (number === null) return;
    for (const part of [document.querySelector(".st-key-task"), canvas]) part?.scrollIntoView({ block: "nearest" });
  };
  name(100);
}
