// The table of cases: filters, pages, and one case opened.

const PAGE = 50;
const view = { left: 0, right: 0, page: 0, found: [], open: new Map() };
const control = {};

function changeOf(one) {
  const left = one.byVariant[view.left], right = one.byVariant[view.right];
  let worst = 0, best = 0;
  metrics.forEach((metric, place) => {
    if (metric.role === "cost" || metric.role === "latency") return;
    const a = summed(left, place), b = summed(right, place);
    if (a.mean === null && b.mean === null) return;
    const gain = a.mean === null ? 1 : b.mean === null ? -1 : (b.mean - a.mean) * (metric.higher ? 1 : -1);
    if (Math.abs(gain) < 1e-9) return; // the same scores, summed in another order
    worst = Math.min(worst, gain);
    best = Math.max(best, gain);
  });
  const differs = left.some((each) => {
    const other = right.find((two) => two.trial === each.trial);
    return other && (each.output?.place !== other.output?.place || each.output?.json !== other.output?.json);
  });
  return { worst, best, differs };
}

const failed = (one, variants) => variants.some((v) => one.byVariant[v].some((each) => each.failure || each.marks.some((mark) => mark?.failure)));

const SHOW = {
  all: ["All cases", () => true],
  differs: ["Outputs differ", (one) => one.change.differs],
  moved: ["Scores differ", (one) => one.change.worst < 0 || one.change.best > 0],
  worse: ["Right is worse", (one) => one.change.worst < 0],
  better: ["Right is better", (one) => one.change.best > 0],
  failed: ["Any failure", (one) => failed(one, [view.left, view.right])],
};
const STATE = {
  any: ["any result", () => true],
  pass: ["passed always", (sum) => sum.asked > 0 && sum.passed === sum.asked],
  fail: ["did not always pass", (sum) => sum.asked > 0 && sum.passed < sum.asked],
  mixed: ["passed in part", (sum) => sum.passed > 0 && sum.passed < sum.asked],
  lost: ["has no score", (sum) => sum.lost > 0],
};
const SORT = {
  suite: ["Suite order", (one) => one.place],
  worst: ["Worst change first", (one) => one.change.worst],
  best: ["Best change first", (one) => -one.change.best],
  slow: ["Slowest first", (one) => -Math.max(0, ...[view.left, view.right].flatMap((v) => one.byVariant[v].map((each) => each.seconds)))],
};

function searchable(one) {
  return (one.words ??= [one.id, one.why, one.group ?? "", one.tags.join(" "), one.input.text, one.expected?.text ?? "",
    ...one.byVariant.flat().flatMap((each) => [each.output?.text ?? "", each.failure?.code ?? "", each.failure?.message ?? ""])].join("\n").toLowerCase());
}

function refresh(page = 0) {
  view.left = Number(control.left.value);
  view.right = Number(control.right.value);
  for (const one of cases) one.change = changeOf(one);
  const wanted = control.search.value.trim().toLowerCase();
  const chosen = Number(control.metric.value), asked = chosen < 0 ? metrics.map((_, place) => place) : [chosen];
  const state = STATE[control.state.value][1], show = SHOW[control.show.value][1];
  const key = SORT[control.sort.value][1];
  view.found = cases.filter((one) =>
    (!control.tag.value || one.tags.includes(control.tag.value.slice(1))) &&
    (!control.split.value || one.split === control.split.value) && show(one) &&
    (control.state.value === "any" || asked.some((each) => [view.left, view.right].some((v) => state(summed(one.byVariant[v], each))))) &&
    (!wanted || searchable(one).includes(wanted)));
  view.found.sort((a, b) => key(a) - key(b) || a.place - b.place);
  view.page = page;
  paint();
}

function paint() {
  const last = Math.max(0, Math.ceil(view.found.length / PAGE) - 1);
  view.page = Math.min(view.page, last);
  const from = view.page * PAGE, shown = view.found.slice(from, from + PAGE);
  control.rows.replaceChildren(...shown.map(row));
  const all = view.found.length === cases.length ? "" : ` of ${cases.length.toLocaleString("en")}`;
  control.count.textContent = view.found.length
    ? `${view.found.length.toLocaleString("en")}${all} case${view.found.length === 1 ? "" : "s"}` : "No case fits these filters.";
  for (const [before, after, said] of control.pagers) {
    before.disabled = view.page === 0;
    after.disabled = view.page === last;
    said.textContent = `${view.page + 1} of ${last + 1}`;
  }
}

