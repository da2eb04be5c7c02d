// Draws a scene of heanet.figures.scene with 3Dmol.js. Text from files is only ever set as
// textContent, never as markup. The camera stays where it is while options change.

const GREY = "#808080";
const INK = "#333333"; // of saved pictures, which go on white paper
const AXES = [["a", "#d62728"], ["b", "#2ca02c"], ["c", "#3366cc"]];
const MARGIN = 1.18; // room around the cell
const COMPASS = 96; // pixels
const TURN = 10; // degrees for one press of an arrow key

/** Loads 3Dmol.js once for the whole page, however many views ask for it. */
function loadLibrary(url) {
  if (window.$3Dmol) return Promise.resolve(window.$3Dmol);
  if (!window.heanetViewerLibrary) {
    window.heanetViewerLibrary = new Promise((resolve, reject) => {
      const tag = document.createElement("script");
      tag.src = url;
      tag.onload = () => (window.$3Dmol ? resolve(window.$3Dmol) : reject(new Error(url)));
      tag.onerror = () => {
        delete window.heanetViewerLibrary; // so that the next change tries again
        reject(new Error(url));
      };
      document.head.append(tag);
    });
  }
  return window.heanetViewerLibrary;
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  Object.assign(made, attributes);
  made.append(...children);
  return made;
}

function toAtoms({ scene, siteColours }) {
  const atoms = scene.element.map((kind, i) => ({
    elem: scene.symbols[kind], serial: i, index: i, properties: { site: scene.site[i] },
    x: scene.xyz[3 * i], y: scene.xyz[3 * i + 1], z: scene.xyz[3 * i + 2],
    color: siteColours[scene.site[i]], bonds: [], bondOrder: [],
  }));
  for (const [first, second] of scene.bonds) {
    atoms[first].bonds.push(second); atoms[first].bondOrder.push(1);
    atoms[second].bonds.push(first); atoms[second].bondOrder.push(1);
  }
  return atoms;
}

function point(parts, cell) {
  const along = (k) => parts[0] * cell[0][k] + parts[1] * cell[1][k] + parts[2] * cell[2][k];
  return { x: along(0), y: along(1), z: along(2) };
}

/** Every repeated cell's edges, each drawn once. */
function drawBox(viewer, { cell, repeats }) {
  for (let axis = 0; axis < 3; axis++) {
    const [u, v] = [0, 1, 2].filter((other) => other !== axis);
    for (let i = 0; i <= repeats[u]; i++) {
      for (let j = 0; j <= repeats[v]; j++) {
        const start = [0, 0, 0];
        start[u] = i; start[v] = j;
        const end = [...start];
        end[axis] = repeats[axis];
        viewer.addLine({ start: point(start, cell), end: point(end, cell), color: GREY });
      }
    }
  }
}

/** A vector turned by a unit quaternion (x, y, z, w). */
function turned([x, y, z], [qx, qy, qz, qw]) {
  const [tx, ty, tz] = [2 * (qy * z - qz * y), 2 * (qz * x - qx * z), 2 * (qx * y - qy * x)];
  return [
    x + qw * tx + qy * tz - qz * ty, y + qw * ty + qz * tx - qx * tz, z + qw * tz + qx * ty - qy * tx,
  ];
}

/** The directions of a, b and c in a corner, the one nearest to the viewer drawn last. */
function drawCompass({ viewer, data, parts }) {
  const scale = window.devicePixelRatio || 1;
  parts.compass.width = parts.compass.height = COMPASS * scale;
  parts.compass.hidden = !data.axes;
  if (!data.axes) return;
  const pen = parts.compass.getContext("2d");
  pen.scale(scale, scale);
  pen.translate(COMPASS / 2, COMPASS / 2);
  Object.assign(pen, { lineWidth: 2.5, lineCap: "round", textAlign: "center", textBaseline: "middle" });
  pen.font = "italic bold 14px Georgia, 'DejaVu Serif', serif";
  const quaternion = viewer.getView().slice(4);
  AXES.map(([name, colour], axis) => {
    const length = Math.hypot(...data.scene.cell[axis]);
    return { name, colour, tip: turned(data.scene.cell[axis].map((part) => part / length), quaternion) };
  }).sort((one, other) => one.tip[2] - other.tip[2]).forEach(({ name, colour, tip: [x, y] }) => {
    pen.strokeStyle = pen.fillStyle = colour;
    pen.beginPath();
    pen.moveTo(0, 0);
    pen.lineTo(0.32 * COMPASS * x, -0.32 * COMPASS * y);
    pen.stroke();
    pen.fillText(name, 0.43 * COMPASS * x, -0.43 * COMPASS * y);
  });
}

