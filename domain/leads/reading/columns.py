"""Which column holds what: from the sender's own mapping, the header, and what the cells look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from domain.leads.reading.evidence import Evidence, weigh
from domain.leads.reading.headers import FIELDS, folded_header, read_header
from kernel.errors import FieldError, Invalid

_MOSTLY = 0.6
_HARDLY = 0.1
_SURELY = 0.8
_FEW = 3
_SAME = 0.5
# A second column for one of these is another way to reach the same person; for other fields it stays an extra.
_ALTERNATES = {"phone": "phone_alt", "email": "email_alt"}
_REPEATABLE = frozenset((*_ALTERNATES.values(), "ignore"))
# Columns about consent or another person keep their meaning even when their cells are addresses.
_FIXED = frozenset(
    ("email_alt", "phone_alt", "contact", "referred_by", "consent_text", "consent_url", "message", "ignore")
)


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """One column: ``field`` is canonical or None for an extra; ``how`` is given, format, header, fuzzy, values or none."""

    header: str
    field: str | None
    how: str
    confidence: float


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What each column of a file is read as, in the order of the file."""

    columns: tuple[ColumnUse, ...]

    def header_of(self, field: str) -> str | None:
        """The header of the column read as ``field``; the first one where there are several."""
        return next((use.header for use in self.columns if use.field == field), None)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, for showing the mapping to the sender before or after the import."""
        return {
            "columns": [
                {"header": use.header, "field": use.field, "how": use.how, "confidence": round(use.confidence, 3)}
                for use in self.columns
            ]
        }


@dataclass(frozen=True, slots=True)
class _Candidate:
    index: int
    use: ColumnUse
    rank: int
    evidence: Evidence

    @property
    def order(self) -> tuple[bool, bool, float, int, float, int]:
        """Sorts the best column for a field first: given, then filled, then the surer and better-named one."""
        use = self.use
        return (
            use.how not in {"given", "format"},
            not self.evidence.filled,
            -use.confidence,
            self.rank,
            -self.evidence.fill,
            self.index,
        )


def infer_columns(
    header: Sequence[str],
    rows: Sequence[Mapping[str, str]],
    given: Mapping[str, str] | None = None,
    defined: Mapping[str, str | None] | None = None,
) -> ColumnMapping:
    """Map the columns of ``header`` by evidence from ``rows`` (a sample of 200 is enough).

    ``given`` maps headers to canonical fields and overrides; raises :class:`kernel.errors.Invalid` where it names a header
    that the file does not have, a field that does not exist, or one field twice. ``defined`` is what the file's format says of
    its columns, None for an extra; those are not judged by their looks. A column that fits nothing has no field
    and its cells are kept as extras.
    """
    chosen = _given(header, given or {})
    defined = defined or {}
    candidates = []
    for index, name in enumerate(header):
        evidence = weigh(row.get(name, "") for row in rows)
        if name in chosen:
            candidates.append(_Candidate(index, ColumnUse(name, chosen[name], "given", 1.0), 0, evidence))
        elif name in defined:
            candidates.append(_Candidate(index, ColumnUse(name, defined[name], "format", 1.0), 0, evidence))
        else:
            candidates.append(_judged(index, name, evidence))
    settled = _settled(candidates)
    return ColumnMapping(tuple(candidate.use for candidate in _related(settled)))


def _given(header: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    folded = {folded_header(name): name for name in header}
    chosen: dict[str, str] = {}
    errors: list[FieldError] = []
    for name, field in given.items():
        match = name if name in header else folded.get(folded_header(name) or name)
        if match is None:
            errors.append(FieldError(name, "header_unknown", "the file has no such column", _one_of(header), name))
        elif field not in FIELDS:
            errors.append(FieldError(name, "field_unknown", "there is no such field", _one_of(FIELDS), field))
        elif field in chosen.values() and field not in _REPEATABLE:
            errors.append(
                FieldError(name, "field_twice", "two columns are given for one field", "keep one of them", field)
            )
        else:
            chosen[match] = field
    if errors:
        raise Invalid("the column mapping does not fit the file", fields=tuple(errors))
    return chosen


def _one_of(words: Sequence[str]) -> str:
    return f"use one of: {', '.join(words)}"


def _judged(index: int, name: str, evidence: Evidence) -> _Candidate:
    reading = read_header(name)
    by_header = ColumnUse(name, reading.field, reading.how, reading.confidence)
    if reading.foreign or reading.field in _FIXED - {"contact"}:
        return _Candidate(index, by_header, reading.rank, evidence)
    field = _by_values(reading.field, evidence)
    if field is not None and field != reading.field:
        share = max(evidence.email, evidence.phone, evidence.mixed, evidence.name)
        by_header = ColumnUse(name, field, "values", round(0.9 * share, 3))
    elif reading.field in {"state", "age"} and evidence.filled >= _FEW and not _fits(reading.field, evidence):
        by_header = ColumnUse(name, None, "none", 0.0)
    return _Candidate(index, by_header, reading.rank, evidence)


def _by_values(field: str | None, evidence: Evidence) -> str | None:
    # The field that the cells themselves prove, or None where they prove nothing.
    own = evidence.filled < _FEW or evidence.distinct >= _SAME
    if evidence.email >= _MOSTLY and own:
        return "email"
    if evidence.mixed >= _MOSTLY and own:
        return "contact"
    phone_by_header = field in {"phone", "email", "contact", "full_name"}
    if evidence.phone >= _MOSTLY and own and (phone_by_header or field is None):
        return "phone"
    if (
        evidence.name >= _MOSTLY
        and evidence.email + evidence.phone <= _HARDLY
        and field in {"email", "phone", "contact"}
    ):
        return "full_name"
    return None


def _fits(field: str, evidence: Evidence) -> bool:
    return evidence.state > _HARDLY if field == "state" else evidence.date <= _MOSTLY


def _settled(candidates: list[_Candidate]) -> list[_Candidate]:
    # One column a field; the others become alternates or extras. Second pass: what only the cells can tell.
    taken: set[str] = set()
    settled: dict[int, _Candidate] = {}
    for candidate in sorted(candidates, key=lambda item: item.order):
        use = candidate.use
        if use.field in taken and use.field not in _REPEATABLE:
            alternate = _ALTERNATES.get(use.field) if use.how != "values" else None
            use = ColumnUse(
                use.header, alternate, use.how if alternate else "none", use.confidence if alternate else 0.0
            )
        if use.field:
            taken.add(use.field)
        settled[candidate.index] = replace(candidate, use=use)
    ordered = [settled[index] for index in range(len(candidates))]
    return _headerless(ordered, taken) if _is_headerless(ordered) else _with_prose(ordered, taken)


def _with_prose(columns: list[_Candidate], taken: set[str]) -> list[_Candidate]:
    """Without a message column, the column of sentences is it, whatever its header: what people write decides most."""
    free = [item for item in columns if item.use.how == "none" and not read_header(item.use.header).foreign]
    best = max(free, key=lambda item: item.evidence.prose * item.evidence.fill, default=None)
    if best is None or "message" in taken or best.evidence.prose < _SURELY or best.evidence.filled < _FEW:
        return columns
    use = ColumnUse(best.use.header, "message", "values", round(0.8 * best.evidence.prose, 3))
    return [replace(item, use=use) if item is best else item for item in columns]


def _is_headerless(columns: list[_Candidate]) -> bool:
    return bool(columns) and all(item.use.header == f"column_{item.index + 1}" for item in columns)


def _headerless(columns: list[_Candidate], taken: set[str]) -> list[_Candidate]:
    shares = {
        "zip": "zip",
        "state": "state",
        "line": "line",
        "submitted_at": "date",
        "full_name": "name",
        "message": "prose",
    }
    result = list(columns)
    for field, kind in shares.items():
        free = [item for item in result if item.use.field is None and item.use.how != "given"]
        best = max(free, key=lambda item: getattr(item.evidence, kind), default=None)
        share = getattr(best.evidence, kind) if best else 0.0
        if best and field not in taken and share >= _SURELY:
            taken.add(field)
            result[best.index] = replace(best, use=ColumnUse(best.use.header, field, "values", round(0.8 * share, 3)))
    if not taken & {"full_name", "first_name", "last_name"}:
        for left, right in pairwise(list(result)):
            if (
                left.use.field is None
                and right.use.field is None
                and min(left.evidence.word, right.evidence.word) >= _SURELY
            ):
                result[left.index] = replace(left, use=ColumnUse(left.use.header, "first_name", "values", 0.6))
                result[right.index] = replace(right, use=ColumnUse(right.use.header, "last_name", "values", 0.6))
                break
    return result


def _related(columns: list[_Candidate]) -> list[_Candidate]:
    # Headers whose meaning depends on the other columns.
    fields = {item.use.field for item in columns}
    result = []
    for item in columns:
        use = item.use
        if (
            use.how not in {"given", "format"}
            and use.field == "address"
            and "street" not in fields
            and fields & {"city", "zip"}
        ):
            use = replace(use, field="street")
        if use.how != "given" and folded_header(use.header) == "nombre" and not fields & {"last_name", "full_name"}:
            use = replace(use, field="full_name")
        result.append(replace(item, use=use))
    return result
