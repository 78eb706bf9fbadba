"""Teams: founded, joined by invitation, led, left, measured. Who is in one is a fact of the profile, which routing reads."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from domain.actor import Actor, Scope
from domain.network.teams import (
    INVITED_FOR,
    Invitation,
    Role,
    answered,
    require_leaves,
    require_may_invite,
    require_may_lead,
    withdrawn,
)
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid, NotFound, Stale
from kernel.ids import derived_id, new_id
from services.network.acting import acting_for, own_of, require_reads
from services.network.team_schemas import (
    InvitationIn,
    Invitations,
    InvitationView,
    MemberView,
    PoolingIn,
    PoolingView,
    TeamIn,
    TeamLine,
    TeamPage,
    TeamPerformance,
    TeamShare,
    TeamView,
)
from store.sql.models import BrokerTeamInvitationRow, BrokerTeamRow
from store.uow import Database, UnitOfWork

_DAYS = 90


class Teaming:
    """A leader changes the own team, people of the agency any."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def found(self, actor: Actor, given: TeamIn) -> TeamView:
        """Found a team; its leader leaves the team they were in. Whom an agency's file put into a team of the name is in it
        already. Raises Conflict for a name that is taken.
        """
        actor.require(Scope.PRODUCERS_WRITE)
        leader = acting_for(actor, given.leader_id, "leader_id")
        name = given.name.strip()
        if not name:
            raise Invalid("a team has a name", fields=(FieldError("name", "missing", "is empty", "give a name"),))
        team_id = derived_id("team", actor.agency_id, name)
        async with self._database.begin(actor) as uow:
            if not await uow.teams.add({"id": team_id, "name": name, "version": 1, "created_at": now()}):
                raise Conflict(f"there is a team named {name[:80]!r}", code="team_name_taken")
            await self._join(uow, team_id, leader, Role.LEADER)
            await uow.audit.note("team.found", "team", team_id)
            return await _viewed(uow, await uow.teams.one(team_id))

    async def page(self, actor: Actor, cursor: UUID | None, limit: int) -> TeamPage:
        """Teams in the order of their ids."""
        require_reads(actor)
        async with self._database.begin(actor) as uow:
            rows = await uow.teams.page(cursor, limit + 1)
        items = [TeamLine(id=row.id, name=row.name, members=count) for row, count in rows[:limit]]
        return TeamPage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)

    async def one(self, actor: Actor, team_id: UUID) -> TeamView:
        """A team with its members."""
        require_reads(actor)
        async with self._database.begin(actor) as uow:
            return await _viewed(uow, await uow.teams.one(team_id))

    async def invite(self, actor: Actor, team_id: UUID, given: InvitationIn) -> InvitationView:
        """Invite a producer; one who is invited already is not invited twice. Raises Forbidden for who may not invite."""
        actor.require(Scope.PRODUCERS_WRITE)
        moment = now()
        async with self._database.begin(actor) as uow:
            team = await uow.teams.one(team_id, held=True)
            await uow.agencies.producer(given.producer_id)
            require_may_invite(await _role(uow, team_id), given.role)
            if given.role is Role.LEADER:
                raise Conflict("a member is made the leader; nobody is invited as one", code="leader_not_invited")
            if await uow.teams.role(team_id, given.producer_id) is not None:
                raise Conflict("this producer is in the team", code="in_team")
            for row in await uow.teams.invitations(team_id=team_id, producer_id=given.producer_id):
                if row.expires_at <= moment:
                    await uow.teams.answer(row, state=Invitation.EXPIRED.value, answered_at=moment)
            made = await uow.teams.invite({
                "id": new_id(), "team_id": team.id, "producer_id": given.producer_id, "role": given.role.value,
                "state": Invitation.OPEN.value, "created_at": moment, "expires_at": moment + INVITED_FOR,
            })  # fmt: skip
            return _invitation(made)

    async def invitations(self, actor: Actor) -> Invitations:
        """Open invitations: a producer's own, for people of the agency all."""
        require_reads(actor)
        async with self._database.begin(actor) as uow:
            rows = await uow.teams.invitations(team_id=None, producer_id=own_of(actor))
        return Invitations(items=[_invitation(row) for row in rows])

    async def invited(self, actor: Actor, team_id: UUID) -> Invitations:
        """Open invitations into a team, for whoever may invite. Raises Forbidden for anybody else."""
        require_reads(actor)
        async with self._database.begin(actor) as uow:
            await uow.teams.one(team_id)
            require_may_invite(await _role(uow, team_id), Role.MEMBER)
            rows = await uow.teams.invitations(team_id=team_id, producer_id=None)
        return Invitations(items=[_invitation(row) for row in rows])

    async def withdraw(self, actor: Actor, team_id: UUID, invitation_id: UUID) -> InvitationView:
        """Take an open invitation back; one that was taken back stays so. Raises Forbidden for who may not have made it."""
        actor.require(Scope.PRODUCERS_WRITE)
        async with self._database.begin(actor) as uow:
            await uow.teams.one(team_id, held=True)
            role = await _role(uow, team_id)
            require_may_invite(role, Role.MEMBER)
            row = await uow.teams.invitation(invitation_id, of=team_id)
            require_may_invite(role, Role(row.role))
            state = withdrawn(Invitation(row.state))
            if row.state != state:
                await uow.teams.answer(row, state=state.value, answered_at=now())
                await uow.audit.note("team.withdraw", "team", team_id, producer_id=str(row.producer_id))
            return _invitation(row)

    async def answer(self, actor: Actor, invitation_id: UUID, *, accept: bool) -> InvitationView:
        """Join the team, leaving the one before, or decline. Raises Conflict for an invitation that is over."""
        actor.require(Scope.PRODUCERS_WRITE)
        moment = now()
        async with self._database.begin(actor) as uow:
            row = await uow.teams.invitation(invitation_id)
            wanted = Invitation.ACCEPTED if accept else Invitation.DECLINED
            if row.state == wanted:
                return _invitation(row)
            state = answered(Invitation(row.state), row.expires_at, moment, accept=accept)
            await uow.teams.answer(row, state=state.value, answered_at=moment)
            if accept:
                await self._join(uow, row.team_id, row.producer_id, Role(row.role))
            return _invitation(row)

    async def set_role(
        self, actor: Actor, team_id: UUID, producer_id: UUID, role: Role, *, expected: int | None
    ) -> TeamView:
        """Give a member another role; a new leader takes the present one's place. Raises NotFound for who is not in the team."""
        actor.require(Scope.PRODUCERS_WRITE)
        async with self._database.begin(actor) as uow:
            team = await self._led(uow, team_id, expected)
            if await uow.teams.role(team_id, producer_id) is None:
                raise NotFound(f"no producer {producer_id} in this team")
            moment = now()
            if role is Role.LEADER:
                for member, held in await uow.teams.members(team_id):
                    if held is not None and held.role == Role.LEADER and member.id != producer_id:
                        await uow.teams.save_role(_member(team_id, member.id, Role.MEMBER, held.since))
            elif await uow.teams.role(team_id, producer_id) == Role.LEADER:
                raise Conflict("name another leader instead", code="team_needs_leader")
            await uow.teams.save_role(_member(team_id, producer_id, role, moment))
            await uow.teams.change(team)
            await uow.audit.note("team.role", "team", team_id, producer_id=str(producer_id), role=role.value)
            return await _viewed(uow, team)

    async def remove(self, actor: Actor, team_id: UUID, producer_id: UUID, *, expected: int | None) -> TeamView:
        """Leave the team, or have somebody leave as its leader. Raises Conflict for a leader who leaves people behind."""
        actor.require(Scope.PRODUCERS_WRITE)
        async with self._database.begin(actor) as uow:
            team = await self._led(uow, team_id, expected, but=producer_id)
            role = await uow.teams.role(team_id, producer_id)
            if role is None:
                raise NotFound(f"no producer {producer_id} in this team")
            members = await uow.teams.members(team_id)
            require_leaves(Role(role), len(members) - 1)
            await _set_team(uow, producer_id, None)
            await uow.teams.drop_role(producer_id)
            await uow.teams.change(team)
            await uow.audit.note("team.leave", "team", team_id, producer_id=str(producer_id))
            return await _viewed(uow, team)

    async def pool(self, actor: Actor, team_id: UUID, given: PoolingIn, *, expected: int | None) -> TeamView:
        """Have the team's members share alike in what each of them earns with policies, from a day on (T32), or not any more.

        It moves people's money, so a manager says it. Raises Invalid for a day that is past.
        """
        actor.require(Scope.PRODUCERS_WRITE)
        actor.require_whole_agency()
        moment = now()
        if given.since < moment.date():
            fault = FieldError(
                "since", "past", "is past: who earned then has it", f"give {moment.date()} or later", str(given.since)
            )
            raise Invalid("a team pools from a day on that is not past", fields=(fault,))
        async with self._database.begin(actor) as uow:
            team = await self._led(uow, team_id, expected)
            await uow.teams.set_pooling(team_id, given.since, moment, pools=given.pools)
            await uow.teams.change(team)
            await uow.audit.note(
                "team.pooling", "team", team_id, pools=given.pools, since=given.since.isoformat()
            )  # fmt: skip
            return await _viewed(uow, team)

    async def performance(
        self, actor: Actor, team_id: UUID, since: date | None = None, until: date | None = None
    ) -> TeamPerformance:
        """What became of leads in present members' hands; for members and people of the agency."""
        require_reads(actor)
        last = until or now().date()
        first = since or last - timedelta(days=_DAYS - 1)
        if first > last:
            fault = FieldError("since", "after_until", "is after the last day", "give an earlier day", str(first))
            raise Invalid("the period has no days", fields=(fault,))
        begins, ends = (datetime.combine(day, time(), UTC) for day in (first, last + timedelta(days=1)))
        async with self._database.begin(actor) as uow:
            await uow.teams.one(team_id)
            members = {row.id for row, _ in await uow.teams.members(team_id)}
            if own_of(actor) not in {None, *members}:
                raise NotFound(f"no team {team_id} of yours")
            rows = [row for row in await uow.producers.measured(begins, ends) if row.producer_id in members]
            inside, outside = await uow.effects.sent_among(members)
        revenue: dict[str, int] = {}
        for row in rows:
            for currency, (minor, _) in (row.revenue or {}).items():
                revenue[currency] = revenue.get(currency, 0) + minor
        assigned, worked = sum(row.assigned for row in rows), sum(row.worked for row in rows)
        return TeamPerformance(
            team_id=team_id, since=first, until=last, members=len(members), assigned=assigned,
            accepted=_share(sum(row.accepted for row in rows), assigned),
            converted=_share(sum(row.converted for row in rows), worked), revenue=revenue,
            inside=inside, outside=outside,
        )  # fmt: skip

    async def _join(self, uow: UnitOfWork, team_id: UUID, producer_id: UUID, role: Role) -> None:
        row = await uow.agencies.producer(producer_id)
        before = row.profile.get("team_id")
        if before is not None and before != str(team_id):
            held = await uow.teams.role(UUID(before), producer_id)
            if held == Role.LEADER:
                require_leaves(Role.LEADER, len(await uow.teams.members(UUID(before))) - 1)
        await _set_team(uow, producer_id, team_id)
        await uow.teams.save_role(_member(team_id, producer_id, role, now()))

    async def _led(
        self, uow: UnitOfWork, team_id: UUID, expected: int | None, *, but: UUID | None = None
    ) -> BrokerTeamRow:
        """The team, held, for who may change it; ``but`` may change it for themselves."""
        team = await uow.teams.one(team_id, held=True)
        if own_of(uow.actor) is None or own_of(uow.actor) != but:
            require_may_lead(await _role(uow, team_id))
        if expected is not None and expected != team.version:
            current = (await _viewed(uow, team)).model_dump(mode="json")
            raise Stale(f"the team is at version {team.version}, not {expected}; read it again", current=current)
        return team


