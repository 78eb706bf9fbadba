"""From a table with outcomes to a model with honest figures: five folds outside, everything learnt inside each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from time import perf_counter, process_time

import numpy as np
from numpy.typing import NDArray

from domain.leads.measures import Figures, auc, measure
from integrations.local.tabular.calibration import Calibrated, calibrated
from integrations.local.tabular.columns import LEARNT, ColumnType, type_of
from integrations.local.tabular.fitting import SEED, Fit, Material, fit, folds
from integrations.local.tabular.leaks import Suspicion, suspicions
from integrations.local.tabular.model_file import (
    AxisEntry,
    Band,
    CalibratorEntry,
    ColumnEntry,
    LinearEntry,
    ModelFile,
    PairEntry,
    SuspicionEntry,
    Training,
    TreesEntry,
)
from integrations.local.tabular.scorer_model import BASE, ScorerModel
from integrations.local.tabular.sheet import Floats, sheet_of, sources_of
from integrations.local.tabular.table import DataTable, Outcome, read_outcome
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.ids import digest

FOLDS = 5
LEAST_ROWS, LEAST_OF_EACH = 200, 30
"""Rows with an outcome, and of each outcome, below which five folds say nothing."""
_BANDS = 20
_FACTOR_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and for every row it was trained on (by :meth:`DataTable.row_keys`) the probability that a model without that
    row's fold gave it; ``won`` beside it.
    """

    model: ScorerModel
    keys: Sequence[str]
    chance: Floats
    won: NDArray[np.bool_]
    figures: Figures


def train(
    table: DataTable, target: str, *, positive: str | None = None, exclude: Collection[str] = (),
    keep: Collection[str] = (), progress: Callable[[str], None] = lambda _: None,
) -> Trained:  # fmt: skip
    """Learn ``target`` from every other column that can be known when a lead comes in.

    ``exclude`` leaves columns out; ``keep`` uses columns that would be left out as suspicious. Raises Invalid for unknown
    columns, an unclear outcome, or too few rows.
    """
    started = perf_counter(), process_time()
    outcome = read_outcome(table, target, positive)
    _require_enough(outcome, target)
    labelled = table.take(outcome.rows) if outcome.open_rows else table
    held = next(name for name in table.cells if table.cells[name] is table.column(target, "--target"))
    types, found = _columns(labelled, outcome, held, exclude, keep)
    used = tuple(one for one in types if one.kind in LEARNT and _left_in(one.name, found, exclude))
    if not used:
        fault = FieldError("file", "nothing_to_learn_from", "no column is left to learn from", "keep some with --keep")
        raise Invalid("no column is left to learn from", fields=(fault,))
    sheet = sheet_of(used, labelled)
    material = Material.of(sheet)
    groups, won = sheet.groups(), outcome.won
    fold = folds(groups, won, FOLDS, SEED)
    scores, fits = np.zeros((len(won), 2)), []
    for number in range(FOLDS):
        progress(f"fold {number + 1} of {FOLDS}")
        inside = np.flatnonzero(fold == number)
        made = fit(material, np.flatnonzero(fold != number), won, groups)
        _, coded, counts = material.plan([(pair.first, pair.second) for pair in made.plan.pairs])
        scores[inside] = made.scores(coded.take(inside), counts)
        fits.append(made)
    probabilities = calibrated(scores, won, fold)
    progress("all rows")
    settled = round(float(np.mean([one.rounds for one in fits]))), float(np.median([one.strength for one in fits]))
    final = fit(material, np.arange(len(won)), won, groups, settled)
    figures = measure(won, probabilities.chance)
    page = _page(final, probabilities, figures, won, fold, types, used, found, labelled, outcome, held)
    model = ScorerModel.of(page)
    page = _finished(page, _factors(model, labelled), started)
    return Trained(replace(model, page=page), labelled.row_keys(), probabilities.chance, won, figures)


def _require_enough(outcome: Outcome, target: str) -> None:
    wins, losses = int(outcome.won.sum()), int((~outcome.won).sum())
    if wins + losses < LEAST_ROWS or min(wins, losses) < LEAST_OF_EACH:
        message = (
            f"{wins} won and {losses} lost rows; at least {LEAST_ROWS} rows and {LEAST_OF_EACH} of each are needed"
        )
        raise Invalid(
            f"not enough data: {message}", fields=(FieldError(target, "not_enough_data", message, "add closed leads"),)
        )


def _columns(
    table: DataTable, outcome: Outcome, target: str, exclude: Collection[str], keep: Collection[str]
) -> tuple[list[ColumnType], list[Suspicion]]:
    for option, names in (("--exclude", exclude), ("--keep", keep)):
        for name in names:
            table.column(name, option)
    kept = {_plain(name) for name in keep}
    header = [name for name in table.header if name != target]
    types = [type_of(name, table.cells[name]) for name in header]
    looked = tuple(one for one in types if one.kind in LEARNT)
    found = suspicions(sheet_of(looked, table), outcome.won, sources_of(looked), header)
    return types, [replace(one, excluded=False) if _plain(one.column) in kept else one for one in found]


