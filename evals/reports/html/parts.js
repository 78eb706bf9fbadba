// The parts of the table of cases. Text of cases and models only ever becomes text nodes.

const data = JSON.parse(document.getElementById("data").textContent);
const GLYPHS = ["●", "◆", "■", "▲", "▼", "✚"];
const HIDDEN = /([\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff])/;
const metrics = data.metrics.map(([name, passes, higher, role, worst]) => ({ name, passes, higher, role, worst }));

const failureOf = (one) => one && { kind: one[0], code: one[1], message: data.texts[one[2]] };
const shownOf = (one) => one && { place: one[0], text: data.texts[one[0]], json: one[1] === 1 };

function attemptOf(one) {
  const [variant, trial, output, failure, seconds, cost, tokens, cached, source, confidence, calls, state, marks] = one;
  return {
    variant, trial, seconds, cost, tokens, cached, source, confidence, output: shownOf(output), failure: failureOf(failure),
    calls: calls.map(shownOf), state: shownOf(state),
    marks: marks.map((mark) => mark && { value: mark[0], passed: mark[1], reason: data.texts[mark[2]], failure: failureOf(mark[3]) }),
  };
}

const cases = data.cases.map(([id, why, group, split, tags, input, expected, attempts], place) => {
  const byVariant = data.variants.map(() => []);
  for (const one of attempts) byVariant[one[0]].push(attemptOf(one));
  return { id, why, group, split, tags, input: shownOf(input), expected: shownOf(expected), byVariant, place };
});

function el(name, given = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...inside.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

/** Text in which nothing is hidden: controls and direction marks stand as their code points. */
function legible(text) {
  return text.replaceAll("\r\n", "\n").split(HIDDEN).filter((one) => one !== "").map((one) =>
    HIDDEN.test(one) ? el("span", { class: "hid" }, `U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`) : one);
}

const series = (variant) => el("span", { class: `series s${variant % 6}` },
  el("span", { class: "glyph", "aria-hidden": "true" }, GLYPHS[variant % 6]), " ", el("bdi", {}, legible(data.variants[variant])));

function figure(value, metric) {
  if (value === null || value === undefined) return "–";
  const sign = value < 0 ? "−" : "", size = Math.abs(value);
  if (metric?.passes) return `${sign}${(size * 100).toFixed(0)}%`;
  if (metric?.role === "cost") return `${sign}$${size.toPrecision(3)}`;
  if (metric?.role === "latency") return `${sign}${seconds(size)}`;
  return `${sign}${size < 1000 ? size.toFixed(3) : Math.round(size).toLocaleString("en")}`;
}

const seconds = (value) => (value < 1 ? `${(value * 1000).toFixed(value < 0.01 ? 2 : 0)} ms` : `${value.toFixed(2)} s`);

/** A score as it counts: a model's unusable answer has the worst one; null where it is unknown. */
function counted(attempt, place) {
  const mark = attempt.marks[place], failure = attempt.failure ?? mark?.failure;
  if (failure) return failure.kind === "model" ? metrics[place].worst : null;
  return mark ? mark.value : null;
}

/** The marks of one variant under one metric, summed up over trials. */
function summed(attempts, place) {
  const marks = attempts.map((one) => one.marks[place]).filter((one) => one);
  const values = attempts.map((one) => counted(one, place)).filter((one) => one !== null);
  const lost = attempts.filter((one) => one.marks[place] ? one.marks[place].value === null : one.failure).length;
  const mean = values.length ? values.reduce((sum, one) => sum + one, 0) / values.length : null;
  const passed = marks.filter((one) => one.passed === 1 || (one.passed === null && metrics[place].passes && one.value >= 1)).length;
  const judged = metrics[place].passes || marks.some((one) => one.passed !== null);
  return { mean, passed, judged, lost, asked: marks.length + (lost - marks.filter((one) => one.value === null).length) };
}

function pill(sum, metric) {
  if (!sum.asked) return null;
  let kind = "", value = figure(sum.mean, metric);
  if (sum.judged) {
    kind = sum.passed === sum.asked ? "pass" : sum.lost === sum.asked ? "gone" : sum.passed ? "mixed" : "fail";
    const sign = { pass: "✓", mixed: "◐", fail: "✗", gone: "!" }[kind];
    value = sum.asked > 1 ? `${sign} ${sum.passed}/${sum.asked}` : sign;
    if (!metric.passes && sum.mean !== null) value += ` ${figure(sum.mean, metric)}`;
  }
  if (sum.lost && kind !== "gone") value += ` ! ${sum.lost} failed`;
  const said = { pass: "passed", mixed: "passed in part", fail: "did not pass", gone: "failed" }[kind];
  return el("span", { class: `pill ${kind}` }, el("span", { class: "k" }, legible(metric.name)), " ",
    el("span", { class: "v", title: said }, value), said && el("span", { class: "unseen" }, ` ${said}`));
}

function textBlock(pieces, side) {
  return el("pre", { class: "text", tabindex: "0" }, pieces.map(([kind, text]) =>
    kind === "same" ? legible(text) : kind === side ? el(side === "left" ? "del" : "ins", {}, legible(text)) : null));
}

const plainBlock = (one, instead = "nothing") => one
  ? el("pre", { class: "text", tabindex: "0" }, legible(one.text)) : el("p", { class: "text none" }, instead);

function keyTable(left, right, names, all) {
  const rows = keyDiff(left.text, right.text), changed = rows.filter(([, a, b]) => a !== b);
  const listed = all ? rows : changed;
  if (!listed.length) return el("p", { class: "text none" }, `The same in all ${rows.length} keys.`);
  const cells = (a, b) => {
    const pieces = a !== undefined && b !== undefined && a !== b ? wordDiff(a, b) : null;
    const side = (value, kind) => value === undefined ? el("td", {}, "–") : el("td", {}, pieces
      ? pieces.map(([one, text]) => one === "same" ? legible(text) : one === kind ? el(kind === "left" ? "del" : "ins", {}, legible(text)) : null)
      : a === b ? legible(value) : el(kind === "left" ? "del" : "ins", {}, legible(value)));
    return [side(a, "left"), side(b, "right")];
  };
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Keys" }, el("table", { class: "keys" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Key"), names.map((one) => el("th", { scope: "col" }, one)), el("th", { class: "sign" }, el("span", { class: "unseen" }, "Change")))),
    el("tbody", {}, listed.map(([path, a, b]) => el("tr", { class: a === b ? "same" : "" }, el("th", { scope: "row" }, legible(path)), cells(a, b),
      el("td", { class: "sign", title: a === b ? "same" : "differs" }, a === b ? "=" : a === undefined ? "+" : b === undefined ? "−" : "≠"))))));
}

