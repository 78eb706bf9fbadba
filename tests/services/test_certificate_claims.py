"""Certificates on their way: tried until their time is over, and the result is an event of the lead."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text

from domain.actor import Actor
from domain.consent.certificates import Certificate, Claim, Outcome
from kernel.clock import frozen, now
from kernel.errors import Unavailable
from kernel.ids import new_id
from services.certificates import Certificates
from services.container import Services
from services.leads.schemas import ConsentIn, LeadIn
from tests.builders import a_lead


class Vendor:
    """Answers as told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Claim | Exception] = []
        self.asked: list[tuple[str, str | None, str]] = []

    async def claim(self, certificate: Certificate, email: str | None, phone: str | None, reference: str) -> Claim:
        del phone
        self.asked.append((certificate.url, email, reference))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest_asyncio.fixture
async def claims(services: Services, vendor: Vendor) -> AsyncIterator[Certificates]:
    while await services.certificates.work():  # what other tests left
        pass
    yield Certificates(services.database, vendor)


async def certified(services: Services, actor: Actor, **consent: Any) -> UUID:
    url = f"https://cert.trustedform.com/{new_id().hex}"
    given = ConsentIn(**({"text": "I agree.", "at": now(), "certificate_url": url} | consent))
    answer = await services.intake.accept_one(actor, LeadIn(**a_lead(), consent=given), key=None)
    return UUID(answer.body["lead_id"])


async def certificate_of(services: Services, actor: Actor, lead_id: UUID) -> dict[str, Any] | None:
    consent = (await services.lead_queries.one(actor, lead_id)).consent
    return consent and consent.get("certificate")


async def due(services: Services, actor: Actor) -> None:
    async with services.database.begin(actor) as uow:
        await uow.session.execute(text("UPDATE consent_certificate SET due_at = now() WHERE outcome = 'waiting'"))


async def test_a_claimed_certificate_is_an_event_and_stands_on_the_lead(
    services: Services, actor: Actor, claims: Certificates, vendor: Vendor
) -> None:
    lead_id = await certified(services, actor)
    vendor.answers = [Claim(Outcome.CLAIMED, "claimed", resold=True, email_match=True)]
    assert await claims.work()
    assert [(email, reference) for _, email, reference in vendor.asked] == [(a_lead()["email"], str(lead_id))]
    found = await certificate_of(services, actor, lead_id)
    assert found is not None
    assert (found["outcome"], found["previously_retained"], found["email_match"]) == ("claimed", True, True)
    kinds = [activity.kind for activity in await services.lead_queries.timeline(actor, lead_id)]
    assert kinds == ["received", "certified"]
    assert not await claims.work()
    assert (await services.lead_rebuild.rebuild(actor)).differed == 0


async def test_a_vendor_that_is_away_is_asked_again(
    services: Services, actor: Actor, claims: Certificates, vendor: Vendor
) -> None:
    lead_id = await certified(services, actor)
    vendor.answers = [Unavailable("away"), Claim(Outcome.MISMATCH, "not the same person")]
    assert await claims.work()
    assert not await claims.work(), "not before the pause is over"
    await due(services, actor)
    assert await claims.work()
    found = await certificate_of(services, actor, lead_id)
    assert found is not None
    assert found["outcome"] == "mismatch"


async def test_after_72_hours_nobody_is_asked(
    services: Services, actor: Actor, claims: Certificates, vendor: Vendor
) -> None:
    lead_id = await certified(services, actor, at=now() - timedelta(hours=1))
    with frozen(now() + timedelta(hours=71)):
        assert await claims.work()
    assert vendor.asked == []
    found = await certificate_of(services, actor, lead_id)
    assert found is not None
    assert found["outcome"] == "expired"


async def test_without_a_key_the_lead_says_so(services: Services, actor: Actor, claims: Certificates) -> None:
    del claims
    lead_id = await certified(services, actor)
    assert await services.certificates.work()
    found = await certificate_of(services, actor, lead_id)
    assert found is not None
    assert found["words"] == "not claimed: no key of the vendor is set"


@pytest.mark.parametrize(
    "url", ["https://cert.trustedform.com.evil.io/abc", "https://evil.io/", "http://cert.trustedform.com/abc"]
)
async def test_an_address_elsewhere_is_never_asked(
    services: Services, actor: Actor, claims: Certificates, vendor: Vendor, url: str
) -> None:
    await certified(services, actor, certificate_url=url)
    assert not await claims.work()
    assert vendor.asked == []
