from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from domain.geo import StateSource
from domain.lines import Authority, Line
from domain.routing.facts import LeadFacts, ProducerLoad
from domain.routing.gates import Gate, GateFailed, Standing, check, first_failure, lead_gate
from domain.routing.profile import Appointment, LicenceStatus
from domain.routing.tables import HolidayTable, authority_table, standard_tables


def code_of(
    make: SimpleNamespace, producer: Any, lead: LeadFacts = None, as_of: datetime | None = None, tables: Any = None
) -> str | None:
    failed = first_failure(lead or make.lead(), Standing(producer, as_of or make.now, tables or make.tables))
    return failed.code if failed else None


def test_a_sound_producer_passes_every_gate(make: SimpleNamespace) -> None:
    answers = check(make.lead(), make.producer(), make.now, make.tables)
    assert [answer.gate for answer in answers] == list(Gate)
    assert not any(isinstance(answer, GateFailed) for answer in answers)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"active": None}, "active_unknown"),
        ({"active": False}, "inactive"),
        ({"agency_id": UUID(int=2)}, "other_agency"),
        ({"licences": None}, "licence_unknown"),
        ({"licences": ()}, "licence_unknown"),
        ({"eo_expires": None}, "eo_unknown"),
        ({"eo_expires": date(2025, 3, 12)}, "eo_expired"),
        ({"time_zone": None}, "schedule_unknown"),
        ({"time_zone": "Napakiak"}, "schedule_unknown"),
        ({"time_zone": "America"}, "schedule_unknown"),
        ({"time_zone": "../etc"}, "schedule_unknown"),
        ({"schedule": None}, "schedule_unknown"),
        ({"schedule": ()}, "schedule_off_shift"),
        ({"absences": frozenset({date(2025, 3, 12)})}, "schedule_absent"),
        ({"holiday_region": "US-FL"}, "schedule_holidays_unknown"),
        ({"capacity_daily": None}, "capacity_unknown"),
        ({"capacity_monthly": None}, "capacity_unknown"),
        ({"capacity_daily": 0}, "capacity_full"),
    ],
)
def test_what_is_missing_or_wrong_refuses_with_its_code(make: SimpleNamespace, changes: Any, code: Any) -> None:
    """DOMAIN T2: an empty list of licences is unknown, and unknown is not permitted."""
    assert code_of(make, make.producer(**changes)) == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state": "TX"}, "licence_missing"),
        ({"status": LicenceStatus.UNKNOWN}, "licence_unknown"),
        ({"status": LicenceStatus.SUSPENDED}, "licence_inactive"),
        ({"status": LicenceStatus.REVOKED}, "licence_inactive"),
        ({"effective": date(2025, 3, 13)}, "licence_not_effective"),
        ({"effective": date(2025, 3, 12)}, None),
        ({"expires": date(2025, 3, 11)}, "licence_expired"),
        ({"expires": date(2025, 3, 12)}, None),
        ({"expires": None}, None),
        ({"authorities": frozenset({Authority.PROPERTY})}, "licence_authority"),
        ({"authorities": frozenset({Authority.LIFE, Authority.HEALTH})}, "licence_authority"),
        ({"authorities": frozenset({Authority.PERSONAL})}, None),
    ],
)
def test_a_licence_must_be_active_in_the_risk_state_on_the_day_and_cover_the_line(
    make: SimpleNamespace, changes: Any, code: Any
) -> None:
    """DOMAIN T1."""
    assert code_of(make, make.producer(licences=(make.licence(**changes),))) == code


def test_one_licence_for_each_authority_counts_together(make: SimpleNamespace) -> None:
    two = (
        make.licence(authorities=frozenset({Authority.PROPERTY})),
        make.licence(authorities=frozenset({Authority.CASUALTY})),
    )
    assert code_of(make, make.producer(licences=two)) is None
    lapsed = (two[0], replace(two[1], expires=date(2024, 1, 1)))
    assert code_of(make, make.producer(licences=lapsed)) == "licence_authority"


def test_the_licence_day_is_the_producers_own(make: SimpleNamespace) -> None:
    late = datetime.fromisoformat("2025-03-13T03:30:00+00:00")  # still the 12th in New York
    producer = make.producer(licences=(make.licence(expires=date(2025, 3, 12)),))
    assert code_of(make, producer, as_of=late) != "licence_expired"
    unknown_zone = replace(producer, profile=replace(producer.profile, time_zone=None))
    assert code_of(make, unknown_zone, as_of=late) == "licence_expired"


def test_a_licence_not_reread_in_time_is_unknown_where_the_agency_sets_a_limit(make: SimpleNamespace) -> None:
    stale = make.producer(licences=(make.licence(checked_at=make.now - timedelta(days=3)),))
    assert code_of(make, stale) is None
    assert code_of(make, stale, tables=standard_tables(licence_max_age_days=2)) == "licence_unknown"