def _left_in(name: str, found: Sequence[Suspicion], exclude: Collection[str]) -> bool:
    return _plain(name) not in {_plain(one) for one in exclude} and not any(
        one.excluded and one.column == name for one in found
    )


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _page(
    final: Fit, made: Calibrated, figures: Figures, won: NDArray[np.bool_], fold: NDArray[np.int64],
    types: Sequence[ColumnType], used: Sequence[ColumnType], found: Sequence[Suspicion], table: DataTable,
    outcome: Outcome, target: str,
) -> ModelFile:  # fmt: skip
    plan, known = final.plan, final.known
    by_fold = [auc(won[fold == number], made.chance[fold == number]) for number in range(FOLDS)]
    excluded = {one.column for one in found if one.excluded}
    names = {one.name for one in used}
    return ModelFile(
        format="leadwright-scorer/1", version="unversioned", made_at=now().isoformat(timespec="seconds"),
        columns=[
            ColumnEntry(
                name=one.name, whole=one.whole, used=one.name in names, reason=_reason(one, names, excluded),
                kind=one.kind.value,
            )
            for one in types
        ],
        suspicions=[SuspicionEntry(**asdict(one)) for one in found],
        training=Training(
            digest=table.digest, rows=len(won), won=int(won.sum()), target=target, positive=outcome.positive, seconds=0.0,
            cpu_seconds=0.0,
        ),
        figures={
            **asdict(figures), "bins": [asdict(one) for one in figures.bins], "folds": FOLDS,
            "auc_by_fold": [round(one, 4) for one in by_fold], "calibration": made.method,
            "log_loss_by_calibration": {method: round(loss, 6) for method, loss in made.losses.items()},
            "rounds": final.rounds, "open_rows": outcome.open_rows,
        },
        factors=[], base=known.base, numbers=list(plan.numbers),
        axes=[
            AxisEntry(
                name=axis.name, keys=None if axis.keys is None else axis.keys.tolist(),
                edges=None if axis.edges is None else axis.edges.tolist(), rows=rows.tolist(), won=wins.tolist(),
            )
            for axis, rows, wins in zip(plan.axes, known.axis_rows, known.axis_won, strict=True)
        ],
        categories=list(plan.categories), linear_axes=list(plan.linear),
        pairs=[
            PairEntry(
                first=pair.first, second=pair.second, cells=pair.cells.tolist(), rows=rows.tolist(), won=wins.tolist()
            )
            for pair, rows, wins in zip(plan.pairs, known.pair_rows, known.pair_won, strict=True)
        ],
        trees=TreesEntry(**final.trees.as_lists()),
        linear=LinearEntry(
            mean=final.linear.mean.tolist(), weights=final.linear.weights.tolist(), constant=final.linear.constant
        ),
        blend=made.blend,
        calibrator=CalibratorEntry(
            method=made.method, weights=list(made.calibrator.weights), x=list(made.calibrator.x), y=list(made.calibrator.y)
        ),
        bands=_bands(made.chance, won), digest="0" * 64,
    )  # fmt: skip


def _reason(one: ColumnType, used: Collection[str], excluded: Collection[str]) -> str:
    if one.name in used or one.kind not in LEARNT:
        return one.reason
    return "left out as suspicious" if one.name in excluded else "left out as asked"


def _bands(chance: Floats, won: NDArray[np.bool_]) -> list[Band]:
    edges = np.unique(np.quantile(chance, np.linspace(0, 1, _BANDS + 1)[1:], method="higher"))
    places = np.searchsorted(edges, chance, side="left")
    rows, wins = np.bincount(places, minlength=len(edges)), np.bincount(places, won, minlength=len(edges))
    return [
        Band(to=float(edge), rows=int(count), won=int(win))
        for edge, count, win in zip(edges, rows, wins, strict=True)
        if count
    ]


def _factors(model: ScorerModel, table: DataTable) -> list[tuple[str, float]]:
    """What moves scores most: mean points, up or down, over a sample of rows."""
    step = max(1, len(table.numbers) // _FACTOR_ROWS)
    sheet = model.sheet(table.take(range(0, len(table.numbers), step)))
    _, names, points = model.explained(sheet)
    means = np.abs(points).mean(axis=0)
    ranked = sorted(zip(names, means.tolist(), strict=True), key=lambda one: -one[1])
    return [(name, round(mean, 3)) for name, mean in ranked if name != BASE]


def _finished(page: ModelFile, factors: list[tuple[str, float]], started: tuple[float, float]) -> ModelFile:
    wall, own = perf_counter() - started[0], process_time() - started[1]
    training = page.training.model_copy(update={"seconds": round(wall, 1), "cpu_seconds": round(own, 1)})
    content = page.model_copy(update={"factors": factors, "training": training})
    stamp = digest(content.model_dump(mode="json", exclude={"digest", "version", "made_at", "training"}))[:10]
    day = content.made_at[:10].replace("-", "")
    return content.model_copy(update={"version": f"{day}-{stamp}"}).sealed()
