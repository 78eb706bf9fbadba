"""From draft to active: made by hand or from a converted lead, revised, submitted for payment, activated, not taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from domain.actor import Actor, ActorKind, Scope
from domain.geo import STATES
from domain.leads.lifecycle import Status as LeadStatus
from domain.lines import Line
from domain.policies.billing import Frequency, schedule
from domain.policies.calendar import begins, months_after, zone_of
from domain.policies.changes import Change, ChangeKind, Contract, contract_row, terms_row
from domain.policies.contents import Contents, Part
from domain.policies.parties import LICENCE, hidden, restored
from domain.policies.prefill import unrevised
from domain.policies.returning import ReturnTerms
from domain.policies.term import priced
from domain.policies.types import PolicyType, catalogue, too_dear
from domain.policies.words import Act, Happening, PolicyStatus
from integrations.geography import Geography
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Forbidden, Invalid
from kernel.ids import derived_id
from kernel.policy_settings import PolicySettings
from services.policies.held import AGREED_WINDOW, Held, hold, schedule_rows
from services.policies.noting import keep_words
from services.policies.prefilling import known_of
from services.policies.recording import begin, move, next_change, record
from services.policies.requests import Request
from services.policies.schemas import FromLeadIn, PolicyDraftIn
from store.sql.models import LeadRow
from store.uow import Database, UnitOfWork

DEFAULT_TYPE = {
    Line.AUTO: "auto.standard", Line.HOME: "home.standard", Line.RENTERS: "home.renters", Line.LIFE: "life.term",
    Line.HEALTH: "health.ppo", Line.COMMERCIAL: "commercial.general_liability", Line.UMBRELLA: "other.umbrella",
    Line.DISABILITY: "other.disability", Line.LONG_TERM_CARE: "other.long_term_care", Line.PET: "other.pet",
}  # fmt: skip
_NOTHING = re.compile(r"[^A-Z0-9]")


class Drafts:
    """Each use case is one transaction; the same request again finds what it did."""

    def __init__(self, database: Database, geography: Geography, settings: PolicySettings) -> None:
        self._database = database
        self._geography = geography
        self._settings = settings

    async def draft(self, actor: Actor, body: PolicyDraftIn, *, key: str | None) -> UUID:
        """Keep a draft; it may be as incomplete as it is. Raises Invalid for a type, state, zone or term that cannot be."""
        actor.require(Scope.POLICIES_WRITE)
        request = Request.of(actor, "draft", key, body.model_dump(mode="json"))
        async with self._database.begin(actor) as uow:
            return await self._draft(uow, body, request, {})

    async def from_lead(self, actor: Actor, lead_id: UUID, body: FromLeadIn, *, key: str | None) -> UUID:
        """A draft of a converted lead, with what is known of it filled in. Raises Conflict for a lead that is not won, Invalid
        where type, state or zone cannot be told from it.
        """
        actor.require(Scope.POLICIES_WRITE)
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            lead = await uow.leads.one(lead_id)
            if lead.status != LeadStatus.WON.value:
                detail = f"the lead is {lead.status}; only one that is won becomes a policy"
                raise Conflict(detail, code="lead_not_won")
            of, shape = self._shape(lead, body)
            # Without a key of the caller's, the lead itself is one: a second click makes no second policy, whatever became known
            # of the lead between the two.
            request = Request.of(actor, "draft", key or f"lead:{lead_id}:{of.key}", body.model_dump(mode="json"))
            found, kept = await known_of(uow, lead, of, shape["months"])
            filled = PolicyDraftIn.model_validate({**shape, "contents": found.contents})
            return await self._draft(uow, filled, request, {"lead_id": lead.id, "prefill": kept})

    async def revise(self, actor: Actor, policy_id: UUID, body: PolicyDraftIn, *, expected: int | None) -> None:
        """Replace a draft. Raises Conflict for what is no draft any more: then it is endorsed."""
        actor.require(Scope.POLICIES_WRITE)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, expected)
            if held.status is not PolicyStatus.DRAFT:
                raise Conflict(
                    f"the policy is {held.status.value}; endorse it instead", code=f"policy_{held.status.value}"
                )
            values = await self._values(uow, body, held.contents)
            if held.row.renews_id is not None and (values["starts_on"], values["carrier"]) != (
                held.row.starts_on,
                held.row.carrier,
            ):
                raise Conflict("a renewal begins where the term before it ends, with its carrier", code="renewal_term")
            if uow.actor.kind is ActorKind.PRODUCER:  # who is of record is not for one of them to say
                values |= {"producers": held.row.producers, "producer_id": held.row.producer_id}
            first = held.row.first_started_on if held.row.renews_id is not None else values["starts_on"]
            held.contract = values.pop("_contract")
            if held.row.prefill is not None:
                values["prefill"] = unrevised(held.row.prefill, held.row.contents, values["contents"])
            request = Request.of(actor, "revise", None, body.model_dump(mode="json"))
            await record(
                uow, held, Act.REVISED, key=request.key, at=now(), values={**values, "first_started_on": first},
                request=request.body,
            )  # fmt: skip

    async def submit(
        self, actor: Actor, policy_id: UUID, *, expected: int | None, key: str | None = None, backdating: str | None = None
    ) -> None:  # fmt: skip
        """Let it wait for its first payment; instalments are fixed. Raises Conflict naming every field that is missing.

        New business that begins longer ago than the settings let pass needs somebody who answers for the agency, who says why.
        """
        actor.require(Scope.POLICIES_WRITE)
        request = Request.of(actor, "submit", key, backdating)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id)
            if await request.done(uow, policy_id):
                return
            held.require_version(expected)
            at = now()
            told = await self._backdated(uow, held, request.key, at, backdating)
            await submit_in(uow, held, request.key, at, request=request.body, **told)

    async def reopen(self, actor: Actor, policy_id: UUID, *, expected: int | None) -> None:
        """Take it back to the desk; Conflict where it is paid."""
        actor.require(Scope.POLICIES_WRITE)
        request = Request.of(actor, "reopen", None)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, expected)
            await move(
                uow, held, Happening.REOPENED, held.facts(now(), held.contract.start), key=request.key,
                values={"schedule": []}, request=request.body,
            )  # fmt: skip

    async def number(self, actor: Actor, policy_id: UUID, number: str, *, expected: int | None) -> None:
        """Enter the carrier's number; one that is there stays. A first payment that waited for it takes effect."""
        actor.require(Scope.POLICIES_WRITE)
        request = Request.of(actor, "number", None, number)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, expected)
            if held.row.number_key is not None:
                raise Conflict("the policy has its number already", code="numbered")
            values = {"number": number.strip(), "number_key": number_key(number)}
            await record(uow, held, Act.REVISED, key=request.key, at=now(), values=values, request=request.body)
            await activate_if_paid(uow, held, f"{request.key}:activate", now())

    async def activate(self, actor: Actor, policy_id: UUID, *, expected: int | None, key: str | None = None) -> None:
        """Put it in force from its first day. Raises Conflict where it is not complete, numbered and paid."""
        actor.require(Scope.POLICIES_WRITE)
        request = Request.of(actor, "activate", key)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id)
            if await request.done(uow, policy_id):
                return
            held.require_version(expected)
            await activate_in(uow, held, request.key, now(), request=request.body)

    async def not_taken(self, actor: Actor, policy_id: UUID, *, expected: int | None) -> None:
        """The insured does not want it. Raises Conflict once something is paid."""
        actor.require(Scope.POLICIES_WRITE)
        request = Request.of(actor, "not_taken", None)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, expected)
            facts = held.facts(now(), held.contract.start)
            await move(uow, held, Happening.NOT_TAKEN, facts, key=request.key, request=request.body)

    async def _backdated(self, uow: UnitOfWork, held: Held, key: str, at: datetime, why: str | None) -> dict[str, Any]:
        """What the event tells of a start that lies long back; a renewal begins where the term before it ends."""
        days = (held.today(at) - held.contract.start).days
        if held.row.renews_id is not None or days <= self._settings.backdate_days:
            return {}
        if not why:
            remedy = (
                f"begin at most {self._settings.backdate_days} days back, or let who answers for the agency say why"
            )
            fault = FieldError(
                "starts_on", "backdated", f"cover would begin {days} days ago", remedy, str(held.contract.start)
            )
            fields = (fault, *held.facts(at, held.contract.start).faults)
            raise Conflict(f"the term began {days} days ago; {remedy}", fields=fields, code="backdated")
        uow.actor.require_whole_agency()
        note_id = await keep_words(uow, held.row.id, f"{key}:backdating", why, at)
        return {"backdated_days": days, "note_id": note_id}

    async def _draft(self, uow: UnitOfWork, body: PolicyDraftIn, request: Request, more: Mapping[str, Any]) -> UUID:
        policy_id = derived_id(uow.actor.agency_id, "policy", request.key)
        if await request.done(uow, policy_id):
            return policy_id
        values = {**await self._values(uow, body), **more}
        values.pop("_contract")
        row = await uow.policies.add({"id": policy_id, **new_row(values, uow.actor, now())})
        await begin(uow, row, request.key, request=request.body)
        return policy_id

    async def _values(self, uow: UnitOfWork, body: PolicyDraftIn, before: Contents | None = None) -> dict[str, Any]:
        of = catalogue().of(body.type)
        contract = contract_of(of, body)
        contents = with_licences(body.contents.contents(), before or Contents())
        producers = await _of_record(uow, body)
        returns = ReturnTerms(
            body.returns.method,
            body.returns.basis,
            body.count,
            Fraction(body.returns.minimum),
            Fraction(body.returns.holdback),
        )
        return {
            "_contract": contract, "number": body.number and body.number.strip(),
            "number_key": number_key(body.number) if body.number else None, "carrier": body.carrier.strip(),
            "line": of.line.value, "type": of.key, "state": body.state, "currency": body.currency, "producers": producers,
            "producer_id": UUID(producers[0]["producer_id"]) if producers else None,
            **term_values(contract), "terms": terms_row(returns),
            "plan": {
                "frequency": body.frequency.value, "reversal_restarts": body.reversal_restarts_grace,
                "auto_renew": body.auto_renew,
                **({} if body.reinstate_days is None else {AGREED_WINDOW: body.reinstate_days}),
            },
            **contents_values(contents),
        }  # fmt: skip

    def _shape(self, lead: LeadRow, body: FromLeadIn) -> tuple[PolicyType, dict[str, Any]]:
        key = body.type or DEFAULT_TYPE.get(Line(lead.line or "unknown"))
        if key is None:
            raise _ask("type", f"the lead is of the line {lead.line}, which has no type of its own", "say the type")
        of = catalogue().of(key)
        states = self._geography.states_for(lead.zip, lead.state).states
        if len(states) != 1:
            raise _ask("state", "the lead's address does not tell one state", "complete the lead's state and ZIP")
        zone = body.zone
        if zone is None:
            zones = self._geography.zones_for(lead.zip, states)
            if len(zones) != 1:
                raise _ask("zone", f"the insured may be in {', '.join(zones) or 'any zone'}", "say the zone")
            zone = zones[0]
        return of, {
            "type": key, "carrier": body.carrier, "state": states[0], "zone": zone, "starts_on": body.starts_on,
            "months": body.months or of.months[-1],
            "producers": [{"producer_id": lead.producer_id}] if lead.producer_id else [],
        }  # fmt: skip


