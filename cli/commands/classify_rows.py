"""``leadwright classify FILE --column C``: line, intent and urgency for each row of a table, measured where it has labels."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from agents.classifier import Classifier
from cli.session import err, execute, out
from domain.decision import Decision
from evals.files.classification import Answer, Figures, measure
from integrations.local.embedder import Embedder, shared_embedder
from integrations.local.hints import line_strengths
from integrations.local.shipped import MODEL_CHARS, embedded_part
from integrations.local.text_model import LABEL_TASK, LINE_TASK, TextModel
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.settings import Settings

_BATCH = 256
_SHOWN = 50
_CONFUSED = 8
_LABELS = 20


@dataclass(frozen=True, slots=True)
class LabelAnswer:
    """What a model of any labels says of a text. ``label`` is its best one in scope, ``inside`` the degree of belonging."""

    label: str
    confidence: float
    sure: bool
    inside: float
    out_of_scope: bool


def classify_rows(
    file: Annotated[Path, typer.Argument(help="A CSV file with a header, plain or .gz.", exists=True, dir_okay=False)],
    *,
    column: Annotated[str, typer.Option(help="The column that holds the text.")],
    label: Annotated[str | None, typer.Option(help="A column with the right line; figures then go to stderr.")] = None,
    labels_map: Annotated[str, typer.Option(help="Labels as our lines: 'auto-insurance=auto,pension=other'.")] = "",
    limit: Annotated[int | None, typer.Option(help="Only the first rows.", min=1)] = None,
    model: Annotated[
        Path | None, typer.Option(help="A folder that `classify train --out` wrote.", file_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")] = False,
) -> None:
    """Line, intent and urgency of each row's text with the local models; needs no store and no key."""

    async def work(_settings: Settings) -> None:
        own = None if model is None else load_model(model)
        names = read_labels(labels_map)
        if own is not None and own.card.task == LABEL_TASK:
            _label(own, file, column, label, names, limit, as_json=as_json)
        else:
            _classify(Classifier(line_model=own), file, column, label, names, limit, as_json=as_json)

    execute(work)


def load_model(folder: Path) -> TextModel:
    """The model in ``folder``, of lines or of any labels; raises Invalid where there is none or it cannot be read."""
    task = LABEL_TASK if (folder / f"{LABEL_TASK}.json").is_file() else LINE_TASK
    try:
        model = TextModel.load(folder, task)
    except ValueError as problem:
        fault = FieldError(
            "--model", "unreadable", str(problem)[:300], "name what classify train wrote", str(folder)[:80]
        )
        raise Invalid("the model cannot be used", fields=(fault,)) from problem
    if model.card.embedder != shared_embedder().name:
        fault = FieldError("--model", "embedder", f"made for vectors of {model.card.embedder[:60]}", "train it again")
        raise Invalid("the model cannot be used", fields=(fault,))
    return model


def answered_by(model: TextModel, texts: Sequence[str], embedder: Embedder) -> list[LabelAnswer]:
    """What ``model``, of any labels, says of ``texts``."""
    card = model.card
    of_lines = card.task == LINE_TASK
    read = [text[:MODEL_CHARS] for text in texts]
    vectors = embedder.embed([embedded_part(text) for text in read] if of_lines else read, kind="query")
    hints = [line_strengths(text, now().date()) if card.reads_hints else {} for text in texts]
    rows = model.probabilities(read, vectors, hints)
    known = [place for place, label in enumerate(card.labels) if label != card.scope_label]
    answers = []
    for row in rows:
        best = max(known, key=lambda place: row[place])
        label, chance, inside = card.labels[best], float(row[best]), model.inside(row)
        outside = card.scope_threshold is not None and inside < card.scope_threshold
        answers.append(
            LabelAnswer(label, min(1.0, chance), model.is_sure(label, chance) and not outside, inside, outside)
        )
    return answers


def _label(
    model: TextModel,
    file: Path,
    column: str,
    label: str | None,
    names: dict[str, str],
    limit: int | None,
    *,
    as_json: bool,
) -> None:
    rows = islice(_rows(file, [column, *([label] if label else [])]), limit)
    answers: list[Answer] = []
    table = Table("row", "label", "confidence", "sure", "out of scope", header_style="bold")
    number = 0
    while part := list(islice(rows, _BATCH)):
        for row, one in zip(part, answered_by(model, [row[column] for row in part], shared_embedder()), strict=True):
            number += 1
            if as_json:
                record = {"row": number, "label": one.label, "confidence": round(one.confidence, 4), "sure": one.sure,
                          "out_of_scope": one.out_of_scope, "inside": round(one.inside, 4)}  # fmt: skip
                sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
            elif number <= _SHOWN:
                table.add_row(str(number), one.label, f"{one.confidence:.4f}", str(one.sure), str(one.out_of_scope))
            if label is not None:
                given = model.card.scope_label if one.out_of_scope and model.card.scope_label else one.label
                answers.append(Answer(given, names.get(row[label], row[label]), one.confidence, one.sure))
    if not as_json:
        out.print(table)
        if number > _SHOWN:
            out.print(f"... and {number - _SHOWN} more rows; --json prints all")
    if answers:
        err.print(report(measure(answers)), markup=False, soft_wrap=True)


