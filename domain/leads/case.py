"""What a specialist may see of a lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.experiments import Chosen
from domain.leads.documents import LeadDocument
from domain.lines import Line


@dataclass(frozen=True, slots=True)
class LeadCase:
    """What a specialist may see of a lead: no name, street, e-mail or phone, since none of them needs one.

    ``text`` is what the person wrote, untrusted data and never instruction. ``declared_line`` is the line the sender
    named in a field of its own. ``fields`` holds the remaining columns by canonical name (``employees``, ``vehicle_year``).
    ``set_aside`` has passages taken out of both, because they speak to a machine (:mod:`domain.leads.instructions`).
    ``documents`` are those sent for it, with what they state. ``chosen`` has the version of its prompt for each agent of which an
    experiment runs.
    """

    lead_id: UUID
    agency_id: UUID
    received_at: datetime
    text: str = ""
    declared_line: Line | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    zip_code: str | None = None
    state: str | None = None
    source: str = ""
    language: str | None = None
    has_name: bool = False
    has_email: bool = False
    has_phone: bool = False
    phone_valid: bool = False
    has_address: bool = False
    has_consent: bool = False
    test: bool = False
    set_aside: tuple[str, ...] = ()
    documents: tuple[LeadDocument, ...] = ()
    chosen: Mapping[str, Chosen] = field(default_factory=dict)
