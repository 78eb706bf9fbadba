"""The file of a trained scorer: JSON, no code. It is checked whole before anything in it is used."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from integrations.local.tabular.columns import Kind
from kernel.errors import FieldError, Invalid
from kernel.ids import digest

SIZE_LIMIT = 300_000_000
"""Bytes; a larger file is not opened."""

Finite = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Place = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ColumnEntry(_Part):
    """A column of the training file; ``used`` says whether the model reads it."""

    name: str = Field(max_length=1000)
    kind: str = Field(pattern="^(?:" + "|".join(Kind) + "|excluded)$")
    whole: bool
    used: bool
    reason: str = Field(max_length=1000)


class SuspicionEntry(_Part):
    """A column that seemed to know the outcome, and whether it was left out for it."""

    column: str
    reason: str
    excluded: bool
    auc: float | None


class Training(_Part):
    """What was trained on: SHA-256 of the file, rows with an outcome and won ones, the outcome column; and how long it took."""

    digest: str = Field(pattern="^[0-9a-f]{64}$")
    rows: int = Field(ge=1)
    won: int = Field(ge=1)
    target: str
    positive: str
    seconds: Finite
    cpu_seconds: Finite


class AxisEntry(_Part):
    """Cells of a column: sorted ``keys``, or ``edges`` between bins; with rows and won rows of each, one more for others."""

    name: str
    keys: list[int] | None
    edges: list[Finite] | None
    rows: list[Count]
    won: list[Count]


class PairEntry(_Part):
    """Cells of two axes."""

    first: Place
    second: Place
    cells: list[Place]
    rows: list[Count]
    won: list[Count]


class TreesEntry(_Part):
    """See :class:`integrations.local.tabular.trees.Trees`."""

    roots: list[Place]
    feature: list[int]
    threshold: list[Finite]
    left: list[Place]
    right: list[Place]
    missing_left: list[bool]
    value: list[Finite]


class LinearEntry(_Part):
    """See :class:`integrations.local.tabular.scorer_model.Linear`."""

    mean: list[Finite]
    weights: list[Finite]
    constant: Finite


class CalibratorEntry(_Part):
    """See :class:`integrations.local.tabular.calibrator.Calibrator`."""

    method: Literal["platt", "beta", "isotonic"]
    weights: list[Finite]
    x: list[Finite]
    y: list[Finite]


class Band(_Part):
    """Rows outside the training folds whose probability was at most ``to`` (and above the band before)."""

    to: Finite
    rows: int = Field(ge=1)
    won: int = Field(ge=0)


class ModelFile(_Part):
    """Everything a scorer is. ``figures`` are by cross-validation; ``digest`` is over all the rest."""

    format: Literal["leadwright-scorer/1"]
    version: str = Field(pattern=r"^[0-9a-z][0-9a-z-]{2,80}$")
    made_at: str
    columns: list[ColumnEntry]
    suspicions: list[SuspicionEntry]
    training: Training
    figures: dict[str, Any]
    factors: list[tuple[str, Finite]]
    base: Annotated[float, Field(gt=0, lt=1)]
    numbers: list[str]
    axes: list[AxisEntry]
    categories: list[Place]
    linear_axes: list[Place]
    pairs: list[PairEntry]
    trees: TreesEntry
    linear: LinearEntry
    blend: tuple[Finite, Finite, Finite]
    calibrator: CalibratorEntry
    bands: list[Band] = Field(min_length=1)
    digest: str = Field(pattern="^[0-9a-f]{64}$")

    def sealed(self) -> ModelFile:
        """The same with the digest of its content."""
        return self.model_copy(update={"digest": self.content_digest()})

    def content_digest(self) -> str:
        """SHA-256 over everything but the digest."""
        return digest(self.model_dump(mode="json", exclude={"digest"}))

    def text(self) -> str:
        """As it is written."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, allow_nan=False) + "\n"


def read_model_file(path: Path) -> ModelFile:
    """Read and check a file; raises Invalid that says what is wrong with it. What the parts mean together is checked later,
    by :meth:`integrations.local.tabular.scorer_model.ScorerModel.of`.
    """
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise refused(path, f"it is larger than {SIZE_LIMIT:,} bytes")
        page = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise refused(path, "there is no such file") from None
    except (OSError, UnicodeDecodeError):
        raise refused(path, "it cannot be read as text") from None
    try:
        json.loads(page, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise refused(path, "it is not whole JSON; was it cut off?") from None
    try:
        # Tuples come as JSON lists, which only the JSON mode of a strict model takes.
        model = ModelFile.model_validate_json(page)
        datetime.fromisoformat(model.made_at)
    except ValidationError as problem:
        first = problem.errors()[0]
        raise refused(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except ValueError:
        raise refused(path, "made_at is no time") from None
    if model.content_digest() != model.digest:
        raise refused(path, "its content was changed after training")
    return model


def refused(path: Path, what: str) -> Invalid:
    """The error for a model file that is not used."""
    fault = FieldError("model", "not_usable", what, "train it again with `leadwright scorer train`", path.name[:80])
    return Invalid(f"the model file cannot be used: {what}", fields=(fault,))


def _no_constant(name: str) -> float:
    raise ValueError(name)
