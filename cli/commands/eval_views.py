"""What the commands of evals show."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table

from evals.certainty import Certainty, certainty
from evals.concord import Concord
from evals.records import Split, Variant
from evals.runs.gating import Checked, Outcome
from evals.runs.result import RunResult
from evals.suite import Suite
from evals.verdict import Verdict
from store.evals.rows import RunRow

_SAME = 1e-12
_WORDS = {Outcome.HOLDS: "holds", Outcome.FAILS: "FAILS", Outcome.OPEN: "cannot be said"}


def suites_table(suites: Sequence[Suite]) -> Table:
    """One row a suite."""
    table = _table("suite", "dev", "holdout", "target", "variants", "graders", "gate")
    for one in suites:
        table.add_row(
            one.name, str(len(one.cases.of(Split.DEV))), str(len(one.cases.of(Split.HOLDOUT))), one.target.name,
            ", ".join(one.variants), ", ".join(grader.name for grader in one.graders),
            "; ".join(map(str, one.gate)),
        )  # fmt: skip
    return table


def runs_table(rows: Sequence[RunRow]) -> Table:
    """One row a run."""
    table = _table("run", "suite", "split", "began")
    for row in rows:
        table.add_row(row.id, row.suite, row.split or "all", row.started_at[:19].replace("T", " "))
    return table


def run_table(result: RunResult, checked: Sequence[Checked], agreeing: Sequence[Concord] = ()) -> Group:
    """Figures by variant, the gate, and how far local answer, cascade and model agree."""
    table = _table("figure", *(one.name for one in result.variants))
    rows = [_figures(result, variant) for variant in result.variants]
    for name in dict.fromkeys(name for row in rows for name in row):
        table.add_row(name, *(row.get(name, "-") for row in rows))
    gate = _table("demand", "variant", "figure", "bounds", "")
    for one in checked:
        bounds = "-" if one.worst is None or one.best is None else f"{one.worst:.4f} to {one.best:.4f}"
        gate.add_row(str(one.gate), one.variant, _number(one.value), bounds, _WORDS[one.outcome])
    missing = f", {result.missing} places were not reached" if result.missing else ""
    table.caption = f"{result.suite}: {len(result.cases)} cases, {result.trials} trials{missing}"
    lines = [f"agreement of {one.words}" for one in agreeing]
    return Group(table, *([gate] if checked else []), *lines)


def outcomes_table(ended: Sequence[tuple[str, Outcome]]) -> Table:
    """How the gate of each suite ended."""
    table = _table("suite", "gate")
    for name, came in ended:
        table.add_row(name, _WORDS[came])
    return table


def verdict_table(found: Verdict) -> Group:
    """The decision with its reasons, and each metric of both."""
    table = _table("metric", found.a.name, found.b.name, "difference", "95 %", "p (Holm)", "detectable")
    for one in found.comparisons:
        span = f"{one.difference.low:+.4f} to {one.difference.high:+.4f}"
        row = (f"{one.a:.4f}", f"{one.b:.4f}", f"{one.difference.value:+.4f}", span, f"{one.p_holm:.4f}")
        table.add_row(one.metric.name, *row, f"{one.detectable:.4f}")
    needed = f", about {found.needed} more cases are needed" if found.needed is not None else ""
    return Group(f"{found.decision}{needed}", *(f"  {reason}" for reason in found.reasons), table)


def _figures(result: RunResult, variant: Variant) -> dict[str, str]:
    answers = [one for one in result.answers if one.variant == variant.name]
    scores = [one for one in result.scores if one.variant == variant.name]
    figures: dict[str, str] = {}
    for metric in result.metrics:
        values = [one.value for one in scores if one.metric == metric.name and one.value is not None]
        if values:
            figures[metric.name] = f"{sum(values) / len(values):.4f} of {len(values)}"
        if metric.passes and result.trials > 1:
            figures |= {
                f"{metric.name} pass^{one.k}": _surely(one) for one in certainty(result, variant.name, metric)[1:]
            }
    shown = (name for name in result.aggregates.get(variant.name, {}) if name.count(".") == 1)
    figures |= {name: f"{result.aggregates[variant.name][name]:.4f}" for name in shown}
    for kind in ("model", "infrastructure"):
        count = sum(one.failure is not None and one.failure.kind.value == kind for one in answers)
        figures[f"failed: {kind}"] = str(count)
    judge = [one for one in scores if one.failure is not None and one.failure.kind.value == "judge"]
    figures["failed: judge"] = str(len(judge))
    seconds = sorted(one.seconds for one in answers if not one.cached)
    if seconds:
        figures["seconds p50"] = f"{seconds[len(seconds) // 2]:.3f}"
        figures["seconds p95"] = f"{seconds[min(len(seconds) - 1, int(len(seconds) * 0.95))]:.3f}"
    figures["dollars"] = f"{sum(one.cost for one in answers if not one.cached):.4f}"
    figures["taken over"] = str(sum(one.cached for one in answers))
    sources = sorted({one.source for one in answers if one.source})
    return figures | {f"answered by {source}": str(sum(one.source == source for one in answers)) for source in sources}


def _surely(one: Certainty) -> str:
    """Over what is known, with its interval; and the ends that unknown trials leave open, where there are any."""
    value = one.known
    said = "-" if value is None else f"{value.value:.4f} ({value.low:.4f} to {value.high:.4f}) of {one.cases}"
    return said if one.best - one.worst < _SAME else f"{said}, {one.worst:.4f} to {one.best:.4f} with unknown trials"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _table(*columns: str) -> Table:
    table = Table(header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold")
    return table
