"""Finding and counting leads by typed filters, and producers by what they may and can."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from domain.actor import Actor, ActorKind, Scope
from domain.asking.arguments import CountLeads, FindLeads, FindProducers, LeadFilters
from domain.leads.lifecycle import Status
from domain.routing.capacity import available
from domain.routing.facts import ProducerLoad
from domain.routing.profile import LicenceStatus, ProducerProfile
from integrations.geography import Geography
from kernel.clock import now
from kernel.errors import FieldError, Invalid, NotFound
from kernel.money import Money
from services.asking.places import Place, place_of
from services.asking.schemas import LeadLine, LeadsCounted, LeadsFound, ProducerLine, ProducersFound, Share
from store.sql.models import ProducerRow
from store.sql.repositories.asking import Circle, FoundLead, Wanted
from store.uow import Database, UnitOfWork

_SEVERAL = 6
_PRODUCERS_SHOWN = 25
_AS_SAID = ("name", "source", "not_contacted_since", "contacted_since", "received_from", "received_until",
            "score_at_least", "score_at_most")  # fmt: skip


class Finding:
    """Read-only. A producer finds the own leads, a partner those of the own source."""

    def __init__(self, database: Database, geography: Geography) -> None:
        self._database = database
        self._geography = geography

    async def find(self, actor: Actor, asked: FindLeads) -> LeadsFound:
        """Leads that fit, in order."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            wanted, place = await self.wanted(uow, asked)
            found = await uow.asking.find(wanted, asked.sort.value, descending=asked.descending, at_most=asked.limit)
            total = (await uow.asking.count(wanted, None))[0][1]
            names = await names_of(uow, {one.lead.producer_id for one in found})
        return LeadsFound(
            leads=[_line(one, names, actor) for one in found], total=total, place=place.label if place else None
        )

    async def count(self, actor: Actor, asked: CountLeads) -> LeadsCounted:
        """How many fit, in all or by something."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            wanted, place = await self.wanted(uow, asked)
            rows = await uow.asking.count(wanted, asked.by.value if asked.by else None)
            names = await names_of(uow, {value for value, _ in rows if isinstance(value, UUID)})
        parts = [Share(value=_text(value), label=label(value, names), count=n) for value, n in rows]
        return LeadsCounted(
            total=sum(one.count for one in parts), by=asked.by, parts=parts if asked.by else [],
            place=place.label if place else None,
        )  # fmt: skip

    async def producers(self, actor: Actor, asked: FindProducers) -> ProducersFound:
        """Active producers that fit, by name. A licence that is not known to be active does not count."""
        actor.require(Scope.PRODUCERS_READ)
        moment = now()
        async with self._database.begin(actor) as uow:
            rows = await uow.agencies.producers()
            if not actor.sees_all_leads:
                rows = [row for row in rows if row.id == actor.producer_id]
            loads = await uow.routing.loads(moment, [row.id for row in rows])
        lines = []
        for row in rows:
            profile = ProducerProfile.from_dict(row.profile)
            held = loads.get(row.id)
            load = ProducerLoad(held.open_leads, held.today, held.this_month) if held else ProducerLoad()
            one = _producer(row, profile, available(profile, load, moment))
            if row.active and _fits(one, asked):
                lines.append(one)
        lines.sort(key=lambda one: (one.name, one.id))
        return ProducersFound(producers=lines[:_PRODUCERS_SHOWN], total=len(lines))

    async def connections(self, actor: Actor, at_most: int = 50) -> list[dict[str, str]]:
        """Active connections between producers, strongest first; a producer's own alone."""
        actor.require(Scope.PRODUCERS_READ)
        async with self._database.begin(actor) as uow:
            rows = await uow.agencies.connections()
            if not actor.sees_all_leads:
                rows = [row for row in rows if actor.producer_id in {row.from_id, row.to_id}]
            rows = sorted(rows, key=lambda row: (-row.strength, row.id))[:at_most]
            names = await uow.agencies.names([one for row in rows for one in (row.from_id, row.to_id)])
        return [
            {"from_id": str(row.from_id), "from": names.get(row.from_id, ""), "to_id": str(row.to_id),
             "to": names.get(row.to_id, ""), "kind": row.kind, "strength": str(row.strength)}
            for row in rows
        ]  # fmt: skip

    async def producer_named(self, actor: Actor, words: str) -> ProducerRow:
        """The one producer whom the words mean; NotFound for whom the actor may not see."""
        async with self._database.begin(actor) as uow:
            return await named(uow, words)

    async def wanted(self, uow: UnitOfWork, asked: LeadFilters) -> tuple[Wanted, Place | None]:
        """The filters with what they name resolved. Raises Invalid where a place or producer cannot be told."""
        producer_id = (await named(uow, asked.producer)).id if asked.producer else None
        if asked.mine:
            own = uow.actor.producer_id
            if own is None:
                fault = FieldError("mine", "no_producer", "you are no producer", "name one with `producer`")
                raise Invalid("you have no leads of your own: you are signed in as no producer", fields=(fault,))
            if producer_id not in {None, own}:
                raise Invalid("either your own leads or another producer's, not both")
            producer_id = own
        place = place_of(asked.place, self._geography) if asked.place else None
        near = self._near(asked, place)
        city = place if place is not None and near is None else None
        wanted = Wanted(
            status=[one.value for one in asked.status], line=[one.value for one in asked.line], state=asked.state,
            tier=[one.value for one in asked.tier], producer_id=producer_id, near=near,
            city=city.city if city else None, city_state=city.state if city else None, zips=city.zips if city else (),
            **{name: getattr(asked, name) for name in _AS_SAID},
        )  # fmt: skip
        return wanted, place

    @staticmethod
    def _near(asked: LeadFilters, place: Place | None) -> Circle | None:
        if asked.within_miles is None:
            return None
        if place is None or place.lat is None or place.lon is None:
            fault = FieldError("within_miles", "no_place", "has no place to count from", "give a city or a ZIP")
            raise Invalid("a distance needs a place that covers an area", fields=(fault,))
        return Circle(place.lat, place.lon, asked.within_miles)


