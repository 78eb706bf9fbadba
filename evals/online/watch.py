"""Looking at running experiments, and stopping those that do harm."""

from __future__ import annotations

from uuid import UUID

import structlog

from domain.actor import Actor, system_actor
from domain.experiments import State
from evals.online.reading import Reading, read
from kernel.clock import now
from services.container import Services
from services.experiments.schemas import ExperimentView

_log = structlog.get_logger("leadwright.evals.online")


async def reading_of(services: Services, actor: Actor, experiment_id: UUID) -> tuple[ExperimentView, Reading]:
    """An experiment and how it stands. One that must not go on is stopped by whoever looks first."""
    experiment, leads = await services.experiments.exposed(actor, experiment_id)
    reading = read(experiment, leads, now())
    if reading.alarm is not None and experiment.state is State.RUNNING:
        experiment = await services.experiments.stop(actor, experiment_id, reading.alarm)
        _log.warning("experiment stopped", experiment=str(experiment_id), agent=experiment.agent)
    return experiment, reading


async def watch(services: Services) -> int:
    """Look at every running experiment of every agency; how many were stopped."""
    stopped = 0
    async with services.database.platform() as platform:
        agencies = await platform.agencies()
    for agency_id in agencies:
        actor = system_actor(agency_id, "experiments")
        for experiment in (await services.experiments.all(actor)).items:
            if experiment.state is State.RUNNING:
                found, _ = await reading_of(services, actor, experiment.id)
                stopped += found.state is not State.RUNNING
    return stopped
