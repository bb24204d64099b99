// Pictures, of which one is chosen with a click. The buttons stay from one call to the next, so none loses the focus.
export default ({ parentElement, data, setTriggerValue }) => {
  const list = parentElement.querySelector("#pictures");
  list.className = data.look;
  list.ariaLabel = data.name;
  while (list.children.length > data.choices.length) list.lastChild.remove();
  while (list.children.length < data.choices.length) {
    const button = list.appendChild(document.createElement("button"));
    button.type = "button";
    button.append(document.createElement("img"));
  }
  data.choices.forEach(({ value, address, alt, lines }, i) => {
    const button = list.children[i], picture = button.firstChild;
    picture.alt = alt;
    if (picture.getAttribute("src") !== address) picture.src = address;
    while (button.children.length < 1 + lines.length) button.append(document.createElement("span"));
    lines.forEach((line, j) => { button.children[1 + j].textContent = line; });
    button.ariaPressed = data.chosen === null ? null : value === data.chosen;
    button.onclick = () => setTriggerValue("value", value);
  });
};