async def _role(uow: UnitOfWork, team_id: UUID) -> Role | None:
    """The actor's role: people of the agency lead every team."""
    own = own_of(uow.actor)
    if own is None:
        return Role.LEADER
    found = await uow.teams.role(team_id, own)
    return None if found is None else Role(found)


async def _set_team(uow: UnitOfWork, producer_id: UUID, team_id: UUID | None) -> None:
    """Change the profile as an edit does, with its line in the record's history; routing sees it with the next lead."""
    row = await uow.routing.lock_producer(producer_id)
    before, after = row.profile.get("team_id"), None if team_id is None else str(team_id)
    if before == after:
        return
    moment, version = now(), row.version + 1
    changed = {"team_id": {"before": before, "after": after}}
    await uow.producers.add_changes([
        {"producer_id": producer_id, "version": version, "at": moment, "did": "team", "changed": changed}
    ])  # fmt: skip
    profile = {**row.profile, "team_id": after}
    await uow.producers.save(row, {"profile": profile, "version": version, "updated_at": moment})


async def _viewed(uow: UnitOfWork, team: BrokerTeamRow) -> TeamView:
    members = [
        MemberView(
            producer_id=row.id, name=row.name, role=Role(held.role) if held else Role.MEMBER,
            since=held.since if held else None,
        )
        for row, held in await uow.teams.members(team.id)
    ]  # fmt: skip
    own = own_of(uow.actor)
    mine = next((one.role for one in members if one.producer_id == own), None)
    pooling = await uow.teams.pooling(team.id)
    return TeamView(
        id=team.id, version=team.version, name=team.name, created_at=team.created_at, members=members, my_role=mine,
        pooling=pooling and PoolingView(pools=pooling.pools, since=pooling.since),
    )  # fmt: skip


def _member(team_id: UUID, producer_id: UUID, role: Role, since: datetime) -> dict[str, object]:
    return {"team_id": team_id, "producer_id": producer_id, "role": role.value, "since": since}


def _invitation(row: BrokerTeamInvitationRow) -> InvitationView:
    return InvitationView(
        id=row.id, team_id=row.team_id, producer_id=row.producer_id, role=Role(row.role), state=Invitation(row.state),
        expires_at=row.expires_at,
    )  # fmt: skip


def _share(count: int, n: int) -> TeamShare:
    return TeamShare(count=count, n=n, rate=count / n if n else None)
