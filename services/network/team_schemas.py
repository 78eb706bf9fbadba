"""Commands and views of teams."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.network.teams import Invitation, Role


class TeamIn(BaseModel):
    """A new team."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    leader_id: UUID | None = Field(None, description="Who leads it; a producer leads their own.")


class MemberView(BaseModel):
    """Somebody in a team. ``since`` is null where only an agency's file says so."""

    producer_id: UUID
    name: str
    role: Role
    since: datetime | None


class PoolingIn(BaseModel):
    """Whether a team pools its members' commissions from a day on."""

    model_config = ConfigDict(extra="forbid")

    pools: bool
    since: date = Field(description="From which day: today or later. What is earned before it is not moved.")


class PoolingView(BaseModel):
    """Whether the team pools, and since or from which day."""

    pools: bool
    since: date


class TeamView(BaseModel):
    """A team. Routing's rules and `same_team` read the same membership."""

    id: UUID
    version: int
    name: str
    created_at: datetime
    members: list[MemberView]
    my_role: Role | None
    pooling: PoolingView | None = Field(
        description="What was last said of sharing commissions alike; null: everybody keeps their own."
    )


class TeamLine(BaseModel):
    """A team in a list."""

    id: UUID
    name: str
    members: int


class TeamPage(BaseModel):
    """Teams in the order of their ids."""

    items: list[TeamLine]
    next_cursor: UUID | None


class InvitationIn(BaseModel):
    """Whom to invite, and as what."""

    model_config = ConfigDict(extra="forbid")

    producer_id: UUID
    role: Role = Role.MEMBER


class InvitationView(BaseModel):
    """An invitation."""

    id: UUID
    team_id: UUID
    producer_id: UUID
    role: Role
    state: Invitation
    expires_at: datetime


class Invitations(BaseModel):
    """Open invitations, oldest first."""

    items: list[InvitationView]


class RoleIn(BaseModel):
    """A member's new role; who becomes the leader takes the place of the present one, who becomes a member."""

    model_config = ConfigDict(extra="forbid")

    role: Role


class TeamShare(BaseModel):
    """A rate of the team with its numbers; null of nothing."""

    count: int
    n: int
    rate: float | None


class TeamPerformance(BaseModel):
    """What became of leads in the hands of present members, received from ``since`` through ``until`` (UTC days)."""

    team_id: UUID
    since: date
    until: date
    members: int
    assigned: int
    accepted: TeamShare
    converted: TeamShare
    revenue: dict[str, int] = Field(description="Premiums of won leads in minor units, by currency.")
    inside: int = Field(description="Referrals that members sent each other.")
    outside: int = Field(description="Referrals that members sent others, or got from them.")
