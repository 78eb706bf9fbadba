"""What the stores know of a lead's person and of a seller, gathered for one verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.contact.channels import BY_PHONE, Channel
from domain.contact.consent import read_consent
from domain.contact.facts import Facts, LicenceFact, Relationship, RelationshipKind, Revocation, Scrub
from domain.geo import STATES
from domain.leads.lifecycle import Status
from domain.lines import Authority, Line
from domain.routing.profile import LicenceStatus
from domain.routing.tables import authority_table
from domain.sources.settings import SourceKind
from integrations.geography import Geography
from services.contact.schemas import Seller
from store.sql.models import LeadRow, ProducerRow
from store.sql.repositories.contact import Addresses, LeadOfPerson
from store.uow import UnitOfWork

_NOT_YET = frozenset({Status.UNCONFIRMED.value, Status.RETURNED.value})
"""Nobody's lead yet, or no more."""


@dataclass(frozen=True, slots=True)
class Place:
    """All states and time zones in which the person may be; empty where that is not known."""

    states: tuple[str, ...]
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SellerFacts:
    """The names under which a consent may name the seller, and its licences for the line."""

    names: tuple[str, ...]
    licences: tuple[LicenceFact, ...]


def place_of(geography: Geography, lead: LeadRow) -> Place:
    """From the address's state and ZIP; never from the number (T3)."""
    states = geography.states_for(lead.zip, lead.state).states
    return Place(states, geography.zones_for(lead.zip, states))


@dataclass(frozen=True, slots=True)
class _Person:
    """What is known of a lead's person, whoever makes the contact."""

    where: Place
    kin: tuple[LeadOfPerson, ...]
    revocations: tuple[Revocation, ...]
    scrubs: tuple[Scrub, ...]
    relationships: tuple[Relationship, ...]

    def facts(self, lead: LeadRow, known: SellerFacts, *, another: bool) -> Facts:
        """With what is known of the seller; ``another`` is one that is not of the agency."""
        consent = read_consent(lead.consent, known.names)
        return Facts(
            line=_line(lead), confirmed=lead.status not in _NOT_YET, reachable=_reachable(lead), states=self.where.states,
            zones=self.where.zones,
            collected_by_seller=not another and any(_own_form(one) for one in self.kin if one.id == lead.id),
            consents=() if consent is None else (consent,), revocations=self.revocations, scrubs=self.scrubs,
            relationships=() if another else self.relationships, licences=known.licences,
        )  # fmt: skip


async def gather(uow: UnitOfWork, geography: Geography, lead: LeadRow, seller: Seller) -> Facts:
    """Everything a verdict about this lead and seller reads."""
    person = await _person(uow, geography, lead)
    known = await seller_facts(uow, seller, _line(lead), person.where.states)
    return person.facts(lead, known, another=seller.name is not None)


async def gather_each(
    uow: UnitOfWork, geography: Geography, lead: LeadRow, producer_ids: Sequence[UUID]
) -> dict[UUID, Facts]:
    """The same for several producers at once, by who they are. The person is looked up once."""
    person = await _person(uow, geography, lead)
    agency, line = (await uow.agencies.mine()).name, _line(lead)
    return {
        row.id: person.facts(lead, _producer(agency, row, line), another=False)
        for row in await uow.agencies.producers_of(producer_ids)
    }


async def _person(uow: UnitOfWork, geography: Geography, lead: LeadRow) -> _Person:
    who = Addresses.of(lead)
    people = await uow.contact.hashes(who)
    kin = await uow.contact.leads_of(who, lead.id)
    phones = await uow.contact.phone_hashes(sorted(filter(None, {lead.phone, lead.phone_key})))
    scrubs = tuple(Scrub(row.list, row.at, row.listed) for row in await uow.contact.scrubs(phones))
    return _Person(
        place_of(geography, lead), tuple(kin), await _revocations(uow, people, lead.id, kin), scrubs,
        await _relationships(uow, kin),
    )  # fmt: skip


