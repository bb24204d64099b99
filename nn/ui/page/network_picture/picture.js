// Draws what network_data() in data.py computed. It keeps its elements from one call to the next and only changes
// them, so nothing flickers while the network learns.

const BLUE = [47, 123, 240], ORANGE = [232, 113, 10];  // --nn-blue and --nn-orange, as numbers
const GREYS = colours((value) => [value, value, value, 255]);  // of a byte 0 to 255
const SIGNED = colours((value) => [...(value < 128 ? BLUE : ORANGE), Math.min(255, 2 * (value < 128 ? value : 256 - value))]);
const BARELY = 0.03;  // a line thinner than this share of the thickest one is left out
const views = new WeakMap();

export default function ({ parentElement, data: file, setTriggerValue }) {
  const data = JSON.parse(new TextDecoder().decode(file));
  let view = views.get(parentElement);
  if (!view) views.set(parentElement, view = new View(parentElement));
  view.see = (unit) => setTriggerValue("see", { unit, hidden: data.n_hidden > 0 });
  view.show(data);
  return () => { view.sizes.disconnect(); views.delete(parentElement); };
}

class View {
  constructor(root) {
    this.figure = root.querySelector("figure");
    this.svg = root.querySelector("svg");
    [this.reading, this.image, this.caption, this.units, this.outputs, this.info, this.button] =
      ["reading", "image", "caption", "units", "outputs", "info", "see"].map((id) => root.querySelector("#" + id));
    this.slots = [];  // the unit in each place; a unit that stays keeps its place
    this.chosen = this.kept = null;  // {unit} or {output} that is looked at, and that stays after a click
    this.width = 0;
    this.sizes = new ResizeObserver(([{ contentRect }]) => {
      this.width = contentRect.width;
      this.place();
    });
    this.sizes.observe(this.figure);
    this.button.onclick = () => this.see(this.chosen.unit);
    this.figure.onmouseleave = () => this.look(null);
    this.figure.onkeydown = (event) => { if (event.key === "Escape") this.choose(this.kept = null); };
    this.units.replaceChildren();
    this.outputs.replaceChildren();  // Streamlit may keep the elements of an earlier view
    for (let digit = 0; digit < 10; digit++) {
      const output = this.add(this.outputs, { output: digit });
      output.innerHTML = `<b>${digit}</b><span><i></i></span><small></small>`;
    }
  }

