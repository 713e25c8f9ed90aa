/* What a picture of the page cannot tell a test: texts too faint for their ground, and what reaches beyond the window. */
async () => {
  const LEAST = 4.5, LEAST_LARGE = 3;
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const seen = new Map();

  function colour(text) {
    if (!seen.has(text)) {
      pixel.clearRect(0, 0, 1, 1);
      pixel.fillStyle = text;
      pixel.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
      seen.set(text, [r, g, b, a / 255]);
    }
    return seen.get(text);
  }

  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];

  function luminance([r, g, b]) {
    const [R, G, B] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
  }

  function contrast(a, b) {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  }

  function ground(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage.includes("gradient(")) return null;
      layers.push(colour(style.backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255, 1]);
  }

  function opacity(element) {
    let all = 1;
    for (let at = element; at; at = at.parentElement) all *= Number(getComputedStyle(at).opacity);
    return all;
  }

  const inWindow = ({ left, right, top, bottom, width, height }) =>
    width > 0 && height > 0 && right > 0 && bottom > 0 && left < innerWidth && top < innerHeight;

  const isOff = (element) => element.closest(":disabled, [aria-disabled=true], [aria-hidden=true], .hidden-text, [hidden]");

  function faint() {
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || isOff(element) || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (!inWindow(box)) continue;
      const under = ground(element);
      if (!under) continue;
      const style = getComputedStyle(element);
      const ink = colour(style.color);
      const ratio = contrast(over([...ink.slice(0, 3), ink[3] * opacity(element)], under), under);
      const px = parseFloat(style.fontSize);
      const large = px >= 24 || (px >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio < (large ? LEAST_LARGE : LEAST)) {
        found.add(`${ratio.toFixed(2)} ${element.tagName.toLowerCase()}.${element.className} “${node.data.trim().slice(0, 30)}”`);
      }
    }
    return [...found];
  }

  /** What one can press or write in and that is cut off at a side of the window, unless one can scroll to it. */
  function beyond() {
    const sideways = (element) => {
      for (let at = element.parentElement; at; at = at.parentElement) {
        if (["auto", "scroll"].includes(getComputedStyle(at).overflowX) && at.scrollWidth > at.clientWidth) return true;
      }
      return false;
    };
    return [...document.querySelectorAll("button, input, textarea, select, a[href], [tabindex]")]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".hidden-text") && !sideways(element))
      .map((element) => [element, element.getBoundingClientRect()])
      .filter(([, box]) => box.width > 1 && inWindow(box) && (box.left < -1 || box.right > innerWidth + 1))
      .map(([element]) => element.outerHTML.slice(0, 160));
  }

  /* What moves for a moment is looked at when it has arrived. */
  for (let moving = [null]; moving.length;) {
    moving = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime < Infinity);
    for (const animation of moving) animation.finish();
    if (moving.length) await new Promise(requestAnimationFrame);
  }

  return { faint: faint(), beyond: beyond(), wider: document.documentElement.scrollWidth - innerWidth };
}
