"""What changes a few rows does not read whole tables."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from services.container import Services

pytestmark = pytest.mark.both_sides


async def test_no_function_joins_what_it_limits(services: Services) -> None:
    """A limit that is an argument is guessed when the function is planned, and a join with so many rows reads the whole table."""
    joined = r"FROM \(SELECT[^()]*(\([^()]*\)[^()]*)*LIMIT at_most"
    query = text("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosrc ~ :joined")
    async with services.database.platform() as platform:
        claims = set(await platform.session.scalars(query.bindparams(joined="LIMIT at_most FOR UPDATE SKIP LOCKED")))
        assert {"claim_runs", "claim_notices", "claim_due_policy_timers"} <= claims
        assert not list(await platform.session.scalars(query.bindparams(joined=joined)))


async def test_terms_of_a_contract_are_told_apart_by_what_an_index_orders(services: Services) -> None:
    """GiST tells ranges far apart where it knows a distance between their ends; without one a search reads most of the index."""
    query = text(
        "SELECT DISTINCT rngsubdiff::oid FROM pg_index JOIN pg_attribute ON attrelid = indexrelid "
        "JOIN pg_range ON rngtypid = atttypid WHERE indexrelid = 'policy_terms_apart'::regclass"
    )
    async with services.database.platform() as platform:
        found = list(await platform.session.scalars(query))
    assert found
    assert 0 not in found
