"""The tables of notices, grace and short rates: cited rows, and none where sources disagree (DOMAIN section 6, T58, T64)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.citations import Origin
from domain.lines import Line
from domain.policies.notices import ANY, Notice, NoticeRow, NoticeVerdict, Recipient, Sent, legal_tables
from domain.policies.renewal import window
from domain.policies.returning import Method
from domain.policies.words import Action, Reason

TABLES = legal_tables()
MAILED = date(2026, 3, 2)
YESTERDAY = date(2026, 3, 1)


def judged(
    action: Action, state: str, line: Line, reason: Reason, days: int, *, sent: Sent = Sent.MAIL_WITH_PROOF, age: int = 200,
    due_on: date | None = YESTERDAY, proof: bool = True,
) -> NoticeVerdict:  # fmt: skip
    effective = MAILED + timedelta(days=days)
    return TABLES.judge(Notice(action, state, line, reason, sent, MAILED, effective, age, due_on, proof))


CANCEL, NON_RENEW, LAPSE = Action.CANCELLATION, Action.NON_RENEWAL, Action.LAPSE


def test_days_are_counted_behind_the_mailing_which_is_not_counted() -> None:
    exact = judged(CANCEL, "IL", Line.AUTO, Reason.NONPAYMENT, 10)
    assert exact.valid
    assert "215 ILCS 5/143.15" in exact.words
    short = judged(CANCEL, "IL", Line.AUTO, Reason.NONPAYMENT, 9)
    assert (short.code, short.earliest) == ("notice_too_short", MAILED + timedelta(days=10))


def test_the_mail_adds_days_where_the_law_says_so() -> None:
    assert not judged(CANCEL, "CA", Line.COMMERCIAL, Reason.NONPAYMENT, 19).valid
    assert judged(CANCEL, "CA", Line.COMMERCIAL, Reason.NONPAYMENT, 20).valid


def test_a_way_of_sending_that_the_law_does_not_name_is_refused() -> None:
    assert judged(CANCEL, "NY", Line.AUTO, Reason.NONPAYMENT, 30, sent=Sent.MAIL).code == "notice_method"


@pytest.mark.parametrize("due_on", [None, MAILED, MAILED + timedelta(days=1)])
@pytest.mark.parametrize(
    "row", [one for one in TABLES.notices if one.reason == Reason.NONPAYMENT], ids=lambda row: row.key
)
def test_no_notice_for_non_payment_is_mailed_before_the_due_day_is_over(row: NoticeRow, due_on: date | None) -> None:
    (sent, *_) = sorted(row.methods)
    found = judged(row.action, row.state, row.line, Reason.NONPAYMENT, 60, sent=sent, due_on=due_on)
    assert found.code in {"notice_before_due", "notice_too_late"}
    assert judged(row.action, row.state, row.line, Reason.NONPAYMENT, 60, sent=sent).valid


def test_a_notice_that_is_mailed_with_proof_has_it() -> None:
    for row in TABLES.notices:
        if Sent.MAIL_WITH_PROOF in row.methods:
            reason = Reason.OTHER if row.reason == ANY else Reason(row.reason)
            given = (row.action, row.state, row.line, reason, row.most_days or 120)
            assert judged(*given, age=row.from_day, proof=False).code == "notice_unproven"
            assert judged(*given, age=row.from_day).valid
    assert judged(CANCEL, "TX", Line.AUTO, Reason.NONPAYMENT, 10, sent=Sent.MAIL, proof=False).valid


def test_a_row_that_says_something_else_is_another_row() -> None:
    assert len({row.id for row in (*TABLES.notices, *TABLES.graces)}) == len(TABLES.notices) + len(TABLES.graces)
    (one, *_) = TABLES.notices
    assert replace(one, days=one.days + 1).id != one.id
    assert replace(one, cited=replace(one.cited, note="read again")).id == one.id


def test_who_is_sent_a_notice_beside_the_insured_stands_in_its_row() -> None:
    rows = [judged(LAPSE, state, Line.LIFE, Reason.NONPAYMENT, 41, sent=Sent.MAIL).row for state in ("CA", "UT")]
    assert [row and row.recipients for row in rows] == [
        {Recipient.OWNER, Recipient.DESIGNEE, Recipient.ASSIGNEE}, {Recipient.OWNER, Recipient.DESIGNEE},
    ]  # fmt: skip
    commercial = judged(CANCEL, "CA", Line.COMMERCIAL, Reason.NONPAYMENT, 20).row
    assert commercial is not None
    assert commercial.recipients == {Recipient.PRODUCER}


def test_new_york_wants_a_non_renewal_not_too_early_either() -> None:
    assert [judged(NON_RENEW, "NY", Line.AUTO, Reason.OTHER, days).code for days in (44, 45, 60, 61)] == [
        "notice_too_short", "valid", "valid", "notice_too_early",
    ]  # fmt: skip


def test_t58_a_california_life_policy_lapses_with_a_notice_mailed_in_time() -> None:
    due = MAILED - timedelta(days=20)
    assert judged(LAPSE, "CA", Line.LIFE, Reason.NONPAYMENT, 41, sent=Sent.MAIL, due_on=due).valid
    late = MAILED - timedelta(days=31)
    assert judged(LAPSE, "CA", Line.LIFE, Reason.NONPAYMENT, 41, sent=Sent.MAIL, due_on=late).code == "notice_too_late"
    unknown = judged(LAPSE, "CA", Line.LIFE, Reason.NONPAYMENT, 41, sent=Sent.MAIL, due_on=None)
    assert unknown.code == "notice_too_late"


def test_after_sixty_days_a_reason_needs_a_row_of_its_own() -> None:
    assert judged(CANCEL, "IL", Line.AUTO, Reason.UNDERWRITING, 30, age=59).valid
    assert judged(CANCEL, "IL", Line.AUTO, Reason.UNDERWRITING, 30, age=60).code == "no_notice_rule"


@pytest.mark.parametrize(
    ("state", "line"),
    [("GA", Line.AUTO), ("AZ", Line.HOME), ("MN", Line.AUTO), ("CT", Line.HOME), ("KY", Line.AUTO), ("NH", Line.AUTO)],
)  # fmt: skip
def test_where_sources_disagree_there_is_no_row_and_the_answer_is_to_ask(state: str, line: Line) -> None:
    found = judged(CANCEL, state, line, Reason.NONPAYMENT, 365)
    assert (found.code, found.row) == ("no_notice_rule", None)
    assert "find the law" in found.words


def test_florida_homes_have_no_row_for_other_reasons_because_pages_say_45_and_120() -> None:
    assert judged(CANCEL, "FL", Line.HOME, Reason.UNDERWRITING, 365, age=10).code == "no_notice_rule"
    assert judged(NON_RENEW, "FL", Line.HOME, Reason.OTHER, 120).valid


def test_rows_read_on_pages_about_the_law_say_so() -> None:
    assert "(secondary source)" in judged(CANCEL, "FL", Line.AUTO, Reason.NONPAYMENT, 10).words


def test_every_row_has_a_citation_and_no_two_hold_for_the_same() -> None:
    for row in (*TABLES.notices, *TABLES.graces, *TABLES.short_rates):
        assert len(row.cited.citation) > 10
        assert row.cited.origin in Origin
    for one in TABLES.notices:
        same = [
            row for row in TABLES.notices
            if row.key == one.key
            and row.cited.effective <= one.cited.effective and (row.cited.until is None or one.cited.effective < row.cited.until)
        ]  # fmt: skip
        assert same == [one], one.key
    assert {row.reason for row in TABLES.notices} <= {ANY, *Reason}


def test_a_row_is_not_in_force_before_its_day() -> None:
    row = TABLES.row_for(CANCEL, "IL", Line.AUTO, Reason.NONPAYMENT, 100, date(2017, 12, 31))
    assert row is None


@given(st.sampled_from(TABLES.notices), st.sampled_from(list(Sent)), st.integers(0, 200))
def test_no_notice_shorter_than_its_rule_is_ever_valid(row: object, sent: Sent, days: int) -> None:
    assert row in TABLES.notices
    rule = TABLES.notices[TABLES.notices.index(row)]  # type: ignore[arg-type]
    reason = Reason.OTHER if rule.reason == ANY else Reason(rule.reason)
    found = judged(rule.action, rule.state, rule.line, reason, days, sent=sent, age=rule.from_day)
    if days < rule.days or sent not in rule.methods:
        assert not found.valid


def test_t58_grace_is_by_state_and_line() -> None:
    day = date(2026, 1, 1)
    found = {state: TABLES.grace(state, Line.LIFE, "any", day) for state in ("CA", "NY", "UT", "IL", "FL", "TX", "WY")}
    assert {state: (one.grace.days, one.grace.months) if one else None for state, one in found.items()} == {
        "CA": (60, 0), "NY": (31, 0), "UT": (31, 0), "IL": (30, 0), "FL": (30, 0), "TX": (0, 1), "WY": None,
    }  # fmt: skip
    assert TABLES.grace("CA", Line.AUTO, "any", day) is None  # a notice instead
    subsidised = TABLES.grace("WY", Line.HEALTH, "subsidised", day)
    assert subsidised is not None
    assert subsidised.grace.months == 3
    assert TABLES.grace("WY", Line.HEALTH, "any", day) is None


def test_t50_a_penalty_is_kept_only_where_a_row_allows_it() -> None:
    day = date(2026, 1, 1)
    assert TABLES.short_rate("FL", Line.AUTO, Method.SHORT_RATE_90, day) is not None
    assert TABLES.short_rate("FL", Line.AUTO, Method.SHORT_RATE_TABLE, day) is None
    assert TABLES.short_rate("IL", Line.AUTO, Method.SHORT_RATE_90, day) is None


def test_t64_a_renewal_is_looked_at_before_its_notice_would_be_due() -> None:
    ends = date(2027, 1, 1)
    florida = window(ends, "FL", Line.HOME, 365, TABLES)
    assert florida.decide_by == ends - timedelta(days=120)
    assert florida.review_on == ends - timedelta(days=127)
    new_york = window(ends, "NY", Line.AUTO, 365, TABLES)
    assert (new_york.notice_from, new_york.decide_by) == (ends - timedelta(days=60), ends - timedelta(days=45))
    unknown = window(ends, "GA", Line.AUTO, 365, TABLES)
    assert (unknown.decide_by, unknown.review_on, unknown.offer_by) == (
        None,
        ends - timedelta(days=45),
        ends - timedelta(days=30),
    )


def test_t64_no_state_is_offered_to_as_late_as_fifteen_days_before_or_behind_its_notice() -> None:
    ends = date(2027, 1, 1)
    rows = [row for row in TABLES.notices if row.action is NON_RENEW]
    assert {row.days for row in rows} >= {45, 60, 120}
    assert (ends - window(ends, "GA", Line.AUTO, 365, TABLES).offer_on).days == 45, "where no row was read"
    for row in rows:
        found = window(ends, row.state, row.line, 365, TABLES)
        assert found.decide_by is not None
        assert 20 <= (ends - found.decide_by).days <= 120
        assert (ends - found.offer_on).days >= 45
        wanted = [one.days for one in found.duties]
        assert (ends - found.offer_by).days == max(wanted, default=30)
        assert found.offer_on <= found.offer_by
        assert found.review_on < found.decide_by
