"""A case's input as specialists see a lead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.leads.case import LeadCase
from domain.leads.instructions import set_aside
from domain.lines import Line
from evals.records import Case
from evals.targets.means import EVALS
from kernel.errors import FieldError, Invalid
from kernel.ids import derived_id

RECEIVED = datetime(2026, 11, 25, 16, 30, tzinfo=UTC)
"""When a lead came whose case does not say; a Wednesday."""
_TEXTS = frozenset({"text", "zip_code", "state", "source", "language"})
_FLAGS = frozenset({"has_name", "has_email", "has_phone", "phone_valid", "has_address", "has_consent"})
_OTHERS = frozenset({"declared_line", "fields", "received_at"})


def lead_case(case: Case) -> LeadCase:
    """The lead. Its id follows from the input, so that the same input always sees the same version of a prompt.

    As on the way in, passages that speak to a machine are set aside from the text. Raises Invalid naming case and key.
    """
    given: Mapping[str, Any] = {"text": case.input} if isinstance(case.input, str) else case.input
    if not isinstance(given, Mapping):
        raise _refused(case, "input", "is neither a text nor a mapping", "write the message, or {text: ...}")
    for name in given:
        if name not in _TEXTS | _FLAGS | _OTHERS:
            known = ", ".join(sorted(_TEXTS | _FLAGS | _OTHERS))
            raise _refused(case, str(name), "is not known of a lead", f"use {known}")
    heard = set_aside(str(given.get("text") or ""))
    flags: dict[str, Any] = {name: bool(given[name]) for name in given if name in _FLAGS}
    texts: dict[str, Any] = {name: str(given[name]) for name in given if name in _TEXTS - {"text"}}
    fields = {str(name): str(value) for name, value in (given.get("fields") or {}).items()}
    return LeadCase(
        derived_id("eval", case.input_hash), EVALS, _moment(case, given.get("received_at")), heard.text,
        declared_line=_line(case, given.get("declared_line")), fields=fields, set_aside=heard.passages, **flags, **texts,
    )  # fmt: skip


def _line(case: Case, value: Any) -> Line | None:
    if value is None:
        return None
    if value not in list(Line):
        raise _refused(case, "declared_line", "is no line of business", f"use {', '.join(Line)}")
    return Line(value)


def _moment(case: Case, value: Any) -> datetime:
    if value is None:
        return RECEIVED
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        raise _refused(case, "received_at", "is no moment", "write 2026-11-25T16:30:00+00:00") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _refused(case: Case, field: str, message: str, remedy: str) -> Invalid:
    return Invalid(
        "a case cannot be put to a specialist",
        fields=(FieldError(f"case {case.id}: {field}", "case", message, remedy),),
    )