function row(one) {
  const { worst, best, differs } = one.change, change = [];
  if (worst < 0) change.push(el("span", { class: "worse" }, "▼ worse "));
  if (best > 0) change.push(el("span", { class: "better" }, "▲ better "));
  if (!change.length) change.push(differs ? "≠ words only" : "= same");
  const side = (v) => el("span", {}, el("span", { class: "side" }, series(v)), metrics.map((metric, place) => metric.role !== "cost" && metric.role !== "latency" && pill(summed(one.byVariant[v], place), metric)));
  const item = el("li", { id: `case-${one.place}` });
  const line = el("button", { class: "line", type: "button", "aria-expanded": "false", onclick: () => toggle(one, item) },
    el("span", {}, el("span", { class: "id" }, el("bdi", {}, legible(one.id))), " ", one.tags.map((tag) => el("span", { class: "tag" }, legible(tag))),
      el("span", { class: "sum" }, legible(one.input.text.slice(0, 120)))),
    side(view.left), side(view.right), el("span", {}, change));
  item.append(line);
  if (view.open.has(one.id)) toggle(one, item);
  return item;
}

function toggle(one, item) {
  const line = item.firstChild, opened = line.getAttribute("aria-expanded") === "true";
  line.setAttribute("aria-expanded", String(!opened));
  if (opened) {
    item.lastChild.remove();
    view.open.delete(one.id);
    return;
  }
  if (!view.open.has(one.id)) view.open.set(one.id, { trial: 0, against: "other", all: false });
  item.append(detail(one, view.open.get(one.id), item));
}

function choice(label, options, chosen, pick) {
  return [el("span", { class: "label" }, label), ...options.map(([value, said]) =>
    el("button", { type: "button", "aria-pressed": String(value === chosen), onclick: () => pick(value) }, said))];
}

function detail(one, how, item) {
  const again = (change) => {
    Object.assign(how, change);
    const made = detail(one, how, item);
    item.lastChild.replaceWith(made);
    made.querySelector(`[aria-pressed=true]`)?.focus();
  };
  const pair = [view.left, view.right], [a, b] = pair.map((v) => one.byVariant[v].find((each) => each.trial === how.trial));
  const json = a?.output?.json && b?.output?.json, expected = how.against === "expected";
  const tools = el("div", { class: "tools" },
    data.trials > 1 && choice("Trial", [...Array(data.trials).keys()].map((trial) => [trial, String(trial + 1)]), how.trial, (trial) => again({ trial })),
    one.expected && choice("Compare", [["other", "with each other"], ["expected", "with expected"]], how.against, (against) => again({ against })),
    (json || (expected && one.expected.json)) && choice("Keys", [[false, "changed"], [true, "all"]], how.all, (all) => again({ all })));
  const pairOf = (...columns) => el("div", { class: "pair" }, columns.map((one) => el("div", {}, one)));
  const laid = () => {
    if (!expected) {
      const { table, columns, note } = compared(a?.output, b?.output, pair.map(series), how.all);
      if (table) return [pairOf(head(a, pair[0]), head(b, pair[1])), table, pairOf(foot(a), foot(b))];
      return [note && el("p", { class: "meta" }, note), pairOf([head(a, pair[0]), columns[0], foot(a)], [head(b, pair[1]), columns[1], foot(b)])];
    }
    return [a, b].map((each, place) => {
      const { table, columns, note } = compared(one.expected, each?.output, ["Expected", series(pair[place])], how.all);
      return [head(each, pair[place]), note && el("p", { class: "meta" }, note), table ?? pairOf(columns[0], columns[1]), foot(each)];
    });
  };
  return el("div", { class: "detail" },
    one.why && el("p", {}, el("span", { class: "role" }, "Why: "), el("bdi", {}, legible(one.why))),
    el("p", { class: "meta" }, one.split, one.group !== null && [" · group ", el("bdi", {}, legible(one.group))]),
    pairOf([el("h4", {}, "Input"), plainBlock(one.input)], [el("h4", {}, "Expected"), plainBlock(one.expected, "nothing stated")]),
    tools, laid());
}

