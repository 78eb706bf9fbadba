"""Loading an agency from a file; the same file again changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from domain.actor import Actor, Scope, system_actor
from domain.chat.medicare import SETTING as MEDICARE
from domain.chat.medicare import MedicareOffers
from domain.producers.record import differences, kept
from domain.routing.offer_terms import SETTING, OfferTerms
from domain.routing.profile import ProducerProfile
from integrations.geography import Geography
from kernel.clock import now
from kernel.errors import AppError, FieldError, Invalid
from kernel.ids import derived_id
from kernel.slices import slices
from services.agencies.schemas import AgencyFile, AgencyLoaded, ProducerIn
from store.uow import Database, UnitOfWork

_SLICE = 1_000


class AgencyLoading:
    """Upserts of a whole roster in a few statements."""

    def __init__(self, database: Database, geography: Geography) -> None:
        self._database = database
        self._geography = geography

    async def found(self, slug: str, name: str) -> Actor:
        """The agency with this slug, founded now when it was not there, as an actor that may load it."""
        async with self._database.platform() as platform:
            agency_id = await platform.found_agency(slug, name)
        return system_actor(agency_id, "load")

    async def actor_for(self, slug: str, part: str) -> Actor | None:
        """The platform acting for the agency with this slug, or None when there is no such agency."""
        async with self._database.platform() as platform:
            agency_id = await platform.agency_of(slug)
        return None if agency_id is None else system_actor(agency_id, part)

    async def load(self, actor: Actor, source: bytes) -> AgencyLoaded:
        """Bring the actor's agency to what the file says; producers it does not name stay as they are.

        Raises Invalid with one entry for each thing wrong, and then changes nothing.
        """
        actor.require(Scope.AGENCY_ADMIN)
        agency = read_agency(source)
        terms = None if agency.offers is None else OfferTerms.from_dict(agency.offers)
        medicare = None if agency.medicare is None else MedicareOffers.from_dict(agency.medicare)
        rows = await asyncio.to_thread(self._producer_rows, actor.agency_id, agency.producers)
        async with self._database.begin(actor) as uow:
            await _keep_what_stands(uow, rows)
            for part in slices(rows, _SLICE):
                await uow.agencies.save_producers(part)
            known = await uow.agencies.ids_by_external()
            links = _connection_rows(actor.agency_id, agency, known)
            for part in slices(links, _SLICE):
                await uow.agencies.save_connections(part)
            await uow.connections.begin_records(now())
            if agency.commissions is not None:
                given = {line.value: one.model_dump(mode="json") for line, one in agency.commissions.items()}
                await uow.agencies.save_setting("commissions", given)
            if medicare is not None:
                await uow.agencies.save_setting(MEDICARE, medicare.as_dict())
            if terms is not None:
                await uow.agencies.save_setting(SETTING, terms.as_dict())
            producers, connections = await uow.agencies.counts()
            version = await uow.agencies.roster_version()
            await uow.audit.note("agency.load", "agency", actor.agency_id, roster_version=version)
        return AgencyLoaded(
            agency_id=str(actor.agency_id), producers=producers, connections=connections, roster_version=version
        )

    def _producer_rows(self, agency_id: UUID, producers: Sequence[ProducerIn]) -> list[dict[str, Any]]:
        rows, wrong, seen = [], [], set()
        for place, producer in enumerate(producers):
            field = f"producers.{place}"
            if producer.external_id in seen:
                wrong.append(FieldError(f"{field}.external_id", "repeated", "named twice", "name each producer once"))
            seen.add(producer.external_id)
            try:
                profile = self._profile(agency_id, producer)
            except AppError as problem:
                wrong += problem.fields or (FieldError(f"{field}.profile", "invalid", problem.detail),)
            except (ValueError, TypeError, KeyError, AttributeError) as problem:
                wrong.append(FieldError(f"{field}.profile", "invalid", str(problem)[:200], "see docs/agency-file.md"))
            else:
                rows.append({
                    "id": profile.producer_id, "external_id": producer.external_id, "name": producer.name,
                    "email": producer.email, "phone": producer.phone, "active": bool(profile.active),
                    "profile": profile.as_dict(), "loaded": profile.as_dict(), "updated_at": now(), "version": 1,
                })  # fmt: skip
        if wrong:
            raise Invalid(f"{len(wrong)} entries of the file cannot be used", fields=tuple(wrong[:100]))
        return rows

    def _profile(self, agency_id: UUID, producer: ProducerIn) -> ProducerProfile:
        given = dict(producer.profile)
        if "network_tier" in given:
            msg = "network_tier is counted from what was referred, not stated; leave it out"
            raise ValueError(msg)
        place = self._geography.place(given.get("zip_code"))
        if place is not None:
            for field, value in (("lat", place.lat), ("lon", place.lon), ("time_zone", place.time_zone)):
                given.setdefault(field, value)
        return ProducerProfile.from_dict({
            **given,
            "producer_id": str(derived_id("producer", agency_id, producer.external_id)),
            "agency_id": str(agency_id),
            "team_id": str(derived_id("team", agency_id, producer.team)) if producer.team else None,
        })  # fmt: skip


def read_agency(source: bytes) -> AgencyFile:
    """The file as typed data; raises Invalid with a path for each entry that is wrong."""
    try:
        return AgencyFile.model_validate_json(source)
    except ValidationError as problem:
        fields = tuple(
            FieldError(".".join(map(str, error["loc"])) or "file", error["type"], error["msg"])
            for error in problem.errors()[:100]
        )
        raise Invalid("the agency file is not valid", fields=fields) from problem


async def _keep_what_stands(uow: UnitOfWork, rows: Sequence[dict[str, Any]]) -> None:
    """What the file says as it did last time stays as it was changed or measured since; what it says anew is written down."""
    standing, changes = {row.external_id: row for row in await uow.producers.stated(held=True)}, []
    for row in rows:
        before = standing.get(row["external_id"])
        if before is None:
            continue
        row["profile"] = kept(before.profile, before.loaded, row["loaded"])
        if row["profile"].get("active") == before.profile.get("active"):
            row["active"] = before.active
        else:
            row["active"] = bool(row["profile"].get("active"))
        if changed := differences(before.profile, row["profile"]):
            changes.append({
                "producer_id": before.id, "version": before.version + 1, "at": row["updated_at"], "did": "load",
                "changed": changed,
            })  # fmt: skip
    await uow.producers.add_changes(changes)


def _connection_rows(agency_id: UUID, agency: AgencyFile, known: dict[str, UUID]) -> list[dict[str, Any]]:
    rows, wrong = {}, []
    for place, link in enumerate(agency.connections):
        ends = known.get(link.from_id), known.get(link.to_id)
        if ends[0] is None or ends[1] is None or ends[0] == ends[1]:
            remedy = "both ends must be producers of this agency, and two different ones"
            wrong.append(FieldError(f"connections.{place}", "unknown", "an end does not fit", remedy))
            continue
        key = derived_id("connection", agency_id, *ends, link.kind.value)
        rows[key] = {
            "id": key, "from_id": ends[0], "to_id": ends[1], "kind": link.kind.value, "strength": link.strength,
            "stated": link.strength, "active": True,
        }  # fmt: skip
    if wrong:
        raise Invalid(f"{len(wrong)} connections cannot be used", fields=tuple(wrong[:100]))
    return list(rows.values())
