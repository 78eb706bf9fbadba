"""Line models that agencies trained, in a folder for each agency: its models, and a page that names the one in use."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog

from integrations.local.text_model import TextModel
from kernel.errors import FieldError, Invalid

TASK = "line"
_ACTIVE = "active.json"
_log = structlog.get_logger("leadwright.integrations.agency_models")


class AgencyModels:
    """Reads and writes ``root/<agency id>/<version>/line.npz`` and ``.json``, and ``root/<agency id>/active.json``.

    The page is looked at before every answer and read again when it has changed, so a running worker follows a promotion
    without a restart. A model that is missing, damaged or made for another embedder is left aside with a line in the log, and
    the shipped model answers.
    """

    def __init__(self, root: Path, embedder: str) -> None:
        self._root = root
        self._embedder = embedder
        self._lock = threading.Lock()
        self._read: dict[UUID, tuple[int, TextModel | None]] = {}

    def folder(self, agency_id: UUID) -> Path:
        """Where this agency's models lie."""
        return self._root / str(agency_id)

    def active(self, agency_id: UUID) -> TextModel | None:
        """The model in use for this agency, or None where the shipped one is."""
        page = self.folder(agency_id) / _ACTIVE
        try:
            stamp = page.stat().st_mtime_ns
        except OSError:
            return None
        with self._lock:
            known = self._read.get(agency_id)
            if known is None or known[0] != stamp:
                known = (stamp, self._load(agency_id, page))
                self._read[agency_id] = known
        return known[1]

    def keep(self, agency_id: UUID, model: TextModel) -> Path:
        """Store ``model`` without using it; the folder it lies in."""
        folder = self.folder(agency_id) / model.card.version
        folder.mkdir(parents=True, exist_ok=True)
        model.save(folder)
        return folder

    def promote(self, agency_id: UUID, version: str, figures: Mapping[str, float], at: datetime) -> None:
        """Use the kept model ``version`` from now on; ``figures`` say why. Raises Invalid where it cannot be used."""
        model = self._kept(agency_id, version)
        if model.card.embedder != self._embedder:
            fault = FieldError(
                "version", "embedder", f"made for vectors of {model.card.embedder}, and {self._embedder} is in use",
                "train again", version[:80],
            )  # fmt: skip
            raise Invalid("the model cannot be used", fields=(fault,))
        page = self.folder(agency_id) / _ACTIVE
        part = page.with_name(f"{_ACTIVE}.{os.getpid()}.part")
        part.write_text(
            json.dumps({"version": version, "since": at.isoformat(), "figures": dict(figures)}, indent=1) + "\n",
            encoding="utf-8",
        )
        part.replace(page)

    def retire(self, agency_id: UUID) -> None:
        """Use the shipped model again; what is kept stays."""
        (self.folder(agency_id) / _ACTIVE).unlink(missing_ok=True)

    def versions(self, agency_id: UUID) -> list[str]:
        """The kept models by name."""
        folder = self.folder(agency_id)
        return sorted(path.parent.name for path in folder.glob(f"*/{TASK}.json")) if folder.is_dir() else []

    def _kept(self, agency_id: UUID, version: str) -> TextModel:
        if version not in self.versions(agency_id):
            kept = ", ".join(self.versions(agency_id)) or "none"
            fault = FieldError("version", "unknown", "no such model", f"kept are: {kept}", version[:80])
            raise Invalid("there is no such model", fields=(fault,))
        try:
            return TextModel.load(self.folder(agency_id) / version, TASK)
        except ValueError as problem:
            fault = FieldError("version", "damaged", str(problem), "train again", version[:80])
            raise Invalid("the model cannot be read", fields=(fault,)) from problem

    def _load(self, agency_id: UUID, page: Path) -> TextModel | None:
        try:
            version = str(json.loads(page.read_text(encoding="utf-8"))["version"])
            model = self._kept(agency_id, version)
        except (OSError, ValueError, KeyError, TypeError, Invalid) as problem:
            _log.warning("own model left aside", agency_id=str(agency_id), problem=type(problem).__name__)
            return None
        if model.card.embedder != self._embedder:
            _log.warning("own model left aside", agency_id=str(agency_id), problem="made for another embedder")
            return None
        return model