def contract_of(of: PolicyType, body: PolicyDraftIn) -> Contract:
    """The contract of a draft. Raises Invalid for a state that is none, or a term that the type does not have."""
    if body.state not in STATES:
        raise _ask("state", f"{body.state} is no state", "use the two letters of the state of the risk")
    if body.months not in of.months:
        raise _ask("months", f"{body.months} months are no term of {of.key}", f"use {' or '.join(map(str, of.months))}")
    if body.due_day is not None and body.frequency is Frequency.FULL:
        raise _ask("due_day", "what is paid at once has no day of the month", "leave it out, or choose instalments")
    end = months_after(body.starts_on, body.months)
    return Contract(
        body.starts_on, end, zone_of(body.zone), body.clock, body.count, Fraction(body.tax_rate), body.fees_minor, body.due_day
    )  # fmt: skip


def term_values(contract: Contract) -> dict[str, Any]:
    """The columns that a contract gives."""
    return {
        "starts_on": contract.start, "ends_on": contract.end,
        "starts_at": begins(contract.start, contract.zone, contract.clock),
        "ends_at": begins(contract.end, contract.zone, contract.clock), "contract": contract_row(contract),
    }  # fmt: skip


def contents_values(contents: Contents) -> dict[str, Any]:
    """The columns that contents give. Raises Invalid for a price beyond anything insured."""
    if (fault := too_dear(contents)) is not None:
        raise Invalid("the premium cannot be", fields=(fault,))
    return {"contents": contents.as_row(), "price_minor": contents.price, "insured": contents.insured}


