"""The one gate of every door: a source's settings asked, its caps claimed in the lead's own transaction, refusals counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.consent.certificates import Certificate, Outcome, claim_until, read_certificate
from domain.leads.duplicates import Identity, matches, settle, windows
from domain.leads.likeness import Described
from domain.leads.lookup import LOOKUP_CERTAIN, lookup_keys
from domain.messages.drafts import Draft
from domain.messages.kinds import KINDS, OPT_IN, Channel
from domain.sources.admission import Candidate, Verdict, admit, cap_reached, cap_uses
from domain.sources.settings import SourceSettings
from domain.sources.windows import local_date, window_at
from integrations.geography import Geography
from kernel.clock import now
from kernel.errors import Invalid
from kernel.ids import new_id
from kernel.money import Money
from kernel.settings import Settings
from services.arrival import Admitted, Arrival, Refused, place_of
from services.lead_view import identity_of
from store.sql.models import SourceRow
from store.sql.repositories.leads import PersonKeys
from store.uow import UnitOfWork

_NO_WINDOW_DAYS = -1
FREE = Money(0)


class _Full(Exception):
    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.words)
        self.verdict = verdict


class Admission:
    """See :class:`services.arrival.Gate`."""

    def __init__(self, geography: Geography, settings: Settings) -> None:
        self._geography = geography
        self._settings = settings

    async def admit(self, uow: UnitOfWork, arrivals: Sequence[Arrival], door: str) -> list[Arrival | Refused]:
        """Each lead with its terms, or its refusal, in the order given. A lead whose ``source`` names none of the agency's
        goes through without terms.
        """
        named = {arrival.draft.source for arrival in arrivals if arrival.draft.source}
        sources = await uow.sources.by_slugs(named) if named else {}
        outcomes: dict[int, Arrival | Refused] = dict(enumerate(arrivals))
        # Sources in one order for everybody: two batches would otherwise wait for each other's counts.
        for slug in sorted(sources):
            group = [(at, one) for at, one in enumerate(arrivals) if one.draft.source == slug]
            await self._take_turns(uow, sources[slug], [one for _, one in group])
            taken: list[Arrival] = []
            for at, arrival in group:
                outcome = await self._decide(uow, sources[slug], arrival, door, None, taken)
                taken += [outcome] if isinstance(outcome, Arrival) else []
                outcomes[at] = outcome
        return [outcomes[at] for at in range(len(arrivals))]

    async def decide(
        self, uow: UnitOfWork, source: SourceRow, arrival: Arrival, door: str, promised: Money | None = None
    ) -> Arrival | Refused:
        """One lead of a known source. ``promised`` is the price of a ping, which goes before the present one."""
        await self._take_turns(uow, source, [arrival])
        return await self._decide(uow, source, arrival, door, promised, ())

    async def ask(self, uow: UnitOfWork, source: SourceRow, candidate: Candidate, at: datetime) -> Verdict:
        """Would such a lead be let in now? Claims nothing."""
        settings = SourceSettings.from_dict(source.settings)
        spots = [(kind, window_at(kind, at, settings.time_zone).starts_at) for kind in settings.caps]
        return admit(settings, candidate, cap_uses(settings, at, await uow.sources.counted(source.id, spots)))

    async def refuse(self, uow: UnitOfWork, source: SourceRow, door: str, code: str, at: datetime) -> None:
        """Count a refusal under its code, on the source's own day."""
        zone = SourceSettings.from_dict(source.settings).time_zone
        await uow.sources.refused(source.id, local_date(at, zone), door, code)

    async def follow_up(self, uow: UnitOfWork, arrivals: Sequence[Arrival]) -> None:
        """What accepted leads bring with them, once their rows are there."""
        moment = now()
        texts = {
            one.consent["text_hash"]: one.consent["text"]
            for one in arrivals
            if one.consent and one.consent.get("text") and one.consent.get("text_hash")
        }
        await uow.inbound.keep_texts(texts, moment)
        await uow.inbound.add_certificates([row for one in arrivals if (row := _certificate_row(one, moment))])
        await uow.sources.book([
            charge(one.admitted, one.lead_id, one.at) for one in arrivals
            if one.admitted and not one.test and not one.waits
        ])  # fmt: skip
        for one in arrivals:
            if one.admitted and one.waits:
                await self._ask_person(uow, one, one.admitted, moment)

    async def _decide(
        self,
        uow: UnitOfWork,
        source: SourceRow,
        arrival: Arrival,
        door: str,
        promised: Money | None,
        beside: Sequence[Arrival],
    ) -> Arrival | Refused:
        settings = SourceSettings.from_dict(source.settings)
        verdict = admit(settings, await self._candidate(uow, settings, arrival, beside))
        if verdict.accepted and not settings.test:
            try:
                async with uow.session.begin_nested():  # a full day gives back the hour's place
                    await self._claim(uow, source, settings, arrival.at)
            except _Full as full:
                verdict = full.verdict
        if verdict.code is not None:
            await self.refuse(uow, source, door, verdict.code, arrival.at)
            return Refused(verdict.code.value, verdict.words)
        price = None if settings.test else promised or verdict.price
        terms = Admitted(source.id, settings.slug, settings.test, price, settings.double_opt_in)
        return replace(arrival, admitted=terms)

    async def _claim(self, uow: UnitOfWork, source: SourceRow, settings: SourceSettings, at: datetime) -> None:
        for use in cap_uses(settings, at, {}):
            if not await uow.sources.claim(source.id, use):
                raise _Full(cap_reached(settings, use))

    async def _candidate(
        self, uow: UnitOfWork, settings: SourceSettings, arrival: Arrival, beside: Sequence[Arrival]
    ) -> Candidate:
        draft, consent = arrival.draft, arrival.consent or {}
        granted = bool(consent) and consent.get("granted", True) is True
        certificate = certificate_of(consent)
        return Candidate(
            states=frozenset(self._geography.states_for(draft.zip_code, draft.state).states),
            lines=frozenset(draft.declared_lines),
            has_email=draft.email is not None,
            has_certificate=bool(consent.get("certificate_url")) or certificate is not None,
            certificate_usable=certificate is not None,
            sellers=tuple(consent.get("sellers") or ()) if granted else None,
            duplicate=await _known(uow, settings, arrival, beside, now()),
        )

    async def _take_turns(self, uow: UnitOfWork, source: SourceRow, arrivals: Sequence[Arrival]) -> None:
        """Where a source refuses repeats, two leads of one person must not look for each other at the same time."""
        if _looks_for_repeats(SourceSettings.from_dict(source.settings)):
            known = [lookup_keys(_identity(one).who) for one in arrivals]
            await uow.inbound.take_turns(
                {f"{name}:{keys[name]}" for keys in known for name in LOOKUP_CERTAIN if name in keys}
            )

    async def _ask_person(self, uow: UnitOfWork, arrival: Arrival, terms: Admitted, moment: datetime) -> None:
        opt_in_id = new_id()
        hours = timedelta(hours=self._settings.inbound.confirm_hours)
        await uow.inbound.add_opt_in({
            "id": opt_in_id, "lead_id": arrival.lead_id, "source_id": terms.source_id, **_money(terms.price),
            "created_at": moment, "expires_at": moment + hours, "confirmed_at": None,
        })  # fmt: skip
        draft = Draft(
            f"opt_in:{opt_in_id}", KINDS[OPT_IN], Channel.EMAIL, moment, lead_id=arrival.lead_id, about_id=opt_in_id
        )
        await uow.messages.queue([draft])


