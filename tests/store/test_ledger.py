"""The database holds the ledger itself, whatever the program does: batches sum to zero, and nothing is changed (T45)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from domain.actor import Actor
from domain.commissions.ledger import Account, Batch, Happening, Place, Posting
from kernel.clock import now
from kernel.ids import new_id
from services.container import Services
from store.sql.repositories.ledger import Entry
from store.uow import UnitOfWork

pytestmark = pytest.mark.both_sides

CASH, HOUSE = Place(Account.CASH, "", ""), Place(Account.HOUSE, "", "")


def a_batch(minor: int = 500) -> Entry:
    batch = Batch(Happening.RECEIVED, "USD", (Posting(CASH, minor), Posting(HOUSE, -minor)))
    return Entry(f"test:{new_id()}", batch, now(), "for a test")


@pytest.fixture
async def posted(services: Services, actor: Actor) -> UUID:
    """A batch that is committed."""
    async with services.database.begin(actor) as uow:
        await uow.ledger.post([a_batch()])
        found: UUID = await uow.session.scalar(text("SELECT id FROM ledger_batch"))
    return found


@pytest.fixture
async def owner(services: Services) -> AsyncIterator[Any]:
    """A connection of whoever owns the tables."""
    url = services.settings.postgres.owner_url
    assert url is not None
    plain = make_url(url.get_secret_value()).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    yield connection
    await connection.close()


async def add_posting(uow: UnitOfWork, batch_id: UUID, number: int, minor: int, currency: str = "USD") -> None:
    await uow.session.execute(
        text(
            "INSERT INTO ledger_posting (batch_id, number, agency_id, account_id, line, minor, currency) "
            "VALUES (:batch, :number, :agency, :account, :line, :minor, :currency)"
        ),
        {"line": str(number),
            "batch": batch_id, "number": number, "agency": uow.actor.agency_id, "minor": minor, "currency": currency,
            "account": uow.ledger.account_id(Account.CASH, "", "USD"),
        },
    )  # fmt: skip


async def add_batch(uow: UnitOfWork, size: int) -> UUID:
    batch_id = new_id()
    await uow.session.execute(
        text(
            "INSERT INTO ledger_batch (id, agency_id, key, happening, currency, size, at, by, why, facts) "
            "VALUES (:id, :agency, :key, 'received', 'USD', :size, now(), 'test', 'test', '{}')"
        ),
        {"id": batch_id, "agency": uow.actor.agency_id, "key": str(batch_id), "size": size},
    )
    return batch_id


@pytest.mark.parametrize("minors", [(500, -499), (500, -500, 1), (), (500,)])
async def test_t45_a_batch_that_does_not_sum_to_zero_is_not_committed(
    services: Services, actor: Actor, posted: UUID, minors: tuple[int, ...]
) -> None:
    async def write() -> None:
        async with services.database.begin(actor) as uow:
            batch_id = await add_batch(uow, len(minors))
            for number, minor in enumerate(minors):
                await add_posting(uow, batch_id, number, minor)

    with pytest.raises(DBAPIError, match=r"not to 0|double_entry"):
        await write()
    async with services.database.begin(actor) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM ledger_batch")) == 1


async def test_a_batch_may_be_written_posting_by_posting(services: Services, actor: Actor, posted: UUID) -> None:
    async with services.database.begin(actor) as uow:
        batch_id = await add_batch(uow, 2)
        await add_posting(uow, batch_id, 0, 700)
        await uow.session.execute(
            text(
                "INSERT INTO ledger_posting (batch_id, number, agency_id, account_id, line, minor, currency) "
                "VALUES (:batch, 1, :agency, :account, 'x', -700, 'USD')"
            ),
            {
                "batch": batch_id, "agency": actor.agency_id,
                "account": uow.ledger.account_id(Account.HOUSE, "", "USD"),
            },
        )  # fmt: skip


async def test_nothing_is_added_to_a_batch_later_not_even_nothing_in_sum(
    services: Services, actor: Actor, posted: UUID
) -> None:
    with pytest.raises(DBAPIError, match="has 3 of 2 postings"):
        async with services.database.begin(actor) as uow:
            await add_posting(uow, posted, 7, 1)


async def test_a_posting_has_the_currency_of_its_batch_and_its_account(
    services: Services, actor: Actor, posted: UUID
) -> None:
    with pytest.raises(DBAPIError, match="fk_ledger_posting"):
        async with services.database.begin(actor) as uow:
            await add_posting(uow, posted, 7, 1, currency="EUR")


@pytest.mark.parametrize("statement", [
    "UPDATE ledger_posting SET minor = minor * 2", "DELETE FROM ledger_posting", "UPDATE ledger_batch SET why = 'x'",
    "DELETE FROM ledger_batch", "DELETE FROM ledger_account", "TRUNCATE ledger_posting",
])  # fmt: skip
async def test_the_application_changes_nothing_in_the_ledger(
    services: Services, actor: Actor, posted: UUID, statement: str
) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with services.database.begin(actor) as uow:
            await uow.session.execute(text(statement))


async def test_an_account_can_be_locked_and_not_renamed(services: Services, actor: Actor, posted: UUID) -> None:
    async with services.database.begin(actor) as uow:
        await uow.session.execute(text("SELECT * FROM ledger_account FOR UPDATE"))
    with pytest.raises(DBAPIError, match="added to only"):
        async with services.database.begin(actor) as uow:
            await uow.session.execute(text("UPDATE ledger_account SET owner = 'x'"))


@pytest.mark.parametrize("statement", [
    "UPDATE ledger_posting SET minor = 2 * minor WHERE batch_id = $1", "DELETE FROM ledger_posting WHERE batch_id = $1",
    "DELETE FROM ledger_batch WHERE id = $1",
])  # fmt: skip
async def test_not_even_the_tables_owner_changes_history(owner: Any, posted: UUID, statement: str) -> None:
    with pytest.raises(asyncpg.exceptions.CheckViolationError, match="added to only"):
        await owner.execute(statement, posted)


async def test_a_key_is_posted_once(services: Services, actor: Actor) -> None:
    one = a_batch()
    async with services.database.begin(actor) as uow:
        assert await uow.ledger.post([one]) == {one.key}
    async with services.database.begin(actor) as uow:
        assert await uow.ledger.post([one, a_batch(7)]) != {one.key}
        assert await uow.session.scalar(text("SELECT sum(abs(minor)) FROM ledger_posting")) == 1_014


async def test_another_agency_sees_no_account_of_it(
    services: Services, actor: Actor, other_actor: Actor, posted: UUID
) -> None:
    async with services.database.begin(other_actor) as uow:
        assert await uow.ledger.standing() == []
        assert await uow.session.scalar(text("SELECT count(*) FROM ledger_posting")) == 0
