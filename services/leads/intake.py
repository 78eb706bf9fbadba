"""Taking leads in: read, write down, queue; one transaction, whoever sends them and however many."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from domain.actor import Actor, ActorKind, Scope
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from domain.leads.reading import LeadDraft, RowReading, read_fields
from integrations.geography import Geography
from kernel.clock import now
from kernel.errors import FieldError, Forbidden, Invalid, Unavailable
from kernel.ids import digest, new_id
from kernel.settings import Settings
from kernel.telemetry.metrics import LEADS_RECEIVED
from services.arrival import REFUSED, Arrival, Gate, Refused, accepted, notes, place_of, require_accepted
from services.grouping import Grouped
from services.leads.once import Execute, once
from services.leads.schemas import Answer, LeadIn
from store.uow import Database, UnitOfWork

GRAPH = "lead"
_LONG = 20_000
"""Characters of further columns; every other field has a limit of its own."""
_TEXT_FIELDS = (
    "full_name", "first_name", "last_name", "email", "phone", "street", "city", "state", "zip", "date_of_birth",
    "language", "line", "message", "source", "referred_by", "current_carrier", "external_id",
)  # fmt: skip


class Intake:
    """Leads from partners and files. Everything accepted is on disk, with its event and its run, before the answer."""

    def __init__(self, database: Database, geography: Geography, settings: Settings, gate: Gate) -> None:
        self._database = database
        self._geography = geography
        self._settings = settings
        self._gate = gate
        # Of one actor and one source: no other's refusal, fault or lock is felt. Where the database goes away nobody knows
        # whether the group is on disk, so nothing of it is written again.
        self.taking: Grouped[tuple[Actor, str | None], Arrival, Arrival | Refused] = Grouped(
            self._take_together, common=Unavailable
        )

    async def accept_one(self, actor: Actor, body: LeadIn, *, key: str | None) -> Answer:
        """Accept a lead. Raises Invalid with an entry per field or with the code of its source's refusal, Conflict when
        ``key`` came before with another body. A partner's leads carry the partner's source, and cannot name another.
        """
        actor.require(Scope.LEADS_SEND)
        source = _own_source(actor, {"source": body})
        # One lead is read in less time than a thread takes to start on it; what is long goes to a thread all the same.
        long = sum(map(len, body.extras.values())) > _LONG
        reading, arrival = await asyncio.to_thread(self._read, body, source) if long else self._read(body, source)

        async def execute(uow: UnitOfWork) -> tuple[int, dict[str, Any]]:
            if arrival is None:
                LEADS_RECEIVED.labels("api", "refused").inc()
                raise Invalid("the lead cannot be accepted", fields=reading.errors)
            (outcome,) = await self._take(uow, [arrival])
            return _answered(outcome, reading)

        if key is None and arrival is not None and not long:
            status, content = _answered(await self.taking.do((actor, arrival.draft.source), arrival), reading)
            answer = Answer(status=status, body=content, replayed=False)
        else:
            answer = await self._once(actor, "leads.create", key, body.model_dump(mode="json"), execute)
        require_accepted(answer.status, answer.body)
        return answer

    async def accept_batch(self, actor: Actor, bodies: Sequence[LeadIn], *, key: str | None) -> Answer:
        """Accept many in one transaction; a lead that cannot be accepted is reported in its place, the others go in."""
        actor.require(Scope.LEADS_SEND)
        source = _own_source(actor, {f"leads.{place}.source": body for place, body in enumerate(bodies)})
        limit = self._settings.api.max_batch
        if not 1 <= len(bodies) <= limit:
            fault = FieldError("leads", "count", f"{len(bodies)} leads", f"send 1 to {limit} at a time")
            raise Invalid("the batch has the wrong size", fields=(fault,))
        read = await asyncio.to_thread(lambda: [self._read(body, source) for body in bodies])

        async def execute(uow: UnitOfWork) -> tuple[int, dict[str, Any]]:
            outcomes = iter(await self._take(uow, [arrival for _, arrival in read if arrival is not None]))
            items, taken = [], []
            for index, (reading, arrival) in enumerate(read):
                outcome = None if arrival is None else next(outcomes)
                lead = outcome if isinstance(outcome, Arrival) else None
                errors = (outcome.as_fault(),) if isinstance(outcome, Refused) else reading.errors
                items.append({"index": index, **accepted(lead, reading), "errors": notes(errors)})
                taken += [lead] if lead else []
            received("api", taken)
            LEADS_RECEIVED.labels("api", "refused").inc(len(read) - len(taken))
            return 202, {"items": items}

        content = [body.model_dump(mode="json") for body in bodies]
        return await self._once(actor, "leads.batch", key, content, execute)

    async def admit(self, uow: UnitOfWork, arrivals: Sequence[Arrival], door: str) -> list[Arrival | Refused]:
        """Let each lead in by the settings of the source it names; see :class:`services.arrival.Gate`."""
        return await self._gate.admit(uow, arrivals, door)

    async def write(self, uow: UnitOfWork, arrivals: Sequence[Arrival]) -> None:
        """Write leads, events, outbox rows and runs: one statement whatever the number; and what sources ask for.

        A lead that waits for its person's word gets no run yet.
        """
        events = [(arrival.lead_id, arrival.key, self._event(arrival)) for arrival in arrivals]
        runs = uow.runs.queued([(one.lead_id, one.at) for one in arrivals if not one.waits], GRAPH)
        await uow.history.receive(events, runs)
        await self._gate.follow_up(uow, arrivals)

    def read(
        self, fields: Mapping[str, str], consent: dict[str, Any] | None, origin: str
    ) -> tuple[RowReading, Arrival | None]:
        """Read a lead out of canonical fields; further names are kept as extras. ``consent`` goes before what they claim."""
        moment = now()
        region = self._settings.intake.region or None
        reading = read_fields(fields, region=region, today=moment.date())
        if reading.draft is None:
            return reading, None
        lead_id = new_id()
        held = consent or consent_of(reading.draft)
        return reading, Arrival(lead_id, f"received:{lead_id}", moment, reading.draft, origin, held)

    async def _take(self, uow: UnitOfWork, arrivals: Sequence[Arrival]) -> list[Arrival | Refused]:
        """Let leads in and write those that may; each with its terms, or its refusal."""
        outcomes = await self.admit(uow, arrivals, "api")
        await self.write(uow, [outcome for outcome in outcomes if isinstance(outcome, Arrival)])
        return outcomes

    async def _take_together(
        self, sender: tuple[Actor, str | None], arrivals: Sequence[Arrival]
    ) -> list[Arrival | Refused]:
        async with self._database.begin(sender[0]) as uow:
            return await self._take(uow, arrivals)

    async def _once(self, actor: Actor, operation: str, key: str | None, content: Any, execute: Execute) -> Answer:
        keep = timedelta(hours=self._settings.api.idempotency_hours)
        return await once(self._database, actor, operation, key, content, keep, execute)

    def _read(self, body: LeadIn, source: str | None) -> tuple[RowReading, Arrival | None]:
        values = {name: value for name in _TEXT_FIELDS if (value := getattr(body, name)) is not None}
        values |= {} if source is None else {"source": source}
        consent = (
            body.consent.model_dump(mode="json") | {"text_hash": digest(body.consent.text)} if body.consent else None
        )
        reading, arrival = self.read({**body.extras, **values}, consent, "api")
        if arrival is not None and body.carrier:
            arrival = replace(arrival, extras={"carrier": body.carrier})
        return reading, arrival

    def _event(self, arrival: Arrival) -> LeadEvent:
        draft, terms = arrival.draft, arrival.admitted
        place = self._geography.place(draft.zip_code)
        data = {
            "source": (terms.slug if terms else draft.source or arrival.source)[:100], "city": draft.city, "state": draft.state,
            "zip": draft.zip_code, "lat": place.lat if place else None, "lon": place.lon if place else None,
            "language": draft.language, "declared_line": draft.declared_line and draft.declared_line.value,
            "phone_valid": draft.phone_valid,
        }  # fmt: skip
        if terms is not None:
            data["source_id"] = str(terms.source_id)
            data |= {"test": True} if terms.test else {}
            data |= {"unconfirmed": True} if terms.double_opt_in else {}
        personal = {
            "name": draft.name.display if draft.name else None, "name_key": draft.name.key if draft.name else None,
            "email": draft.email, "email_key": draft.email_key, "phone": draft.phone_e164, "phone_ext": draft.phone_ext,
            "phone_raw": draft.phone_raw, "phone_key": draft.phone_key,
            "place_key": place_of(draft),
            "street": draft.street, "date_of_birth": draft.date_of_birth and draft.date_of_birth.isoformat(),
            "text": draft.message, "extras": {**extras_of(draft), **(arrival.extras or {})},
            "consent": arrival.consent,
        }  # fmt: skip
        return LeadEvent(Happening.RECEIVED, arrival.at, data, personal)


def _answered(outcome: Arrival | Refused, reading: RowReading) -> tuple[int, dict[str, Any]]:
    """The answer to one lead, which is counted."""
    if isinstance(outcome, Refused):
        LEADS_RECEIVED.labels("api", "refused").inc()
        return REFUSED, outcome.as_body()
    received("api", [outcome])
    return 202, accepted(outcome, reading)


def _own_source(actor: Actor, sent: Mapping[str, LeadIn]) -> str | None:
    """The source that the actor's leads must carry, if there is one; ``sent`` are leads by the path of their source.

    Raises Forbidden for a partner without a source, Invalid for a lead that names another.
    """
    if actor.kind is not ActorKind.PARTNER:
        return None
    if actor.source is None:
        raise Forbidden("a partner sends leads with a key that names its source; ask the agency for one")
    faults = tuple(
        FieldError(path, "not_yours", "is another source", f"leave it out, or send {actor.source}", body.source[:80])
        for path, body in sent.items()
        if body.source is not None and body.source != actor.source
    )
    if faults:
        raise Invalid("a partner sends leads of its own source only", fields=faults[:100])
    return actor.source


def extras_of(draft: LeadDraft) -> dict[str, Any]:
    """What has no column of its own: typed leftovers under our names, then the sender's own columns."""
    typed: dict[str, Any] = {
        "age": draft.age, "company": draft.company, "employees": draft.employees, "referred_by": draft.referred_by,
        "current_carrier": draft.current_carrier, "external_id": draft.external_id, "source_status": draft.source_status,
        "premium": draft.premium and str(draft.premium), "budget": draft.budget and str(draft.budget),
        "submitted_at": draft.submitted_at and draft.submitted_at.isoformat(),
        "other_emails": [email.address for email in draft.email_alternates],
        "other_phones": [phone.e164 or phone.raw for phone in draft.phone_alternates],
        "declared_lines": [line.value for line in draft.declared_lines[1:]],
    }  # fmt: skip
    named = {name: value for name, value in typed.items() if value not in (None, [], "")}
    return {**{name: text for name, text in draft.extras.items() if text.strip()}, **named}


def received(door: str, arrivals: Sequence[Arrival]) -> None:
    """Count leads that came in; test leads are not counted."""
    LEADS_RECEIVED.labels(door, "accepted").inc(sum(not arrival.test for arrival in arrivals))


def consent_of(draft: LeadDraft) -> dict[str, Any] | None:
    """What the sender's own fields say of consent, JSON-ready; None where they say nothing."""
    if draft.consent is None:
        return None
    text = draft.consent.get("text")
    return {
        **{name: value.isoformat() if isinstance(value, datetime) else value for name, value in draft.consent.items()},
        **({"text_hash": digest(text)} if text else {}),
    }
