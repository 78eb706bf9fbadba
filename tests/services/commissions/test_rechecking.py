"""Licences that change bring commissions to what is known now, by themselves and once (T43)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from domain.commissions.ledger import Account
from domain.commissions.payouts import PayoutVerb
from services.commissions import rechecking
from services.commissions.money_schemas import PayoutChange, RunIn
from services.commissions.schemas import UplineIn
from tests.builders import a_licence, a_producer, an_agency
from tests.services.commissions.conftest import EFFECTIVE, MakeOffice, Office, ended


async def known(office: Office, **profiles: Any) -> None:
    """The agency's file comes again with other licences."""
    async with office.services.database.begin(office.actor) as uow:
        slug = (await uow.agencies.mine()).slug
    people = [a_producer(name, **profiles.get(name, {})) for name in office.ids]
    await office.services.agencies.load(office.actor, json.dumps(an_agency(slug, people)).encode())


async def worked(office: Office) -> None:
    while await office.made.rechecks.work():
        pass


async def withheld(office: Office, actor: Any = None, **wanted: Any) -> set[str]:
    page = await office.made.accruals.page(actor or office.actor, withheld=True, **wanted)
    return {one.policy_number for one in page.items}


async def test_t43_a_licence_that_had_ended_takes_back_what_was_paid_without_anybody_asking(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rechecking, "_AT_ONCE", 2)
    for number in range(5):
        await office.released("p1", "p2", policy={"number": f"HO-{number}"})
    for payout in (await office.made.payouts.run(office.actor, RunIn(run="1"))).made:
        for verb in (PayoutVerb.PROCESS, PayoutVerb.CONFIRM):
            await office.made.payouts.change(office.actor, payout.id, PayoutChange(action=verb), expected=None)
    await worked(office)
    before = await office.counted("ledger_batch")
    await known(office, p1=ended("2026-01-31"))
    await asyncio.gather(*(worked(office) for _ in range(5)))
    assert (await office.owed("p1"), await office.balance(Account.WITHHELD, "p1")) == (-25_000, -25_000)
    assert (await office.owed("p2"), await office.balance(Account.WITHHELD, "p2")) == (0, 0)
    assert await office.counted("ledger_batch") == before + 5, "each is looked at once"
    assert await office.counted("commission_recheck") == 0
    await known(office, p1=ended("2026-01-31"))
    await worked(office)
    assert await office.counted("ledger_batch") == before + 5


async def test_t43_a_licence_that_becomes_known_gives_what_was_withheld(make_office: MakeOffice) -> None:
    office = await make_office(3, p1={"licences": []}, p2={"licences": []})
    await office.plan(overrides=["0.10"])
    given = UplineIn(upline_id=office.ids["p2"], since=EFFECTIVE.date().replace(month=1))
    await office.made.arrangements.set_upline(office.actor, office.ids["p1"], given)
    await office.sold("p1", policy={"number": "HO-1"})
    await office.sold("p3", policy={"number": "HO-2"})
    assert await withheld(office) == {"HO-1"}
    assert await withheld(office, payee_id=office.ids["p3"]) == set()
    assert await withheld(office, office.producer("p1")) == {"HO-1"}
    assert await withheld(office, office.producer("p3")) == set()
    await known(office, p1={"licences": [a_licence("FL")]}, p2={"licences": []})
    await worked(office)
    assert (await office.owed("p1"), await office.owed("p2"), await withheld(office)) == (10_000, 0, set())
    # p2 has no line of their own until they may be paid: they are found as who stands above
    await known(office, p1={"licences": [a_licence("FL")]}, p2={"licences": [a_licence("FL")]})
    await worked(office)
    assert (await office.owed("p1"), await office.owed("p2")) == (10_000, 1_000)


async def test_a_check_that_finds_the_same_asks_for_nothing(office: Office) -> None:
    await office.sold("p1")
    await known(office)
    await worked(office)
    async with office.services.database.begin(office.actor) as uow:
        row = await uow.agencies.producer(office.ids["p1"])
        licences = [{**one, "checked_at": "2026-11-01T00:00:00+00:00"} for one in row.profile["licences"]]
    await known(office, p1={"licences": licences})
    assert await office.counted("commission_recheck") == 0