/** Half the width and height of what is drawn, seen from a direction, in Angstrom. */
function halfExtent({ scene, box }, centre, quaternion) {
  const half = [0, 0];
  const reach = (x, y, z, radius) => {
    const seen = turned([x + centre[0], y + centre[1], z + centre[2]], quaternion);
    half.forEach((value, k) => { half[k] = Math.max(value, Math.abs(seen[k]) + radius); });
  };
  scene.element.forEach((kind, i) => {
    reach(scene.xyz[3 * i], scene.xyz[3 * i + 1], scene.xyz[3 * i + 2], scene.radii[kind]);
  });
  for (let corner = 0; box && corner < 8; corner++) {
    const end = scene.repeats.map((times, axis) => (corner >> axis & 1) * times);
    const { x, y, z } = point(end, scene.cell);
    reach(x, y, z, 0);
  }
  return half;
}

/** What 3Dmol would draw at once, and what is drawn after it anyway. */
function unseen(viewer, change) {
  viewer.show = () => {}; // in front of the method of that name
  try { change(); } finally { delete viewer.show; }
}

/** Turns the cell to a view of the scene and fills the box with it. */
function look(view, name) {
  const { viewer, data, parts } = view;
  const quaternion = data.scene.views[name];
  unseen(viewer, () => viewer.zoomTo()); // for the centre and the clipping planes
  const centre = viewer.getView().slice(0, 3);
  const [width, height] = halfExtent(data, centre, quaternion);
  // In a small view the buttons, and as much above, take room from the cell.
  const taken = parts.viewer.classList.contains("small") ? 2 * parts.tools.offsetHeight : 0;
  const aspect = parts.stage.clientWidth / (parts.stage.clientHeight - taken);
  // 3Dmol's orthographic camera sees distance * tan(fov) to its left and right.
  const distance = (MARGIN * Math.max(width, height * aspect)) / Math.tan((viewer.fov * Math.PI) / 180);
  unseen(viewer, () => viewer.setView([...centre, viewer.CAMERA_Z - distance, ...quaternion]));
  viewer.render();
}

function describe({ data }, atom) {
  const site = atom.properties.site;
  const parts = data.fractional[site].map((part) => part.toFixed(3)).join("  ");
  const lines = [`${atom.elem} ${site + 1}`, `${data.words.fractional}: ${parts}`];
  if (data.values) lines.push(`${data.scale.title}: ${data.values[site] ?? "–"}`);
  return lines.join("\n");
}

/** One click tells the atom, a second one on another atom the distance, a third starts anew. */
function pick(view, atom) {
  view.picks = view.picks.length === 1 && view.picks[0] !== atom ? [view.picks[0], atom] : [atom];
  view.marks.forEach((mark) => view.viewer.removeShape(mark));
  view.marks = view.picks.map((one) => view.viewer.addSphere({
    center: { x: one.x, y: one.y, z: one.z }, color: "#ffd400", opacity: 0.45,
    radius: 1.18 * view.data.scene.radii[view.data.scene.element[one.serial]],
  }));
  let text = describe(view, atom);
  if (view.picks.length === 2) {
    const [p, q] = view.picks;
    view.marks.push(view.viewer.addCylinder({
      start: { x: p.x, y: p.y, z: p.z }, end: { x: q.x, y: q.y, z: q.z }, dashed: true,
      radius: 0.06, color: "#ffd400",
    }));
    const distance = Math.hypot(p.x - q.x, p.y - q.y, p.z - q.z).toFixed(3);
    text = `${p.elem} ${p.properties.site + 1} – ${q.elem} ${q.properties.site + 1}: ${distance} Å`;
  } else {
    text += `\n${view.data.words.second}`;
  }
  view.parts.picked.textContent = text;
  view.viewer.render();
}

