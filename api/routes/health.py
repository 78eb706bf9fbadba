"""For machines that watch: alive, ready, measurements. No token; nothing here belongs to an agency."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from api.dependencies import Provided
from services.health import Health

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process answers."""

    status: str


@router.get("/health/live")
async def live() -> Alive:
    """Whether the process answers; asks nothing else, so that a slow store does not get it restarted."""
    return Alive(status="ok")


@router.get("/health/ready", responses={503: {"model": Health, "description": "A needed part does not answer."}})
async def ready(services: Provided, response: Response) -> Health:
    """Whether every needed part answers, part by part."""
    health = await services.health.check()
    if not health.ready:
        response.status_code = 503
    return health


@router.get("/metrics", include_in_schema=False)
async def metrics() -> Response:
    """Measurements in the Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
