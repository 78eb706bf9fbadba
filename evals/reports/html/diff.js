"use strict";
// Differences of two texts by words (Myers 1986), and of two JSON values by keys.

const MOST_EDITS = 1200; // beyond, two texts have too little in common for words to be lined up

function words(text) {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

/** Pieces [kind, text] with kind "same", "left" or "right"; null where the texts have too little in common. */
function wordDiff(left, right) {
  const a = words(left), b = words(right);
  let head = 0, tail = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const middle = edits(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  if (middle === null) return null;
  return merged([
    ["same", a.slice(0, head).join("")], ...middle, ["same", a.slice(a.length - tail).join("")],
  ]);
}

function edits(a, b) {
  if (!a.length || !b.length) return [["left", a.join("")], ["right", b.join("")]];
  const most = Math.min(a.length + b.length, MOST_EDITS), far = new Int32Array(2 * most + 3), steps = [];
  const middle = most + 1;
  for (let d = 0; d <= most; d++) {
    steps.push(far.slice(middle - d - 1, middle + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && far[middle + k - 1] < far[middle + k + 1]);
      let x = down ? far[middle + k + 1] : far[middle + k - 1] + 1, y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) { x++; y++; }
      far[middle + k] = x;
      if (x >= a.length && y >= b.length) return walked(a, b, steps);
    }
  }
  return null;
}

function walked(a, b, steps) {
  const back = [];
  let x = a.length, y = b.length;
  for (let d = steps.length - 1; d >= 0; d--) {
    const far = steps[d], at = (k) => far[k + d + 1], k = x - y;
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const from = d === 0 ? 0 : down ? at(k + 1) : at(k - 1), fromY = from - (down ? k + 1 : k - 1);
    while (x > from && y > (d === 0 ? 0 : fromY)) { back.push(["same", a[x - 1]]); x--; y--; }
    if (d > 0) { back.push(down ? ["right", b[y - 1]] : ["left", a[x - 1]]); x = from; y = fromY; }
  }
  return back.reverse();
}

function merged(pieces) {
  const out = [];
  for (const [kind, text] of pieces) {
    if (text === "") continue;
    if (out.length && out[out.length - 1][0] === kind) out[out.length - 1][1] += text; else out.push([kind, text]);
  }
  return out;
}

/** JSON text as a map from path to the text of its value; numbers keep their own digits where the browser tells them. */
function flat(text) {
  const found = new Map();
  const value = JSON.parse(text, (_key, one, context) =>
    typeof one === "number" && context?.source !== undefined ? new Digits(context.source) : one);
  const visit = (one, path) => {
    if (one instanceof Digits) found.set(path, one.source);
    else if (Array.isArray(one)) {
      if (!one.length) found.set(path, "[]");
      one.forEach((each, place) => visit(each, `${path}[${place}]`));
    } else if (one !== null && typeof one === "object") {
      const keys = Object.keys(one);
      if (!keys.length) found.set(path, "{}");
      for (const key of keys) visit(one[key], path + (/^[\p{L}_][\p{L}\p{N}_]*$/u.test(key) ? (path && ".") + key : `[${JSON.stringify(key)}]`));
    } else found.set(path, JSON.stringify(one));
  };
  visit(value, "");
  return found;
}

/** Numbers of so many digits are only compared by key where the browser hands their digits over. */
const LONG = /\d{16,}/;
let EXACT = false;
JSON.parse("1", (_key, _value, context) => { EXACT = context?.source === "1"; });

class Digits {
  constructor(source) { this.source = source; }
}

/** Rows [path, left, right] of two JSON texts; a side is undefined where it lacks the path. */
function keyDiff(left, right) {
  const a = flat(left), b = flat(right);
  return [...new Set([...a.keys(), ...b.keys()])].map((path) => [path || "(value)", a.get(path), b.get(path)]);
}
