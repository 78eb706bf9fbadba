"""What comes through a source's door: deliveries and forms, pings and their posts."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from domain.consent.evidence import given_consent
from domain.leads.lifecycle import Status
from domain.leads.reading import RowReading
from domain.leads.reading.declared_line import declared_lines
from domain.leads.reading.states import read_state
from domain.leads.reading.values import read_yes_no
from domain.lines import Line
from domain.sources.admission import Candidate
from domain.sources.mapping import mapped, take_certificate
from domain.sources.pings import PingFacts, differences, require_anonymous
from integrations.geography import Geography, clean_zip
from kernel.clock import now
from kernel.errors import Conflict
from kernel.ids import digest, new_id
from kernel.money import Money
from kernel.settings import Settings
from kernel.telemetry.metrics import LEADS_RECEIVED
from services.arrival import REFUSED, Arrival, LeadReader, Refused, accepted, notes, require_accepted, unreadable
from services.sources.admission import Admission
from services.sources.doors import Caller
from services.sources.schemas import MoneyIn, PingAnswer, price_of
from store.sql.models import PingRow
from store.uow import Database, UnitOfWork

Body = dict[str, Any]
_SIGNED = "inbound.signed"
_DELIVERED = "inbound.delivery"


class Inbound:
    """Each use case is one transaction: the lead, its place under the caps, the refusal and the remembered answer."""

    def __init__(
        self, database: Database, admission: Admission, leads: LeadReader, geography: Geography, settings: Settings
    ) -> None:
        self._database = database
        self._admission = admission
        self._leads = leads
        self._geography = geography
        self._settings = settings

    async def deliver(
        self, caller: Caller, fields: Mapping[str, str], *, delivery: str | None = None, consent: Body | None = None
    ) -> tuple[Body, bool]:
        """Take a lead in; the answer, and whether it was remembered. Raises Invalid with the refusal's code.

        The same signed bytes, or the same ``delivery`` id with the same bytes, get the first answer again, whatever it was;
        a delivery id that comes with other bytes is a Conflict.
        """
        reading, arrival = self._read(caller, fields, consent)

        async def execute(uow: UnitOfWork) -> tuple[int, Body]:
            return await self._take(uow, caller, reading, arrival, None)

        return await self._once(caller, delivery, digest(dict(fields)), execute)

    async def submit(self, caller: Caller, fields: Mapping[str, str], *, ip: str | None, page_url: str | None) -> str:
        """Take a visitor's form in; ``received``, or ``unconfirmed`` where the person has to confirm. Raises Invalid.

        Who fills the field that people do not see is answered alike, and nothing is kept.
        """
        if fields.get(caller.settings.honeypot, "").strip():
            async with self._database.begin(caller.actor) as uow:
                await self._refused(uow, caller, "honeypot", "", [])
            return _begun(caller).value
        known = {name: text for name, text in fields.items() if name != caller.settings.honeypot}
        consent = self._consent(caller, known, ip, page_url)
        await self.deliver(caller, known, consent=consent)
        return _begun(caller).value

    async def take_in(
        self, uow: UnitOfWork, caller: Caller, fields: Mapping[str, str], consent: Body | None
    ) -> tuple[int, Body]:
        """Take a lead in within the transaction of whoever collected it; the status and the answer, which may be a refusal. The
        caller sees to it that this happens once.
        """
        reading, arrival = self._read(caller, fields, consent)
        return await self._take(uow, caller, reading, arrival, None)

    async def ping(self, caller: Caller, fields: Mapping[str, str]) -> PingAnswer:
        """Is such a lead wanted, and for how much? Raises Invalid for a ping that names a person. Takes no place."""
        ours = mapped(fields, caller.settings.mapping)
        require_anonymous(ours)
        facts, moment = self._facts(ours), now()
        candidate = Candidate(frozenset(facts.states), frozenset(Line(line) for line in facts.lines), identified=False)
        async with self._database.begin(caller.actor) as uow:
            source = await uow.sources.one(caller.source_id)
            verdict = await self._admission.ask(uow, source, candidate, moment)
            if verdict.code is not None:
                await self._admission.refuse(uow, source, caller.door, verdict.code, moment)
                return PingAnswer(
                    accept=False, reason=verdict.code, words=verdict.words, price=None, token=None, expires_at=None
                )
            token = secrets.token_urlsafe(24)
            expires_at = moment + timedelta(seconds=self._settings.inbound.ping_seconds)
            price = verdict.price
            await uow.inbound.add_ping({
                "id": new_id(), "source_id": source.id, "token_hash": _hashed(token), "facts": facts.as_dict(),
                "minor": price.minor if price else None, "currency": price.currency if price else None,
                "created_at": moment, "expires_at": expires_at, "used_by": None,
            })  # fmt: skip
        shown = MoneyIn(minor=price.minor, currency=price.currency) if price else None
        return PingAnswer(
            accept=True, reason=None, words=verdict.words, price=shown, token=token, expires_at=expires_at
        )

    async def post(
        self, caller: Caller, token: str, fields: Mapping[str, str], *, delivery: str | None = None
    ) -> tuple[Body, bool]:
        """Take the pinged lead in, for the ping's price. The token works once, for this source, for what was pinged.

        Raises Invalid with the code ping_unknown, ping_used, ping_expired, or ping_differs naming what the post changed.
        """
        reading, arrival = self._read(caller, fields, None)

        async def execute(uow: UnitOfWork) -> tuple[int, Body]:
            ping = await uow.inbound.ping(caller.source_id, _hashed(token))
            refused = self._unfit(ping, arrival)
            if refused is not None or ping is None:
                return REFUSED, await self._refused(uow, caller, *(refused or ("ping_unknown", "no such ping", [])))
            promised = None if ping.minor is None else Money(ping.minor, str(ping.currency))
            status, body = await self._take(uow, caller, reading, arrival, promised)
            if status != REFUSED and arrival is not None:
                await uow.inbound.use_ping(ping.id, arrival.lead_id)
            return status, body

        return await self._once(caller, delivery, digest([token, dict(fields)]), execute)

    def _read(
        self, caller: Caller, fields: Mapping[str, str], consent: Body | None
    ) -> tuple[RowReading, Arrival | None]:
        ours = mapped(fields, caller.settings.mapping)
        certificate = take_certificate(ours)
        sellers = [
            name.strip() for name in ours.pop("consent_sellers", "").replace(";", ",").split(",") if name.strip()
        ]
        ours["source"] = caller.settings.slug
        reading, arrival = self._leads.read(ours, consent, caller.settings.slug)
        if arrival is None:
            return reading, None
        held = arrival.consent
        if certificate is not None:
            held = {**(held or {"granted": None}), "certificate_url": certificate}
        if sellers and held is not None:
            held = {**held, "sellers": sellers}
        return reading, replace(arrival, consent=held)

    async def _take(
        self, uow: UnitOfWork, caller: Caller, reading: RowReading, arrival: Arrival | None, promised: Money | None
    ) -> tuple[int, Body]:
        if arrival is None:
            body = unreadable(reading)
            return REFUSED, await self._refused(uow, caller, body["code"], body["detail"], body["errors"])
        source = await uow.sources.one(caller.source_id)
        outcome = await self._admission.decide(uow, source, arrival, caller.door, promised)
        if isinstance(outcome, Refused):
            LEADS_RECEIVED.labels(caller.door, "refused").inc()
            return REFUSED, outcome.as_body()
        await self._leads.write(uow, [outcome])
        LEADS_RECEIVED.labels(caller.door, "accepted").inc(not outcome.test)
        return 202, {**accepted(outcome, reading), "price": price_of(outcome)}

    async def _refused(self, uow: UnitOfWork, caller: Caller, code: str, words: str, errors: list[Body]) -> Body:
        await self._admission.refuse(uow, await uow.sources.one(caller.source_id), caller.door, code, now())
        LEADS_RECEIVED.labels(caller.door, "refused").inc()
        return {"code": code, "detail": words, "errors": errors}

    def _consent(self, caller: Caller, fields: Mapping[str, str], ip: str | None, page_url: str | None) -> Body | None:
        ours, settings = mapped(fields, caller.settings.mapping), caller.settings
        if read_yes_no(ours.get("consent", "")) is not True:
            return None
        words = ours.get("consent_text", "").strip() or settings.consent_text
        return given_consent(
            words,
            now(),
            zone=settings.zone,
            page_url=ours.get("consent_url") or page_url,
            ip=ip,
            sellers=settings.sellers,
        )

    def _unfit(self, ping: PingRow | None, arrival: Arrival | None) -> tuple[str, str, list[Body]] | None:
        """Code, words and parts why this post may not use the ping."""
        if ping is None:
            return "ping_unknown", "no ping of this source has this token", []
        if ping.used_by is not None:
            return "ping_used", "a lead has come with this token; ping again for another", []
        if now() >= ping.expires_at:
            return "ping_expired", f"the token held until {ping.expires_at.isoformat()}; ping again", []
        if arrival is None:
            return None
        draft = arrival.draft
        states = self._geography.states_for(draft.zip_code, draft.state).states
        posted = PingFacts(tuple(states), tuple(sorted(draft.declared_lines)), draft.zip_code)
        faults = differences(PingFacts.from_dict(ping.facts), posted)
        if not faults:
            return None
        return "ping_differs", "the post is not the lead that was pinged", notes(faults)

    def _facts(self, ours: Mapping[str, str]) -> PingFacts:
        said = ours.get("state", "").strip()
        zip_code = clean_zip(ours.get("zip"))
        states = self._geography.states_for(zip_code, read_state(said) if said else None).states
        return PingFacts(tuple(states), tuple(sorted(declared_lines(ours.get("line", "")))), zip_code)

    async def _once(
        self,
        caller: Caller,
        delivery: str | None,
        content: str,
        execute: Callable[[UnitOfWork], Awaitable[tuple[int, Body]]],
    ) -> tuple[Body, bool]:
        """Execute, or find the answer under the signature's own key or the sender's delivery id."""
        keys = [(_SIGNED, caller.delivery)] if caller.delivery else []
        keys += [(_DELIVERED, delivery)] if delivery else []
        hours = timedelta(hours=self._settings.api.idempotency_hours)
        fresh: list[tuple[str, str]] = []
        earlier: tuple[int, Body] | None = None
        async with self._database.begin(caller.actor) as uow:
            for operation, word in keys:
                key = f"{caller.source_id}:{word}"
                found = await uow.answers.reserve(key, operation, content, hours)
                if found is None:
                    fresh.append((key, operation))
                    continue
                if found.request_hash != content or found.status is None or found.body is None:
                    raise Conflict("this delivery id came before with another body", code="delivery_id_reused")
                earlier = earlier or (found.status, found.body)
            status, body = earlier or await execute(uow)
            for key, operation in fresh:
                await uow.answers.remember(key, operation, status, body)
        require_accepted(status, body)
        return body, earlier is not None


def _begun(caller: Caller) -> Status:
    return Status.UNCONFIRMED if caller.settings.double_opt_in else Status.RECEIVED


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
