"""What other systems were told, held against the schemas of docs/events."""

from __future__ import annotations

from sqlalchemy import select

from domain.actor import Actor
from domain.leads.lifecycle import Happening
from services.container import Services
from services.events import event_model
from store.sql.models import OutboxRow

OF_SOURCES = {Happening.CONFIRMED, Happening.RETURNED, Happening.CERTIFIED}

OF_OFFERS = {
    Happening.OFFERED, Happening.ACCEPTED, Happening.DECLINED, Happening.EXPIRED, Happening.WITHDRAWN, Happening.ESCALATED,
    Happening.PASSED,
}  # fmt: skip


async def kinds_told(services: Services, actor: Actor) -> set[Happening]:
    """Kinds of the agency's messages; fails for one that misses what its schema demands or says what it does not know."""
    async with services.database.begin(actor) as uow:
        told = list(await uow.session.scalars(select(OutboxRow)))
    for message in told:
        read = event_model(Happening(message.payload["kind"])).model_validate(message.payload)
        assert message.subject == f"leads.v1.{read.kind.value}"
        assert not read.model_extra
        assert not read.data.model_extra, (read.kind, read.data.model_extra)
    return {Happening(message.payload["kind"]) for message in told}
