"""Teams of producers."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import ProducerReader, ProducerWriter, Provided
from api.guarded import GuardedRoute
from api.preconditions import Expected, tagged
from api.problems import problem_answers
from api.routes.network import Paging
from services.network.team_schemas import (
    InvitationIn,
    Invitations,
    InvitationView,
    PoolingIn,
    RoleIn,
    TeamIn,
    TeamPage,
    TeamPerformance,
    TeamView,
)

router = APIRouter(prefix="/broker-network", tags=["broker network"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_ACT = problem_answers(401, 403, 404, 409, 422, 503)
_CHANGE = problem_answers(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503)


class Days(BaseModel):
    """Leads received on which days, in UTC."""

    model_config = ConfigDict(extra="forbid")

    since: date | None = Field(None, description="First day; by default ninety days up to the last.")
    until: date | None = Field(None, description="Last day, itself included; by default today.")


@router.get("/teams", responses=_READ)
async def list_teams(services: Provided, actor: ProducerReader, paging: Annotated[Paging, Query()]) -> TeamPage:
    """Teams in the order of their ids."""
    return await services.brokers.teaming.page(actor, paging.cursor, paging.limit)


@router.post("/teams", status_code=201, responses=_SEND)
async def found_team(services: Provided, actor: ProducerWriter, body: TeamIn, response: Response) -> TeamView:
    """Found a team; a producer leads their own."""
    return tagged(await services.brokers.teaming.found(actor, body), response)


@router.get("/teams/{team_id}", responses=_READ_ONE)
async def get_team(services: Provided, actor: ProducerReader, team_id: UUID, response: Response) -> TeamView:
    """A team with its members and their roles."""
    return tagged(await services.brokers.teaming.one(actor, team_id), response)


@router.get("/teams/{team_id}/performance", responses=_READ_ONE)
async def get_team_performance(
    services: Provided, actor: ProducerReader, team_id: UUID, days: Annotated[Days, Query()]
) -> TeamPerformance:
    """What became of leads in present members' hands, and how many they referred to each other."""
    return await services.brokers.teaming.performance(actor, team_id, days.since, days.until)


@router.post("/teams/{team_id}/invitations", status_code=201, responses=_SEND)
async def invite_to_team(
    services: Provided, actor: ProducerWriter, team_id: UUID, body: InvitationIn
) -> InvitationView:
    """Invite a producer for fourteen days; one who is invited already is not invited twice."""
    return await services.brokers.teaming.invite(actor, team_id, body)


@router.get("/teams/{team_id}/invitations", responses=_READ_ONE)
async def list_invitations_of_team(services: Provided, actor: ProducerReader, team_id: UUID) -> Invitations:
    """Open invitations into the team, for whoever may invite."""
    return await services.brokers.teaming.invited(actor, team_id)


@router.post("/teams/{team_id}/invitations/{invitation_id}/withdraw", responses=_ACT)
async def withdraw_invitation(
    services: Provided, actor: ProducerWriter, team_id: UUID, invitation_id: UUID
) -> InvitationView:
    """Take an open invitation back."""
    return await services.brokers.teaming.withdraw(actor, team_id, invitation_id)


@router.get("/invitations", responses=_READ)
async def list_team_invitations(services: Provided, actor: ProducerReader) -> Invitations:
    """Open invitations: a producer's own, for people of the agency all."""
    return await services.brokers.teaming.invitations(actor)


@router.post("/invitations/{invitation_id}/accept", responses=_ACT)
async def accept_invitation(services: Provided, actor: ProducerWriter, invitation_id: UUID) -> InvitationView:
    """Join the team, leaving the one before. Routing sees it with the next lead."""
    return await services.brokers.teaming.answer(actor, invitation_id, accept=True)


@router.post("/invitations/{invitation_id}/decline", responses=_ACT)
async def decline_invitation(services: Provided, actor: ProducerWriter, invitation_id: UUID) -> InvitationView:
    """Do not join."""
    return await services.brokers.teaming.answer(actor, invitation_id, accept=False)


@router.put("/teams/{team_id}/members/{producer_id}", responses=_CHANGE)
async def set_team_role(
    services: Provided,
    actor: ProducerWriter,
    team_id: UUID,
    producer_id: UUID,
    body: RoleIn,
    expected: Expected,
    response: Response,
) -> TeamView:
    """Give a member another role; a new leader takes the present one's place."""
    found = await services.brokers.teaming.set_role(actor, team_id, producer_id, body.role, expected=expected)
    return tagged(found, response)


@router.put("/teams/{team_id}/pooling", responses=_CHANGE)
async def set_team_pooling(
    services: Provided,
    actor: ProducerWriter,
    team_id: UUID,
    body: PoolingIn,
    expected: Expected,
    response: Response,
) -> TeamView:
    """Have members share alike in what each earns with policies from a day on, or not any more; for managers."""
    return tagged(await services.brokers.teaming.pool(actor, team_id, body, expected=expected), response)


@router.delete("/teams/{team_id}/members/{producer_id}", responses=_CHANGE)
async def leave_team(
    services: Provided, actor: ProducerWriter, team_id: UUID, producer_id: UUID, expected: Expected, response: Response
) -> TeamView:
    """Leave the team, or have a member leave as its leader."""
    return tagged(await services.brokers.teaming.remove(actor, team_id, producer_id, expected=expected), response)
