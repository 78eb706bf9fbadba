"""Adds what is known from the ZIP and from vendors, each with its source. The lead's own words are never overwritten."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from agents.base import LeadCase
from domain.decision import Decision, Evidence, Source
from domain.geo import STATES, StateSource
from domain.lines import Line
from integrations.enrichment import BusinessQuery, EnrichmentSource, Finding, PlaceQuery
from integrations.geography import Geography, ZipPlace, clean_zip
from kernel.errors import Unavailable

_READ_FROM = 0.8  # a place read from the text counts from this confidence on; below it is a guess and stays unknown
_SURE = {StateSource.ADDRESS: 0.95, StateSource.ZIP: 0.93, StateSource.NONE: 0.0}


@dataclass(frozen=True, slots=True)
class _Said:
    """Where the lead says to be, from columns or text, and the confidence of the reading."""

    zip_code: str | None
    state: str | None
    confidence: float


class Enricher:
    """Specialist ``enricher``.

    ``value`` has ``states`` (all that are possible), ``state_source`` (address, zip, none), ``zip``, ``lat``, ``lon``,
    ``time_zone``, ``local_time`` (when the lead was received, there, with weekday), ``findings`` (vendor facts with source,
    day and status new, agrees or conflicts) and ``conflicts`` (field, given, found, source). Where ZIP and state contradict
    each other the point and the clock are unknown, since either could be wrong.
    """

    name = "enricher"
    version = "enricher-rules/1"

    def __init__(self, geography: Geography, source: EnrichmentSource) -> None:
        self._geography = geography
        self._source = source
        self._loading = threading.Lock()
        self._loaded = False

    async def decide(self, case: LeadCase, known: Mapping[str, Decision]) -> Decision:
        """Place, clock and vendor facts of the case; a vendor that fails costs its facts and nothing else."""
        if not self._loaded:
            await asyncio.to_thread(self._load)
        extracted = _extracted(known)
        said = _said(case, extracted)
        place = self._geography.place(said.zip_code)
        answer = self._geography.states_for(said.zip_code, said.state)
        conflicts = _place_conflicts(case, extracted, said, place)
        found, trouble = await self._look_up(case, known, said, answer.states)
        findings = [_with_status(item, _given(case, extracted)) for item in found]
        conflicts += [_vendor_conflict(item) for item in findings if item["status"] == "conflicts"]
        settled = None if any(item["field"] in {"state", "zip"} for item in conflicts) else place
        return Decision(
            specialist=self.name,
            value={
                "states": list(answer.states),
                "state_source": answer.source.value,
                "zip": place.zip if place else None,
                "lat": settled.lat if settled else None,
                "lon": settled.lon if settled else None,
                "time_zone": settled.time_zone if settled else None,
                "local_time": _local_time(case.received_at, settled),
                "findings": findings,
                "conflicts": conflicts,
            },
            confidence=_confidence(answer.states, answer.source, said, conflicts),
            source=Source.RULES,
            version=f"{self.version} zips/{self._geography.version}",
            evidence=(*_state_evidence(answer.states, answer.source, said, place), *_noted(conflicts), *trouble),
            needs_review=len(answer.states) != 1 or bool(conflicts),
        )

    def _load(self) -> None:
        # The table takes half a second to build: once, in a thread, and not by two leads at a time.
        with self._loading:
            if not self._loaded:
                self._geography.states_for("00501", None)
                self._loaded = True

    async def _look_up(
        self, case: LeadCase, known: Mapping[str, Decision], said: _Said, states: tuple[str, ...]
    ) -> tuple[list[Finding], tuple[Evidence, ...]]:
        zip_code = clean_zip(said.zip_code)
        queries: list[BusinessQuery | PlaceQuery] = [PlaceQuery(zip_code)] if zip_code else []
        company = case.fields.get("company", "").strip()
        if company and _is_commercial(case, known):
            queries.append(BusinessQuery(company, states[0] if len(states) == 1 else None, zip_code))
        found: list[Finding] = []
        trouble: dict[str, Evidence] = {}
        for query in queries:
            try:
                found += await self._source.look_up(query)
            except Unavailable:
                name = self._source.name
                trouble[name] = Evidence(f"the source {name} did not answer; its facts are unknown")
        return found, tuple(trouble.values())


def _extracted(known: Mapping[str, Decision]) -> Mapping[str, Any]:
    decision = known.get("extractor")
    if decision is None or decision.degraded:
        return {}
    fields: Mapping[str, Any] = decision.value.get("fields", {})
    return fields


def _read(extracted: Mapping[str, Any], field: str) -> tuple[str | None, float]:
    entry = extracted.get(field)
    if not entry or entry["confidence"] < _READ_FROM:
        return None, 1.0
    return str(entry["value"]), float(entry["confidence"])


def _said(case: LeadCase, extracted: Mapping[str, Any]) -> _Said:
    # Columns first; the text fills what they leave open.
    zip_code, state = case.zip_code, case.state
    confidence = 1.0
    if not zip_code:
        zip_code, sure = _read(extracted, "zip")
        confidence = min(confidence, sure)
    if not state:
        state, sure = _read(extracted, "state")
        confidence = min(confidence, sure)
    return _Said(zip_code, state, confidence)


def _place_conflicts(
    case: LeadCase, extracted: Mapping[str, Any], said: _Said, place: ZipPlace | None
) -> list[dict[str, Any]]:
    state = said.state.strip().upper() if said.state else ""
    conflicts = []
    if place and place.states and state in STATES and state not in place.states:
        conflicts.append({"field": "state", "given": state, "found": list(place.states), "source": f"ZIP {place.zip}"})
    for field, column in (("state", case.state), ("zip", case.zip_code)):
        read, _ = _read(extracted, field)
        given = column.strip().upper() if column else None
        if given and read and (clean_zip(given) or given) != (clean_zip(read) or read):
            conflicts.append({"field": field, "given": given, "found": read, "source": "text"})
    return conflicts


def _given(case: LeadCase, extracted: Mapping[str, Any]) -> dict[str, Any]:
    own: dict[str, Any] = {name: entry["value"] for name, entry in extracted.items()}
    own |= {name: value for name, value in case.fields.items() if value.strip()}
    own |= {name: value for name, value in (("zip", case.zip_code), ("state", case.state)) if value}
    return own


def _with_status(item: Finding, given: Mapping[str, Any]) -> dict[str, Any]:
    own = given.get(item.field)
    status = "new" if own is None else "agrees" if _plain(own) == _plain(item.value) else "conflicts"
    finding = {
        "field": item.field, "value": item.value, "source": item.source, "as_of": item.as_of.isoformat(),
        "confidence": item.confidence, "status": status,
    }  # fmt: skip
    return finding if own is None else {**finding, "given": own}


def _plain(value: Any) -> str:
    return " ".join(str(value).casefold().replace(",", "").split())


def _vendor_conflict(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "field": finding["field"],
        "given": finding["given"],
        "found": finding["value"],
        "source": finding["source"],
    }


def _local_time(received_at: datetime, place: ZipPlace | None) -> dict[str, str] | None:
    if place is None or place.time_zone is None:
        return None
    there = received_at.astimezone(ZoneInfo(place.time_zone))
    return {"received_at": there.isoformat(timespec="minutes"), "weekday": there.strftime("%A").lower()}


def _confidence(states: tuple[str, ...], source: StateSource, said: _Said, conflicts: list[dict[str, Any]]) -> float:
    if len(states) > 1 or any(item["field"] in {"state", "zip"} for item in conflicts):
        return round(0.5 * said.confidence, 4)
    return round(_SURE[source] * said.confidence, 4)


def _state_evidence(
    states: tuple[str, ...], source: StateSource, said: _Said, place: ZipPlace | None
) -> tuple[Evidence, ...]:
    words = " or ".join(states)
    if source is StateSource.NONE:
        what = "the ZIP is not known" if said.zip_code and place is None else "neither ZIP nor state was given"
        return (Evidence(f"risk state unknown: {what}; ask for the address"),)
    if source is StateSource.ADDRESS:
        return (Evidence(f"risk state {words}: stated by the lead"),)
    return (Evidence(f"risk state {words}: from the ZIP"),)


def _noted(conflicts: list[dict[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(f"{item['field']} contradicts {item['source']}; the lead's own words stand") for item in conflicts
    )


def _is_commercial(case: LeadCase, known: Mapping[str, Decision]) -> bool:
    decision = known.get("classifier")
    line = decision.value.get("line") if decision and not decision.degraded else None
    return line == Line.COMMERCIAL.value or case.declared_line is Line.COMMERCIAL
