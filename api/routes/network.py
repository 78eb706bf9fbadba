"""The broker network: producers to work with, connections, reach, standing, growth."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.dependencies import ProducerReader, ProducerWriter, Provided
from api.guarded import GuardedRoute
from api.preconditions import Expected, tagged
from api.problems import problem_answers
from domain.lines import Line
from domain.network.connections import State, Step
from domain.network.reach import DEGREES
from services.network.schemas import (
    AcceptIn,
    Advices,
    BrokerPage,
    Comparison,
    ConnectionIn,
    ConnectionPage,
    ConnectionView,
    EndIn,
    GraphView,
    Growth,
    KnownConnections,
    Leaderboard,
    Mentors,
    NetworkValue,
    ReachView,
    ScoreView,
    Suspicions,
    TierCard,
)

router = APIRouter(prefix="/broker-network", tags=["broker network"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_CHANGE = problem_answers(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503)


class Paging(BaseModel):
    """Where to go on, and how far."""

    model_config = ConfigDict(extra="forbid")

    cursor: UUID | None = Field(None, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)


class BrokerList(Paging):
    """Which producers; a page holds those of its producers whom line and state fit."""

    line: Line | None = Field(None, description="Who sells this line.")
    state: str | None = Field(None, pattern="^[A-Z]{2}$", description="Who holds an active licence there.")


class ConnectionList(Paging):
    """Which connections."""

    producer_id: UUID | None = Field(None, description="Of this producer; a producer sees the own ones only.")
    state: list[State] = Field(default_factory=list, max_length=10)


class AsKnown(BaseModel):
    """When, and by what was known when."""

    model_config = ConfigDict(extra="forbid")

    at: AwareDatetime
    known_at: AwareDatetime | None = Field(None, description="By the record of that instant; now where left out.")


class Steps(BaseModel):
    """How far."""

    model_config = ConfigDict(extra="forbid")

    degrees: int = Field(DEGREES, ge=1, le=DEGREES)


class Places(BaseModel):
    """Which places."""

    model_config = ConfigDict(extra="forbid")

    offset: int = Field(0, ge=0, le=1_000_000, description="`next_offset` of the page before.")
    limit: int = Field(50, ge=1, le=200)


class Whose(BaseModel):
    """Whose growth."""

    model_config = ConfigDict(extra="forbid")

    producer_id: UUID | None = Field(None, description="Of this producer; of the whole agency where left out.")


class HowMany(BaseModel):
    """How many recommendations."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(10, ge=1, le=50)


@router.get("/brokers", responses=_READ)
async def list_brokers(services: Provided, actor: ProducerReader, query: Annotated[BrokerList, Query()]) -> BrokerPage:
    """Producers of the agency and what they may know of each other: expertise, service area, rating, tier, team, room."""
    line = None if query.line is None else query.line.value
    return await services.brokers.reaching.directory(actor, query.cursor, query.limit, line=line, state=query.state)


@router.get("/connections", responses=_READ)
async def list_connections(
    services: Provided, actor: ProducerReader, query: Annotated[ConnectionList, Query()]
) -> ConnectionPage:
    """Connections in the order of their ids."""
    return await services.brokers.connecting.page(actor, query.producer_id, query.state, query.cursor, query.limit)


@router.post("/connections", status_code=201, responses=_SEND)
async def ask_for_connection(services: Provided, actor: ProducerWriter, body: ConnectionIn) -> ConnectionView:
    """Ask a producer for a connection; the same again gets the one that is there."""
    return await services.brokers.connecting.ask(actor, body)


@router.get("/connections/known", responses=_READ)
async def list_known_connections(
    services: Provided, actor: ProducerReader, query: Annotated[AsKnown, Query()]
) -> KnownConnections:
    """Who was connected at an instant, as it was known at another."""
    return await services.brokers.connecting.known(actor, query.at, query.known_at)


@router.get("/connections/{connection_id}", responses=_READ_ONE)
async def get_connection(
    services: Provided, actor: ProducerReader, connection_id: UUID, response: Response
) -> ConnectionView:
    """One connection; its `allowed_actions` name what may be done now."""
    return tagged(await services.brokers.connecting.one(actor, connection_id), response)


@router.post("/connections/{connection_id}/accept", responses=_CHANGE)
async def accept_connection(
    services: Provided,
    actor: ProducerWriter,
    connection_id: UUID,
    body: AcceptIn,
    expected: Expected,
    response: Response,
) -> ConnectionView:
    """The asked one agrees; `since` where the two have worked together already."""
    step = services.brokers.connecting.answer
    return tagged(await step(actor, connection_id, Step.ACCEPT, body.since, expected=expected), response)


