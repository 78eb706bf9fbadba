"""What is looked for in documents, from the tables in ``data``: fields with their labels, coverages, words of kinds."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_BRACKETED = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_PUNCTUATION = re.compile(r"[^\w%#]+|_")
_TAG = re.compile(r"</?[a-z]{1,6}>")
_POSSESSIVE = re.compile(r"['\u2019\u02bc]s?\b")


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field. ``name`` is dotted below its ``group`` (``vehicle.vin``); fields without a group are of the whole document.

    ``kind`` names the reader in :mod:`domain.documents.values`, ``meaning`` says in a line what the field is. ``labels``
    stand beside the value anywhere, ``inside`` only in a section of the group, ``columns`` head a column of a table of the
    group; all folded.
    """

    name: str
    kind: str
    group: str | None
    labels: tuple[str, ...]
    inside: tuple[str, ...]
    columns: tuple[str, ...]
    meaning: str

    @property
    def attribute(self) -> str:
        """The name without its group."""
        return self.name.rpartition(".")[2]


KEYS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "location": (frozenset({"name", "address", "number"}), frozenset()),
    "sum_insured": (frozenset({"category"}), frozenset({"amount"})),
    "vehicle": (frozenset({"vin", "make", "description"}), frozenset()),
    "driver": (frozenset({"name"}), frozenset()),
    "coverage": (frozenset({"name"}), frozenset({"limit", "deductible", "premium"})),
    "loss": (frozenset({"date"}), frozenset({"amount", "type", "description"})),
    "prior_policy": (frozenset({"carrier"}), frozenset({"year"})),
    "contact": (frozenset({"name"}), frozenset({"phone", "email", "role"})),
    "exposure": (frozenset({"class"}), frozenset({"headcount", "payroll", "turnover"})),
}
"""Groups that tables may list: a table of the group has a column of the first set, and one of the second unless empty."""


@cache
def field_specs() -> tuple[FieldSpec, ...]:
    """Every field, in the order of the table."""
    meanings = _table("meanings")["fields"]
    return tuple(
        FieldSpec(
            row["name"], row["kind"], row.get("group"), _words(row, "labels"), _words(row, "inside"), _words(row, "columns"),
            meanings[row["name"]],
        )
        for row in _table("fields")["fields"]
    )  # fmt: skip


@cache
def coverages() -> dict[str, str]:
    """Canonical name of a coverage by every folded way to print it."""
    named: dict[str, str] = {}
    for name, others in _table("coverages")["coverages"].items():
        named |= {fold(word): name for word in (name, *others)}
    return named


@cache
def by_label(group: str | None = None) -> dict[str, FieldSpec]:
    """Fields by folded label; with a ``group`` also the labels that count only inside its sections, which then go first."""
    found = {label: spec for spec in reversed(field_specs()) for label in spec.labels}
    if group is not None:
        found |= {label: spec for spec in reversed(field_specs()) if spec.group == group for label in spec.inside}
    return found


@cache
def by_column(group: str) -> dict[str, tuple[FieldSpec, ...]]:
    """Fields of a group that a column with this folded header may hold, likeliest first."""
    found: dict[str, tuple[FieldSpec, ...]] = {}
    for spec in field_specs():
        if spec.group == group:
            for label in dict.fromkeys((*spec.columns, *spec.labels, *spec.inside)):
                found[label] = (*found.get(label, ()), spec)
    return found


@cache
def by_name() -> dict[str, FieldSpec]:
    """Fields by name."""
    return {spec.name: spec for spec in field_specs()}


@cache
def kind_words() -> dict[str, dict[str, dict[str, int]]]:
    """Words and weights by kind of document, for titles and for text."""
    kinds: dict[str, dict[str, dict[str, int]]] = _table("kinds")["kinds"]
    return kinds


@cache
def kind_meanings() -> dict[str, str]:
    """Every kind of document, ``email`` and ``other`` among them, with its meaning in a line."""
    meanings: dict[str, str] = _table("meanings")["kinds"]
    return meanings


@cache
def form_meanings() -> dict[str, str]:
    """How a value of each kind is written, by the kind of the field."""
    forms: dict[str, str] = _table("meanings")["forms"]
    return forms


@cache
def expected_of(kind: str) -> tuple[str, ...]:
    """Names of the fields that nearly every document of the kind states; empty where none can be expected."""
    return tuple(_table("meanings")["expects"].get(kind, ()))


def fold(text: str) -> str:
    """A label without case, accents, brackets and punctuation: ``Named Insured(s):`` is ``named insured``."""
    bare = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in bare if not unicodedata.combining(char)).casefold()
    plain = _POSSESSIVE.sub(" s", plain) if _POSSESSIVE.search(plain) else plain
    plain = _TAG.sub(" ", plain)  # generators of documents leave markup behind
    inner = _BRACKETED.sub(" ", plain)
    plain = inner if inner.strip(" :.-") else plain
    words = _PUNCTUATION.sub(" ", plain).replace("#", " no ").replace("%", " percent ").split()
    return " ".join(words)


def _words(row: dict[str, str], key: str) -> tuple[str, ...]:
    return tuple(fold(label) for label in row.get(key, "").split("|") if label)


@cache
def _table(name: str) -> dict[str, Any]:
    text = files("domain.documents.data").joinpath(f"{name}.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table