def new_row(values: Mapping[str, Any], actor: Actor, at: datetime) -> dict[str, Any]:
    """A draft's columns with those that begin the same for each."""
    fresh = {
        "version": 1, "status": PolicyStatus.DRAFT.value, "term_number": 1, "first_started_on": values["starts_on"],
        "schedule": [], "written_minor": 0, "taxes_minor": 0, "fees_minor": 0, "paid_minor": 0, "created_at": at,
        "created_by": actor.subject, "updated_at": at,
    }  # fmt: skip
    return {**fresh, **values}


def number_key(number: str) -> str:
    """A policy number as it is compared: letters and digits, capitals (DOMAIN T46)."""
    return _NOTHING.sub("", number.upper())


def inception(held: Held, at: datetime) -> Change:
    """The change that a term begins with."""
    key, number = next_change(held)
    return Change(key, number, ChangeKind.INCEPTION, held.contract.start, at, contents=held.contents)


async def submit_in(uow: UnitOfWork, held: Held, key: str, at: datetime, **data: Any) -> None:
    """Submit within the caller's transaction."""
    term = priced(held.contract, [inception(held, at)])
    total, prefill = term.total, held.row.prefill or {}
    if prefill.get("expected_premium_minor") is not None and prefill["currency"] == held.row.currency:
        data |= {"expected_premium_minor": prefill["expected_premium_minor"], "priced_premium_minor": term.written}
    from_plan = schedule(held.contract, total, Frequency(held.row.plan["frequency"]))
    facts = held.facts(at, held.contract.start)
    await move(uow, held, Happening.SUBMITTED, facts, key=key, values={"schedule": schedule_rows(from_plan)}, **data)