async def seller_facts(uow: UnitOfWork, seller: Seller, line: Line, states: Sequence[str]) -> SellerFacts:
    """A producer's licences are the producer's; the agency's are those of its producers, one of whom makes the contact."""
    if seller.name is not None:
        return SellerFacts((seller.name,), ())
    agency = (await uow.agencies.mine()).name
    if seller.producer_id is None:
        profiles = await uow.contact.licensed_in(states) if states else []
        each = [_licences(profile.get("licences", []), line) for profile in profiles]
        # One producer must hold them all: who makes the contact is one person.
        whole = next((found for found in each if _held(found) >= set(states)), each[0] if each else ())
        return SellerFacts((agency,), whole)
    return _producer(agency, await uow.agencies.producer(seller.producer_id), line)


def _producer(agency: str, row: ProducerRow, line: Line) -> SellerFacts:
    held = _licences(row.profile.get("licences", []), line) if row.active else ()
    return SellerFacts((agency, row.name), held)


def _line(lead: LeadRow) -> Line:
    return Line(lead.line or lead.declared_line or Line.UNKNOWN)


def _held(found: Sequence[LicenceFact]) -> set[str]:
    return {one.state for one in found if one.active and one.covers}


def _licences(stored: Sequence[dict[str, object]], line: Line) -> tuple[LicenceFact, ...]:
    active = [one for one in stored if one.get("status") == LicenceStatus.ACTIVE.value and one.get("state") in STATES]
    needed = authority_table().rows.get(line, ())
    facts = []
    for one in active:
        # A state may issue one licence for each authority, so what they allow together counts.
        together = {
            Authority(part)
            for other in active
            if other["state"] == one["state"]
            for part in _texts(other["authorities"])
        }
        ends = one.get("expires")
        facts.append(
            LicenceFact(
                str(one["state"]), active=True, covers=any(need <= together for need in needed),
                effective=datetime.fromisoformat(str(one["effective"])).date(),
                expires=datetime.fromisoformat(str(ends)).date() if ends else None,
            )
        )  # fmt: skip
    return tuple(facts)


def _texts(found: object) -> list[str]:
    return [str(one) for one in found] if isinstance(found, list) else []


def _reachable(lead: LeadRow) -> frozenset[Channel]:
    by_phone = BY_PHONE if lead.phone and lead.phone_valid else frozenset()
    by_email = {Channel.EMAIL} if lead.email else set()
    by_mail = {Channel.MAIL} if lead.street and lead.zip else set()
    return frozenset({*by_phone, *by_email, *by_mail})


def _own_form(one: LeadOfPerson) -> bool:
    return one.source_kind == SourceKind.FORM.value and one.status not in _NOT_YET


async def _revocations(
    uow: UnitOfWork, people: Sequence[str], lead_id: UUID, kin: Sequence[LeadOfPerson]
) -> tuple[Revocation, ...]:
    listed = await uow.contact.revocations(people, lead_id)
    said = [Revocation(row.at, frozenset(map(Channel, row.channels))) for row in listed]
    if not any(Channel.CALL in one.channels for one in said):
        # A wish that is older than the suppression list stands on the lead alone.
        said += [Revocation(one.updated_at, BY_PHONE) for one in kin if one.do_not_call]
    return tuple(sorted(said, key=lambda one: (one.at, sorted(one.channels))))


async def _relationships(uow: UnitOfWork, kin: Sequence[LeadOfPerson]) -> tuple[Relationship, ...]:
    won = [one.id for one in kin if one.status == Status.WON.value]
    bought = await uow.contact.won_at(won) if won else []
    dealings = [Relationship(RelationshipKind.TRANSACTION, at) for at in bought]
    dealings += [Relationship(RelationshipKind.INQUIRY, one.received_at) for one in kin if _own_form(one)]
    return tuple(sorted(dealings, key=lambda one: (one.at, one.kind)))
