"""``leadwright scorer train | evaluate | predict``: a scorer learnt from an agency's own table, whatever its columns."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.session import err, execute, out
from domain.actor import Actor, system_actor
from domain.leads.measures import Bin, Figures
from evals.files.scoring import drift_text, evaluate, figures_text, read_drift
from integrations.local.tabular.model_file import ModelFile
from integrations.local.tabular.scorer_model import Prediction
from integrations.local.tabular.table import DataTable, read_table
from kernel.errors import FieldError, Invalid
from kernel.ids import derived_id
from kernel.settings import Settings
from services.scoring.models import ScorerModels, TrainingResult

scorer = typer.Typer(no_args_is_help=True, help="Learn scores from an agency's own history, in any columns.")
_SHOWN, _SHOWN_POINTS, _SHOWN_FACTORS = 50, 4, 10

FileArgument = Annotated[
    Path, typer.Argument(help="A table with a header, any delimiter, plain or .gz.", exists=True, dir_okay=False)
]
Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
ModelPath = Annotated[Path | None, typer.Option("--model", help="A model file; else the agency's active one.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
Positive = Annotated[str | None, typer.Option(help="The value that means won; guessed where it is plain.")]


@scorer.command("train")
def train_command(
    file: FileArgument,
    *,
    target: Annotated[str, typer.Option(help="The column with the outcome; rows where it is blank are open.")],
    positive: Positive = None,
    exclude: Annotated[str, typer.Option(help="Columns to leave out: 'a,b'.")] = "",
    keep: Annotated[str, typer.Option(help="Columns to use though they look as if they knew the outcome: 'a,b'.")] = "",
    model_out: Annotated[Path | None, typer.Option(help="Write the model file here as well.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Make it active without comparing it.")] = False,
    agency: Agency = None,
    as_json: AsJson = False,
) -> None:
    """Learn from a table, report figures by five-fold cross-validation, and keep the model; it becomes active if better."""

    async def work(settings: Settings) -> None:
        slug = agency or settings.agency
        table = _read(file)
        result = ScorerModels(settings.home_path).train(
            _actor(slug), slug, table, target, positive=positive, exclude=_names(exclude, table, "--exclude"),
            keep=_names(keep, table, "--keep"), replace=replace, progress=lambda step: err.print(step, style="dim"),
        )  # fmt: skip
        if model_out is not None:
            _write_copy(result.page, model_out)
        if as_json:
            sys.stdout.write(json.dumps(_training_record(result), ensure_ascii=False) + "\n")
        else:
            out.print(training_text(result), markup=False, soft_wrap=True)

    execute(work)


@scorer.command("evaluate")
def evaluate_command(
    file: FileArgument,
    *,
    target: Annotated[str | None, typer.Option(help="The column with the outcome; else that of training.")] = None,
    positive: Positive = None,
    model: ModelPath = None,
    agency: Agency = None,
    as_json: AsJson = False,
) -> None:
    """Measure a model on a file it was not trained on, and how far the file has drifted from training."""

    async def work(settings: Settings) -> None:
        slug = agency or settings.agency
        models, table = ScorerModels(settings.home_path), _read(file)
        made = models.model(_actor(slug), slug, model)
        found = evaluate(made, table, target, positive)
        known = models.trained_on(_actor(slug), slug, made, table)
        if known:
            err.print(
                f"[yellow]{known} of {len(table.numbers)} rows were trained on: figures on them flatter the model[/]"
            )
        if as_json:
            record = {
                "model": made.version, **_figures_record(found.figures), "score_drift": round(found.score_drift, 4),
                "score_drift_reads": read_drift(found.score_drift), "trained_on_rows": known, "open_rows": found.open_rows,
                "column_drift": {name: round(value, 4) for name, value in found.column_drift.items()},
            }  # fmt: skip
            sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
        else:
            out.print(figures_text(found.figures, f"model {made.version} on {file.name}"), markup=False, soft_wrap=True)
            out.print(drift_text(found), markup=False, soft_wrap=True)

    execute(work)


@scorer.command("predict")
def predict_command(
    file: FileArgument, *, model: ModelPath = None, agency: Agency = None, as_json: AsJson = False
) -> None:
    """Score every row: probability with its interval, score, and the points that add up to it."""

    async def work(settings: Settings) -> None:
        slug = agency or settings.agency
        made = ScorerModels(settings.home_path).model(_actor(slug), slug, model)
        predictions = made.predict(_read(file))
        if as_json:
            for one in predictions:
                sys.stdout.write(json.dumps(prediction_record(one, made.version), ensure_ascii=False) + "\n")
            return
        out.print(_prediction_table(list(islice(predictions, _SHOWN))))
        rest = sum(1 for _ in predictions)
        if rest:
            out.print(f"... and {rest} more rows; --json prints all")

    execute(work)


def training_text(result: TrainingResult) -> str:
    """What a training found, for reading."""
    page = result.page
    figures = page.figures
    measured = {name: figures[name] for name in Figures.__dataclass_fields__ if name != "bins"}
    shown = Figures(**measured, bins=tuple(Bin(**one) for one in figures["bins"]))
    lines = [
        figures_text(shown, f"{figures['folds']}-fold cross-validation"),
        f"AUC by fold {', '.join(f'{one:.4f}' for one in figures['auc_by_fold'])}; calibration: {figures['calibration']}",
        f"{figures['rounds']} trees; {page.training.seconds:.1f} s ({page.training.cpu_seconds:.1f} s of one processor)",
    ]
    if figures["open_rows"]:
        lines.append(f"{figures['open_rows']} rows without an outcome were left out")
    if page.suspicions:
        lines.append("columns that may know the outcome:")
        lines += [
            f"  {'left out' if one.excluded else 'used    '}  {one.column}: {one.reason}"
            + ("" if one.auc is None else f" (AUC {one.auc:.3f})")
            for one in page.suspicions
        ]
    unused = [
        f"{one.name} ({one.kind})" for one in page.columns if not one.used and one.reason != "left out as suspicious"
    ]
    if unused:
        lines.append(f"not learnt from: {', '.join(unused)}")
    lines.append("what moves scores most, in mean points up or down:")
    lines += [f"  {points:6.2f}  {name}" for name, points in page.factors[:_SHOWN_FACTORS]]
    lines.append(f"model {page.version} kept as {result.path}")
    lines.append(f"{'active now' if result.promoted else 'not active'}: {result.reason}")
    return "\n".join(lines)


def prediction_record(one: Prediction, version: str) -> dict[str, Any]:
    """A prediction as a JSON object."""
    return {
        "row": one.row, "probability": one.probability, "score": one.score, "low": one.low, "high": one.high,
        "contributions": [{"factor": name, "points": points} for name, points in one.points], "model": version,
    }  # fmt: skip


def _training_record(result: TrainingResult) -> dict[str, Any]:
    page = result.page
    return {
        "model": page.version, "path": str(result.path), "promoted": result.promoted, "reason": result.reason,
        "comparison": None if result.comparison is None else asdict(result.comparison), **_rounded(page.figures),
        "seconds": page.training.seconds, "cpu_seconds": page.training.cpu_seconds,
        "suspicious": [one.model_dump() for one in page.suspicions],
        "columns": [one.model_dump(exclude={"whole"}) for one in page.columns],
        "factors": [{"factor": name, "points": points} for name, points in page.factors],
    }  # fmt: skip


def _figures_record(figures: Figures) -> dict[str, Any]:
    rounded: dict[str, Any] = _rounded(asdict(figures))
    return rounded


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return round(value, 6) if isinstance(value, float) else value


def _prediction_table(predictions: list[Prediction]) -> Table:
    table = Table(header_style="bold")
    for name in ("row", "score", "probability", "95 %", "points"):
        table.add_column(name)
    for one in predictions:
        points = ", ".join(f"{name} {value:+d}" for name, value in one.points[: _SHOWN_POINTS + 1])
        table.add_row(str(one.row), str(one.score), f"{one.probability:.4f}", f"{one.low:.3f}-{one.high:.3f}", points)
    return table


def _names(text: str, table: DataTable, option: str) -> list[str]:
    """Column names out of 'a,b'; a name that holds commas itself is found as a whole."""
    names: list[str] = []
    parts = [part.strip() for part in text.split(",")]
    while parts:
        for length in range(len(parts), 0, -1):
            name = ",".join(parts[:length])
            if length == 1 or any(
                " ".join(one.split()).casefold().replace(", ", ",") == name.casefold() for one in table.cells
            ):
                break
        if name:
            header = next((one for one in table.cells if one.casefold().replace(", ", ",") == name.casefold()), name)
            table.column(header, option)
            names.append(header)
        parts = parts[length:]
    return names


def _write_copy(page: ModelFile, path: Path) -> None:
    try:
        path.write_text(page.text(), encoding="utf-8")
    except OSError as problem:
        fault = FieldError(
            "--model-out", "not_written", problem.strerror or "not written", "choose another path", str(path)[:80]
        )
        raise Invalid("the model could not be written there", fields=(fault,)) from None


def _read(file: Path) -> DataTable:
    table = read_table(file.read_bytes())
    for problem in table.problems:
        err.print(f"{problem.field}: {problem.message}", style="yellow", markup=False, soft_wrap=True)
    return table


def _actor(slug: str) -> Actor:
    # Model files need no store, so neither does this: whoever reads the home folder acts for its agencies.
    return system_actor(derived_id("agency", slug), "cli")
