"""Policies on real stores for tests, short to say: an auto policy in Illinois that costs 1,200.00 unless told otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from domain.access.roles import SCOPES, Role
from domain.actor import Actor, ActorKind
from kernel.clock import frozen
from kernel.ids import new_id
from services.container import Services
from services.policies.policies import Policies
from services.policies.schemas import (
    CancelIn,
    EndorsementIn,
    NoticeIn,
    PaymentIn,
    PolicyDraftIn,
    PriceIn,
    ReinstateIn,
    RenewalQuoteIn,
)
from services.policies.views import PolicyDetail

START = date(2026, 1, 1)


def contents(premium: int = 120_000, **changes: Any) -> dict[str, Any]:
    car = {"year": 2021, "make": "Honda", "model": "Civic", "garaging_zip": "60614"}
    limits = {"per_person": 10_000_000, "per_accident": 30_000_000}
    return {
        "object": {"car-1": {"kind": "vehicle", "data": car}},
        "party": {
            "ann": {
                "role": "named_insured", "name": "Ann Lee", "email": "ann.lee@leads.example",
                "address": "12 Elm St, Chicago, IL 60614",
            },
            "driver": {"role": "driver", "name": "Ann Lee"},
        },
        "coverage": {
            "bi": {"code": "bodily_injury", "limits": limits, "premium_minor": premium},
            "pd": {"code": "property_damage", "limits": {"per_accident": 5_000_000}, "premium_minor": 0},
        },
        **changes,
    }  # fmt: skip


def a_policy(**changes: Any) -> PolicyDraftIn:
    return PolicyDraftIn.model_validate({
        "type": "auto.standard", "carrier": "Prairie Mutual", "state": "IL", "zone": "America/Chicago",
        "starts_on": START, "months": 12, "number": f"PM-{new_id().hex[-10:]}", "contents": contents(), **changes,
    })  # fmt: skip


def noon(day: date | str) -> datetime:
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC)


_TIMERS_AT_MOST = 20_000


@dataclass
class Book:
    """The services of policies as one actor uses them, on a day that the test chooses."""

    services: Services
    actor: Actor

    @property
    def policies(self) -> Policies:
        return self.services.policies

    @contextmanager
    def on(self, day: date | str) -> Iterator[None]:
        with frozen(noon(day)):
            yield

    async def draft(self, **changes: Any) -> UUID:
        return await self.policies.drafts.draft(self.actor, a_policy(**changes), key=None)

    async def active(self, *, pay: int | None = None, **changes: Any) -> UUID:
        """In force from its first day, its first instalment (or ``pay``) paid on it."""
        with self.on(changes.get("starts_on", START)):
            policy_id = await self.draft(**changes)
            await self.policies.drafts.submit(self.actor, policy_id, expected=None)
            first = (await self.see(policy_id)).schedule[0].amount_minor
            await self.pay(policy_id, pay or first)
        return policy_id

    async def see(self, policy_id: UUID) -> PolicyDetail:
        return await self.policies.reading.one(self.actor, policy_id)

    async def pay(self, policy_id: UUID, amount: int, **parts: Any) -> UUID:
        body = PaymentIn.model_validate({"amount_minor": amount, "method": "ach", **parts})
        return await self.policies.paying.pay(self.actor, policy_id, body, key=None)

    async def endorse(self, policy_id: UUID, day: str, *operations: dict[str, Any], free: bool = False) -> UUID:
        """Quote, approve and apply; ``free`` where the carrier says that it charges nothing."""
        body = EndorsementIn.model_validate({"effective_on": day, "operations": operations})
        made = await self.policies.changing.quote(self.actor, policy_id, body, expected=None, key=None)
        if free:
            price = PriceIn(reference="Q-0", no_charge=True)
            person = replace(self.actor, kind=ActorKind.PERSON, subject="person:mia")
            await self.policies.changing.price(person, policy_id, made, price, expected=None)
        await self.policies.changing.approve(self.actor, policy_id, made, expected=None)
        await self.policies.changing.apply(self.actor, policy_id, made, expected=None)
        return made

    async def notice(self, policy_id: UUID, mailed: str, effective: str, **parts: Any) -> UUID:
        body = NoticeIn.model_validate({
            "action": "cancellation", "reason": "nonpayment", "sent": "mail_with_proof", "mailed_on": mailed,
            "effective_on": effective, "proof": "PS 3817, drawer 4", **parts,
        })  # fmt: skip
        return await self.policies.ending.give_notice(self.actor, policy_id, body, expected=None, key=None)

    async def cancel(self, policy_id: UUID, reason: str = "request", day: str | None = None) -> None:
        body = CancelIn.model_validate({"reason": reason, "effective_on": day})
        await self.policies.ending.cancel(self.actor, policy_id, body, expected=None, key=None)

    async def reinstate(self, policy_id: UUID, *, lapse: bool, **parts: Any) -> None:
        body = ReinstateIn.model_validate({"lapse": lapse, **parts})
        await self.policies.ending.reinstate(self.actor, policy_id, body, expected=None, key=None)

    async def kinds(self, policy_id: UUID) -> list[str]:
        return [one.kind for one in (await self.policies.reading.timeline(self.actor, policy_id)).items]

    async def tick(self, day: date | str) -> int:
        """Work every timer that is due by noon of a day, those that other tests left behind too."""
        with self.on(day):
            worked = 0
            while worked < _TIMERS_AT_MOST:
                if not (some := await self.policies.timing.work()):
                    return worked
                worked += some
        raise AssertionError(f"{_TIMERS_AT_MOST} timers were worked by {day} and more are due: one sets itself again")


def glass(premium: int, key: str = "glass") -> dict[str, Any]:
    value = {"code": "comprehensive", "object": "car-1", "deductible_minor": 50_000, "premium_minor": premium}
    return {"verb": "add", "part": "coverage", "key": key, "value": value}


async def renewal_quote(book: Book, policy_id: UUID, key: str | None = None, **said: Any) -> PolicyDetail:
    """Enter what the carrier asks for the next term, as a person."""
    person = replace(book.actor, kind=ActorKind.PERSON, subject="person:mia", scopes=SCOPES[Role.MANAGER])
    told = {"reference": "PM renewal 8", "valid_until": "2027-01-01", **said}
    body = RenewalQuoteIn.model_validate(told)
    await book.policies.renewing.quote(person, policy_id, body, expected=None, key=key)
    return await book.see(policy_id)
