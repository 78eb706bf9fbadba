"""Experiments on live leads, for administrators."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import AgencyAdmin, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from evals.online.reading import Reading
from evals.online.watch import reading_of
from evals.verdict import Decision
from services.experiments.schemas import ExperimentIn, ExperimentList, ExperimentView

router = APIRouter(prefix="/experiments", tags=["experiments"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)


class StopIn(BaseModel):
    """Why a person ends it."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=200)


class Standing(BaseModel):
    """How an experiment stands: may be asked at any time, and as often as one likes, without making a winner likelier.

    `odds` is the evidence for any difference (20 decides); `low` and `high` hold the difference of success at all times at once.
    """

    experiment: ExperimentView
    decision: Decision
    reasons: list[str]
    more_leads: int | None
    exposed: list[int]
    waiting: int
    success: list[float | None]
    low: float | None
    high: float | None
    odds: float
    p: float


@router.get("", responses=_READ)
async def list_experiments(services: Provided, actor: AgencyAdmin) -> ExperimentList:
    """Every experiment, newest first."""
    return await services.experiments.all(actor)


@router.post("", status_code=201, responses=_SEND)
async def start_experiment(
    services: Provided, actor: AgencyAdmin, request: Request, body: ExperimentIn, response: Response
) -> ExperimentView:
    """Begin: each new lead keeps the version that it is given."""
    begun = await services.experiments.start(actor, body)
    path = request.app.url_path_for("get_experiment", experiment_id=str(begun.id))
    response.headers["Location"] = f"{request.scope.get('root_path', '')}{path}"
    return begun


@router.get("/{experiment_id}", responses=_READ_ONE)
async def get_experiment(services: Provided, actor: AgencyAdmin, experiment_id: UUID) -> Standing:
    """One experiment with its verdict so far. One that does harm is stopped at once."""
    return standing(*await reading_of(services, actor, experiment_id))


@router.post("/{experiment_id}/stop", responses=_SEND)
async def stop_experiment(services: Provided, actor: AgencyAdmin, experiment_id: UUID, body: StopIn) -> ExperimentView:
    """End: every lead gets the active version again. One that has ended stays as it is."""
    return await services.experiments.stop(actor, experiment_id, body.reason)


def standing(experiment: ExperimentView, reading: Reading) -> Standing:
    """A reading on the wire; what cannot be said is null."""
    (compared,) = reading.verdict.comparisons
    return Standing(
        experiment=experiment, decision=reading.verdict.decision, reasons=list(reading.verdict.reasons),
        more_leads=reading.verdict.needed, exposed=list(reading.exposed), waiting=reading.waiting,
        success=[_said(compared.a), _said(compared.b)], low=_said(compared.difference.low), high=_said(compared.difference.high),
        odds=reading.evidence.value, p=reading.evidence.p,
    )  # fmt: skip


def _said(value: float) -> float | None:
    return value if abs(value) < float("inf") else None
