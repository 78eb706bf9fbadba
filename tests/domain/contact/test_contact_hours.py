"""Hours in which people may be called (DOMAIN T12, T13, T14)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.contact.channels import Channel
from domain.contact.facts import Asked
from domain.contact.quiet_hours import windows
from domain.contact.tables import contact_tables
from domain.contact.verdict import may_contact
from tests.domain.contact.known import CALL, TABLES, consent, facts, local

PANHANDLE = ("America/Chicago", "America/New_York")


def allowed(state: str, zones: tuple[str, ...], at: datetime, channel: Channel = CALL) -> bool:
    return may_contact(facts(state, zones, consents=(consent(),)), Asked(channel, at), TABLES).allowed


def test_half_past_eight_eastern_is_too_early_in_the_panhandle() -> None:
    """DOMAIN T12: 08:30 Eastern is 07:30 Central."""
    at = local("America/New_York", "2026-11-24T08:30")
    assert not allowed("FL", PANHANDLE, at)
    assert allowed("FL", ("America/New_York",), at)
    verdict = may_contact(facts("FL", PANHANDLE), Asked(CALL, at), TABLES)
    assert [one.code for one in verdict.refusals] == ["quiet_hours"]
    assert verdict.next_at == local("America/Chicago", "2026-11-24T08:00")


@pytest.mark.parametrize(
    ("text", "open_then"),
    [("07:59:59.999999", False), ("08:00", True), ("20:59:59.999999", True), ("21:00", False)],
)
@pytest.mark.parametrize("channel", [Channel.CALL, Channel.AUTODIALLED, Channel.SMS])
def test_the_federal_day_is_half_open(text: str, open_then: bool, channel: Channel) -> None:
    """DOMAIN T12: [08:00, 21:00) at the called party's location."""
    assert allowed("IL", ("America/Chicago",), local("America/Chicago", f"2026-11-24T{text}"), channel) is open_then


@pytest.mark.parametrize(
    ("state", "zone", "text", "open_then"),
    [
        ("FL", "America/New_York", "2026-11-24T20:03", False),
        ("FL", "America/New_York", "2026-11-24T19:59", True),
        ("CT", "America/New_York", "2026-11-24T08:59", False),
        ("CT", "America/New_York", "2026-11-24T20:00", False),
        ("MD", "America/New_York", "2026-11-24T20:00", False),
        ("MS", "America/Chicago", "2026-11-24T20:00", False),
        ("NJ", "America/New_York", "2026-11-24T20:00", False),
        ("OK", "America/Chicago", "2026-11-24T20:00", False),
        ("RI", "America/New_York", "2026-11-24T18:00", False),
        ("RI", "America/New_York", "2026-11-24T17:59", True),
        ("RI", "America/New_York", "2026-11-28T09:59", False),
        ("RI", "America/New_York", "2026-11-28T17:00", False),
        ("TX", "America/Chicago", "2026-11-29T11:59", False),
        ("TX", "America/Chicago", "2026-11-29T12:00", True),
        ("TX", "America/Chicago", "2026-11-24T08:59", False),
        ("UT", "America/Denver", "2026-11-26T12:00", False),
        ("UT", "America/Denver", "2026-11-27T12:00", True),
    ],
)
def test_stricter_states_go_before(state: str, zone: str, text: str, open_then: bool) -> None:
    """DOMAIN T13: FL 20:03 is a violation; hours by state and day of the week."""
    assert allowed(state, (zone,), local(zone, text)) is open_then


def test_a_state_that_keeps_holidays_is_closed_where_they_are_not_known() -> None:
    found = windows(
        ["America/Chicago"],
        ["LA"],
        CALL,
        datetime(2026, 11, 23, tzinfo=UTC),
        datetime(2026, 11, 28, tzinfo=UTC),
        TABLES,
    )
    assert found == ()


def test_phoenix_and_the_navajo_nation_go_by_their_own_clocks() -> None:
    """DOMAIN T14: on 2 July Phoenix is UTC-7, the Navajo Nation UTC-6."""
    july = (datetime(2026, 7, 2, tzinfo=UTC), datetime(2026, 7, 3, tzinfo=UTC))
    (_, phoenix), navajo = (
        windows([zone], ["AZ"], CALL, *july, TABLES) for zone in ("America/Phoenix", "America/Denver")
    )
    assert phoenix[0] == datetime(2026, 7, 2, 15, tzinfo=UTC)
    assert navajo[1][0] == datetime(2026, 7, 2, 14, tzinfo=UTC)
    both = windows(["America/Phoenix", "America/Denver"], ["AZ"], CALL, *july, TABLES)
    assert both[1] == (datetime(2026, 7, 2, 15, tzinfo=UTC), datetime(2026, 7, 3, tzinfo=UTC))
    winter = windows(
        ["America/Phoenix"], ["AZ"], CALL, datetime(2026, 12, 2, 12, tzinfo=UTC), july[1] + timedelta(days=180), TABLES
    )
    assert winter[0][0].hour == 15


@pytest.mark.parametrize(
    ("zone", "state", "hour"), [("Pacific/Honolulu", "HI", 18), ("America/Indiana/Knox", "IN", 13)]
)
def test_hawaii_and_indiana_too(zone: str, state: str, hour: int) -> None:
    """DOMAIN T14: the zone database decides, in summer as in winter."""
    day = windows(
        [zone], [state], CALL, datetime(2026, 7, 2, 10, tzinfo=UTC), datetime(2026, 7, 3, 6, tzinfo=UTC), TABLES
    )
    assert day[0][0] == datetime(2026, 7, 2, hour, tzinfo=UTC)


def test_the_day_the_clocks_change_has_its_own_hours() -> None:
    sunday = (datetime(2026, 3, 8, 6, tzinfo=UTC), datetime(2026, 3, 9, 6, tzinfo=UTC))
    assert windows(["America/Chicago"], ["IL"], CALL, *sunday, TABLES) == (
        (datetime(2026, 3, 8, 13, tzinfo=UTC), datetime(2026, 3, 9, 2, tzinfo=UTC)),
    )


@pytest.mark.parametrize(
    ("zones", "states"),
    [([], ["IL"]), (["America/Chicago"], []), (["Nowhere/At_All"], ["IL"]), (["America/Chicago"], ["ZZ"])],
)
def test_an_unknown_place_is_never_open(zones: list[str], states: list[str]) -> None:
    """DOMAIN T12: unknown is not permitted."""
    start = datetime(2026, 11, 24, tzinfo=UTC)
    assert windows(zones, states, CALL, start, start + timedelta(days=7), TABLES) == ()


def test_letters_have_no_hours() -> None:
    start = datetime(2026, 11, 24, tzinfo=UTC)
    week = (start, start + timedelta(days=7))
    assert windows([], [], Channel.EMAIL, *week, TABLES) == (week,)
    assert windows([], [], Channel.EMAIL, *week, replace(TABLES, channels=())) == ()


def test_every_state_has_a_row_with_a_citation_and_no_key_overlaps() -> None:
    tables = contact_tables()
    assert len({row.state for row in tables.hours}) == len(tables.hours) == 57
    for row in (*tables.hours, *tables.channels, *tables.numbers):
        assert row.cited.citation
        assert row.cited.until is None or row.cited.until > row.cited.effective
    assert len({row.name for row in tables.numbers}) == len(tables.numbers)
    assert {row.channel for row in tables.channels} == set(Channel)