@router.post("/connections/{connection_id}/decline", responses=_CHANGE)
async def decline_connection(
    services: Provided, actor: ProducerWriter, connection_id: UUID, expected: Expected, response: Response
) -> ConnectionView:
    """The asked one does not."""
    step = services.brokers.connecting.answer
    return tagged(await step(actor, connection_id, Step.DECLINE, None, expected=expected), response)


@router.post("/connections/{connection_id}/withdraw", responses=_CHANGE)
async def withdraw_connection(
    services: Provided, actor: ProducerWriter, connection_id: UUID, expected: Expected, response: Response
) -> ConnectionView:
    """The asking one takes the request back."""
    step = services.brokers.connecting.answer
    return tagged(await step(actor, connection_id, Step.WITHDRAW, None, expected=expected), response)


@router.post("/connections/{connection_id}/end", responses=_CHANGE)
async def end_connection(
    services: Provided, actor: ProducerWriter, connection_id: UUID, body: EndIn, expected: Expected, response: Response
) -> ConnectionView:
    """Either ends it; `at` where it ended earlier."""
    step = services.brokers.connecting.answer
    return tagged(await step(actor, connection_id, Step.END, body.at, expected=expected), response)


@router.get("/brokers/{producer_id}/reach", responses=_READ_ONE)
async def get_reach(
    services: Provided, actor: ProducerReader, producer_id: UUID, query: Annotated[Steps, Query()]
) -> ReachView:
    """Distinct people within one to three steps, each at the least distance."""
    return await services.brokers.reaching.reach(actor, producer_id, query.degrees)


@router.get("/brokers/{producer_id}/graph", responses=_READ_ONE)
async def get_network_graph(
    services: Provided, actor: ProducerReader, producer_id: UUID, query: Annotated[Steps, Query()]
) -> GraphView:
    """The network around a producer, to draw: people, ties and where to put them."""
    return await services.brokers.reaching.picture(actor, producer_id, query.degrees)


@router.get("/brokers/{producer_id}/score", responses=_READ_ONE)
async def get_network_score(services: Provided, actor: ProducerReader, producer_id: UUID) -> ScoreView:
    """The network score with everything it consists of; a producer's own."""
    return await services.brokers.standing.score(actor, producer_id)


@router.get("/brokers/{producer_id}/tier", responses=_READ_ONE)
async def get_tier_card(services: Provided, actor: ProducerReader, producer_id: UUID) -> TierCard:
    """The tier, its benefits, and what is missing to the next."""
    return await services.brokers.standing.tier(actor, producer_id)


@router.get("/brokers/{producer_id}/value", responses=_READ_ONE)
async def get_network_value(services: Provided, actor: ProducerReader, producer_id: UUID) -> NetworkValue:
    """What the network brought in the last year, and what it could bring."""
    return await services.brokers.standing.value(actor, producer_id)


@router.get("/brokers/{producer_id}/comparison", responses=_READ_ONE)
async def get_network_comparison(services: Provided, actor: ProducerReader, producer_id: UUID) -> Comparison:
    """The producer's figures beside those of the others, who are not named."""
    return await services.brokers.standing.comparison(actor, producer_id)


@router.get("/brokers/{producer_id}/advice", responses=_READ_ONE)
async def list_advice(
    services: Provided, actor: ProducerReader, producer_id: UUID, query: Annotated[HowMany, Query()]
) -> Advices:
    """With whom to do what, why, and what it may bring; with the tier silver and above."""
    return await services.brokers.growing.advise(actor, producer_id, query.limit)


@router.get("/brokers/{producer_id}/mentors", responses=_READ_ONE)
async def list_mentors(
    services: Provided, actor: ProducerReader, producer_id: UUID, query: Annotated[HowMany, Query()]
) -> Mentors:
    """Whom the producer might ask for a mentorship: ambassadors first, then whoever of a higher tier knows the trade."""
    return await services.brokers.guiding.mentors(actor, producer_id, query.limit)


@router.get("/growth", responses=_READ_ONE)
async def get_network_growth(services: Provided, actor: ProducerReader, query: Annotated[Whose, Query()]) -> Growth:
    """Month by month, and what the next months may bring."""
    return await services.brokers.growing.growth(actor, query.producer_id)


@router.get("/leaderboard", responses=_READ)
async def get_leaderboard(services: Provided, actor: ProducerReader, query: Annotated[Places, Query()]) -> Leaderboard:
    """Places by network score; equals share one."""
    return await services.brokers.standing.leaderboard(actor, query.offset, query.limit)


@router.get("/suspicions", responses=_READ)
async def list_suspicions(services: Provided, actor: ProducerReader) -> Suspicions:
    """Rings, circles and shared addresses, for people of the agency: somebody should look."""
    return await services.brokers.growing.suspicions(actor)
