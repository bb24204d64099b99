// Starts over when nobody has touched the page for two minutes; in the last twenty seconds, it counts them.
const IDLE = 120_000, COUNTDOWN = 20_000; // milliseconds
const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel"];

export default ({ parentElement, setTriggerValue }) => {
  const box = parentElement.querySelector("#countdown"), seconds = parentElement.querySelector("#seconds");
  let touched = 0; // when, 0 if never: then there is nothing to start over from
  const touch = () => {
    touched = Date.now();
    box.hidden = true;
  };
  const look = () => {
    const left = touched + IDLE - Date.now();
    if (!touched || left > COUNTDOWN) return;
    box.hidden = false;
    seconds.textContent = Math.max(0, Math.ceil(left / 1000));
    if (left > 0) return;
    touched = 0;
    setTriggerValue("over", true);
  };
  for (const kind of TOUCHES) addEventListener(kind, touch, { capture: true, passive: true });
  const timer = setInterval(look, 500);
  return () => {
    clearInterval(timer);
    for (const kind of TOUCHES) removeEventListener(kind, touch, { capture: true });
  };
};
