"""The list is found in indexes: by status and by state each in its own, what is in force at an instant by skipping in the
list's; the count of it looks at no row.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine

from domain.actor import Actor
from services.container import Services
from store.sql.repositories.policy_search import PolicyFilter
from tests.services.policies.book import Book

WANTED = PolicyFilter(in_force_at=datetime(2026, 2, 1, 12, tzinfo=UTC))


class Heard(Exception):
    """The statement is known and need not be sent."""


async def plan(services: Services, actor: Actor, ask: str, *given: Any) -> str:
    """How the database would answer a question of the repository, were the book too large to be read as a whole."""
    heard: list[Select[Any]] = []

    async def listening(statement: Select[Any], *_: Any, **__: Any) -> None:
        heard.append(statement)
        raise Heard

    async with services.database.begin(actor) as uow:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("scalars", "scalar"):
                patch.setattr(uow.session, name, listening)
            with pytest.raises(Heard):
                await getattr(uow.policies, ask)(*given)
        of = postgresql.dialect()  # type: ignore[no-untyped-call]
        sent = heard[0].compile(dialect=of, compile_kwargs={"literal_binds": True})
        for switched in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
            await uow.session.execute(text(f"SET LOCAL {switched} = off"))
        rows = await uow.session.execute(text(f"EXPLAIN (COSTS OFF) {sent}"))
        return "\n".join(str(row[0]) for row in rows)


async def test_the_list_skips_terms_of_other_times_in_its_index(services: Services, actor: Actor) -> None:
    found = await plan(services, actor, "page", WANTED, None, 51)
    assert "Scan Backward using ix_policy_agency_id_created_at_id_starts_at_ends_at" in found
    (condition,) = (line for line in found.splitlines() if "Index Cond" in line)
    assert "starts_at <=" in condition
    assert "ends_at >" in condition
    assert "Sort" not in found


async def test_the_count_is_answered_by_the_index_of_spans_alone(services: Services, actor: Actor) -> None:
    await Book(services, actor).active()
    url = services.settings.postgres.owner_url
    assert url is not None
    owner = create_async_engine(url.get_secret_value(), isolation_level="AUTOCOMMIT")
    async with owner.connect() as connection:
        await connection.execute(
            text("VACUUM (ANALYZE) policy")
        )  # what nobody vacuumed must be looked at, whatever the index
    await owner.dispose()
    found = await plan(services, actor, "count", WANTED)
    assert "Index Only Scan using ix_policy_span" in found


async def test_the_list_of_a_status_reads_no_other_terms(services: Services, actor: Actor) -> None:
    behind = datetime(2026, 2, 1, 12, tzinfo=UTC), UUID(int=1)
    for after in (None, behind):
        found = await plan(services, actor, "page", PolicyFilter(status=["lapsed"]), after, 51)
        assert "Scan Backward using ix_policy_agency_id_status_created_at_id" in found
        (condition,) = (line for line in found.splitlines() if "Index Cond" in line)
        assert "status = 'lapsed'" in condition
        assert ("created_at" in condition) == (after is not None)
        assert "Sort" not in found


async def test_of_several_statuses_the_list_takes_the_newest_of_each(services: Services, actor: Actor) -> None:
    wanted = PolicyFilter(status=["lapsed", "cancelled", "lapsed"])
    found = await plan(services, actor, "page", wanted, None, 51)
    assert found.count("Scan Backward using ix_policy_agency_id_status_created_at_id") == 2
    assert found.count("Limit") == 3


async def test_the_list_of_a_state_skips_other_statuses_and_times_in_its_index(
    services: Services, actor: Actor
) -> None:
    for wanted, known in (
        (PolicyFilter(state="WY", status=["expired"]), ["status ="]),
        (replace(WANTED, state="WY"), ["starts_at <=", "ends_at >"]),
    ):
        found = await plan(services, actor, "page", wanted, None, 51)
        assert "Scan Backward using ix_policy_state" in found
        (condition,) = (line for line in found.splitlines() if "Index Cond" in line)
        assert all(one in condition for one in ["state =", *known])
        assert "Sort" not in found


async def test_a_number_is_found_in_its_own_index(services: Services, actor: Actor) -> None:
    found = await plan(services, actor, "page", PolicyFilter(number_key="PM1"), None, 51)
    assert "Scan Backward using ix_policy_agency_id_number_key_created_at_id" in found