def _classify(
    classifier: Classifier, file: Path, column: str, label: str | None, names: dict[str, str], limit: int | None, *,
    as_json: bool,
) -> None:  # fmt: skip
    answers: list[Answer] = []
    shown: list[dict[str, Any]] = []
    rows = islice(_rows(file, [column, *([label] if label else [])]), limit)
    number = 0
    while part := list(islice(rows, _BATCH)):
        decisions = classifier.classify_texts([row[column] for row in part], now().date())
        for row, decision in zip(part, decisions, strict=True):
            number += 1
            record = _record(number, decision)
            if as_json:
                sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
            elif len(shown) < _SHOWN:
                shown.append(record)
            if label is not None:
                wanted = names.get(row[label], row[label])
                answers.append(Answer(decision.value["line"], wanted, decision.confidence, not decision.needs_review))
    if not as_json:
        out.print(_table(shown))
        if number > len(shown):
            out.print(f"... and {number - len(shown)} more rows; --json prints all")
    if answers:
        err.print(report(measure(answers)), markup=False, soft_wrap=True)


def read_labels(text: str) -> dict[str, str]:
    """``a=b,c=d`` as a mapping; raises Invalid for a part without an equals sign."""
    names = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        theirs, mark, ours = part.partition("=")
        if not mark:
            fault = FieldError("--labels-map", "form", "no equals sign", "write 'theirs=ours,...'", part[:80])
            raise Invalid("the labels cannot be read", fields=(fault,))
        names[theirs.strip()] = ours.strip()
    return names


def report(figures: Figures) -> str:
    """The figures for reading."""
    sure = "-" if figures.sure_accuracy is None else f"{figures.sure_accuracy:.4f}"
    by_label = list(figures.f1_by_label.items())
    if len(by_label) > _LABELS:
        by_label.sort(key=lambda pair: pair[1])
    lines = [
        f"{figures.n} labelled rows: accuracy {figures.accuracy:.4f}, macro-F1 {figures.macro_f1:.4f}"
        f" (without other {figures.macro_f1_without_other:.4f})",
        f"answered surely: {figures.sure_share:.4f} of rows, accuracy there {sure};"
        f" calibration error {figures.calibration_error:.4f}",
        f"F1 by label (rows){'' if len(by_label) <= _LABELS else f', the {_LABELS} lowest'}: "
        + ", ".join(f"{label} {f1:.3f} ({figures.count_by_label[label]})" for label, f1 in by_label[:_LABELS]),
    ]
    if figures.confusions:
        wrong = (f"{wanted} taken for {given} {count}" for wanted, given, count in figures.confusions[:_CONFUSED])
        lines.append("most confused: " + ", ".join(wrong))
    return "\n".join(lines)


def labelled_rows(file: Path, columns: Sequence[str], names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The named columns of each row that has a text (the first) and a label (the second, in our words)."""
    found = []
    for row in _rows(file, list(columns)):
        text, label, *others = (row[column].strip() for column in columns)
        if text and label:
            found.append((text, names.get(label, label), *others))
    return found


def _rows(file: Path, wanted: list[str]) -> Iterator[dict[str, str]]:
    with (
        gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as source,
        io.TextIOWrapper(source, encoding="utf-8-sig", errors="replace", newline="") as text,
    ):
        reader = csv.DictReader(text)
        header = list(reader.fieldnames or [])
        for name in wanted:
            if name not in header:
                fault = FieldError(name, "unknown", "no such column", f"use one of {', '.join(header)}", name)
                raise Invalid("the file lacks a column", fields=(fault,))
        for row in reader:
            yield {name: row[name] or "" for name in wanted}


def _record(number: int, decision: Decision) -> dict[str, Any]:
    value = decision.value
    return {
        "row": number, "line": value["line"], "lines": value["lines"], "intent": value["intent"],
        "urgency": value["urgency"], "confidence": round(decision.confidence, 4), "source": decision.source.value,
        "needs_review": decision.needs_review, "language": value["language"], "out_of_scope": value["out_of_scope"],
    }  # fmt: skip


def _table(records: list[dict[str, Any]]) -> Table:
    table = Table(header_style="bold")
    for name in ("row", "line", "lines", "intent", "urgency", "confidence", "source"):
        table.add_column(name)
    for record in records:
        table.add_row(*(", ".join(value) if isinstance(value := record[name], list) else str(value) for name in (
            "row", "line", "lines", "intent", "urgency", "confidence", "source")))  # fmt: skip
    return table