function draw(view) {
  const { viewer, data } = view;
  const { scene } = data;
  viewer.removeAllModels();
  viewer.removeAllShapes();
  const model = viewer.addModel();
  model.addAtoms(toAtoms(data));
  scene.symbols.forEach((elem, kind) => {
    const style = { sphere: { radius: scene.radii[kind] } };
    if (scene.bonds.length) style.stick = { radius: 0.12, color: GREY };
    viewer.setStyle({ elem }, style);
  });
  if (scene.interactive) viewer.setClickable({}, true, (atom) => pick(view, atom));
  if (data.box) drawBox(viewer, scene);
  view.picks = [];
  view.marks = [];
  view.parts.picked.textContent = "";
  if (view.framed === data.frame) viewer.render();
  else look(view, "default");
  view.framed = data.frame;
  drawCompass(view);
}

/** The picture with its legend or colour bar: without them the colours would mean nothing. */
function save({ viewer, data, parts }) {
  const drawn = viewer.getCanvas();
  const scale = drawn.width / parts.stage.clientWidth;
  const picture = element("canvas", { width: drawn.width, height: drawn.height });
  const pen = picture.getContext("2d");
  viewer.render();
  pen.drawImage(drawn, 0, 0);
  pen.scale(scale, scale);
  const bottom = parts.stage.clientHeight;
  pen.drawImage(parts.compass, 8, bottom - COMPASS - 8, COMPASS, COMPASS);
  Object.assign(pen, { font: "14px sans-serif", textBaseline: "middle" });
  data.legend.forEach(({ colour, text, count }, line) => {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.arc(22, 22 + 22 * line, 7, 0, 2 * Math.PI);
    pen.fill();
    pen.fillStyle = INK;
    pen.fillText(`${text}  ${count}`, 38, 22 + 22 * line);
  });
  if (data.scale) {
    const ramp = pen.createLinearGradient(120, 0, 340, 0);
    data.scale.colours.forEach((colour, i, all) => ramp.addColorStop(i / (all.length - 1), colour));
    pen.fillStyle = ramp;
    pen.fillRect(120, bottom - 42, 220, 10);
    pen.fillStyle = INK;
    pen.fillText(data.scale.title, 120, bottom - 54);
    pen.fillText(data.scale.low, 120, bottom - 20);
    pen.textAlign = "right";
    pen.fillText(data.scale.high, 340, bottom - 20);
  }
  element("a", { href: picture.toDataURL("image/png"), download: `${data.name}.png` }).click();
}

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

function drawTools(view) {
  const { words } = view.data;
  const tool = (content, title, action, className = "") => {
    const button = element("button", { type: "button", title, className }, content);
    button.setAttribute("aria-label", title);
    button.onclick = action;
    return button;
  };
  const full = () => (document.fullscreenElement
    ? document.exitFullscreen() : view.parts.viewer.requestFullscreen());
  const along = (axis) => tool(axis, words[`look_${axis}`], () => look(view, axis), "axis");
  view.parts.tools.replaceChildren(
    along("a"), along("b"), along("c"),
    tool(icon("M3.2 8a4.8 4.8 0 1 1 1.5 3.5M3 4.6V8h3.4"), words.reset, () => look(view, "default")),
    tool(icon("M2.5 6v-3.5h3.5M10 2.5h3.5v3.5M13.5 10v3.5h-3.5M6 13.5h-3.5v-3.5"), words.full, full),
    tool("PNG", words.png, () => save(view)),
  );
}

