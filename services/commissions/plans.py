"""Commission plans: put in force as versions that never change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.actor import Actor, Scope
from domain.commissions.plan import Plan
from kernel.clock import now
from kernel.errors import AppError, FieldError, Invalid, NotFound
from services.commissions.moments import own_of, require_manager, today
from services.commissions.schemas import PlanIn, PlanList, PlanView
from store.sql.models import CommissionPlanRow
from store.uow import Database

_MOST_VERSIONS = 10_000


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

        What was earned before keeps the version it was earned under. Raises Invalid for what is no plan.
        """
        actor.require(Scope.AGENCY_ADMIN)
        require_manager(actor)
        plan = read_plan(given.plan)
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
            await uow.audit.note("commission.plan", "plan", version, digest=plan.digest)
            return _view((await uow.commissions.plans())[0])


def read_plan(body: Mapping[str, Any]) -> Plan:
    """The plan that the JSON is. Raises Invalid with the field where it is none."""
    try:
        return Plan.from_dict(body)
    except AppError:
        raise
    except KeyError as problem:
        fault = FieldError(f"plan.{problem.args[0]}", "missing", "is missing", "see docs/howto/commissions.md")
        raise Invalid("the plan lacks a field", fields=(fault,)) from None
    except (ValueError, TypeError, AttributeError, ArithmeticError) as problem:
        fault = FieldError("plan", "invalid", str(problem)[:200] or "cannot be read", "see docs/howto/commissions.md")
        raise Invalid("the plan cannot be read", fields=(fault,)) from None


def _view(row: CommissionPlanRow) -> PlanView:
    return PlanView(
        version=row.version, effective_on=row.effective_on, plan=row.body, digest=row.digest, by=row.by, why=row.why,
        at=row.at,
    )  # fmt: skip
