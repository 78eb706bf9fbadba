"""What other weights would do, and weights that outcomes speak for."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import Provided, RoutingReader, RoutingWriter
from api.guarded import GuardedRoute
from api.preconditions import Expected, put_etag
from api.problems import problem_answers
from services.routing.trial_schemas import (
    DecisionIn,
    LearnIn,
    LearntView,
    ProposalPage,
    ProposalView,
    SimulationIn,
    SimulationView,
)

router = APIRouter(prefix="/routing", tags=["routing"], route_class=GuardedRoute)

_RUN = problem_answers(400, 401, 403, 413, 415, 422, 503)
_ALL = problem_answers(401, 403, 422, 503)
_ONE = problem_answers(401, 403, 404, 422, 503)
_DECIDE = problem_answers(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503)


class ProposalList(BaseModel):
    """Place and size of a page of proposals."""

    model_config = ConfigDict(extra="forbid")

    cursor: UUID | None = Field(None, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)


@router.post("/simulations", responses=_RUN)
async def simulate_routing(services: Provided, actor: RoutingWriter, body: SimulationIn) -> SimulationView:
    """Play past leads again under other weights, rules or both. Nothing changes, and the same question has the same answer,
    so none is kept.

    Up to 5,000 leads and 25 seconds; `leadwright route simulate` has no such bounds.
    """
    return await services.weighing.simulations.run(actor, body)


@router.post("/proposals", responses=_RUN)
async def learn_weights(services: Provided, actor: RoutingWriter, body: LearnIn) -> LearntView:
    """Learn weights from leads that were worked, and propose them where later leads bear them out."""
    return await services.weighing.proposals.learn(actor, body)


@router.get("/proposals", responses=_ALL)
async def list_proposals(
    services: Provided, actor: RoutingReader, query: Annotated[ProposalList, Query()]
) -> ProposalPage:
    """Proposals of weights, newest first."""
    return await services.weighing.proposals.page(actor, query.cursor, query.limit)


@router.get("/proposals/{proposal_id}", responses=_ONE)
async def get_proposal(services: Provided, actor: RoutingReader, proposal_id: UUID, response: Response) -> ProposalView:
    """A proposal with its estimate and what speaks for it."""
    return _tagged(await services.weighing.proposals.one(actor, proposal_id), response)


@router.post("/proposals/{proposal_id}/apply", responses=_DECIDE)
async def apply_proposal(
    services: Provided,
    actor: RoutingWriter,
    proposal_id: UUID,
    body: DecisionIn,
    expected: Expected,
    response: Response,
) -> ProposalView:
    """Make the proposed weights the agency's. Only a person may, and only while the weights are those it was measured against."""
    done = await services.weighing.proposals.apply(actor, proposal_id, body.note, expected=expected)
    return _tagged(done, response)


@router.post("/proposals/{proposal_id}/dismiss", responses=_DECIDE)
async def dismiss_proposal(
    services: Provided,
    actor: RoutingWriter,
    proposal_id: UUID,
    body: DecisionIn,
    expected: Expected,
    response: Response,
) -> ProposalView:
    """Leave the weights as they are. Only a person may."""
    done = await services.weighing.proposals.dismiss(actor, proposal_id, body.note, expected=expected)
    return _tagged(done, response)


def _tagged(proposal: ProposalView, response: Response) -> ProposalView:
    put_etag(response, proposal.version)
    return proposal
