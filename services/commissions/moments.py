"""Days and months of an agency, in its own zone (T74), and who may see whose money."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.actor import Actor, Scope
from domain.routing.availability import day_begins, zone
from kernel.clock import now
from kernel.errors import FieldError, Forbidden, Invalid, NotFound
from store.uow import UnitOfWork

_MONTHS = 12
YEARS = range(1900, 2200)
"""Years that a statement can be of."""


async def zone_of(uow: UnitOfWork) -> ZoneInfo:
    """The agency's zone, by its setting ``time_zone``; UTC where it has none."""
    return zone((await uow.agencies.mine()).settings.get("time_zone")) or ZoneInfo("UTC")


async def today(uow: UnitOfWork) -> date:
    """The agency's day."""
    return now().astimezone(await zone_of(uow)).date()


def month_bounds(month: str, place: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants [begins, ends) of a month written as YYYY-MM. Raises Invalid for what is no month."""
    try:
        first = date.fromisoformat(f"{month}-01")
        if first.year not in YEARS:
            raise ValueError
    except ValueError:
        fault = FieldError("month", "no_month", "is no month", "give YYYY-MM, as in 2026-03", month[:80])
        raise Invalid("the month cannot be read", fields=(fault,)) from None
    following = date(first.year + first.month // _MONTHS, first.month % _MONTHS + 1, 1)
    return day_begins(first, place), day_begins(following, place)


def year_bounds(year: int, place: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants [begins, ends) of a calendar year."""
    return day_begins(date(year, 1, 1), place), day_begins(date(year + 1, 1, 1), place)


def require_manager(actor: Actor) -> None:
    """Raise Forbidden for who may not change the agency's commissions."""
    actor.require(Scope.COMMISSIONS_WRITE)
    if not actor.sees_all_leads:
        raise Forbidden("commissions are the agency's to change; ask a manager")


def require_admin(actor: Actor) -> None:
    """Raise Forbidden for who may not say what the agency gives away."""
    actor.require(Scope.AGENCY_ADMIN)
    actor.require_whole_agency()


def own_of(actor: Actor) -> UUID | None:
    """The one payee whom the actor may see, or None for whoever sees all. Raises Forbidden for who may see none."""
    actor.require(Scope.COMMISSIONS_READ)
    return actor.own_producer("commissions are for people of the agency; ask a manager")


def require_seen(actor: Actor, payee_id: UUID) -> None:
    """Raise NotFound for a payee whom the actor may not see."""
    if own_of(actor) not in {None, payee_id}:
        raise NotFound(f"no producer {payee_id} in this agency")
