// Saves a figure as it goes into a paper: plotly.js draws it as SVG at its width in print, the
// caption is set below, and PNG has the pixels of that SVG. Nothing leaves the browser.

const NS = "http://www.w3.org/2000/svg";
const FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif";
const LINE = 1.35; // height of a line of the caption over that of its letters
const ROOM = 10; // pixels round the caption
const MM_PER_INCH = 25.4;

/** plotly.js as the charts of the page have it, else loaded once however many figures ask for it. */
function loadLibrary(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  if (!window.heanetPlotly) {
    window.heanetPlotly = new Promise((resolve, reject) => {
      const tag = document.createElement("script");
      tag.src = url;
      tag.onload = () => (window.Plotly ? resolve(window.Plotly) : reject(new Error(url)));
      tag.onerror = () => {
        delete window.heanetPlotly; // so that the next change tries again
        reject(new Error(url));
      };
      document.head.append(tag);
    });
  }
  return window.heanetPlotly;
}

/** Lines no wider than ``width``; Chinese breaks between any two characters. */
function wrap(text, width, size) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${size}px ${FONT}`;
  const lines = [""];
  for (const piece of text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+/g) || []) {
    const longer = lines.at(-1) + piece;
    if (lines.at(-1) && pen.measureText(longer.trimEnd()).width > width) lines.push(piece);
    else lines[lines.length - 1] = longer;
  }
  return lines.map((line) => line.trim()).filter(Boolean);
}

function make(tag, attributes, text = "") {
  const made = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

/** The figure with its caption below: {text, width, height} in pixels of the figure. */
async function compose(Plotly, data) {
  const { width, height, millimetres, caption, letters } = data;
  const plain = await Plotly.toImage(JSON.parse(data.figure), {
    format: "svg", width, height, imageDataOnly: true,
  });
  const drawn = new DOMParser().parseFromString(plain, "image/svg+xml").documentElement;
  const lines = wrap(caption, width - 2 * ROOM, letters);
  const total = height + (lines.length ? lines.length * letters * LINE + 2 * ROOM : 0);
  const root = make("svg", {
    xmlns: NS, viewBox: `0 0 ${width} ${total}`,
    width: `${millimetres}mm`, height: `${((millimetres * total) / width).toFixed(2)}mm`,
  });
  root.append(make("desc", {}, caption), make("rect", { width, height: total, fill: "#ffffff" }), drawn);
  lines.forEach((line, k) => root.append(make("text", {
    class: "caption", x: ROOM, y: height + ROOM + letters * (1 + k * LINE), fill: "#1a1a1a",
    "font-family": FONT, "font-size": letters,
  }, line)));
  return { text: new XMLSerializer().serializeToString(root), width, height: total };
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_unused, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

/** The PNG with a pHYs chunk behind its header, so that programs open it at its width in print. */
async function withResolution(blob, dpi) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const chunk = new DataView(new ArrayBuffer(21)); // length, name, 9 bytes, checksum
  const perMetre = Math.round((1000 * dpi) / MM_PER_INCH);
  chunk.setUint32(0, 9);
  [..."pHYs"].forEach((letter, k) => chunk.setUint8(4 + k, letter.charCodeAt(0)));
  chunk.setUint32(8, perMetre);
  chunk.setUint32(12, perMetre);
  chunk.setUint8(16, 1); // the unit is the metre
  let crc = 0xffffffff;
  for (let k = 4; k < 17; k++) crc = CRC_TABLE[(crc ^ chunk.getUint8(k)) & 255] ^ (crc >>> 8);
  chunk.setUint32(17, ~crc >>> 0);
  const header = 33; // signature and IHDR
  return new Blob([bytes.slice(0, header), chunk.buffer, bytes.slice(header)], { type: "image/png" });
}

const address = (svg) => "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);

async function toPng(picture, { millimetres, dpi }) {
  const image = new Image();
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil((millimetres / MM_PER_INCH) * dpi);
  canvas.height = Math.round((canvas.width * picture.height) / picture.width);
  image.src = address(picture.text);
  await image.decode();
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return withResolution(blob, dpi);
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export default function ({ data, parentElement }) {
  const at = (name) => parentElement.querySelector(`.${name}`);
  const picture = loadLibrary(data.script).then((Plotly) => compose(Plotly, data));
  at("message").textContent = data.words.drawing;
  at("png").onclick = async () => save(await toPng(await picture, data), `${data.name}.png`);
  at("svg").onclick = async () =>
    save(new Blob([(await picture).text], { type: "image/svg+xml" }), `${data.name}.svg`);
  let current = true;
  picture.then(
    ({ text }) => {
      if (!current) return;
      at("preview").src = address(text);
      at("preview").alt = data.caption;
      at("message").textContent = "";
      for (const name of ["png", "svg"]) at(name).disabled = false;
    },
    () => { if (current) at("message").textContent = data.words.failed; },
  );
  return () => { current = false; };
}
