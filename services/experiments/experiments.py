"""Begin, end and look at experiments. The pipeline learns of them from the agency's settings, which it reads for every lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.experiments import Arms, Chosen, State, Success
from kernel.clock import now
from kernel.errors import Conflict
from kernel.ids import new_id
from prompts.registry import Library, choose
from services.experiments.schemas import ArmIn, ExperimentIn, ExperimentList, ExperimentView
from store.sql.models import ExperimentRow
from store.sql.repositories.experiments import Exposed
from store.uow import Database, UnitOfWork

SETTING = "experiments"
_TUNING = ("matters", "days", "tolerated")


class Experiments:
    """Needs ``agency:admin`` throughout."""

    def __init__(self, database: Database, prompts: Library) -> None:
        self._database = database
        self._prompts = prompts

    async def all(self, actor: Actor) -> ExperimentList:
        """Every experiment of the agency."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            return ExperimentList(items=[_view(row) for row in await uow.experiments.all()])

    async def one(self, actor: Actor, experiment_id: UUID) -> ExperimentView:
        """One; NotFound for another agency's."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            return _view(await uow.experiments.one(experiment_id))

    async def start(self, actor: Actor, body: ExperimentIn) -> ExperimentView:
        """Begin: from now on each lead has its version. Raises NotFound for an agent or a version that is not there, Conflict for
        one that was never released, for a name that is taken, or while another experiment of the agent runs.
        """
        actor.require(Scope.AGENCY_ADMIN)
        arms = Arms({one.version: one.share for one in body.arms})
        for version in arms.shares:
            self._prompts.require_unchanged(self._prompts.load(body.agent, version))
        experiment_id, moment = new_id(), now()
        async with self._database.begin(actor) as uow:
            begun = await uow.experiments.add({
                "id": experiment_id, "name": body.name, "agent": body.agent, "arms": arms.as_dict(),
                "success": body.success.value, "settings": {name: getattr(body, name) for name in _TUNING},
                "state": State.RUNNING.value, "reason": None, "started_at": moment, "ended_at": None,
            })  # fmt: skip
            if not begun:
                detail = f"an experiment of {body.agent} runs, or one is called {body.name}; stop that one, or take another name"
                raise Conflict(detail, code="experiment_exists")
            await self._tell(uow, body.agent, {"id": str(experiment_id), "arms": list(arms.as_dict().items())})
            await uow.audit.note("experiment.start", "experiment", experiment_id, agent=body.agent)
            return _view(await uow.experiments.one(experiment_id))

    async def stop(self, actor: Actor, experiment_id: UUID, reason: str) -> ExperimentView:
        """End: every lead gets the active version again. One that has ended stays as it is."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            row = await uow.experiments.one(experiment_id, lock=True)
            if row.state == State.RUNNING.value:
                row.state, row.reason, row.ended_at = State.STOPPED.value, reason, now()
                await self._tell(uow, row.agent, None)
                await uow.audit.note("experiment.stop", "experiment", experiment_id, reason=reason)
                await uow.session.flush()
            return _view(row)

    async def exposed(self, actor: Actor, experiment_id: UUID) -> tuple[ExperimentView, list[Exposed]]:
        """An experiment and the leads that were in it."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            return _view(await uow.experiments.one(experiment_id)), await uow.experiments.exposed(experiment_id)

    async def _tell(self, uow: UnitOfWork, agent: str, running: dict[str, Any] | None) -> None:
        agency = await uow.agencies.mine(lock=True)
        told = {name: one for name, one in agency.settings.get(SETTING, {}).items() if name != agent}
        await uow.agencies.save_setting(SETTING, told if running is None else {**told, agent: running})


def chosen_for(settings: Mapping[str, Any], lead_id: UUID) -> dict[str, Chosen]:
    """By agent, the version that the agency's running experiments give a lead: the same whenever it is asked."""
    found = {}
    for agent, running in settings.get(SETTING, {}).items():
        arms = Arms.from_dict(dict(running["arms"]))
        found[agent] = Chosen(UUID(running["id"]), choose(running["id"], arms.shares, str(lead_id)))
    return found


def _view(row: ExperimentRow) -> ExperimentView:
    arms = [ArmIn(version=version, share=share) for version, share in Arms.from_dict(row.arms).shares.items()]
    return ExperimentView(
        id=row.id, name=row.name, agent=row.agent, arms=arms, success=Success(row.success), state=State(row.state),
        reason=row.reason, started_at=row.started_at, ended_at=row.ended_at, **{name: row.settings[name] for name in _TUNING},
    )  # fmt: skip