  // One button, for a mouse, a finger and a keyboard: it is looked at while they are on it, and after a click as long as
  // there is no other click.
  add(group, what) {
    const button = document.createElement("button");
    button.type = "button";
    button.what = what;
    button.tabIndex = group.children.length ? -1 : 0;  // one stop of the Tab key for each group, then the arrow keys
    button.onmouseenter = button.onfocus = () => this.look(button.what);
    button.onclick = () => {
      noteLooked();
      this.choose(this.kept = same(this.kept, button.what) ? null : button.what);
    };
    button.onkeydown = (event) => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      this.kept = null;
      const all = [...group.children], next = all[(all.indexOf(button) + step + all.length) % all.length];
      button.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    };
    group.append(button);
    return button;
  }

  show(data) {
    const signal = this.data && data.signal && data.signal !== this.data.signal;
    this.data = data;
    this.terms = new Map(data.units.map((unit, i) => [unit, data.terms[i]]));
    paint(this.image, bytes(data.image), GREYS);
    this.image.setAttribute("aria-label", data.words);
    this.figure.classList.toggle("blank", data.digit === null);
    this.showReading();
    this.fillSlots();
    this.showOutputs();
    if (this.chosen && "unit" in this.chosen && !this.terms.has(this.chosen.unit)) this.chosen = this.kept = null;
    this.place();
    if (signal) {
      this.figure.classList.add("run");
      this.figure.onanimationend = ({ animationName }) => {
        if (animationName === "fill") this.figure.classList.remove("run");
      };
    }
  }

  // A screen reader says the words when they change. The bar of steps shows the digit too, and would be a refresh later.
  showReading() {
    const { reading: { words, doubt }, digit } = this.data, [large, status] = this.reading.firstChild.children;
    large.textContent = digit ?? "?";
    large.classList.toggle("doubtful", digit === null || doubt !== "");
    const all = doubt ? `${words}<br><span>${doubt}</span>` : words;
    if (this.said !== all) status.innerHTML = this.said = all;
    for (const small of document.querySelectorAll(".nn-small b")) small.textContent = digit;
  }

  fillSlots() {
    const { units, z, a, n_hidden, digit, weights } = this.data;
    const stay = new Set(units), come = units.filter((unit) => !this.slots.includes(unit));
    this.slots = this.slots.map((unit) => stay.has(unit) ? unit : come.shift()).filter((unit) => unit !== undefined);
    this.slots.push(...come);
    while (this.units.children.length > this.slots.length) this.units.lastChild.remove();
    while (this.units.children.length < this.slots.length) {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 28;
      this.add(this.units, {}).append(canvas);
    }
    if (![...this.units.children].some((button) => button.tabIndex === 0)) this.units.children[0].tabIndex = 0;
    this.units.setAttribute("aria-label", n_hidden ? "Hidden units" : "The weights of the outputs");
    [...this.units.children].forEach((button, place) => {
      const unit = this.slots[place], i = units.indexOf(unit);
      button.what = { unit };
      button.style.setProperty("--a", a[i]);
      const numbers = digit === null ? "" : `: z ${signed(z[i])}, a ${a[i].toFixed(2)}`;
      button.setAttribute("aria-label", `${n_hidden ? "hidden unit" : "output"} ${unit}${numbers}`);
      if (button.weights !== weights[i]) paint(button.firstChild, bytes(button.weights = weights[i]), SIGNED);
    });
  }

  showOutputs() {
    [...this.outputs.children].forEach((button, digit) => {
      const output = this.data.outputs[digit];
      button.classList.toggle("read", digit === this.data.digit);
      button.style.setProperty("--a", output);
      button.lastChild.textContent = output.toFixed(2);
      button.setAttribute("aria-label", `output ${digit}: ${output.toFixed(2)}`);
    });
  }

  // Where everything is, for the present width.
  place() {
    const width = this.width, n = this.slots.length, key = `${width} ${innerHeight} ${this.slots}`;
    if (!width || !this.data) return;
    if (key === this.placed) return this.choose(this.chosen);
    this.placed = key;
    const room = Math.max(width / 18, (width - 300) / 8.8);  // the rest of the first screen needs 480 pixels of its height
    const pitch = Math.max(25, Math.min(50, room, (innerHeight - 480) / 10)), rows = 10, columns = n <= 10 ? 1 : n <= 20 ? 2 : 3;
    const side = Math.min(3.4 * pitch, width * 0.19), outputs = Math.max(96, width * 0.26), height = rows * pitch;
    const left = side + (width - side - columns * pitch - outputs) / 2, top = (height - side) / 2;
    this.figure.style.height = `${height}px`;
    this.figure.style.setProperty("--pitch", `${pitch}px`);
    Object.assign(this.image.style, { left: 0, top: `${top}px`, width: `${side}px`, height: `${side}px` });
    Object.assign(this.caption.style, { left: 0, top: `${top + side + 3}px`, width: `${side}px` });
    const perColumn = Math.ceil(n / columns);
    this.at = new Map();  // unit -> the middle of its left and of its right edge
    [...this.units.children].forEach((button, i) => {
      const x = left + pitch * Math.floor(i / perColumn), y = pitch * ((i % perColumn) + (rows - perColumn) / 2);
      Object.assign(button.style, { left: `${x}px`, top: `${y + 3}px` });
      this.at.set(this.slots[i], { x, y: y + pitch / 2, right: x + pitch - 1 });
    });
    [...this.outputs.children].forEach((button, digit) =>
      Object.assign(button.style, { left: `${width - outputs}px`, top: `${digit * pitch}px`, width: `${outputs}px` }));
    this.geometry = { side, top, outputs: width - outputs, pitch };
    this.choose(this.chosen);
  }

  look(what) {
    if (!this.kept) this.choose(what);
  }

  // What is looked at: its lines, and words about it. Nothing in particular (null) is the digit read.
  choose(what) {
    this.chosen = what;
    for (const button of [...this.units.children, ...this.outputs.children])
      button.classList.toggle("chosen", same(button.what, what));
    this.drawLines();
    this.say();
  }

  drawLines() {
    const { side, top, outputs, pitch } = this.geometry, { units, a, digit } = this.data, paths = [];
    if (digit !== null) {
      units.forEach((unit, i) => {
        const { x, y } = this.at.get(unit), start = top + side * (0.15 + 0.7 * (y / (10 * pitch)));
        paths.push(`<path class="input" pathLength="1" style="opacity:${0.06 + 0.3 * a[i]}" d="${curve(side, start, x, y)}"/>`);
      });
      const { unit, output = digit } = this.chosen ?? {};
      const lines = unit === undefined ? units.map((unit) => [unit, output]) : this.terms.get(unit).map((_, k) => [unit, k]);
      const most = Math.max(...lines.map(([unit, k]) => Math.abs(this.terms.get(unit)[k])));
      for (const [unit, k] of lines) {
        const term = this.terms.get(unit)[k], share = Math.abs(term) / most, { right, y } = this.at.get(unit);
        if (!(share > BARELY)) continue;
        const style = `stroke-width:${(0.5 + 0.16 * pitch * share).toFixed(2)};opacity:${(0.35 + 0.5 * share).toFixed(2)}`;
        paths.push(`<path class="${term > 0 ? "up" : "down"}" pathLength="1" style="${style}" d="${curve(right, y, outputs, (k + 0.5) * pitch)}"/>`);
      }
    }
    this.svg.innerHTML = paths.join("");
  }

  say() {
    const { units, z, a, n_hidden, others, digit } = this.data, { unit, output } = this.chosen ?? {};
    this.button.hidden = unit === undefined;
    this.info.firstChild.textContent = unit === undefined
      ? aboutOutput(digit === null ? null : output ?? digit, n_hidden, n_hidden - units.length, others)
      : aboutUnit(unit, z[units.indexOf(unit)], a[units.indexOf(unit)], digit, n_hidden, this.terms.get(unit));
  }
}

