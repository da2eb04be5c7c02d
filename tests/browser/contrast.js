// Texts of a page that stand out too little from their ground (WCAG 2.2, 1.4.3), as lists of text,
// contrast, colour and ground. Left out: what is disabled, and words that lie over other things.
() => {
  const parse = (colour) => {
    const canvas = parse.canvas || (parse.canvas = document.createElement("canvas"));
    canvas.width = canvas.height = 1;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, ground) => ground.map((c, k) => (k < 3 ? top[k] * top[3] + c * (1 - top[3]) : 1));
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((c) => {
      c /= 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const parents = (element) => {
    const found = [];
    for (let at = element; at; at = at.parentElement) found.unshift(at);
    return found;
  };
  const groundOf = (element) =>
    parents(element).reduce((ground, at) => {
      if (at instanceof SVGElement) return ground;
      return over(parse(getComputedStyle(at).backgroundColor), ground);
    }, [255, 255, 255, 1]);
  const isSeen = (element, box) => {
    if (!box.width || !box.height || box.bottom < 0) return false;
    return element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = new Map();
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement, text = node.textContent.trim();
    if (!text || element.closest("script, style, noscript, [disabled], [aria-disabled=true], [data-testid=stSliderThumbValue]")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    if (!isSeen(element, range.getBoundingClientRect())) continue;
    const svg = element.closest("svg");
    if (svg && !element.closest(".xtick, .ytick, .g-xtitle, .g-ytitle, .legendtext")) continue;
    const style = getComputedStyle(element);
    const ground = groundOf(element);
    const colour = parse(svg ? style.fill : style.color);
    colour[3] *= parents(element).reduce((all, at) => all * Number(getComputedStyle(at).opacity), 1);
    const [high, low] = [luminance(over(colour, ground)), luminance(ground)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    const least = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    if (ratio < least) found.set(`${colour} ${ground}`, [text.slice(0, 60), ratio, colour.join(","), ground.join(",")]);
  }
  return [...found.values()];
}
