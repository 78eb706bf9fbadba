"""Thousands of random policies against the oracle; ``make oracle`` for 100,000."""

import os
import random
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policies.calendar import DayCount, begins, months_after
from domain.policies.changes import Change
from domain.policies.contents import Operation
from domain.policies.cover import stretches
from domain.policies.returning import Basis, Method, ReturnTerms
from domain.policies.term import Line, differences, priced
from kernel.errors import Conflict
from tests.domain.policies.oracle import covered_at, days_of
from tests.domain.policies.policies import Story, a_contract, add, insuring, remove, reprice, surcharge

MANY = int(os.environ.get("LEADWRIGHT_ORACLE_POLICIES", "2000"))  # noqa: TID251 - how long a test runs, not a setting
TABLE_FREE = [Method.PRO_RATA, Method.SHORT_RATE_90, Method.HOLDBACK]


def a_story(luck: random.Random) -> Story:
    start = date(2020, 1, 1) + timedelta(days=luck.randrange(2000))
    months = luck.choice([6, 12, 12])
    contract = a_contract(
        start.isoformat(), months_after(start, months).isoformat(),
        zone=luck.choice(["America/Chicago", "America/New_York", "Pacific/Honolulu"]),
        count=luck.choice([DayCount.ACTUAL, DayCount.ACTUAL, DayCount.THIRTY_360]),
        tax=luck.choice(["0", "0.0367", "0.0725"]), fees=luck.choice([0, 2_500]),
    )  # fmt: skip
    factors = {"multi": luck.choice(["0.9", "0.95", "1.075"])} if luck.random() < 0.4 else {}
    return Story(contract, insuring(*(luck.randrange(1, 300_000) for _ in range(luck.randint(1, 4))), **factors))


def an_operation(luck: random.Random) -> Operation:
    key, premium = f"c{luck.randrange(5)}", luck.randrange(0, 200_000)
    made = luck.choice([add(key, premium), remove(key), reprice(key, premium)])
    return surcharge(f"s{luck.randrange(3)}", luck.choice(["1.1", "0.85", "1.333"])) if luck.random() < 0.2 else made


def a_day(luck: random.Random, story: Story) -> date:
    if luck.random() < 0.15:
        return luck.choice(story.changes).effective_on  # two on one day
    days = (story.contract.end - story.contract.start).days
    return story.contract.start + timedelta(days=luck.randrange(days + 1) if luck.random() < 0.95 else 0)


def grow(luck: random.Random, story: Story) -> None:
    """One more change of any kind, on any day of the term: out of order, on ends, in gaps."""
    day = a_day(luck, story).isoformat()
    kind = luck.choice(["endorse", "endorse", "endorse", "cancel", "resume", "undo"])
    if kind == "endorse":
        story.endorse(day, *(an_operation(luck) for _ in range(luck.randint(1, 2))))
    elif kind == "cancel":
        basis = luck.choice([Basis.TERM, Basis.TERM, Basis.WHEEL])
        method = luck.choice([*TABLE_FREE, Method.FLAT]) if luck.random() < 0.1 else luck.choice(TABLE_FREE)
        least, held = Fraction(luck.choice([0, 0, 25]), 100), Fraction(luck.choice([5, 10]), 100)
        story.cancel(day, ReturnTerms(method, basis, story.contract.count, least, held))
    elif kind == "resume":
        noon = begins(date.fromisoformat(day), story.contract.zone) + timedelta(hours=luck.choice([0, 11]))
        story.reinstate(day, resumes_at=noon)
    elif any(one.kind.value == "cancellation" for one in story.changes):
        story.reinstate()


def told(luck: random.Random) -> tuple[Story, int]:
    """A story of what was accepted, and how many changes were refused on the way."""
    story, refused = a_story(luck), 0
    for _ in range(luck.randrange(7)):
        before = list(story.changes)
        grow(luck, story)
        try:
            priced(story.contract, story.changes)
        except Conflict:
            story.changes[:] = before
            refused += 1
    return story, refused