async def activate_in(uow: UnitOfWork, held: Held, key: str, at: datetime, **data: Any) -> None:
    """Activate within the caller's transaction."""
    facts = held.facts(at, held.contract.start)
    await move(uow, held, Happening.ACTIVATED, facts, key=key, change=inception(held, at), **data)


async def activate_if_paid(uow: UnitOfWork, held: Held, key: str, at: datetime) -> None:
    """Activate a policy that waits for nothing any more."""
    if held.status is not PolicyStatus.PENDING_PAYMENT:
        return
    facts = held.facts(at, held.contract.start)
    if facts.first_instalment_paid and facts.numbered and not facts.faults and at < facts.ends_at:
        await activate_in(uow, held, key, at)


def with_licences(given: Contents, before: Contents) -> Contents:
    """With the licence numbers that a view hid of what stands ``before``. Raises Invalid for one that hides nothing known."""
    parties = restored(given.of(Part.PARTY), before.of(Part.PARTY))
    for key, one in parties.items():
        if hidden(one.get(LICENCE)):
            raise _ask(
                f"contents.party.{key}.{LICENCE}", "no licence number stands behind it", "write the whole number"
            )
    return Contents({**given.parts, Part.PARTY: parties})


async def _of_record(uow: UnitOfWork, body: PolicyDraftIn) -> list[dict[str, str]]:
    if uow.actor.kind is ActorKind.PRODUCER:
        if uow.actor.producer_id is None:
            raise Forbidden("this producer has no record in the agency; ask an administrator")
        mine = str(uow.actor.producer_id)
        if body.producers and any(str(one.producer_id) != mine for one in body.producers):
            raise Forbidden("a producer issues own policies only; ask a manager to share them")
        return [{"producer_id": mine, "role": "writing", "share": "1"}]
    for one in body.producers:
        await uow.agencies.producer(one.producer_id)
    if body.producers and sum(one.share for one in body.producers if one.role != "override") != 1:
        raise _ask("producers", "the shares do not make 1", "let the shares, overrides apart, add up to 1")
    return [{"producer_id": str(one.producer_id), "role": one.role, "share": str(one.share)} for one in body.producers]


def _ask(field: str, message: str, remedy: str) -> Invalid:
    return Invalid(f"{message}; {remedy}", fields=(FieldError(field, "ask", message, remedy),))