/** Two outputs compared: one table where both are JSON, two columns marked by word otherwise. */
function compared(left, right, names, all) {
  if (left?.json && right?.json && (EXACT || !LONG.test(left.text + right.text))) return { table: keyTable(left, right, names, all) };
  if (!left || !right) return { columns: [plainBlock(left, "no output"), plainBlock(right, "no output")] };
  const pieces = wordDiff(left.text, right.text);
  if (pieces === null) return { note: "The two have too little in common for words to be marked.", columns: [plainBlock(left), plainBlock(right)] };
  return { note: left.text === right.text ? "= The same on both sides." : null, columns: [textBlock(pieces, "left"), textBlock(pieces, "right")] };
}

function head(attempt, variant) {
  const said = attempt && [
    seconds(attempt.seconds), attempt.cost ? `$${attempt.cost.toPrecision(3)}` : null, `${attempt.tokens[0]} → ${attempt.tokens[1]} tokens`,
    attempt.cached ? "from cache" : null, attempt.confidence !== null ? `confidence ${attempt.confidence.toFixed(2)}` : null, attempt.source || null,
  ].filter((one) => one).join(" · ");
  return el("div", {}, el("h4", {}, series(variant)), el("p", { class: "meta" }, attempt ? legible(said) : "not reached in this run"),
    attempt?.failure && el("p", { class: "failbox" }, el("strong", {}, `! ${attempt.failure.kind} failure `), el("code", {}, legible(attempt.failure.code)), " ", legible(attempt.failure.message)));
}

function foot(attempt) {
  if (!attempt) return el("div");
  const rows = metrics.map((metric, place) => [metric, attempt.marks[place]]).filter(([, mark]) => mark);
  return el("div", {}, el("table", { class: "scores" }, el("tbody", {}, rows.map(([metric, mark]) => el("tr", {},
    el("th", { scope: "row" }, legible(metric.name)),
    el("td", {}, mark.failure ? "! failed" : mark.passed === null ? figure(mark.value, metric) : mark.passed ? "✓ passed" : "✗ did not pass"),
    el("td", { class: "why" }, mark.failure ? [`${mark.failure.kind} · `, legible(mark.failure.code), " ", legible(mark.failure.message)] : legible(mark.reason)))))),
    attempt.calls.length > 0 && el("details", { class: "steps" }, el("summary", {}, `${attempt.calls.length} tool call${attempt.calls.length > 1 ? "s" : ""}`), attempt.calls.map((one) => plainBlock(one))),
    attempt.state && el("details", { class: "steps" }, el("summary", {}, "State left behind"), plainBlock(attempt.state)));
}
