"""A report for a pull request: a verdict, a short table, and the worst that happened."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from evals.records import Role
from evals.reports.changes import regressions
from evals.reports.page import Direction, Judged, Page
from evals.reports.trend import Trend
from evals.reports.wording import (
    MINUS,
    NOTHING,
    bounds,
    chance,
    count,
    cut,
    distance,
    dollars,
    figure,
    legible,
    seconds,
    span,
)
from evals.verdict import Decision

_PLAIN = re.compile(r"[^A-Za-z0-9 \-\u00a1-\U0010ffff]")
_READING = {Direction.BETTER: "▲ better", Direction.WORSE: "▼ worse", Direction.OPEN: "○ open"}
_STAMP = {Decision.SHIP: "✅ Ship", Decision.KEEP: "⏸️ Keep", Decision.INCONCLUSIVE: "❔ Inconclusive"}
_WORST = 10
_JOINER = "\N{WORD JOINER}"


def page_markdown(page: Page) -> str:
    """GitHub's Markdown. Foreign text stands in ``<code>`` with every sign of Markdown and HTML as a number, so that it cannot
    leave its cell, link, mention, or name an issue.
    """
    parts = [f"## Evaluation of {quoted(page.suite)}"]
    parts += [_judged(one) for one in page.verdicts] or [
        "No verdict was asked for." if page.changes else "No verdict: nothing was compared."
    ]
    if page.missing:
        parts.append(f"**The run is not finished:** {count(page.missing)} answers were never asked for.")
    if page.apart is not None:
        new, gone, changed = (count(len(ids)) for ids in (page.apart.new, page.apart.gone, page.apart.changed))
        parts.append(
            f"Against run {quoted(page.apart.earlier_run)}, on the cases that both have. "
            f"New cases: {new}; gone: {gone}; with another input: {changed}."
        )
    if not page.verdicts:
        parts.append(_means(page))
    parts += [
        _spend(page),
        _failures(page),
        _surely(page),
        _concord(page),
        _agreement(page),
        *_lost(page),
        _facts(page),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def trend_markdown(trend: Trend) -> str:
    """The course of a suite as one table per metric, the oldest run first."""
    parts = [f"## Trend of {quoted(trend.suite)}"]
    if not trend.same_suite:
        parts.append(
            "Cases, graders or gate changed between some of these runs (see *Suite*): a step there may be theirs."
        )
    for metric in trend.metrics:
        head = ["Run", "Date", "Suite", "Cases", *(quoted(name) for name in trend.variants)]
        rows = []
        for run in trend.runs:
            estimates = [run.estimates.get((metric.name, name)) for name in trend.variants]
            figures = [
                NOTHING if one is None else f"{figure(one.value, metric)} ({span(one, metric)})" for one in estimates
            ]
            day = f"{run.started_at:%Y-%m-%d %H:%M}"
            rows.append([quoted(run.run_id), day, quoted(run.suite_hash[:12]), count(run.cases), *figures])
        parts += [f"### {quoted(metric.name)}", _table(head, rows)]
    return "\n\n".join(parts) + "\n"


def quoted(text: str, most: int = 80) -> str:
    """Foreign text on one line, which Markdown and GitHub leave alone."""
    line = cut(re.sub(r"\s+", " ", legible(text)).strip(), most)
    return f"<code>{_PLAIN.sub(lambda found: f'&#{ord(found[0])};', line)}</code>"


def _judged(one: Judged) -> str:
    more = f", about {count(one.needed)} more cases are needed" if one.needed is not None else ""
    lines = [f"### {_STAMP[one.decision]}: {quoted(one.b)} against {quoted(one.a)}{more}", ""]
    lines += [f"- {_plain(reason)}" for reason in one.reasons]
    rows = [
        [
            quoted(c.metric.name), figure(c.a, c.metric), figure(c.b, c.metric),
            f"{figure(c.difference.value, c.metric, signed=True)} ({span(c.difference, c.metric, signed=True)})",
            _READING[c.direction], chance(c.p_holm if c.p_holm is not None else c.p).replace("<", "&lt;"),
            bounds(c.worst, c.best, c.metric, signed=True), distance(c.detectable, c.metric), count(c.needed),
        ]
        for c in one.contrasts
    ]  # fmt: skip
    head = ["Metric", "A", "B", f"B {MINUS} A (95%)", "Reading", "p, Holm", "With unknown", "Detectable", "Needed"]
    return "\n".join([*lines, "", _table(head, rows)])


def _plain(text: str) -> str:
    """A sentence of the verdict. It may name metrics and variants, so it is foreign too, but should read as prose: signs of
    Markdown are numbers, and a word joiner keeps GitHub from seeing mentions, issues and addresses in it.
    """
    line = cut(re.sub(r"\s+", " ", legible(text)).strip(), 300)
    apart = re.sub(r"(?<=[@#/])|(?<=:)(?=\S)|(?<=www)(?=\.)", _JOINER, line)
    return re.sub(r"[^A-Za-z0-9 ,.;:%'()\u00a1-\U0010ffff-]", lambda found: f"&#{ord(found[0])};", apart)


def _means(page: Page) -> str:
    names = [one.name for one in page.variants]
    rows = []
    for metric in page.metrics:
        cells = {cell.variant: cell for cell in page.cells if cell.metric == metric.name}
        rows.append([
            quoted(metric.name),
            *(f"{figure(cells[name].estimate.value, metric)} ({span(cells[name].estimate, metric)})" for name in names),
        ])  # fmt: skip
    return _table(["Metric", *(f"{quoted(name)} (95%)" for name in names)], rows)


def _spend(page: Page) -> str:
    rows = [
        [
            quoted(one.variant), count(one.answers), dollars(one.cost), dollars(one.each), seconds(one.p50), seconds(one.p95),
        ]
        for one in page.spend
    ]  # fmt: skip
    return _table(["Variant", "Answers", "Cost", "Each", "Median", "p95"], rows)


def _failures(page: Page) -> str:
    if not page.failures:
        return "No answer and no score failed."
    rows = [[quoted(one.variant), one.kind.value, quoted(one.code), count(one.count)] for one in page.failures]
    return "**Failures**\n\n" + _table(["Variant", "Kind", "Code", "Count"], rows)


def _surely(page: Page) -> str:
    rows = [
        [
            quoted(one.metric.name), quoted(one.variant), str(one.k),
            f"{figure(one.known.value, one.metric)} ({span(one.known, one.metric)})", count(one.cases),
            bounds(one.worst, one.best, one.metric) if one.open else NOTHING,
        ]
        for one in page.surely
    ]  # fmt: skip
    head = ["Metric", "Variant", "k", "All k trials pass (95%)", "Cases", "With unknown trials"]
    return f"**Passing every time (pass^k)**\n\n{_table(head, rows)}" if rows else ""


def _concord(page: Page) -> str:
    lines = [f"- {_plain(one.words)}" for one in page.concord]
    return "**Agreement of local answer, cascade and language model**\n\n" + "\n".join(lines) if lines else ""


def _agreement(page: Page) -> str:
    rows = [
        [
            quoted(one.metric), quoted(one.variant), count(one.labels), f"{figure(one.kappa.value)} ({span(one.kappa)})",
            f"{figure(one.corrected.value)} ({span(one.corrected)})",
        ]
        for one in page.agreement
    ]  # fmt: skip
    head = ["Metric", "Variant", "Labels", "Kappa (95%)", "Mean as people see it (95%)"]
    return f"**Agreement with people**\n\n{_table(head, rows)}" if rows else ""


def _lost(page: Page) -> Iterable[str]:
    for _, b, changes in page.changes:
        lost = [one for one in regressions(changes) if one.metric.role in {Role.QUALITY, Role.SAFETY}]
        if lost:
            rows = [
                [
                    quoted(one.case, 60), quoted(one.metric.name),
                    f"{figure(one.a, one.metric)} → {'no score' if one.b is None else figure(one.b, one.metric)}",
                    quoted(one.reason, 120) if one.reason else "",
                ]
                for one in lost[:_WORST]
            ]  # fmt: skip
            more = "" if len(lost) <= _WORST else f"\n\n{count(len(lost) - _WORST)} more."
            yield f"**Worst regressions of {quoted(b)}**\n\n{_table(['Case', 'Metric', 'Change', 'Why'], rows)}{more}"


def _facts(page: Page) -> str:
    size = f"cases: {count(len(page.cases))}, variants: {len(page.variants)}, trials: {page.trials}"
    return f"Run {quoted(page.run_id)}, suite {quoted(page.suite_hash[:12])}, {page.started_at:%Y-%m-%d %H:%M} UTC, {size}."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
