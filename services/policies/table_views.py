"""What doors show of tables: types of policies, and legal rows with citations."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel


class TypeView(BaseModel):
    """A type of policy with everything a form needs."""

    key: str
    line: str
    months: list[int]
    objects: dict[str, dict[str, Any]]
    parties: dict[str, list[int | None]]
    coverages: dict[str, dict[str, Any]]


class TypeList(BaseModel):
    """Every type."""

    version: str
    items: list[TypeView]


class LegalRow(BaseModel):
    """A row of the legal tables."""

    table: str
    state: str
    line: str
    holds: str
    effective: date
    until: date | None
    source: str
    citation: str
    note: str


class LegalRows(BaseModel):
    """Every row with its citation; ``renewals_version`` is that of the windows for renewals."""

    version: str
    renewals_version: str
    items: list[LegalRow]