function chooser(name, label, options, broad = false) {
  control[name] = el("select", { onchange: () => refresh() }, options.map(([value, said]) => el("option", { value }, said)));
  return el("label", { class: broad ? "broad" : null }, label, control[name]);
}

function pager() {
  const before = el("button", { type: "button", onclick: () => { view.page--; paint(); } }, "Previous");
  const after = el("button", { type: "button", onclick: () => { view.page++; paint(); document.getElementById("cases").scrollIntoView(); } }, "Next");
  const said = el("span");
  (control.pagers ??= []).push([before, after, said]);
  return el("div", { class: "pages" }, before, said, after);
}

function build() {
  const plain = (text) => text.replace(new RegExp(HIDDEN, "g"), "\ufffd");
  const named = data.variants.map((name, place) => [place, `${GLYPHS[place % 6]} ${plain(name)}`]);
  const tags = [...new Set(cases.flatMap((one) => one.tags))].sort(), splits = [...new Set(cases.map((one) => one.split))];
  let waiting = 0;
  control.search = el("input", { type: "search", placeholder: "Words in inputs, outputs, ids, failures", oninput: () => { clearTimeout(waiting); waiting = setTimeout(refresh, 150); } });
  const filters = el("div", { class: "filters", role: "search" }, el("label", { class: "broad" }, "Search", control.search),
    chooser("left", "Left", named), chooser("right", "Right", named),
    chooser("show", "Show", Object.entries(SHOW).map(([key, [said]]) => [key, said])),
    chooser("metric", "Metric", [[-1, "Any metric"], ...metrics.map((metric, place) => [place, plain(metric.name)])]),
    chooser("state", "Result", Object.entries(STATE).map(([key, [said]]) => [key, said])),
    chooser("tag", "Tag", [["", "All tags"], ...tags.map((tag) => [`=${tag}`, plain(tag)])]),
    chooser("split", "Split", [["", "All"], ...splits.map((one) => [one, one])]),
    chooser("sort", "Order", Object.entries(SORT).map(([key, [said]]) => [key, said])));
  control.count = el("p", { "aria-live": "polite" });
  control.rows = el("ul", { class: "rows" });
  const clear = el("button", { type: "button", onclick: () => { reset(); refresh(); } }, "Clear filters");
  document.getElementById("explorer").append(filters, el("div", { class: "bar" }, el("div", { class: "count" }, control.count, clear), pager()), control.rows, el("div", { class: "bar" }, el("span"), pager()));
  reset();
  refresh();
  follow();
}

function reset() {
  control.search.value = "";
  for (const [name, value] of [["show", "all"], ["metric", "-1"], ["state", "any"], ["tag", ""], ["split", ""], ["sort", "suite"]]) control[name].value = value;
  control.left.value = String(Math.max(0, data.variants.indexOf(data.pair[0])));
  control.right.value = String(Math.max(0, data.variants.indexOf(data.pair[1] ?? data.pair[0])));
}

/** A link to #case=ID, or to #at=PLACE in the suite, opens that case. */
function follow() {
  const found = /^#(case|at)=(.*)$/s.exec(location.hash);
  if (!found) return;
  let wanted = found[2];
  try { wanted = decodeURIComponent(wanted); } catch { return; }
  const one = found[1] === "at" ? cases[Number(wanted)] : cases.find((each) => each.id === wanted);
  if (!one) return;
  reset();
  view.open.set(one.id, view.open.get(one.id) ?? { trial: 0, against: "other", all: false });
  refresh(Math.floor(one.place / PAGE));
  const item = document.getElementById(`case-${one.place}`);
  item.scrollIntoView();
  item.firstChild.focus({ preventScroll: true });
}

addEventListener("hashchange", follow);
build();
