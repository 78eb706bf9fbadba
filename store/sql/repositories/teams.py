"""Teams, roles in them and invitations. Who is in a team say the producers' profiles."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql

from kernel.errors import NotFound
from store.sql.models import (
    BrokerTeamInvitationRow,
    BrokerTeamMemberRow,
    BrokerTeamPoolingRow,
    BrokerTeamRow,
    ProducerRow,
)
from store.sql.repositories.base import Repository


def _in(team_id: Any) -> ColumnElement[bool]:
    """Whether a producer's profile names the team."""
    named: ColumnElement[bool] = ProducerRow.profile["team_id"].astext == team_id
    return named


_TEAM_ON = """
SELECT CASE
  WHEN last.found THEN last.team WHEN next.found THEN next.team ELSE p.profile->>'team_id' END AS team
FROM (VALUES (1)) AS one
LEFT JOIN LATERAL (
  SELECT true AS found, c.changed->'team_id'->>'after' AS team FROM producer_change c
  WHERE c.agency_id = p.agency_id AND c.producer_id = p.id AND c.changed ? 'team_id'
    AND (c.at AT TIME ZONE 'UTC')::date <= :day
  ORDER BY c.at DESC, c.version DESC LIMIT 1) AS last ON true
LEFT JOIN LATERAL (
  SELECT true AS found, c.changed->'team_id'->>'before' AS team FROM producer_change c
  WHERE c.agency_id = p.agency_id AND c.producer_id = p.id AND c.changed ? 'team_id'
    AND (c.at AT TIME ZONE 'UTC')::date > :day
  ORDER BY c.at, c.version LIMIT 1) AS next ON true
"""
"""The team of a producer ``p`` at the end of a day: what the last change until then made it, what the first one after it found,
or what it is.
"""
_POOLED_ON = text(
    """
SELECT p.id, t.id FROM producer p, LATERAL ({of_day}) AS of_day, broker_team t
WHERE p.agency_id = :agency AND p.id = ANY(:producers) AND t.agency_id = :agency AND t.id::text = of_day.team
  AND (SELECT k.pools FROM broker_team_pooling k WHERE k.team_id = t.id AND k.since <= :day
       ORDER BY k.since DESC LIMIT 1)
""".replace("{of_day}", _TEAM_ON)
)
_MEMBERS_ON = text(
    """
WITH near AS MATERIALIZED (
  SELECT id, agency_id, profile FROM producer WHERE agency_id = :agency AND (
    profile->>'team_id' = ANY(:teams) OR id IN (
      SELECT c.producer_id FROM producer_change c WHERE c.agency_id = :agency AND c.changed ? 'team_id'
        AND (c.changed->'team_id'->>'before' = ANY(:teams) OR c.changed->'team_id'->>'after' = ANY(:teams)))))
SELECT of_day.team::uuid, p.id FROM near p, LATERAL ({of_day}) AS of_day
WHERE of_day.team = ANY(:teams) ORDER BY p.id
""".replace("{of_day}", _TEAM_ON)
)


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

    async def set_pooling(self, team_id: UUID, since: date, at: datetime, *, pools: bool) -> None:
        """Whether the team pools from a day on; what was said for that day or a later one is replaced."""
        query = postgresql.insert(BrokerTeamPoolingRow).values(
            agency_id=self.actor.agency_id, team_id=team_id, since=since, pools=pools, by=self.actor.subject, at=at
        )
        await self.session.execute(
            delete(BrokerTeamPoolingRow).where(
                BrokerTeamPoolingRow.agency_id == self.actor.agency_id, BrokerTeamPoolingRow.team_id == team_id,
                BrokerTeamPoolingRow.since > since,
            )
        )  # fmt: skip
        await self.session.execute(
            query.on_conflict_do_update(
                index_elements=["team_id", "since"],
                set_={name: getattr(query.excluded, name) for name in ("pools", "by", "at")},
            )
        )

    async def pooling(self, team_id: UUID) -> BrokerTeamPoolingRow | None:
        """What was last said of the team's pooling; None where it never was."""
        return await self.session.scalar(
            select(BrokerTeamPoolingRow)
            .where(BrokerTeamPoolingRow.agency_id == self.actor.agency_id, BrokerTeamPoolingRow.team_id == team_id)
            .order_by(BrokerTeamPoolingRow.since.desc())
            .limit(1)
            .execution_options(populate_existing=True)  # rows are written past the session
        )

    async def pooled_on(self, producers: Collection[UUID], day: date) -> dict[UUID, UUID]:
        """The team of each of these producers on the day (UTC), of teams that pool then."""
        found = await self.session.execute(
            _POOLED_ON,
            {"agency": self.actor.agency_id, "producers": list(producers), "day": day},
        )
        return {row[0]: row[1] for row in found}

    async def members_on(self, team_ids: Collection[UUID], day: date) -> dict[UUID, list[UUID]]:
        """Who was in these teams on the day (UTC), in the order of their ids."""
        found = await self.session.execute(
            _MEMBERS_ON,
            {"agency": self.actor.agency_id, "teams": [str(one) for one in team_ids], "day": day},
        )
        members: dict[UUID, list[UUID]] = {}
        for team, producer in found:
            members.setdefault(team, []).append(producer)
        return members

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
