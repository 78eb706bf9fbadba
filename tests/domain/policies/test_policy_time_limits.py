"""Until when cover may be taken up again (DOMAIN T61) and a policy be made void: cited rows, and refusal where there is none."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.citations import Cited, Origin
from domain.lines import Line
from domain.policies.notices import legal_tables, window_id
from domain.policies.time_limits import (
    EVERYWHERE,
    Basis,
    ContestRow,
    CountsFrom,
    ReinstatementRow,
    contest_for,
    reinstatement_for,
)
from domain.policies.types import catalogue
from domain.policies.words import Reason

TABLES = legal_tables()
ENDED, DUE = date(2026, 2, 12), date(2026, 1, 1)


def test_every_row_has_its_citation_and_is_told_apart() -> None:
    rows = (*TABLES.reinstatements, *TABLES.contests)
    assert all(row.cited.citation.strip() for row in rows)
    assert len({window_id(row) for row in rows}) == len(rows)
    for row in TABLES.reinstatements:
        assert (row.basis is Basis.CUSTOM) == (row.state == EVERYWHERE) == row.cited.citation.startswith("custom"), row


def test_t61_auto_has_a_custom_of_thirty_days_and_life_three_years_with_evidence() -> None:
    auto, life = TABLES.reinstatement("IL", Line.AUTO, ENDED), TABLES.reinstatement("TX", Line.LIFE, ENDED)
    assert auto is not None
    assert life is not None
    assert (auto.basis, auto.until(ENDED), auto.evidence) == (Basis.CUSTOM, date(2026, 3, 14), False)
    assert (life.basis, life.until(ENDED), life.evidence) == (Basis.STATUTE, date(2029, 2, 12), True)
    assert life.until(ENDED, DUE) == date(2029, 1, 1)  # three years from the default, which was before the end
    assert auto.until(ENDED, DUE) == date(2026, 3, 14)


@pytest.mark.parametrize(("days", "custom", "statute"), [(10, 10, 365), (400, 400, 400)])
def test_the_contract_decides_instead_of_a_custom_and_only_adds_to_a_statute(
    days: int, custom: int, statute: int
) -> None:
    cited = Cited("§", Origin.PRIMARY, date(2000, 1, 1))
    for basis, wanted in ((Basis.CUSTOM, custom), (Basis.STATUTE, statute)):
        row = ReinstatementRow("IL", Line.AUTO, 0, 365, CountsFrom.END, False, basis, cited)
        assert row.until(ENDED, None, days) == ENDED + timedelta(days=wanted)


def test_every_type_of_policy_has_a_window_in_every_state_and_none_before_its_row_began() -> None:
    for of in catalogue().types.values():
        for state in ("WY", "TX"):
            assert TABLES.reinstatement(state, of.line, ENDED) is not None, of.key
            assert TABLES.reinstatement(state, of.line, date(1999, 12, 31)) is None


def test_what_may_be_contested_is_said_by_a_row_of_the_state_and_else_not_at_all() -> None:
    first, ends = date(2026, 1, 1), date(2026, 7, 1)
    texas = TABLES.contest("TX", Line.LIFE, Reason.MISREPRESENTATION, first)
    assert texas is not None
    assert texas.until(first, ends) == date(2027, 12, 31)
    illinois = TABLES.contest("IL", Line.AUTO, Reason.FRAUD, first)
    assert illinois is not None
    assert illinois.until(first, ends) == date(2026, 6, 30)  # one term, which is less than a year
    assert illinois.until(first, date(2027, 7, 1)) == date(2026, 12, 31)
    ill = TABLES.contest("IL", Line.DISABILITY, Reason.FRAUD, first)
    assert ill is not None
    assert ill.until(first, ends) is None
    health = [TABLES.contest("WY", Line.HEALTH, why, first) for why in (Reason.FRAUD, Reason.MISREPRESENTATION)]
    assert (health[0] is not None, health[1]) == (True, None)
    assert TABLES.contest("CA", Line.LIFE, Reason.FRAUD, first) is None
    assert TABLES.contest("NY", Line.AUTO, Reason.FRAUD, first) is None


def test_a_new_version_of_a_rule_leaves_what_was_before_it_to_the_old_one() -> None:
    old = Cited("§ 1", Origin.PRIMARY, date(2020, 1, 1), date(2026, 1, 1))
    new = Cited("§ 1, amended", Origin.PRIMARY, date(2026, 1, 1))
    back = [
        ReinstatementRow("IL", Line.AUTO, 0, days, CountsFrom.END, False, Basis.STATUTE, cited)
        for days, cited in ((30, old), (60, new))
    ]
    void = [ContestRow("IL", Line.AUTO, "any", months, False, cited) for months, cited in ((24, old), (12, new))]
    for day, days, months in ((date(2025, 12, 31), 30, 24), (date(2026, 1, 1), 60, 12)):
        row, other = (
            reinstatement_for(back, "IL", Line.AUTO, day),
            contest_for(void, "IL", Line.AUTO, Reason.FRAUD, day),
        )
        assert row is not None
        assert other is not None
        assert (row.days, other.months) == (days, months)
    assert reinstatement_for(back, "IL", Line.AUTO, date(2019, 12, 31)) is None


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 60), st.booleans(), st.integers(28, 400))
def test_a_policy_is_never_contested_once_it_was_in_force_for_so_long(
    first: date, months: int, or_term: bool, days: int
) -> None:
    cited = Cited("§", Origin.PRIMARY, date(2000, 1, 1))
    last = ContestRow("IL", Line.AUTO, "any", months, or_term, cited).until(first, first + timedelta(days=days))
    assert last is not None
    if or_term:
        assert (last - first).days < days
    assert (last - first).days < max(months * 31, 1)
