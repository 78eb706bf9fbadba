"""Who solicits insurance needs a licence for the line in the state of the risk."""

from __future__ import annotations

from datetime import UTC

from domain.contact.channels import Purpose
from domain.contact.facts import Asked, Facts
from domain.contact.findings import Finding, passed, refused
from domain.contact.tables import ContactTables
from domain.lines import Line

_MODEL = "NAIC Producer Licensing Model Act (#218), section 3"


def licence(facts: Facts, asked: Asked, tables: ContactTables) -> Finding | None:
    """The seller is licensed for the line in every state in which the person may be, on that day."""
    del tables
    if asked.purpose is Purpose.REQUESTED:
        return None
    if facts.line is Line.UNKNOWN:
        return refused(
            "line_unknown", "what the person wants insured is not known, nor which licence that needs", _MODEL
        )
    if not facts.states:
        return refused("state_unknown", "the state is not known, nor which licence it needs", _MODEL)
    day = asked.at.astimezone(UTC).date()
    good = {
        one.state
        for one in facts.licences
        if one.active and one.covers and one.effective <= day and (one.expires is None or day <= one.expires)
    }
    lacking = sorted(set(facts.states) - good)
    if lacking:
        return refused("not_licensed", f"no licence for {facts.line.value} in {', '.join(lacking)} on that day", _MODEL)
    return passed("licensed", f"licensed for {facts.line.value} in {', '.join(sorted(set(facts.states)))}", _MODEL)
