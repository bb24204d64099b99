// Starts over when nobody has touched the page for two minutes; in the last twenty seconds, it counts them.
const IDLE = 120_000, COUNTDOWN = 20_000, AGAIN = 5_000; // milliseconds
const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel"];
let touched = 0; // when, 0 if never
let stop = () => {}; // ends the call before: the page calls this whenever its data change

export default ({ parentElement, data, setTriggerValue }) => {
  const box = parentElement.querySelector("#countdown"), seconds = parentElement.querySelector("#seconds");
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
    touched = Date.now() - IDLE + AGAIN; // without a connection, the page doesn't hear it
    setTriggerValue("over", true);
  };
  stop();
  if (data.is_used && !touched) touch(); // after a reload, the work of the person before is here again
  for (const kind of TOUCHES) addEventListener(kind, touch, { capture: true, passive: true });
  const timer = setInterval(look, 500);
  stop = () => {
    clearInterval(timer);
    for (const kind of TOUCHES) removeEventListener(kind, touch, { capture: true });
  };
  return () => stop();
};
