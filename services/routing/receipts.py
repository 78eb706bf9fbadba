"""Receipts: show one, and compute it again from what it holds."""

from __future__ import annotations

import asyncio
from uuid import UUID

from domain.actor import Actor, Scope
from domain.routing.receipt import replay, verify
from kernel.errors import Invalid
from services.routing.schemas import ReceiptView, ReplayView
from store.sql.models import ReceiptRow
from store.uow import Database


class Receipts:
    """Read-only; needs ``routing:read``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, actor: Actor, receipt_id: UUID) -> ReceiptView:
        """One receipt; NotFound for another agency's."""
        actor.require(Scope.ROUTING_READ)
        async with self._database.begin(actor) as uow:
            row = await uow.routing.receipt(receipt_id)
            names = await uow.agencies.names([row.producer_id] if row.producer_id else [])
        name = names.get(row.producer_id) if row.producer_id else None
        return ReceiptView(
            id=row.id, lead_id=row.lead_id, run_id=row.run_id, producer_id=row.producer_id, producer_name=name,
            outcome=str(row.outcome), at=row.at, digest=row.digest, body=row.body,
        )  # fmt: skip

    async def replay(self, actor: Actor, receipt_id: UUID) -> ReplayView:
        """Compute the decision again from the stored facts alone and compare every part of it."""
        actor.require(Scope.ROUTING_READ)
        async with self._database.begin(actor) as uow:
            row = await uow.routing.receipt(receipt_id)
            profiles = await uow.routing.profiles(sorted({one["profile"] for one in row.body["candidates"]}))
        differences = await asyncio.to_thread(verify, row.body, profiles)
        try:
            producer_id = (await asyncio.to_thread(replay, row.body, profiles)).outcome.producer_id
        except Invalid:
            producer_id = None
        differences += _tampered(row)
        return ReplayView(receipt_id=row.id, same=not differences, producer_id=producer_id, differences=differences)


def _tampered(row: ReceiptRow) -> list[str]:
    return [] if row.body.get("digest") == row.digest else ["digest: the row and the record disagree"]
