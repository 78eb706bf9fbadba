"""What holds of every verdict."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.contact.channels import BY_PHONE, EVERY, Channel, Purpose
from domain.contact.facts import (
    Asked,
    Facts,
    Relationship,
    RelationshipKind,
    Revocation,
    ScopeOfAppointment,
    Scrub,
)
from domain.contact.quiet_hours import windows
from domain.contact.tables import ContactTables
from domain.contact.verdict import may_contact
from domain.geo import STATES
from domain.lines import Line
from tests.domain.contact.known import TABLES, consent, licence

ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Boise",
    "Pacific/Honolulu",
)
CONSENTS = (consent(at="2026-01-01T00:00:00Z"), consent("Anybody may call me.", at="2026-01-01T00:00:00Z"))
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 30), timezones=st.just(UTC))
some_states = st.lists(st.sampled_from(sorted(STATES)), min_size=1, max_size=2, unique=True).map(tuple)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Facts, Asked]:
    at, states = draw(instants), draw(some_states)
    ago = st.integers(0, 40).map(lambda days: at - timedelta(days=days))
    wishes = st.builds(Revocation, ago, st.frozensets(st.sampled_from(Channel), min_size=1))
    known = Facts(
        line=draw(st.sampled_from([Line.AUTO, Line.MEDICARE, Line.UNKNOWN])),
        confirmed=draw(st.sampled_from([True, True, False])),
        reachable=EVERY, states=states, zones=draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3).map(tuple)),
        collected_by_seller=draw(st.booleans()), consents=draw(st.lists(st.sampled_from(CONSENTS), max_size=2).map(tuple)),
        revocations=draw(st.one_of(st.just(()), st.lists(wishes, max_size=2).map(tuple))),
        scrubs=draw(st.lists(st.builds(Scrub, st.just("national"), ago, st.booleans()), max_size=2).map(tuple)),
        relationships=draw(st.lists(st.builds(Relationship, st.sampled_from(RelationshipKind), ago), max_size=1).map(tuple)),
        licences=tuple(licence(state) for state in states), scope=draw(st.one_of(st.none(), ago.map(ScopeOfAppointment))),
    )  # fmt: skip
    return known, Asked(draw(st.sampled_from(Channel)), at, draw(st.sampled_from(Purpose)))


@settings(max_examples=120)
@given(questions())
def test_a_yes_lies_in_every_zones_window(question: tuple[Facts, Asked]) -> None:
    """DOMAIN T12, T13."""
    known, asked = question
    if may_contact(known, asked, TABLES).allowed and asked.channel in BY_PHONE:
        for zone in known.zones:
            there = asked.at.astimezone(ZoneInfo(zone))
            assert 8 <= there.hour < 21
            for state in known.states:
                row = TABLES.hours_of(state, there.date())
                assert row is not None
                span = row.span(there.date(), holiday=False)
                assert span is not None
                assert span[0] <= there.time() < span[1]


@settings(max_examples=120)
@given(questions())
def test_who_took_consent_back_is_never_a_yes(question: tuple[Facts, Asked]) -> None:
    """DOMAIN T16."""
    known, asked = question
    wish = Revocation(asked.at - timedelta(seconds=1), frozenset({asked.channel}))
    verdict = may_contact(replace(known, revocations=(*known.revocations, wish)), asked, TABLES)
    assert not verdict.allowed
    assert verdict.next_at is None


@st.composite
def poorer(draw: st.DrawFn) -> ContactTables:
    """The tables without one row; without a federal or a much used one more often."""
    name = draw(st.sampled_from(["hours", "channels", "numbers"]))
    rows = getattr(TABLES, name)
    lost = draw(st.integers(0, len(rows) - 1))
    return replace(TABLES, **{name: rows[:lost] + rows[lost + 1 :]})


@settings(max_examples=200)
@given(questions(), poorer())
def test_a_lost_row_never_turns_a_no_into_a_yes(question: tuple[Facts, Asked], tables: ContactTables) -> None:
    if may_contact(*question, tables).allowed:
        assert may_contact(*question, TABLES).allowed


@settings(max_examples=80)
@given(questions())
def test_the_next_time_is_a_yes_and_not_before(question: tuple[Facts, Asked]) -> None:
    known, asked = question
    verdict = may_contact(known, asked, TABLES)
    if verdict.next_at is not None:
        assert verdict.next_at >= asked.at
        assert may_contact(known, replace(asked, at=verdict.next_at), TABLES).allowed


@settings(max_examples=60)
@given(some_states, st.lists(st.sampled_from(ZONES), min_size=1, max_size=3), instants, st.integers(1, 200))
def test_windows_are_in_order_apart_and_within(
    states: tuple[str, ...], zones: list[str], start: datetime, hours: int
) -> None:
    end = start + timedelta(hours=hours)
    found = windows(zones, states, Channel.CALL, start, end, TABLES)
    edges = [edge for window in found for edge in window]
    assert edges == sorted(edges)
    assert all(start <= edge <= end for edge in edges)
    assert all(first < last for first, last in found)
