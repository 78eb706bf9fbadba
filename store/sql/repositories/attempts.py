"""Counts of failed sign-ins, shared by every process. They are kept under keyed digests, before an agency is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.throttle import KNOWN, Failures
from store.sql.models import LoginAttemptRow as Row


class Attempts:
    """Rows of ``login_attempt``."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def locked(self, keys: Sequence[str], moment: datetime) -> dict[str, Failures]:
        """The counts under ``keys``, held until the transaction ends: attempts at once are counted one after the other."""
        values = [{"key": key, "failures": 0, "last_at": moment} for key in sorted(keys)]
        await self.session.execute(insert(Row).values(values).on_conflict_do_nothing())
        rows = await self.session.scalars(select(Row).where(Row.key.in_(keys)).order_by(Row.key).with_for_update())
        return {row.key: Failures(row.failures, row.last_at, row.succeeded_at) for row in rows}

    async def failed(self, counts: dict[str, int], moment: datetime) -> None:
        """Set the counts under these keys."""
        query = insert(Row).values(
            [{"key": key, "failures": failures, "last_at": moment} for key, failures in sorted(counts.items())]
        )
        fresh = query.excluded
        await self.session.execute(
            query.on_conflict_do_update(
                index_elements=["key"], set_={"failures": fresh.failures, "last_at": fresh.last_at}
            )
        )

    async def succeeded(self, pair: str, others: Sequence[str], moment: datetime) -> None:
        """Forget the failures of the pair, and take the attempt that was counted ahead back from the other counts."""
        await self.session.execute(update(Row).where(Row.key == pair).values(failures=0, succeeded_at=moment))
        await self.session.execute(
            update(Row).where(Row.key.in_(others)).values(failures=func.greatest(Row.failures - 1, 0))
        )
        await self.session.execute(delete(Row).where(Row.last_at < moment - KNOWN))
