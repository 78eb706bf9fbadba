"""A simulated week, and that its checks can fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bench.year import year
from bench.year_checks import Checks, authorised, check, may_be_called, on_shift
from bench.year_world import world
from cli.commands.bench import year_report
from kernel.ids import new_id
from store.sql.repositories.books import Fate, Given

NOON = datetime(2025, 11, 5, 18, tzinfo=UTC)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_in_a_week_every_lead_is_cared_for_and_every_timer_is_right() -> None:
    found = await year(leads=40, producers=20, days=7, seed=7)
    assert found.held, year_report(found)
    assert sum(found.statuses.values()) == found.leads == 40
    assert {"won", "lost"} <= set(found.statuses)
    assert found.fairness.leads is not None


def test_a_world_is_the_same_for_the_same_seed() -> None:
    assert world(30, 10, 3) == world(30, 10, 3) != world(30, 10, 4)


@pytest.mark.parametrize("first", ["2025-11-27", "2026-03-07", "2026-10-31"])
def test_nobody_becomes_free_but_at_an_opening(first: str) -> None:
    """Over a holiday and both nights on which the clocks change, minute by minute: shifts, and licences that a new day ends."""
    given = world(200, 40, 5)
    opens = set(given.openings(timedelta(days=20)))
    at, found = datetime.fromisoformat(f"{first}T05:00:00+00:00"), 0
    people = [one["profile"] for one in given.agency["producers"]]
    before = [on_shift(one, at) for one in people]
    for minute in range(1, 60 * 60):
        moment = at + timedelta(minutes=minute)
        now_there = [on_shift(one, moment) for one in people]
        if any(then and not earlier for earlier, then in zip(before, now_there, strict=True)):
            found += 1
            assert moment in opens, moment
        before = now_there
    assert found >= 5


def test_each_number_counts() -> None:
    right = Checks(0, 0, 0, 0, 10, ())
    assert right.right
    for wrong in ("unowned", "without_authority", "off_shift", "over_capacity"):
        assert not replace(right, **{wrong: 1}).right  # type: ignore[arg-type]
    assert not replace(right, timers_wrong=("too early",)).right
    assert not replace(right, timers=0).right


def test_a_lead_left_alone_and_an_offer_without_a_licence_are_found() -> None:
    given = world(20, 10, 3)
    profile = given.agency["producers"][0]["profile"] | {"schedule": [], "eo_expires": "2025-01-01"}
    lead, producer = new_id(), new_id()
    fates = [Fate(lead, "qualified", None, None, "IL", "hot")]
    offers = [Given(lead, producer, "accepted", NOON, None, "system:pipeline")]
    found = check(given, {producer: profile}, fates, offers, {}, 0)
    assert (found.unowned, found.without_authority, found.off_shift) == (1, 1, 1)


def test_an_offer_that_expires_too_early_is_found() -> None:
    given = world(20, 10, 3)
    always = [{"weekday": day, "start": "00:00:00", "end": "23:59:59"} for day in range(7)]
    profile = given.agency["producers"][0]["profile"] | {
        "schedule": always, "time_zone": "America/Chicago", "absences": [], "holiday_region": None,
    }  # fmt: skip
    lead, producer = new_id(), new_id()
    fates = [Fate(lead, "queued", None, "offers_too_slow", "IL", "hot")]
    for minutes, wrong in ((10, 0), (7, 1), (13, 1)):
        offer = Given(lead, producer, "expired", NOON, NOON + timedelta(minutes=minutes), "system:pipeline")
        found = check(given, {producer: profile}, fates, [offer], {}, 0).timers_wrong
        assert len(found) == wrong
        assert all(str(offer.ended_at) in told for told in found)


def test_an_answer_that_is_due_some_seconds_behind_a_shift_is_due_at_the_next_one() -> None:
    given = world(20, 10, 3)
    week = [{"weekday": day, "start": "09:00:00", "end": "17:00:00"} for day in range(5)]
    profile = given.agency["producers"][0]["profile"] | {
        "schedule": week, "time_zone": "America/Los_Angeles", "absences": [], "holiday_region": None,
    }  # fmt: skip
    lead, producer = new_id(), new_id()
    fates = [Fate(lead, "queued", None, "offers_too_slow", "WA", "cool")]
    offered = datetime(2026, 5, 7, 22, 30, 35, tzinfo=UTC)  # 89 minutes and 25 seconds of the shift are left for 90
    for ended, wrong in (
        (datetime(2026, 5, 8, 16, 0, 35, tzinfo=UTC), 0),
        (datetime(2026, 5, 8, 0, 0, 35, tzinfo=UTC), 1),
    ):
        offer = Given(lead, producer, "expired", offered, ended, "system:pipeline")
        assert len(check(given, {producer: profile}, fates, [offer], {}, 0).timers_wrong) == wrong


def test_hours_and_licences_are_those_of_the_day() -> None:
    night = datetime(2025, 11, 5, 7, tzinfo=UTC)
    assert [may_be_called("IL", at) for at in (NOON, night)] == [True, False]
    profile = {
        "time_zone": "America/Chicago", "absences": ["2025-11-06"], "holiday_region": None, "eo_expires": "2039-01-01",
        "schedule": [{"weekday": 2, "start": "21:00:00", "end": "02:00:00"}],
        "licences": [{"state": "IL", "status": "active", "effective": "2020-01-01", "expires": "2025-11-05"}],
    }  # fmt: skip
    evening = datetime(2025, 11, 6, 4, tzinfo=UTC)
    assert on_shift(profile, evening)
    assert not on_shift(profile, evening + timedelta(hours=3)), "the absence takes the whole local day"
    assert authorised(profile, "IL", evening)
    assert not authorised(profile, "IL", evening + timedelta(hours=3))
    assert not authorised(profile, "TX", evening)


def test_pennsylvania_is_not_called_on_its_holidays() -> None:
    """domain/contact/data/hours.csv: closed on holidays."""
    noon = datetime(2025, 12, 25, 17, tzinfo=UTC)
    assert not may_be_called("PA", noon)
    assert may_be_called("OH", noon)
    assert may_be_called("PA", noon + timedelta(days=1))
