"""People who have signed up, for tests."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from domain.access.roles import Role
from domain.actor import Actor
from kernel.ids import new_id
from services.access.schemas import PersonIn
from services.container import Services

PASSWORD = "correct staple of the battery"


class SignedUp(NamedTuple):
    """Somebody who can sign in with :data:`PASSWORD`."""

    id: UUID
    agency: str
    email: str


async def signed_up(
    services: Services, actor: Actor, role: Role = Role.MANAGER, producer_id: UUID | None = None
) -> SignedUp:
    """A new person of the actor's agency."""
    email = f"ana.{new_id().hex[-12:]}@agency.example"
    wanted = PersonIn(email=email, name="Ana Ruiz", role=role, producer_id=producer_id)
    person = await services.access.people.add(actor, wanted, PASSWORD)
    async with services.database.begin(actor) as uow:
        slug = (await uow.agencies.mine()).slug
    return SignedUp(person.id, slug, email)
