"""Every cent of a commission: its frozen rule worked out again, beside the postings and what happened."""

from __future__ import annotations

from uuid import UUID

from domain.actor import Actor
from services.commissions.moments import own_of
from services.commissions.schemas import BatchView, ExplanationView
from services.commissions.views import explained, shares_of, view_of
from store.uow import Database


class Explanations:
    """A producer is told of the own lines, and of what happened without what it was decided by."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, actor: Actor, accrual_id: UUID) -> ExplanationView:
        """One commission explained; NotFound for one in which a producer has no part."""
        only = own_of(actor)
        async with self._database.begin(actor) as uow:
            row = await uow.commissions.accrual(accrual_id)
            posted = (await uow.ledger.of_accruals([row.id])).get(row.id, {})
            outstanding = (await uow.ledger.outstanding([row.id])).get(row.id, 0)
            history = await uow.ledger.history(row.id)
        found = explained(row, posted)
        return ExplanationView(
            accrual=view_of(actor, row, posted, outstanding), sentences=list(found.sentences),
            lines=shares_of(actor, found),
            history=[
                BatchView(
                    id=one.id, at=one.at, happening=one.happening, by=one.by, why=one.why, rule_version=one.rule_version,
                    facts=one.facts if only is None else {},
                )
                for one in history
            ],
            agrees=found.agrees,
        )  # fmt: skip
