"""Teams, roles in them and invitations. Who is in a team say the producers' profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql

from kernel.errors import NotFound
from store.sql.models import BrokerTeamInvitationRow, BrokerTeamMemberRow, BrokerTeamRow, ProducerRow
from store.sql.repositories.base import Repository


def _in(team_id: Any) -> ColumnElement[bool]:
    """Whether a producer's profile names the team."""
    named: ColumnElement[bool] = ProducerRow.profile["team_id"].astext == team_id
    return named


class Teams(Repository):
    """Rows of ``broker_team``, ``broker_team_member`` and ``broker_team_invitation`` of the agency."""

    async def add(self, row: Mapping[str, Any]) -> bool:
        """Found a team; False where the name is taken."""
        made = await self.session.scalar(
            postgresql.insert(BrokerTeamRow)
            .values(agency_id=self.actor.agency_id, created_by=self.actor.subject, **row)
            .on_conflict_do_nothing()
            .returning(BrokerTeamRow.id)
        )
        return made is not None

    async def one(self, team_id: UUID, *, held: bool = False) -> BrokerTeamRow:
        """A team; NotFound for another agency's. ``held`` until the transaction ends."""
        query = select(BrokerTeamRow).where(
            BrokerTeamRow.id == team_id, BrokerTeamRow.agency_id == self.actor.agency_id
        )
        if held:
            query = query.with_for_update().execution_options(populate_existing=True)
        row = await self.session.scalar(query)
        if row is None:
            raise NotFound(f"no team {team_id} in this agency")
        return row

    async def names(self, team_ids: Sequence[UUID]) -> dict[UUID, str]:
        """Names of the teams with these ids."""
        found = await self.session.execute(
            select(BrokerTeamRow.id, BrokerTeamRow.name).where(
                BrokerTeamRow.agency_id == self.actor.agency_id, BrokerTeamRow.id.in_(team_ids)
            )
        )
        return {row.id: row.name for row in found}

    async def named(self, name: str) -> BrokerTeamRow | None:
        """The team of a name, in any case; the first founded where two differ by nothing else."""
        row: BrokerTeamRow | None = await self.session.scalar(
            select(BrokerTeamRow)
            .where(
                BrokerTeamRow.agency_id == self.actor.agency_id, func.lower(BrokerTeamRow.name) == name.strip().casefold()
            )
            .order_by(BrokerTeamRow.created_at, BrokerTeamRow.id)
            .limit(1)
        )  # fmt: skip
        return row

    async def page(self, after: UUID | None, at_most: int) -> list[tuple[BrokerTeamRow, int]]:
        """Teams in the order of their ids, and how many producers are in each."""
        members = (
            select(func.count())
            .select_from(ProducerRow)
            .where(ProducerRow.agency_id == self.actor.agency_id, _in(BrokerTeamRow.id.cast(postgresql.TEXT)))
            .scalar_subquery()
        )
        query = select(BrokerTeamRow, members).where(BrokerTeamRow.agency_id == self.actor.agency_id)
        if after is not None:
            query = query.where(BrokerTeamRow.id > after)
        found = await self.session.execute(query.order_by(BrokerTeamRow.id).limit(at_most))
        return [(team, int(count)) for team, count in found]

    async def members(self, team_id: UUID) -> list[tuple[ProducerRow, BrokerTeamMemberRow | None]]:
        """Everybody whose profile names the team, with the role where one was given, in the order of their ids."""
        found = await self.session.execute(
            select(ProducerRow, BrokerTeamMemberRow)
            .outerjoin(
                BrokerTeamMemberRow,
                (BrokerTeamMemberRow.producer_id == ProducerRow.id) & (BrokerTeamMemberRow.team_id == team_id),
            )
            .where(ProducerRow.agency_id == self.actor.agency_id, _in(str(team_id)))
            .order_by(ProducerRow.id)
            .execution_options(populate_existing=True)  # roles are written past the session
        )
        return [(producer, member) for producer, member in found]

    async def role(self, team_id: UUID, producer_id: UUID) -> str | None:
        """The producer's role where they are in the team."""
        found = await self.session.execute(
            select(BrokerTeamMemberRow.role)
            .select_from(ProducerRow)
            .outerjoin(
                BrokerTeamMemberRow,
                (BrokerTeamMemberRow.producer_id == ProducerRow.id) & (BrokerTeamMemberRow.team_id == team_id),
            )
            .where(ProducerRow.id == producer_id, ProducerRow.agency_id == self.actor.agency_id, _in(str(team_id)))
        )
        row = found.one_or_none()
        return None if row is None else str(row[0] or "member")

    async def save_role(self, row: Mapping[str, Any]) -> None:
        """Give a producer a role in a team; one in another team ends."""
        query = postgresql.insert(BrokerTeamMemberRow).values(agency_id=self.actor.agency_id, **row)
        await self.session.execute(
            query.on_conflict_do_update(
                index_elements=["producer_id"],
                set_={name: getattr(query.excluded, name) for name in ("team_id", "role", "since")},
            )
        )

    async def drop_role(self, producer_id: UUID) -> None:
        """The producer has no role in any team."""
        await self.session.execute(
            delete(BrokerTeamMemberRow).where(
                BrokerTeamMemberRow.agency_id == self.actor.agency_id, BrokerTeamMemberRow.producer_id == producer_id
            )
        )

    async def change(self, row: BrokerTeamRow, **values: Any) -> None:
        """Set columns of a held team; its version grows."""
        for name, value in {**values, "version": row.version + 1}.items():
            setattr(row, name, value)
        await self.session.flush()

    async def invite(self, row: Mapping[str, Any]) -> BrokerTeamInvitationRow:
        """Write an invitation; the one that is open already stays, and is returned."""
        await self.session.execute(
            postgresql.insert(BrokerTeamInvitationRow)
            .values(agency_id=self.actor.agency_id, created_by=self.actor.subject, **row)
            .on_conflict_do_nothing()
        )
        found = await self.session.scalar(
            select(BrokerTeamInvitationRow).where(
                BrokerTeamInvitationRow.agency_id == self.actor.agency_id,
                BrokerTeamInvitationRow.team_id == row["team_id"], BrokerTeamInvitationRow.producer_id == row["producer_id"],
                BrokerTeamInvitationRow.state == "open",
            )
        )  # fmt: skip
        assert found is not None
        return found

    async def invitation(self, invitation_id: UUID, of: UUID | None = None) -> BrokerTeamInvitationRow:
        """An invitation, held; NotFound for one that is neither the actor's own nor theirs to see. With ``of`` it is one of that
        team, whose it is to see.
        """
        query = select(BrokerTeamInvitationRow).where(
            BrokerTeamInvitationRow.id == invitation_id, BrokerTeamInvitationRow.agency_id == self.actor.agency_id
        )
        if of is not None:
            query = query.where(BrokerTeamInvitationRow.team_id == of)
        elif not self.actor.sees_all_leads:
            query = query.where(BrokerTeamInvitationRow.producer_id == self.actor.producer_id)
        row = await self.session.scalar(query.with_for_update().execution_options(populate_existing=True))
        if row is None:
            raise NotFound(f"no invitation {invitation_id} in this agency")
        return row

    async def invitations(self, *, team_id: UUID | None, producer_id: UUID | None) -> list[BrokerTeamInvitationRow]:
        """Open invitations of a team or of a producer, oldest first."""
        query = select(BrokerTeamInvitationRow).where(
            BrokerTeamInvitationRow.agency_id == self.actor.agency_id, BrokerTeamInvitationRow.state == "open"
        )
        if team_id is not None:
            query = query.where(BrokerTeamInvitationRow.team_id == team_id)
        if producer_id is not None:
            query = query.where(BrokerTeamInvitationRow.producer_id == producer_id)
        return list(await self.session.scalars(query.order_by(BrokerTeamInvitationRow.created_at)))

    async def answer(self, row: BrokerTeamInvitationRow, **values: Any) -> None:
        """Set columns of a held invitation."""
        await self.session.execute(
            update(BrokerTeamInvitationRow)
            .where(BrokerTeamInvitationRow.id == row.id, BrokerTeamInvitationRow.agency_id == self.actor.agency_id)
            .values(**values)
        )
        await self.session.refresh(row)

    async def add_members(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Roles of several producers, in one statement."""
        if rows:
            await self.session.execute(
                insert(BrokerTeamMemberRow), [{"agency_id": self.actor.agency_id, **row} for row in rows]
            )
