"""Commission plans: put in force as versions that never change."""

from __future__ import annotations

from domain.actor import Actor, Scope
from domain.commissions.plan import Plan
from kernel.clock import now
from kernel.errors import NotFound
from services.commissions.moments import own_of, require_manager, today
from services.commissions.plan_schemas import PlanBody, PlanIn, PlanList, PlanView
from store.sql.models import CommissionPlanRow
from store.uow import Database


class Plans:
    """Everybody who sees commissions reads the plan; ``agency:admin`` puts one in force."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def in_force(self, actor: Actor) -> PlanView:
        """Today's plan; NotFound where there is none."""
        own_of(actor)
        async with self._database.begin(actor) as uow:
            row = await uow.commissions.plan_on(await today(uow))
        if row is None:
            raise NotFound("no commission plan is in force; put one in force (docs/howto/commissions.md)")
        return _view(row)

    async def versions(self, actor: Actor) -> PlanList:
        """Every version, newest first."""
        own_of(actor)
        async with self._database.begin(actor) as uow:
            return PlanList(items=[_view(row) for row in await uow.commissions.plans()])

    async def put(self, actor: Actor, given: PlanIn) -> PlanView:
        """Add a version, in force from a day on for what is earned from then; the same as the newest again adds none.

        What was earned before keeps the version it was earned under. Raises Invalid for a table that contradicts itself.
        """
        actor.require(Scope.AGENCY_ADMIN)
        require_manager(actor)
        plan = Plan.from_dict(given.plan.model_dump(mode="json"))
        async with self._database.begin(actor) as uow:
            await uow.agencies.mine(lock=True)
            rows = await uow.commissions.plans()
            if rows and rows[0].digest == plan.digest and rows[0].effective_on == given.effective_on:
                return _view(rows[0])
            version = rows[0].version + 1 if rows else 1
            await uow.commissions.add_plan({
                "version": version, "effective_on": given.effective_on, "body": plan.as_dict(), "digest": plan.digest,
                "why": given.why, "at": now(),
            })  # fmt: skip
            await uow.earnings.wake()  # what was held for want of a rule may have one now
            await uow.audit.note("commission.plan", "plan", version, digest=plan.digest)
            return _view((await uow.commissions.plans())[0])


def _view(row: CommissionPlanRow) -> PlanView:
    return PlanView(
        version=row.version, effective_on=row.effective_on, plan=PlanBody.model_validate(row.body),
        digest=row.digest, by=row.by, why=row.why,
        at=row.at,
    )  # fmt: skip