NEEDS = {
    Line.AUTO: [{"property", "casualty"}, {"personal_lines"}],
    Line.HOME: [{"property", "casualty"}, {"personal_lines"}],
    Line.RENTERS: [{"property", "casualty"}, {"personal_lines"}],
    Line.PET: [{"property"}, {"personal_lines"}],
    Line.UMBRELLA: [{"property", "casualty"}],
    Line.COMMERCIAL: [{"property", "casualty"}],
    Line.LIFE: [{"life"}],
    Line.ANNUITY: [{"life"}],
    Line.HEALTH: [{"accident_and_health"}],
    Line.MEDICARE: [{"accident_and_health"}],
    Line.DISABILITY: [{"accident_and_health"}],
    Line.LONG_TERM_CARE: [{"accident_and_health"}],
}


@pytest.mark.parametrize("line", list(Line))
def test_each_line_needs_its_authorities_and_a_line_without_a_row_is_refused(make: SimpleNamespace, line: Any) -> None:
    lead = make.lead(line=line)
    if line not in NEEDS:
        assert line in {Line.OTHER, Line.UNKNOWN}
        assert lead_gate(lead, make.tables).code == "line_without_rule"
        everything = make.producer(licences=(make.licence(authorities=frozenset(Authority)),))
        assert code_of(make, everything, lead) == "licence_authority"
        return
    for held in NEEDS[line]:
        authorities = frozenset(map(Authority, held))
        assert code_of(make, make.producer(licences=(make.licence(authorities=authorities),)), lead) is None
        for missing in authorities:
            rest = make.producer(licences=(make.licence(authorities=authorities - {missing}),))
            assert code_of(make, rest, lead) == "licence_authority"


def test_the_authority_table_has_a_version() -> None:
    assert authority_table().version == "naic-218.2005.1"


@pytest.mark.parametrize(
    ("states", "source", "code"),
    [
        ((), StateSource.NONE, "state_unknown"),
        (("KY", "TN"), StateSource.ZIP, "state_ambiguous"),
        (("FL", "FL"), StateSource.ZIP, None),
    ],
)
def test_a_lead_without_one_risk_state_needs_a_person(
    make: SimpleNamespace, states: Any, source: Any, code: Any
) -> None:
    failed = lead_gate(make.lead(risk_states=states, states_from=source), make.tables)
    assert (failed.code if failed else None) == code


def test_an_appointment_is_asked_for_only_when_the_carrier_is_known(make: SimpleNamespace) -> None:
    lead = make.lead(carrier="Acme Mutual")
    held = Appointment("ACME mutual ", "FL", date(2024, 1, 1))
    assert code_of(make, make.producer(appointments=None)) is None
    assert code_of(make, make.producer(appointments=None), lead) == "appointment_unknown"
    assert code_of(make, make.producer(appointments=()), lead) == "appointment_missing"
    assert code_of(make, make.producer(appointments=(held,)), lead) is None
    for wrong in (
        {"state": "GA"},
        {"carrier": "Other"},
        {"effective": date(2025, 4, 1)},
        {"expires": date(2025, 3, 11)},
    ):
        assert code_of(make, make.producer(appointments=(replace(held, **wrong),)), lead) == "appointment_missing"


def test_a_holiday_closes_its_whole_local_day_only_in_its_region(make: SimpleNamespace) -> None:
    table = HolidayTable(
        "t", date(2025, 1, 1), date(2025, 12, 31), {"US-FL": frozenset({date(2025, 3, 12)}), "US-GA": frozenset()}
    )
    tables = standard_tables(table)
    assert code_of(make, make.producer(holiday_region="US-FL"), tables=tables) == "schedule_holiday"
    assert code_of(make, make.producer(holiday_region="US-GA"), tables=tables) is None
    later = make.now + timedelta(days=364)
    assert (
        code_of(make, make.producer(holiday_region="US-GA"), as_of=later, tables=tables) == "schedule_holidays_unknown"
    )


def test_off_shift_full_and_declined_come_in_that_order(make: SimpleNamespace) -> None:
    lead = make.lead(declined_by=frozenset({UUID(int=10)}))
    assert code_of(make, make.producer(), lead) == "declined"
    full = make.producer(load=ProducerLoad(assigned_today=10))
    assert code_of(make, full, lead) == "capacity_full"
    night = make.producer(schedule=(make.producer().profile.schedule[0],), load=ProducerLoad(assigned_today=10))
    assert code_of(make, night, lead) == "schedule_off_shift"
    assert time(9) == night.profile.schedule[0].start
