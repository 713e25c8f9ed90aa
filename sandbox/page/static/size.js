const UNITS = { "": 1, B: 1, K: 1e3, KB: 1e3, M: 1e6, MB: 1e6, G: 1e9, GB: 1e9, T: 1e12, TB: 1e12 };
const WRITTEN = /^\s*(\d+(?:[.,]\d+)?)\s*([KMGT]?B?)\s*$/i;

/** Bytes of what somebody wrote, as `12.4 MB` or `300`; null when it is no size. */
export function readSize(text) {
  const found = WRITTEN.exec(text);
  return found ? Math.round(Number(found[1].replace(",", ".")) * UNITS[found[2].toUpperCase()]) : null;
}
