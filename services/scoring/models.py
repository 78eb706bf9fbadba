"""An agency's trained scorers: kept as files, and one of them active."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np

from domain.actor import Actor, Scope
from domain.leads.measures import Comparison, compare, one_sided
from integrations.local.tabular.model_file import ModelFile
from integrations.local.tabular.scorer_model import ScorerModel
from integrations.local.tabular.table import DataTable
from kernel.clock import now
from kernel.errors import FieldError, Invalid, NotFound

if TYPE_CHECKING:
    from integrations.local.tabular.training import Trained

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
_VERSION = re.compile(r"[0-9a-z][0-9a-z-]{2,80}")
_LEAST_COMMON = 200


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """A trained model, where it is kept, and whether it is now the active one. ``comparison`` is with the one that was active."""

    page: ModelFile
    path: Path
    promoted: bool
    reason: str
    comparison: Comparison | None = None


class ScorerModels:
    """Models under ``<home>/models/<agency>/scorer``. ``agency`` is the slug of the actor's agency: whoever builds the actor
    knows both.
    """

    def __init__(self, home: Path) -> None:
        self._root = home / "models"

    def train(
        self, actor: Actor, agency: str, table: DataTable, target: str, *, positive: str | None = None,
        exclude: Collection[str] = (), keep: Collection[str] = (), replace: bool = False,
        progress: Callable[[str], None] = lambda _: None,
    ) -> TrainingResult:  # fmt: skip
        """Train, keep, and promote if better.

        The first model becomes active. A later one does only if it beats the present one on the same rows, each model
        answering for rows it was not trained on (:attr:`domain.leads.measures.Comparison.better`), or with ``replace``.
        """
        # Training alone needs LightGBM and scikit-learn, whose import takes a second that scoring should not pay.
        from integrations.local.tabular.training import train  # noqa: PLC0415

        actor.require(Scope.AGENCY_ADMIN)
        folder = self._folder(agency)
        present = self._active(folder)
        trained = train(table, target, positive=positive, exclude=exclude, keep=keep, progress=progress)
        page = trained.model.page
        path = folder / f"{page.version}.json"
        folder.mkdir(parents=True, exist_ok=True)
        _write(path, page.text())
        _write(_folds_path(path), json.dumps(_folds_of(trained)))
        promoted, reason, comparison = self._verdict(folder, present, trained, table, replace=replace)
        if promoted:
            pointer = {"version": page.version, "promoted_at": now().isoformat(timespec="seconds"), "reason": reason}
            _write(folder / "active.json", json.dumps(pointer, indent=1) + "\n")
        return TrainingResult(page, path, promoted, reason, comparison)

    def model(self, actor: Actor, agency: str, path: Path | None = None) -> ScorerModel:
        """The model in this file, else the agency's active one; NotFound where there is none, Invalid where it is not usable."""
        actor.require(Scope.LEADS_READ)
        if path is not None:
            return ScorerModel.load(path)
        model = self._active(self._folder(agency))
        if model is None:
            raise NotFound(
                "this agency has no trained scorer; make one with `leadwright scorer train FILE --target COLUMN`"
            )
        return model

    def trained_on(self, actor: Actor, agency: str, model: ScorerModel, table: DataTable) -> int:
        """How many rows of the table the model was trained on, as far as it is one of the agency's own."""
        actor.require(Scope.LEADS_READ)
        folds = _read_folds(_folds_path(self._folder(agency) / f"{model.version}.json"))
        return sum(key in folds for key in table.row_keys()) if folds else 0

    def _verdict(
        self, folder: Path, present: ScorerModel | None, trained: Trained, table: DataTable, *, replace: bool
    ) -> tuple[bool, str, Comparison | None]:
        new, old = trained.model.page, present.page if present else None
        if old is None:
            return True, "the first model of this agency", None
        if old.version == new.version:
            return False, "it is the active model already", None
        if replace:
            return True, f"made active in place of {old.version} as asked, without comparison", None
        if (old.training.target, old.training.positive) != (new.training.target, new.training.positive):
            said = f"{old.training.target!r} = {old.training.positive!r}"
            return False, f"the active model {old.version} predicts {said}; --replace makes this one active", None
        assert present is not None
        comparison = self._compared(folder, present, trained, table)
        if isinstance(comparison, str):
            return False, f"{comparison}; --replace makes this one active", None
        said = (
            f"against {old.version} on {comparison.n} rows neither was trained on: AUC {comparison.auc_gain:+.4f}"
            f" (p {one_sided(comparison.auc_z):.3f}), Brier better by {comparison.brier_gain:+.5f}"
            f" (p {one_sided(comparison.brier_z):.3f})"
        )
        return comparison.better, f"{'better' if comparison.better else 'not better beyond chance'} {said}", comparison

    def _compared(self, folder: Path, present: ScorerModel, trained: Trained, table: DataTable) -> Comparison | str:
        """Both models on the new model's rows: out of fold where they were trained on a row, else as they stand."""
        missing = [one.name for one in present.types if one.name not in table.cells]
        if missing:
            return f"the active model {present.version} reads columns that this file lacks: {', '.join(missing[:5])}"
        folds = _read_folds(_folds_path(folder / f"{present.version}.json"))
        if folds is None:
            return f"what the active model {present.version} was trained on is not known any more"
        by_key = dict(zip(table.row_keys(), present.probabilities(present.sheet(table)).tolist(), strict=True))
        old = np.array([folds.get(key, by_key[key]) for key in trained.keys])
        if len(old) < _LEAST_COMMON or trained.won.all() or not trained.won.any():
            return "there are too few rows to compare on"
        return compare(trained.won, trained.chance, old)

    def _active(self, folder: Path) -> ScorerModel | None:
        pointer = folder / "active.json"
        if not pointer.exists():
            return None
        try:
            version = json.loads(pointer.read_text(encoding="utf-8"))["version"]
            usable = isinstance(version, str) and _VERSION.fullmatch(version)
        except (ValueError, KeyError, TypeError):
            usable = None
        if not usable:
            remedy = "delete it, and train again"
            raise Invalid(
                "the note of the active model is damaged",
                fields=(FieldError(str(pointer), "damaged", "no version", remedy),),
            )
        return ScorerModel.load(folder / f"{version}.json")

    def _folder(self, agency: str) -> Path:
        if not _SLUG.fullmatch(agency):
            fault = FieldError(
                "agency", "not_a_slug", "small letters, digits and hyphens only", "use the slug", agency[:80]
            )
            raise Invalid("this is no slug of an agency", fields=(fault,))
        return self._root / agency / "scorer"


def _folds_of(trained: Trained) -> dict[str, Any]:
    # Hashes of rows and probabilities: enough to compare models later, nothing of what stood in the rows.
    return {"keys": list(trained.keys), "chance": [round(chance, 8) for chance in trained.chance.tolist()]}


def _read_folds(path: Path) -> dict[str, float] | None:
    try:
        page = json.loads(path.read_text(encoding="utf-8"))
        pairs = {str(key): float(chance) for key, chance in zip(page["keys"], page["chance"], strict=True)}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pairs if all(0 <= chance <= 1 for chance in pairs.values()) else None


def _folds_path(path: Path) -> Path:
    return path.with_suffix(".folds.json")


def _write(path: Path, text: str) -> None:
    # Whole or not at all, whoever reads meanwhile.
    with NamedTemporaryFile("w", dir=path.parent, prefix=".", suffix=".part", delete=False, encoding="utf-8") as part:
        part.write(text)
        part.flush()
        os.fsync(part.fileno())
    Path(part.name).replace(path)
