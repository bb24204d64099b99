// Pictures, of which one is chosen with a click. The buttons stay from one call to the next, so none loses the focus.
export default ({ parentElement, data, setTriggerValue }) => {
  const list = parentElement.querySelector("#pictures");
  while (list.children.length > data.pictures.length) list.lastChild.remove();
  while (list.children.length < data.pictures.length) {
    const button = list.appendChild(document.createElement("button"));
    button.type = "button";
    button.append(document.createElement("img"), ...[1, 2, 3].map(() => document.createElement("span")));
  }
  data.pictures.forEach(({ image, address, lines }, i) => {
    const button = list.children[i], [picture, ...spans] = button.children;
    picture.alt = "";
    if (picture.getAttribute("src") !== address) picture.src = address;
    spans.forEach((span, line) => { span.textContent = lines[line]; });
    button.ariaPressed = image === data.chosen;
    button.onclick = () => setTriggerValue("image", image);
  });
};
