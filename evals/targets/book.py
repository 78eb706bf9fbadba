"""A suite's agency book: its producers, and what a case changes of them before its lead comes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.cases.yaml_text import PlainLoader
from evals.records import Case
from evals.targets.lead_input import RECEIVED
from kernel.errors import FieldError, Invalid
from kernel.ids import canonical_json
from services.leads.schemas import LeadIn

FILE = "agency.yaml"
_LICENSED = "licensed_in"


class AgencyChange(BaseModel):
    """What of the book is another for one case. ``producers`` changes parts of profiles, null leaves the producer out; ``only``
    leaves all others out. ``offers`` are the terms on which producers are asked; the rest is the agency's policy.
    """

    model_config = ConfigDict(extra="forbid")

    producers: dict[str, dict[str, Any] | None] = Field(default_factory=dict)
    only: list[str] | None = None
    connections: list[dict[str, Any]] = Field(default_factory=list)
    offers: dict[str, Any] | None = None
    weights: dict[str, Any] | None = None
    rules: list[dict[str, Any]] | None = None
    strategy: dict[str, Any] | None = None


class Earlier(BaseModel):
    """A lead that came before, and the producer whom a person gave it to, if one did."""

    model_config = ConfigDict(extra="forbid")

    lead: LeadIn
    to: str | None = None


class Answered(BaseModel):
    """What whoever is asked does with the open offer."""

    model_config = ConfigDict(extra="forbid")

    accept: str | None = None
    decline: str | None = None
    reason: str = "too_busy"


class LeadCaseIn(BaseModel):
    """A case of the lead graph: the moment at which the clock is held, the agency, what came before, the lead, what follows."""

    model_config = ConfigDict(extra="forbid")

    at: datetime = RECEIVED
    agency: AgencyChange = Field(default_factory=AgencyChange)
    before: list[Earlier] = Field(default_factory=list)
    lead: LeadIn
    then: list[Answered] = Field(default_factory=list)


@dataclass(frozen=True)
class Book:
    """``text`` is canonical JSON: ``everybody`` and ``licence`` are what all profiles and licences share, ``producers`` what each
    has of its own; ``licensed_in`` names the states of such licences.
    """

    text: str

    def agency(self, slug: str, change: AgencyChange) -> bytes:
        """The agency file, as the product loads it. Raises Invalid for a producer that the book does not have."""
        book = json.loads(self.text)
        own: Mapping[str, Mapping[str, Any]] = book["producers"]
        for name in [*change.producers, *(change.only or ())]:
            if name not in own:
                raise Invalid(
                    "the agency of a case cannot be made",
                    fields=(
                        FieldError("agency", "unknown", "is no producer of the book", f"use {', '.join(own)}", name),
                    ),
                )
        left = [
            name
            for name in own
            if (change.only is None or name in change.only) and change.producers.get(name, own[name]) is not None
        ]
        producers = [
            _producer(name, {**book["everybody"], **own[name], **(change.producers.get(name) or {})}, book["licence"])
            for name in left
        ]
        file = {"slug": slug, "name": slug, "producers": producers, "connections": change.connections}
        return json.dumps(file | ({"offers": change.offers} if change.offers else {})).encode()


def book_beside(here: str) -> Book:
    """The book in ``agency.yaml`` beside a suite's file. Raises Invalid where it is not one."""
    path = Path(here).with_name(FILE)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), PlainLoader)  # noqa: S506 - a safe loader
        found = {name: dict(data[name]) for name in ("everybody", "licence", "producers")}
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as problem:
        remedy = "write the mappings everybody, licence and producers"
        fault = FieldError("agency", "form", f"cannot be read ({problem})", remedy, str(path))
        raise Invalid("the agency book of a suite cannot be read", fields=(fault,)) from None
    return Book(canonical_json(found))


def read_lead_case(case: Case) -> LeadCaseIn:
    """The case typed. Raises Invalid naming case and key."""
    try:
        read = LeadCaseIn.model_validate(case.input)
    except ValidationError as problem:
        fields = tuple(
            FieldError(f"case {case.id}: {'.'.join(map(str, error['loc']))}", error["type"], error["msg"])
            for error in problem.errors()[:20]
        )
        raise Invalid("a case cannot be put to the lead graph", fields=fields) from None
    if read.at.tzinfo is None:
        fault = FieldError(f"case {case.id}: at", "zone", "has no zone", "write 2026-11-25T16:30:00+00:00")
        raise Invalid("a case cannot be put to the lead graph", fields=(fault,))
    return read


def _producer(name: str, profile: Mapping[str, Any], licence: Mapping[str, Any]) -> dict[str, Any]:
    states: Sequence[str] = profile.get(_LICENSED, ())
    given = {key: value for key, value in profile.items() if key not in {_LICENSED, "team"}}
    licences = [{**licence, "state": state, "number": f"{state}-{name}"} for state in states]
    return {
        "external_id": name, "name": name.title(), "team": profile.get("team"), "profile": {"licences": licences, **given},
    }  # fmt: skip