function drawLegend({ data, parts }) {
  parts.legend.replaceChildren(...data.legend.map(({ colour, text, count }) => {
    const dot = element("i");
    dot.style.background = colour;
    return element("span", {}, dot, text, element("small", {}, count));
  }));
  if (!data.scale) return parts.scale.replaceChildren();
  const ramp = element("div", { className: "ramp" });
  ramp.style.background = `linear-gradient(to right, ${data.scale.colours.join(", ")})`;
  const ends = element("div", { className: "ends" },
    element("span", {}, data.scale.low), element("span", {}, data.scale.high));
  parts.scale.replaceChildren(element("div", {}, data.scale.title), ramp, ends);
}

function onKey(view, event) {
  const turns = { ArrowLeft: [-TURN, "y"], ArrowRight: [TURN, "y"], ArrowUp: [-TURN, "x"], ArrowDown: [TURN, "x"] };
  const zooms = { "+": 1.15, "=": 1.15, "-": 1 / 1.15 };
  if (turns[event.key]) view.viewer.rotate(...turns[event.key]);
  else if (zooms[event.key]) view.viewer.zoom(zooms[event.key]);
  else return;
  event.preventDefault();
}

/** 3Dmol's own watchers of the box draw once more each as they begin; these only when it changes. */
function fitToBox(viewer, box) {
  for (const watcher of [viewer.divwatcher, viewer.intwatcher]) watcher.disconnect();
  const fit = () => {
    const changed = viewer.WIDTH !== viewer.getWidth() || viewer.HEIGHT !== viewer.getHeight();
    if (changed || viewer.renderer.isLost()) viewer.resize();
  };
  const seen = (entries) => entries.some((entry) => entry.isIntersecting) && fit();
  const watchers = [new ResizeObserver(fit), new IntersectionObserver(seen)];
  for (const watcher of watchers) watcher.observe(box);
  return watchers;
}

function createView(library, parts) {
  // A transparent canvas takes on the page's background, light or dark.
  const viewer = library.createViewer(parts.stage, { backgroundAlpha: 0, disableFog: true });
  if (!viewer) throw new Error("WebGL");
  viewer.setProjection("orthographic");
  const watchers = fitToBox(viewer, parts.stage);
  const view = { viewer, parts, watchers, picks: [], marks: [], framed: null };
  viewer.setViewChangeCallback(() => view.data && drawCompass(view));
  parts.stage.addEventListener("keydown", (event) => onKey(view, event));
  return view;
}

/** Browsers allow about 16 WebGL views; give this one back once its box has left the page. */
function releaseWhenGone(parts) {
  setTimeout(() => {
    if (parts.viewer.isConnected || !parts.viewer.heanetView) return;
    for (const watcher of parts.viewer.heanetView.watchers) watcher.disconnect();
    const canvas = parts.stage.querySelector("canvas");
    (canvas?.getContext("webgl2") ?? canvas?.getContext("webgl"))
      ?.getExtension("WEBGL_lose_context")?.loseContext();
    delete parts.viewer.heanetView;
  }, 1000);
}

export default function (component) {
  const { data, parentElement } = component;
  const parts = Object.fromEntries(
    ["viewer", "stage", "message", "tools", "legend", "scale", "picked", "compass"]
      .map((name) => [name, parentElement.querySelector(`.${name}`)]));
  parts.stage.setAttribute("role", "img"); // not before it has words
  parts.stage.setAttribute("aria-label", data.words.alt);
  const height = data.height ? `${data.height}px` : "";
  Object.assign(parts.viewer.style, { height, minHeight: height });
  parts.viewer.classList.toggle("small", Boolean(data.height));
  if (!parts.viewer.heanetView) parts.message.textContent = data.words.loading;
  loadLibrary(data.script).then((library) => {
    parts.viewer.heanetView ??= createView(library, parts);
    const view = parts.viewer.heanetView;
    view.data = data;
    drawTools(view); // before the cell, which leaves room for them
    drawLegend(view);
    draw(view);
    parts.message.textContent = "";
    parts.viewer.dataset.state = "drawn";
  }).catch((error) => {
    parts.message.textContent = error.message === data.script ? data.words.noScript : data.words.noWebgl;
    parts.viewer.dataset.state = "failed";
    console.error(error);
  });
  return () => releaseWhenGone(parts);
}
