"""Licences, hours, capacity and record of each producer, with the faults that a real roster has."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from cli.samples.draws import chance, number, pick, some
from cli.samples.places import NEIGHBOURS
from cli.samples.staff import Person
from domain.lines import Authority, Tier
from domain.routing.profile import Appointment, Licence, LicenceStatus, Measure, ProducerProfile, Shift, Tally

CHECKED_AT = datetime(2026, 11, 2, 6, tzinfo=UTC)
"""When the licences were last read; one instant for all, so that the file does not change from day to day."""

# Gaps that the gates must refuse, by external id. None of these people works on a national desk.
_INACTIVE = frozenset({"P-019", "P-088", "P-140"})
_LICENCES_NOT_YET_READ = frozenset({"P-026", "P-097", "P-131"})
_COVER_ENDED = {"P-033": date(2024, 9, 1), "P-076": date(2025, 3, 15), "P-118": date(2025, 7, 1)}
_COVER_UNKNOWN = "P-054"
_HOURS_UNKNOWN = "P-109"

_PROPERTY_CARRIERS = (
    "Travelers", "Progressive", "Liberty Mutual", "Nationwide", "Safeco", "The Hartford", "Chubb", "Kemper", "Foremost",
)  # fmt: skip
_PEOPLE_CARRIERS = (
    "Mutual of Omaha", "Prudential", "Lincoln Financial", "Pacific Life", "Transamerica", "Aetna", "Cigna", "Humana",
    "UnitedHealthcare", "Guardian Life", "Principal",
)  # fmt: skip
_WORK_DAYS = (
    (time(9), time(17)), (time(9), time(17)), (time(8), time(18)), (time(8, 30), time(17)), (time(9), time(18)),
    (time(12), time(20, 30)),
)  # fmt: skip
# By standing, 1 first: leads a day, leads a month, year of joining, leads worked in the last year.
_DAILY = ((3, 5), (4, 7), (5, 9), (7, 12), (5, 8))
_MONTHLY = ((60, 80), (70, 110), (90, 150), (130, 240), (70, 120))
_JOINED = ((2023, 2025), (2018, 2023), (2013, 2019), (2008, 2015), (2003, 2010))
_WORKED = ((8, 40), (60, 140), (110, 260), (160, 400), (60, 160))
_WON_PERCENT = ((5, 18), (8, 22), (10, 26), (12, 32), (15, 34))


def profile(person: Person) -> dict[str, Any]:
    """The producer's facts as the agency file states them; what follows from the ZIP, and what is unknown, is left out."""
    rank, name = person.rank - 1, person.external_id
    desk = bool(person.rota)
    daily = number(18, 25, "daily", name) if desk else number(*_DAILY[rank], "daily", name)
    monthly = number(30, 40, "monthly", name) * 10 if desk else number(*_MONTHLY[rank], "monthly", name)
    if not desk and chance(4, "part time", name):
        daily, monthly = 3, 40
    made = ProducerProfile(
        producer_id=UUID(int=0), agency_id=UUID(int=0), active=name not in _INACTIVE, lines=person.trade.lines,
        licences=() if name in _LICENCES_NOT_YET_READ else tuple(_licence(person, state) for state in _states(person)),
        appointments=tuple(_appointments(person)), eo_expires=_cover_ends(person), languages=person.languages,
        zip_code=person.office.zip_code, schedule=None if name == _HOURS_UNKNOWN else person.rota or _week(name),
        absences=frozenset() if desk else _absences(name),
        holiday_region=None if desk or chance(35, "holidays", name) else f"US-{person.state}",
        capacity_daily=daily, capacity_monthly=monthly, joined_on=_day(_JOINED[rank], "joined", name),
        accepts_tiers=_tiers(person), conversion=_tally(_WORKED[rank], _WON_PERCENT[rank], "conversion", name),
        similar=_tally((_WORKED[rank][0] // 4, _WORKED[rank][1] // 4), _WON_PERCENT[rank], "similar", name),
        response=Measure(number(3, 18, "minutes", name) if desk else number(8, 190, "minutes", name),
                         number(_WORKED[rank][0] // 2, _WORKED[rank][1], "answers", name)),
        satisfaction=Measure(number(34, 49, "mark", name) / 10, number(2, _WORKED[rank][1] // 4, "marks", name)),
        rank=person.rank,
    ).as_dict()  # fmt: skip
    for key in ("producer_id", "agency_id", "team_id"):
        del made[key]
    return {key: value for key, value in made.items() if value is not None}


def _states(person: Person) -> tuple[str, ...]:
    if person.desk_states:
        return (person.state, *(state for state in person.desk_states if state != person.state))
    near = NEIGHBOURS[person.state]
    if chance(20, "reach", person.external_id):  # a regional producer
        near = tuple(dict.fromkeys((*near, *(far for state in near for far in NEIGHBOURS[state]))))
        near = tuple(state for state in near if state != person.state)
        return (person.state, *some(near, number(6, 13, "states", person.external_id), "far", person.external_id))
    return (person.state, *some(near, number(2, 6, "states", person.external_id), "near", person.external_id))


def _licence(person: Person, state: str) -> Licence:
    about = (person.external_id, state)
    status, expires = LicenceStatus.ACTIVE, _month_end((2028, 2031), "expires", *about)
    if person.rota:
        expires = _month_end((2029, 2031), "expires", *about)
    else:
        at_home = state == person.state
        fate = number(0, 199, "fate", *about)
        if fate < (3 if at_home else 8):
            expires = _month_end((2024, 2025), "expired", *about)
        elif fate < (5 if at_home else 16):
            status = pick((LicenceStatus.SUSPENDED, LicenceStatus.INACTIVE, LicenceStatus.UNKNOWN), "status", *about)
    endless = status is LicenceStatus.ACTIVE and expires > CHECKED_AT.date() and chance(5, "endless", *about)
    authorities = person.trade.authorities - ({Authority.VARIABLE} if state != person.state else frozenset())
    return Licence(
        state, f"{state}-S{number(100_000, 999_999, 'number', *about)}", status, authorities,
        _day((2012, 2023), "effective", *about), None if endless else expires, CHECKED_AT,
    )  # fmt: skip


def _appointments(person: Person) -> list[Appointment]:
    sells = person.trade
    carriers: tuple[str, ...] = _PROPERTY_CARRIERS if sells.property_side else _PEOPLE_CARRIERS
    if not sells.property_side and Authority.PROPERTY in sells.authorities:
        carriers = (*_PROPERTY_CARRIERS, *_PEOPLE_CARRIERS)
    held = some(carriers, number(2, 4, "carriers", person.external_id), "carrier", person.external_id)
    states = _states(person)[: 8 if person.rota else 3]
    return [
        Appointment(carrier, state, _day((2018, 2024), "appointed", person.external_id, carrier, state))
        for carrier in held
        for state in states
    ]


def _cover_ends(person: Person) -> date | None:
    if person.external_id == _COVER_UNKNOWN:
        return None
    return _COVER_ENDED.get(person.external_id) or _month_end((2029, 2031), "cover", person.external_id)


def _week(name: str) -> tuple[Shift, ...]:
    start, end = pick(_WORK_DAYS, "hours", name)
    week = [Shift(day, start, end) for day in range(5)]
    if chance(22, "saturday", name):
        week.append(Shift(5, time(9), pick((time(13), time(15), time(17)), "saturday ends", name)))
    if start == time(9) and chance(18, "evening", name):
        week.append(Shift(pick((1, 3), "which evening", name), time(18), time(21)))
    return tuple(sorted(week, key=lambda shift: (shift.weekday, shift.start)))


def _absences(name: str) -> frozenset[date]:
    if not chance(15, "absent", name):
        return frozenset()
    first = _day((2026, 2027), "absence", name)
    return frozenset(first + timedelta(days=ahead) for ahead in range(number(1, 5, "days away", name)))


def _tiers(person: Person) -> tuple[Tier, ...]:
    if person.rota or person.rank in {2, 3}:
        return (Tier.HOT, Tier.WARM, Tier.COOL)
    return (Tier.WARM, Tier.COOL) if person.rank == 1 else (Tier.HOT, Tier.WARM)


def _tally(worked: tuple[int, int], percent: tuple[int, int], *about: object) -> Tally:
    tried = number(*worked, *about)
    return Tally(tried * number(*percent, "won", *about) // 100, tried)


def _day(years: tuple[int, int], *about: object) -> date:
    first = date(years[0], 1, 1)
    return first + timedelta(days=number(0, (date(years[1] + 1, 1, 1) - first).days - 1, *about))


def _month_end(years: tuple[int, int], *about: object) -> date:
    month = number(0, 12 * (years[1] - years[0] + 1) - 1, *about)
    return date(years[0] + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)
