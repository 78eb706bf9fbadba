"""Timers across changes of the clocks, on the wall and in the machine: each fires once, and not before its instant."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.policies.calendar import Clock, begins, zone_of
from kernel.clock import frozen
from services.policies import timing
from tests.services.policies.book import Book, noon
from tests.services.policies.test_policies_ending import a_life

SECOND = timedelta(seconds=1)


async def work_at(book: Book, moment: datetime) -> None:
    """Work whatever is due at an instant."""
    with frozen(moment):
        while await book.policies.timing.work():
            pass


async def timers(book: Book, policy_id: UUID) -> list[Any]:
    async with book.services.database.begin(book.actor) as uow:
        return await uow.policies.timers(policy_id)


CHANGES = [
    ("America/Chicago", date(2026, 3, 8)), ("America/Chicago", date(2026, 3, 9)), ("America/Chicago", date(2026, 11, 1)),
    ("America/Phoenix", date(2026, 3, 8)), ("America/Indiana/Indianapolis", date(2026, 11, 1)),
    ("America/Havana", date(2026, 3, 8)), ("America/Havana", date(2026, 11, 1)), ("America/Havana", date(2026, 11, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("clock", Clock)
async def test_t47_a_term_ends_and_an_instalment_falls_overdue_once_at_their_instants(
    book: Book, zone: str, day: date, clock: Clock
) -> None:
    ends = begins(day, zone_of(zone), clock)
    expiring = await book.active(starts_on=date(day.year - 1, day.month, day.day), zone=zone, clock=clock.value)
    first = day - timedelta(days=1)  # its second instalment is due on the day before the change, until the end of it
    start = date(first.year - (first.month < 4), (first.month - 4) % 12 + 1, first.day)
    owing = await book.active(starts_on=start, zone=zone, clock=clock.value, frequency="quarterly")
    noticed = await book.active(starts_on=date(day.year, 1, 15), zone=zone, clock=clock.value, frequency="monthly")
    with frozen(noon(day - timedelta(days=15))):
        await book.notice(noticed, str(day - timedelta(days=15)), str(day))
    assert (await book.see(expiring)).ends_at == ends
    await work_at(book, ends - SECOND)
    assert "expired" not in await book.kinds(expiring)
    assert "became_overdue" not in await book.kinds(owing)
    assert "cancelled" not in await book.kinds(noticed)
    for moment in (ends, ends, ends + timedelta(hours=1), ends - SECOND, ends + timedelta(hours=3)):
        await work_at(book, moment)
    assert (await book.kinds(expiring)).count("expired") == 1
    assert (await book.kinds(owing)).count("became_overdue") == 1
    assert (await book.kinds(noticed)).count("cancelled") == 1
    found = {one.kind: one for one in (await book.policies.reading.timeline(book.actor, owing)).items}
    assert found["became_overdue"].recorded_at == ends
    cancelled = await book.see(noticed)
    assert cancelled.cover[-1].closes_at == ends
    assert not cancelled.covered_now


@pytest.mark.parametrize(("zone", "day"), CHANGES[-3:])
async def test_t59_a_policy_lapses_when_its_grace_is_over_where_midnight_is_skipped_or_comes_twice(
    book: Book, zone: str, day: date
) -> None:
    """Sixty days of grace in California, for an insured whose clocks change at midnight."""
    due = day - timedelta(days=61)
    start = date(due.year if due.month > 1 else due.year - 1, (due.month - 2) % 12 + 1, due.day)
    policy_id = await book.active(**a_life(starts_on=start, zone=zone))
    with frozen(noon(due + timedelta(days=2))):
        await book.notice(policy_id, str(due + timedelta(days=2)), str(day), action="lapse", sent="mail")
    ends = begins(day, zone_of(zone))
    await work_at(book, ends - SECOND)
    assert (await book.see(policy_id)).status == "active"
    await work_at(book, ends)
    found = await book.see(policy_id)
    assert (found.status, found.cover[-1].closes_at) == ("lapsed", ends)


async def test_the_database_lets_days_begin_when_services_do(book: Book) -> None:
    async with book.services.database.begin(book.actor) as uow:
        for zone in {zone for zone, _ in CHANGES} | {"America/Asuncion", "America/New_York"}:
            days = [date(2023, 9, 29) + timedelta(days=n) for n in range(430)]
            asked = text(
                "SELECT policy_day_begins(day, jsonb_build_object('zone', CAST(:zone AS text))) "
                "FROM unnest(CAST(:days AS date[])) WITH ORDINALITY AS d (day, place) ORDER BY place"
            )
            found = list(await uow.session.scalars(asked, {"zone": zone, "days": days}))
            assert found == [begins(day, zone_of(zone)) for day in days], zone


@contextmanager
def ticking(monkeypatch: pytest.MonkeyPatch, *moments: datetime) -> Iterator[None]:
    """The clock of the timers says one instant after the other, then stays at the last."""
    left = list(moments)
    with monkeypatch.context() as patch:
        patch.setattr(timing, "now", lambda: left.pop(0) if len(left) > 1 else left[0])
        yield


async def test_a_clock_that_is_set_back_while_a_timer_is_worked_loses_nothing_and_asks_nobody(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    await book.tick("2026-12-31")
    policy_id = await book.active()
    await book.tick("2026-12-31")
    ends = (await book.see(policy_id)).ends_at
    for back in (timedelta(milliseconds=20), timedelta(hours=1)):
        with ticking(monkeypatch, ends + timedelta(milliseconds=5), ends - back), frozen(ends - back):
            assert await book.policies.timing.work() >= 1
        kinds = await book.kinds(policy_id)
        assert "expired" not in kinds
        assert "needs_a_person" not in kinds[kinds.index("activated") + 2 :]
        (end,) = [one for one in await timers(book, policy_id) if one.kind == "end"]
        assert (end.state, end.lease_until) == ("waiting", None)
    await work_at(book, ends)
    await work_at(book, ends - timedelta(hours=2))
    await work_at(book, ends + timedelta(hours=2))
    assert (await book.kinds(policy_id)).count("expired") == 1


async def test_a_worker_whose_clock_ran_a_day_ahead_and_died_holds_nobody_up(book: Book) -> None:
    policy_id = await book.active()
    ends = (await book.see(policy_id)).ends_at
    await book.tick("2026-12-31")
    async with book.services.database.platform() as platform:
        taken = await platform.claim_due_policy_timers(ends + timedelta(days=1), timedelta(minutes=2), 1000)
    assert policy_id in {one.policy_id for one in taken}
    await work_at(book, ends)
    assert (await book.kinds(policy_id)).count("expired") == 1


async def test_a_lease_that_another_clock_gave_a_minute_ahead_is_respected(book: Book) -> None:
    policy_id = await book.active()
    ends = (await book.see(policy_id)).ends_at
    await book.tick("2026-12-31")
    async with book.services.database.platform() as platform:
        await platform.claim_due_policy_timers(ends + timedelta(minutes=1), timedelta(minutes=2), 1000)
    await work_at(book, ends)
    assert "expired" not in await book.kinds(policy_id)
    await work_at(book, ends + timedelta(minutes=3))
    assert (await book.kinds(policy_id)).count("expired") == 1


async def test_workers_whose_clocks_differ_do_everything_once_and_nothing_before_its_instant(book: Book) -> None:
    await book.tick("2026-03-06")
    policies = [
        await book.active(starts_on=date(2025, 3, 8), zone=zone, clock=clock.value, number=f"CL-{zone}-{clock.value}")
        for zone in ("America/Chicago", "America/Havana", "America/Phoenix") for clock in Clock
    ]  # fmt: skip
    await book.tick("2026-03-06")
    ends = {each: (await book.see(each)).ends_at for each in policies}

    async def worker(skew: timedelta) -> None:
        for minute in range(-4, 200, 4):
            with frozen(min(ends.values()) + timedelta(minutes=minute) + skew):
                while await book.policies.timing.work():
                    pass
            await asyncio.sleep(0)

    await asyncio.gather(*(worker(timedelta(seconds=skew)) for skew in (-45, 0, 30, 59)))
    await book.tick("2026-03-08")
    for each in policies:
        found = [one for one in (await book.policies.reading.timeline(book.actor, each)).items if one.kind == "expired"]
        assert len(found) == 1
        assert found[0].recorded_at >= ends[each]
