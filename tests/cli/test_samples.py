"""The sample agency and its leads: made the same every time, loadable, invented, and staffed round the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any
from uuid import UUID

import pytest

from cli.samples.make import agency, as_text
from domain.geo import STATES, StateSource
from domain.lines import Line
from domain.routing.facts import LeadFacts, ProducerFacts
from domain.routing.gates import GATES, Gate, Standing, lead_gate
from domain.routing.profile import ProducerProfile
from domain.routing.tables import Tables, authority_table, standard_tables
from integrations.geography import Geography
from integrations.holiday_calendar import holiday_table
from kernel.ids import derived_id
from services.agencies.load import read_agency
from services.agencies.schemas import AgencyFile

AGENCY = UUID(int=1)
MAINLAND = sorted(STATES - {"AS", "GU", "MP", "PR", "VI"})
LINES = sorted(authority_table().rows)
# Thanksgiving, Christmas, the days when the clocks change, and a week two years on.
WEEKS = [
    datetime(2026, 11, 23),
    datetime(2026, 12, 21),
    datetime(2027, 3, 8),
    datetime(2027, 11, 1),
    datetime(2028, 7, 3),
]


@pytest.fixture(scope="module")
def sample() -> AgencyFile:
    return read_agency(files("cli.samples").joinpath("agency.json").read_bytes())


@pytest.fixture(scope="module")
def geography() -> Geography:
    return Geography()


@pytest.fixture(scope="module")
def roster(sample: AgencyFile, geography: Geography) -> list[ProducerFacts]:
    return [ProducerFacts(profile) for profile in profiles(sample, geography)]


def profiles(sample: AgencyFile, geography: Geography) -> list[ProducerProfile]:
    """As loading makes them: place and clock follow from the ZIP."""
    made = []
    for producer in sample.producers:
        place = geography.place(producer.profile["zip_code"])
        assert place is not None, producer.external_id
        whole: dict[str, Any] = {
            "lat": place.lat, "lon": place.lon, "time_zone": place.time_zone, **producer.profile,
            "producer_id": str(derived_id("producer", AGENCY, producer.external_id)), "agency_id": str(AGENCY),
            "team_id": str(derived_id("team", AGENCY, producer.team)),
        }  # fmt: skip
        made.append(ProducerProfile.from_dict(whole))
    return made


def lead(state: str, line: Line) -> LeadFacts:
    return LeadFacts(
        lead_id=UUID(int=2), agency_id=AGENCY, line=line, received_at=datetime(2026, 1, 1, tzinfo=UTC),
        risk_states=(state,), states_from=StateSource.ADDRESS,
    )  # fmt: skip


def tables(roster: list[ProducerFacts], year: int) -> Tables:
    regions = {producer.profile.holiday_region for producer in roster} - {None}
    return standard_tables(holiday_table([region for region in regions if region], year))


def test_the_generator_writes_the_file_byte_for_byte() -> None:
    assert (as_text(agency()) + "\n").encode() == files("cli.samples").joinpath("agency.json").read_bytes()


@pytest.mark.parametrize("monday", WEEKS, ids=lambda day: day.date().isoformat())
def test_at_any_hour_of_a_week_three_producers_can_take_any_line_in_any_state(
    roster: list[ProducerFacts], monday: datetime
) -> None:
    rules, start = tables(roster, monday.year), monday.replace(tzinfo=UTC)
    others = [gate for gate in Gate if gate not in {Gate.LEAD, Gate.LICENCE}]
    any_lead, leads = lead("TX", Line.AUTO), {(state, line): lead(state, line) for state in MAINLAND for line in LINES}
    assert all(lead_gate(one, rules) is None for one in leads.values())
    # Licences hold for whole days, so it is enough that they hold at both ends of the week.
    ends = [[Standing(one, at, rules) for at in (start, start + timedelta(days=7))] for one in roster]
    licensed = {
        key: {i for i, pair in enumerate(ends) if not any(GATES[Gate.LICENCE](one, end) for end in pair)}
        for key, one in leads.items()
    }
    for hour in range(7 * 24):
        at = start + timedelta(hours=hour)
        working = set()
        for i, producer in enumerate(roster):
            standing = Standing(producer, at, rules)
            if not any(GATES[gate](any_lead, standing) for gate in others):
                working.add(i)
        thin = [
            f"{line} in {state}: {len(who & working)}"
            for (state, line), who in licensed.items()
            if len(who & working) < 3
        ]
        assert not thin, f"{at:%A %H:%M} UTC: {thin[:5]}"
