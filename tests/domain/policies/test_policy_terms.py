"""Terms priced from their changes: DOMAIN T56, T57, T60, T61, T63."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from domain.policies.calendar import begins
from domain.policies.changes import Change, contract_row, read_contract
from domain.policies.returning import Method
from domain.policies.term import Term, differences, priced
from kernel.errors import Conflict
from tests.domain.policies.policies import (
    RECORDED,
    Story,
    a_contract,
    add,
    insuring,
    remove,
    reprice,
    surcharge,
    terms,
    total,
)


def term_of(story: Story) -> Term:
    return priced(story.contract, story.changes)


def amounts(term: Term) -> dict[str, int]:
    return {line.change: line.premium for line in term.lines}


def test_t56_an_endorsement_is_written_on_its_day_for_the_rest_of_the_term() -> None:
    story = Story(a_contract(), insuring(120_000))
    story.endorse("2024-07-01", add("glass", 36_600))
    term = term_of(story)
    assert amounts(term) == {"change-1": 120_000, "change-2": 18_400}  # 184 of 366 days
    before, on = term.money_on(date(2024, 6, 30)), term.money_on(date(2024, 7, 1))
    assert (before.written, on.written) == (120_000, 138_400)
    assert on.earned == 59_672
    last = term.money_on(date(2025, 1, 1))
    assert (last.written, last.earned, last.unearned) == (138_400, 138_400, 0)


def test_t56_adjustments_multiply_and_are_rounded_once() -> None:
    story = Story(a_contract("2023-01-01", "2024-01-01"), insuring(33_333, 33_333, multi="0.95", paid_in_full="0.9"))
    assert term_of(story).written == 56_999  # 66,666 x 0.855 = 56,999.43


def test_t57_what_is_in_force_depends_on_what_was_known() -> None:
    story = Story(a_contract(), insuring(100_000))
    cancelled = story.cancel("2024-03-01")
    story.reinstate()
    moment = begins(date(2024, 4, 1), story.contract.zone)
    then = priced(story.contract, story.changes, cancelled.recorded_at)
    assert not then.covers(moment)
    now = term_of(story)
    assert now.covers(moment)
    assert len(now.cover()) == 1  # counted once
    assert not priced(story.contract, story.changes, RECORDED).covers(moment)  # nothing was known


def test_t60_what_was_agreed_for_a_day_behind_the_end_falls_with_it() -> None:
    story = Story(a_contract(), insuring(100_000))
    story.endorse("2024-10-01", add("glass", 36_600))
    story.cancel("2024-07-01")
    assert "change-2" not in amounts(term_of(story))
    story.reinstate("2024-08-01")
    resumed = term_of(story)
    assert "change-2" not in amounts(resumed)
    assert "glass" not in str(resumed.contents_on(date(2024, 11, 1)).as_row())


def test_t61_with_a_lapse_the_gap_has_neither_cover_nor_premium() -> None:
    story = Story(a_contract(), insuring(36_600))
    story.cancel("2024-07-01")
    paid = datetime(2024, 7, 21, 20, 30, tzinfo=UTC)
    story.reinstate("2024-07-21", resumes_at=paid)
    term = term_of(story)
    assert not term.covers(datetime(2024, 7, 10, 12, tzinfo=UTC))
    assert not term.covers(paid - timedelta(seconds=1))
    assert term.covers(paid)
    assert term.written == 36_600 - 20 * 100  # 20 days without cover at 1.00 a day
    assert term.money_on(date(2024, 7, 15)).earned == 18_200
    assert term.money_on(date(2025, 1, 1)).earned == term.written


def test_t61_without_a_lapse_it_is_as_if_it_had_never_been_cancelled() -> None:
    story = Story(a_contract(tax="0.0367"), insuring(36_600))
    plain = term_of(story)
    story.cancel("2024-07-01", terms(Method.SHORT_RATE_90))
    story.reinstate()
    term = term_of(story)
    assert term.lines == plain.lines
    assert term.cover() == plain.cover()
    assert term.covers(datetime(2024, 7, 10, 12, tzinfo=UTC))


def test_t63_april_is_repriced_on_top_of_march() -> None:
    """A surcharge of a tenth from April, and only then a coverage from March, which it must surcharge too."""
    story = Story(a_contract("2023-01-01", "2024-01-01"), insuring(36_500))
    story.endorse("2023-04-01", surcharge("claims", "1.10"))
    before = term_of(story)
    assert amounts(before)["change-2"] == 2_750  # 3,650 for 275 of 365 days
    story.endorse("2023-03-01", add("glass", 7_300))
    after = term_of(story)
    assert amounts(after) == {"change-1": 36_500, "change-3": 6_120, "change-2": 3_300}
    posted = differences(before.lines, after.lines)
    assert {line.change: line.premium for line in posted} == {"change-2": 550, "change-3": 6_120}
    in_order = Story(a_contract("2023-01-01", "2024-01-01"), insuring(36_500))
    in_order.endorse("2023-03-01", add("glass", 7_300))
    in_order.endorse("2023-04-01", surcharge("claims", "1.10"))
    for day in range(366):
        on = date(2023, 1, 1) + timedelta(days=day)
        assert after.money_on(on) == term_of(in_order).money_on(on)


def test_t63_an_earlier_change_that_takes_away_what_a_later_one_changes_is_refused() -> None:
    story = Story(a_contract(), insuring(36_500, 10_000))
    story.endorse("2024-04-01", reprice("c1", 20_000))
    story.endorse("2024-03-01", remove("c1"))
    with pytest.raises(Conflict) as refused:
        term_of(story)
    assert refused.value.code == "does_not_fit"
    assert "endorsement 2 of 2024-04-01" in refused.value.detail
    assert refused.value.fields[0].field == "coverage.c1"


def test_t63_an_earlier_endorsement_changes_what_a_later_cancellation_returns() -> None:
    story = Story(a_contract("2023-01-01", "2024-01-01"), insuring(36_500))
    story.cancel("2023-07-01")
    before = term_of(story)
    story.endorse("2023-03-01", add("glass", 3_650))
    after = term_of(story)
    assert after.written - before.written == 10 * 122  # glass for the 122 days from March to June
    posted = differences(before.lines, after.lines)
    assert total(posted) == 1_220


def test_a_change_without_cover_is_refused() -> None:
    story = Story(a_contract(), insuring(36_600))
    story.cancel("2024-07-01")
    story.endorse("2024-08-01", add("glass", 100))
    with pytest.raises(Conflict) as refused:
        term_of(story)
    assert refused.value.code == "not_covered"
    late = Story(a_contract(), insuring(36_600))
    late.endorse("2025-01-01", add("glass", 100))
    with pytest.raises(Conflict):
        term_of(late)


def test_what_is_in_force_cannot_be_reinstated() -> None:
    story = Story(a_contract(), insuring(36_600))
    story.reinstate("2024-08-01")
    with pytest.raises(Conflict, match="in force"):
        term_of(story)


def test_a_void_policy_returns_everything_whatever_happened_since() -> None:
    story = Story(a_contract(tax="0.0725", fees=2_500), insuring(36_600))
    story.endorse("2024-02-01", add("glass", 10_000))
    story.cancel("2024-05-01", terms(Method.SHORT_RATE_90))
    story.reinstate("2024-06-01")
    story.cancel("2024-01-01", terms(Method.FLAT))
    term = term_of(story)
    assert [total(term.lines, name) for name in ("premium", "tax", "fee")] == [0, 0, 0]
    assert term.cover() == []
    assert term.money_on(date(2024, 8, 1)).earned == 0


def test_changes_and_contracts_are_stored_and_read_again() -> None:
    story = Story(a_contract(tax="0.0725", fees=2_500), insuring(36_600, multi="0.9"))
    story.endorse("2024-02-01", add("glass", 10_000), surcharge("claims", "1.2"))
    story.cancel("2024-05-01", terms(Method.HOLDBACK, holdback=Fraction(1, 20), minimum=Fraction(1, 3)))
    story.reinstate("2024-06-01")
    again = [
        Change.read(one.id, one.number, one.kind.value, one.effective_on, one.recorded_at, one.body())
        for one in story.changes
    ]
    assert [(one.number, one.kind, one.terms, one.operations, one.resumes_at, one.body()) for one in again] == [
        (one.number, one.kind, one.terms, one.operations, one.resumes_at, one.body()) for one in story.changes
    ]
    assert read_contract(contract_row(story.contract)) == story.contract