def charge(terms: Admitted, lead_id: Any, at: datetime) -> dict[str, Any]:
    """The account's line for a lead that was taken; a lead without a price is taken for nothing."""
    price = terms.price or FREE
    return {
        "lead_id": lead_id, "kind": "charge", "source_id": terms.source_id, "minor": price.minor,
        "currency": price.currency, "at": at,
    }  # fmt: skip


def certificate_of(consent: dict[str, Any]) -> Certificate | None:
    """The certificate at an official host that the consent names, if it does; senders also put it in the page's place."""
    for name in ("certificate_url", "url", "page_url"):
        try:
            return read_certificate(str(consent.get(name) or ""))
        except Invalid:
            continue
    return None


def _certificate_row(arrival: Arrival, moment: datetime) -> dict[str, Any] | None:
    certificate = certificate_of(arrival.consent or {})
    if certificate is None or arrival.test:
        return None
    return {
        "id": new_id(), "lead_id": arrival.lead_id, "vendor": certificate.vendor, "url": certificate.url,
        "outcome": Outcome.WAITING.value, "due_at": moment, "claim_until": claim_until(_made_at(arrival)),
    }  # fmt: skip


def _made_at(arrival: Arrival) -> datetime:
    """When the certificate was made: with the consent, where that says when in a zone; else not after the lead came."""
    try:
        at = datetime.fromisoformat(str((arrival.consent or {}).get("at")))
    except ValueError:
        return arrival.at
    return min(at.astimezone(UTC), arrival.at) if at.tzinfo else arrival.at


def _money(price: Money | None) -> dict[str, Any]:
    return {"minor": price.minor if price else None, "currency": price.currency if price else None}


def _looks_for_repeats(settings: SourceSettings) -> bool:
    return settings.duplicate_days is not None or bool(settings.duplicate_days_by_line)


async def _known(
    uow: UnitOfWork, settings: SourceSettings, arrival: Arrival, beside: Sequence[Arrival], moment: datetime
) -> bool:
    """Whether the agency has had the person for the same within the source's window; the pipeline asks again by its own.

    Asked as of now and not of the lead's own instant: whoever had the turn before may have arrived a moment later. Leads
    ``beside`` it in one batch are not written yet.
    """
    if not _looks_for_repeats(settings):
        return False
    common = _NO_WINDOW_DAYS if settings.duplicate_days is None else settings.duplicate_days
    window = windows(common, {line.value: days for line, days in settings.duplicate_days_by_line.items()})
    lead = replace(_identity(arrival), received_at=moment)
    keys = PersonKeys.of_identity(lead, test=settings.test)
    rows = await uow.leads.like_person(keys, moment - max(window.values()))
    others = [identity_of(row) for row in rows] + [_identity(one) for one in beside if one.test == settings.test]
    return settle(lead.lines, moment, matches(lead, others), window) is not None


def _identity(arrival: Arrival) -> Identity:
    draft, name = arrival.draft, arrival.draft.name
    who = Described(
        name.display if name else None, draft.email_key, draft.phone_key, draft.street, draft.zip_code, draft.city,
        draft.date_of_birth, name.key if name else None, place_of(draft),
    )  # fmt: skip
    return Identity(arrival.lead_id, arrival.at, who, draft.declared_lines)
