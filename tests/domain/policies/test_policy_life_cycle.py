"""The life cycle as one table: DOMAIN T62, and the guards of T58, T60, T61."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policies.lifecycle import TRANSITIONS, Facts, follow, page, possible
from domain.policies.notices import NoticeVerdict
from domain.policies.words import ENDED, IN_FORCE, By, Happening, PolicyStatus, Reason
from kernel.errors import Conflict, FieldError
from services.policies.life_cycle_page import FILE

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
VALID = NoticeVerdict("valid", "10 days", None, None, "v")
FAULTY = NoticeVerdict("notice_too_short", "the notice takes effect later", None, None, "v")
S, H = PolicyStatus, Happening


def facts(**parts: Any) -> Facts:
    """Everything in order, in the middle of the term; ``parts`` break it."""
    given = {
        "now": NOW, "starts_at": NOW - timedelta(days=100), "ends_at": NOW + timedelta(days=265),
        "effective_on": date(2026, 6, 15), "begins_at": NOW, "by": By.INSURER, "reason": Reason.NONPAYMENT,
        "numbered": True, "first_instalment_paid": True,
        "overdue": True, "grace_over_at": NOW - timedelta(days=1), "notice": VALID, "no_loss_stated": True,
        "evidence_given": True, "reinstate_until": date(2026, 7, 1), "contest_known": True,
    }  # fmt: skip
    return Facts(**(given | parts))


def refusal(status: PolicyStatus, happening: Happening, **parts: Any) -> str:
    with pytest.raises(Conflict) as refused:
        follow(status, happening, facts(**parts))
    return refused.value.code


@pytest.mark.parametrize(("status", "happening"), sorted(set(product(PolicyStatus, Happening)) - set(TRANSITIONS)))
def test_t62_every_step_that_is_not_in_the_table_is_refused(status: PolicyStatus, happening: Happening) -> None:
    assert refusal(status, happening) == f"policy_{status.value}"


def test_t62_the_page_is_made_from_the_table() -> None:
    assert FILE.read_text(encoding="utf-8") == page()
    for (before, happening), step in TRANSITIONS.items():
        assert f"{before.value} --> {step.to.value}: {happening.value}" in page()


def test_t62_every_status_can_be_reached_and_every_guard_says_what_it_wants() -> None:
    reached = {S.DRAFT}
    while fresh := {step.to for (before, _), step in TRANSITIONS.items() if before in reached} - reached:
        reached |= fresh
    assert reached == set(PolicyStatus)
    assert all(guard.__doc__ for step in TRANSITIONS.values() for guard in step.guards)
    assert not IN_FORCE & ENDED


def test_t62_non_renewal_is_a_decision_with_an_end_in_the_future() -> None:
    assert follow(S.ACTIVE, H.NON_RENEWAL_DECIDED, facts()) is S.NON_RENEWING
    assert S.NON_RENEWING in IN_FORCE
    assert refusal(S.NON_RENEWING, H.NON_RENEWED) == "not_ended"
    assert follow(S.NON_RENEWING, H.NON_RENEWED, facts(now=NOW + timedelta(days=265))) is S.NON_RENEWED
    assert refusal(S.ACTIVE, H.EXPIRED) == "not_ended"


def test_t62_not_taken_is_for_what_was_never_paid_and_a_cancelled_policy_may_be_rescinded() -> None:
    assert follow(S.PENDING_PAYMENT, H.NOT_TAKEN, facts()) is S.NOT_TAKEN
    assert refusal(S.PENDING_PAYMENT, H.NOT_TAKEN, anything_paid=True) == "paid"
    assert follow(S.CANCELLED, H.RESCINDED, facts(reason=Reason.FRAUD)) is S.RESCINDED
    assert refusal(S.CANCELLED, H.RESCINDED) == "no_ground"
    assert refusal(S.ACTIVE, H.RESCINDED, reason=Reason.FRAUD, contestable_until=date(2026, 6, 14)) == "incontestable"
    assert refusal(S.ACTIVE, H.RESCINDED, reason=Reason.FRAUD, contest_known=False) == "no_contest_rule"


@pytest.mark.parametrize(
    ("happening", "to"), [(H.CANCELLED, S.CANCELLED), (H.LAPSED, S.LAPSED), (H.NON_RENEWAL_DECIDED, S.NON_RENEWING)]
)
def test_the_insurer_ends_nothing_without_a_valid_notice(happening: Happening, to: PolicyStatus) -> None:
    assert follow(S.ACTIVE, happening, facts()) is to
    assert refusal(S.ACTIVE, happening, notice=None) == "no_notice"
    assert refusal(S.ACTIVE, happening, notice=FAULTY) == "notice_too_short"


def test_the_insured_needs_no_notice_and_gives_no_reason_of_the_insurers() -> None:
    asked = facts(by=By.INSURED, reason=Reason.REQUEST, notice=None)
    assert follow(S.ACTIVE, H.CANCELLED, asked) is S.CANCELLED
    assert refusal(S.ACTIVE, H.CANCELLED, by=By.INSURED, notice=None) == "whose_reason"
    assert refusal(S.ACTIVE, H.CANCELLED, by=By.INSURER, reason=Reason.REQUEST, notice=None) == "whose_reason"


def test_what_counts_from_a_later_day_waits_for_it() -> None:
    assert refusal(S.ACTIVE, H.CANCELLED, begins_at=NOW + timedelta(seconds=1)) == "not_yet"


def test_who_paid_in_the_meantime_is_not_cancelled_for_non_payment() -> None:
    assert refusal(S.ACTIVE, H.CANCELLED, overdue=False) == "not_overdue"
    assert follow(S.ACTIVE, H.CANCELLED, facts(overdue=False, reason=Reason.FRAUD)) is S.CANCELLED


def test_t58_nothing_lapses_in_grace_or_without_a_known_grace() -> None:
    assert refusal(S.ACTIVE, H.LAPSED, grace_over_at=NOW + timedelta(seconds=1)) == "in_grace"
    assert refusal(S.ACTIVE, H.LAPSED, grace_over_at=None) == "no_grace_rule"
    assert refusal(S.ACTIVE, H.LAPSED, overdue=False) == "not_overdue"


@pytest.mark.parametrize("status", [S.CANCELLED, S.LAPSED])
def test_t61_reinstatement_needs_its_window_and_its_papers(status: PolicyStatus) -> None:
    fine = facts(overdue=False)
    assert follow(status, H.REINSTATED, fine) is S.ACTIVE
    assert follow(status, H.RESUMED, replace(fine, no_loss_stated=False)) is S.ACTIVE
    assert refusal(status, H.REINSTATED, overdue=False, no_loss_stated=False) == "no_statement"
    assert refusal(status, H.RESUMED, overdue=False, reinstate_until=date(2026, 6, 14)) == "window_closed"
    assert refusal(status, H.RESUMED, overdue=False, reinstate_until=None) == "no_window_rule"
    assert refusal(status, H.RESUMED, overdue=False, evidence_needed=True, evidence_given=False) == "no_evidence"
    assert refusal(status, H.RESUMED) == "overdue"
    assert refusal(status, H.RESUMED, overdue=False, ends_at=NOW) == "ended"


def test_a_refusal_names_every_guard_and_every_fault() -> None:
    fault = FieldError("coverage", "missing", "is needed", "add it")
    with pytest.raises(Conflict) as refused:
        follow(S.PENDING_PAYMENT, H.ACTIVATED, facts(faults=(fault,), numbered=False, first_instalment_paid=False))
    assert [one.code for one in refused.value.fields] == ["incomplete", "no_number", "not_paid", "missing"]


@given(st.lists(st.sampled_from(list(Happening)), max_size=30), st.booleans(), st.booleans(), st.booleans())
def test_t62_whatever_is_tried_a_policy_ends_by_the_insurer_only_with_notice(
    tried: list[Happening], overdue: bool, notified: bool, ended: bool
) -> None:
    status = S.DRAFT
    around = facts(
        overdue=overdue, notice=VALID if notified else None, now=NOW + timedelta(days=300) if ended else NOW,
        anything_paid=overdue,
    )  # fmt: skip
    for happening in tried:
        before = status
        try:
            status = follow(before, happening, around)
        except Conflict:
            continue
        assert happening in possible(before)
        if status in {S.CANCELLED, S.LAPSED, S.NON_RENEWING} and status is not before:
            assert notified
        if status in {S.EXPIRED, S.NON_RENEWED}:
            assert ended