async def named(uow: UnitOfWork, words: str) -> ProducerRow:
    """The one producer whom the words mean: by id, key or name. Raises NotFound for none, Invalid for several."""
    try:
        row = await uow.agencies.producer(UUID(words))
    except ValueError:
        rows = await uow.asking.producers_named(words, _SEVERAL)
        if len(rows) > 1:
            several = ", ".join(f"{row.name} ({row.external_id})" for row in rows)
            fault = FieldError("producer", "ambiguous", "could be several", f"give the key: {several}", words[:80])
            raise Invalid(f"{words[:60]!r} could be {several}; say which", fields=(fault,)) from None
        if rows:
            return rows[0]
        row = None
    if row is None or not (uow.actor.sees_all_leads or row.id == uow.actor.producer_id):
        raise NotFound(f"no producer {words[:60]!r} whom you may see")
    return row


async def names_of(uow: UnitOfWork, ids: set[UUID | None]) -> Mapping[UUID, str]:
    """Names of producers; a producer sees the own name alone."""
    wanted = [one for one in ids if one is not None]
    if uow.actor.kind is ActorKind.PARTNER:
        return {}
    if not uow.actor.sees_all_leads:
        wanted = [one for one in wanted if one == uow.actor.producer_id]
    return await uow.agencies.names(wanted) if wanted else {}


def label(value: object, names: Mapping[UUID, str]) -> str:
    """A value as it is read aloud."""
    if value is None:
        return "none"
    return names.get(value, str(value)) if isinstance(value, UUID) else str(value).replace("_", " ")


def money(minor: int | None, currency: str | None) -> str | None:
    """An amount with its currency."""
    return None if minor is None else f"{Money(minor, currency or 'USD').amount} {currency or 'USD'}"


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _line(one: FoundLead, names: Mapping[UUID, str], actor: Actor) -> LeadLine:
    lead = one.lead
    # Who is offered a lead learns who it is by taking it.
    hidden = lead.status == Status.OFFERED and actor.kind is ActorKind.PRODUCER
    return LeadLine(
        id=lead.id, name=None if hidden else lead.name, line=lead.line or lead.declared_line, status=lead.status, tier=lead.tier,
        score=lead.score, city=lead.city, state=lead.state, source=lead.source, received_at=lead.received_at,
        contacted_at=one.contacted_at, do_not_call=lead.do_not_call, producer_id=lead.producer_id,
        producer=names.get(lead.producer_id) if lead.producer_id else None,
        value=money(one.premium_minor, one.currency), miles=None if one.miles is None else round(one.miles, 1),
    )  # fmt: skip


def _producer(row: ProducerRow, profile: ProducerProfile, room: int | None) -> ProducerLine:
    today = now().date()
    states = {
        one.state
        for one in profile.licences or ()
        if one.status is LicenceStatus.ACTIVE
        and one.effective <= today
        and (one.expires is None or one.expires >= today)
    }
    return ProducerLine(
        id=row.id, key=row.external_id, name=row.name, active=row.active,
        lines=sorted(one.value for one in profile.lines or ()), states=sorted(states),
        languages=sorted(profile.languages or ()), room=room,
    )  # fmt: skip


def _fits(one: ProducerLine, asked: FindProducers) -> bool:
    if asked.has_room is not None and (one.room is not None and one.room > 0) is not asked.has_room:
        return False
    return (
        (asked.line is None or asked.line.value in one.lines)
        and (asked.state is None or asked.state in one.states)
        and (asked.language is None or asked.language in one.languages)
    )