// Whether a digit or a small picture was tapped before, in this browser.
const hasLooked = () => { try { return Boolean(localStorage.getItem("nn-looked")); } catch { return true; } };
const noteLooked = () => { try { localStorage.setItem("nn-looked", "yes"); } catch { /* then the hint doesn't show */ } };

function aboutOutput(digit, n_hidden, more, others) {
  if (digit === null) return n_hidden ? "Small pictures: the weights of the hidden units. Draw, and see which of them light up."
    : "Small pictures: the weights of the ten outputs. Draw, and see what lights up.";
  if (!hasLooked()) return `Tap a digit or a small picture to see why.` + (n_hidden ? ` Blue lines raise z of output ${digit}, orange ones lower it.` : "");
  const lines = n_hidden ? `Lines: each hidden unit raises z of output ${digit} (blue) or lowers it (orange).`
    : `No hidden layer: each output compares the image with its own weights.`;
  return more > 0 ? `${lines} The other ${more.toLocaleString("en")} units contribute ${signed(others[digit])} in total.` : lines;
}

function aboutUnit(unit, z, a, digit, n_hidden, terms) {
  const name = n_hidden ? `Hidden unit ${unit}` : `Output ${unit}`;
  if (digit === null) return `${name}: its weights.`;
  const adds = n_hidden ? ` It adds ${signed(terms[digit])} to z of output ${digit}.` : "";
  return `${name}: z = ${signed(z)}, a = ${a.toFixed(2)}.${adds}`;
}

const same = (one, other) => Boolean(one && other && one.unit === other.unit && one.output === other.output);
const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);

function bytes(text) { // from base64; quicker than Uint8Array.from() with a function
  const characters = atob(text), values = new Uint8Array(characters.length);
  for (let i = 0; i < values.length; i++) values[i] = characters.charCodeAt(i);
  return values;
}

function curve(x0, y0, x1, y1) {
  const middle = (x0 + x1) / 2;
  return [`M${x0}`, y0, `C${middle}`, y0, middle, y1, x1, y1].map((n) => typeof n === "number" ? n.toFixed(1) : n).join(" ");
}

// The colour of every byte as a pixel in memory, red first; a signed byte -1 is 255, -2 is 254, ...
function colours(of) {
  const pixels = new Uint8ClampedArray(4 * 256);
  for (let value = 0; value < 256; value++) pixels.set(of(value), 4 * value);
  return new Uint32Array(pixels.buffer);
}

function paint(canvas, values, palette) {
  const context = canvas.getContext("2d"), image = context.createImageData(28, 28);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < 784; i++) pixels[i] = palette[values[i]];
  context.putImageData(image, 0, 0);
}