def agrees(luck: random.Random, story: Story) -> None:
    contract, changes = story.contract, story.changes
    term, days = priced(contract, changes), days_of(contract, changes)
    marks = {one.effective_on + timedelta(days=d) for one in changes for d in (-1, 0, 1)}
    marks |= {contract.end, contract.end - timedelta(days=1), *(a_day(luck, story) for _ in range(5))}
    for day in sorted(mark for mark in marks if mark in days):
        want, got = days[day], term.money_on(day)
        assert (got.written, got.earned, got.taxes, got.fees) == (want.written, want.earned, want.taxes, want.fees), day
        assert got.earned + got.unearned == got.written
        assert term.contents_on(day).price == want.price, day
        for moment in (begins(day, contract.zone), begins(day, contract.zone) + timedelta(hours=luck.randrange(22))):
            assert term.covers(moment) == covered_at(contract, changes, days, moment), (day, moment)
            assert term.money_at(moment) == got
    assert term.money_on(contract.end).unearned == 0
    assert stretches(contract, changes) == term.cover()


def posted(story: Story) -> dict[str, tuple[int, int, int]]:
    """Every difference that would have been posted as the changes came in, added up by change."""
    found: dict[str, tuple[int, int, int]] = {}
    lines: list[Line] = []
    for known in range(1, len(story.changes) + 1):
        fresh = priced(story.contract, story.changes[:known]).lines
        for line in differences(lines, fresh):
            was = found.get(line.change, (0, 0, 0))
            found[line.change] = (was[0] + line.premium, was[1] + line.tax, was[2] + line.fee)
        lines = fresh
    return {change: amounts for change, amounts in found.items() if any(amounts)}


@pytest.mark.timeout(7200)
def test_t47_to_t63_random_policies_agree_with_the_oracle() -> None:
    seed = int(os.environ.get("LEADWRIGHT_ORACLE_SEED", "47"))  # noqa: TID251
    luck, changes, refused, kinds = random.Random(seed), 0, 0, set()
    for number in range(MANY):
        story, not_taken = told(luck)
        try:
            agrees(luck, story)
        except Exception as problem:
            problem.add_note(f"policy {number} of seed {seed}: {story.contract} {story.changes}")
            raise
        if number % 10 == 0:
            lines = priced(story.contract, story.changes).lines
            now = {one.change: (one.premium, one.tax, one.fee) for one in lines if one.premium or one.tax or one.fee}
            assert posted(story) == now
        changes, refused = changes + len(story.changes), refused + not_taken
        kinds |= {one.kind.value for one in story.changes}
    assert kinds == {"inception", "endorsement", "cancellation", "reinstatement"}
    assert changes > 2 * MANY  # the stories are worth telling
    assert refused > 0


@given(st.integers(0, 2**32))
def test_t56_earned_and_unearned_make_written_at_every_instant_and_earning_never_goes_back(seed: int) -> None:
    luck = random.Random(seed)
    story, _ = told(luck)
    contract, term = story.contract, priced(story.contract, story.changes)
    before = None
    for offset in range(-1, (contract.end - contract.start).days + 2):
        day = contract.start + timedelta(days=offset)
        found = term.money_on(day)
        assert found.earned + found.unearned == found.written
        assert found.written >= 0
        assert 0 <= found.earned <= max(found.written, found.earned)
        # What is unearned, said on its own: each line's days to come, of the stretch that is open on that day.
        exact = found.written - term.earned_exact(day)
        assert abs(found.unearned - exact) <= Fraction(1, 2)
        if before is not None and not changes_between(story, day):
            assert found.written == before.written
        before = found
    assert term.money_on(contract.end).unearned == 0


def changes_between(story: Story, day: date) -> bool:
    return any(one.effective_on == day for one in story.changes)


def known_before(story: Story, moment: datetime) -> list[Change]:
    return [one for one in story.changes if one.recorded_at <= moment]


def test_t57_what_was_known_is_the_term_of_the_changes_recorded_until_then() -> None:
    luck = random.Random(57)
    for _ in range(150):
        story, _ = told(luck)
        for one in story.changes:
            then = priced(story.contract, story.changes, one.recorded_at)
            assert then.lines == priced(story.contract, known_before(story, one.recorded_at)).lines
