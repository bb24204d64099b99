// A row for each digit: its number, its drawings, and how many there are. All drawings are one picture, cut by CSS.
export default ({ data, parentElement, setTriggerValue }) => {
  const digits = parentElement.querySelector(".digits");
  const { picture, columns, ids, counts, removes } = JSON.parse(new TextDecoder().decode(data));
  const make = (name, className, text = "") => {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
  };
  digits.style.setProperty("--columns", columns);
  digits.style.setProperty("--picture", `url(${picture})`);
  digits.replaceChildren(...ids.map((row, digit) => {
    const line = make("div", "row");
    line.append(make("b", "", digit));
    const drawings = make("div", "drawings");
    row.forEach((id, column) => {
      const drawing = make(removes ? "button" : "i", "drawing");
      drawing.style.setProperty("--row", digit);
      drawing.style.setProperty("--column", column);
      if (removes) {
        drawing.title = drawing.ariaLabel = `Remove this ${digit}`;
        drawing.onclick = () => setTriggerValue("removed", id);
      }
      drawings.append(drawing);
    });
    drawings.role = removes ? "group" : "img";
    drawings.ariaLabel = `${counts[digit]} drawings of the digit ${digit}`;
    line.append(drawings, make("small", "", counts[digit] || ""));
    return line;
  }));
};
