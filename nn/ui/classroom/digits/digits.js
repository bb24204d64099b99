// A row for each digit: its number, its drawings, and how many there are. All drawings are one picture, cut by CSS.
export default ({ data, parentElement, setTriggerValue }) => {
  const wall = parentElement.querySelector(".wall");
  const { picture, columns, ids, counts, mayTakeOut } = JSON.parse(new TextDecoder().decode(data));
  const make = (name, className, text = "") => {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
  };
  wall.style.setProperty("--columns", columns);
  wall.style.setProperty("--picture", `url(${picture})`);
  wall.replaceChildren(...ids.map((row, digit) => {
    const line = make("div", "row");
    line.append(make("b", "", digit));
    const drawings = make("div", "drawings");
    row.forEach((id, column) => {
      const drawing = make(mayTakeOut ? "button" : "i", "drawing");
      drawing.style.setProperty("--row", digit);
      drawing.style.setProperty("--column", column);
      if (mayTakeOut) {
        drawing.title = drawing.ariaLabel = `Take out this ${digit}`;
        drawing.onclick = () => setTriggerValue("taken", id);
      }
      drawings.append(drawing);
    });
    drawings.role = mayTakeOut ? "group" : "img";
    drawings.ariaLabel = `${counts[digit]} drawings of the digit ${digit}`;
    line.append(drawings, make("small", "", counts[digit] || ""));
    return line;
  }));
};
