"""When a policy is to be looked at again, by how it stands."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from domain.lines import Line
from domain.policies.announcing import Announcement, announcement
from domain.policies.billing import Instalment
from domain.policies.notices import legal_tables
from domain.policies.renewal import window
from domain.policies.unpaid import unsettled
from domain.policies.words import IN_FORCE, PolicyStatus, Reason
from services.policies.held import Held, grace_kind
from store.sql.models import PolicyNoticeRow


def timers_of(held: Held, at: datetime) -> list[tuple[str, datetime]]:
    """What is to be looked at, and when, as the policy stands: what is past is due at once. A renewal that is a draft is
    looked at on the last day of an offer, and when the term before it ends.
    """
    row = held.row
    if held.status is PolicyStatus.PENDING_PAYMENT and row.renews_id is not None:
        return [("not_taken", row.starts_at)]
    if held.status is PolicyStatus.DRAFT and row.renews_id is not None:
        days = (row.starts_on - row.first_started_on).days
        last = window(row.starts_on, row.state, Line(row.line), days, legal_tables()).offer_by
        return [("draft", held.begins(last)), ("draft", row.starts_at)]
    if held.status not in IN_FORCE:
        return []
    found = [("end", row.ends_at)]
    if held.status is PolicyStatus.ACTIVE and not held.renewed:
        days = (row.ends_on - row.first_started_on).days
        review = window(row.ends_on, row.state, Line(row.line), days, legal_tables()).review_on
        look, again = held.begins(max(review, row.starts_on)), row.plan.get("review_from")
        found.append(("renewal", look if again is None else max(look, datetime.fromisoformat(again))))
    found += _unpaid_timers(held, at)
    until = row.plan.get("papers_until", {}).values()
    found += [("papers", held.begins(date.fromisoformat(one) + timedelta(days=1))) for one in sorted(set(until))]
    asked = row.plan.get("asked_end")
    if asked:
        found.append(("asked_end", held.begins(date.fromisoformat(asked["on"]))))
    cancellation = held.standing_notice("cancellation")
    if cancellation is not None:
        found.append(("cancellation", held.begins(cancellation.effective_on)))
    return list(dict.fromkeys(found))


def _unpaid_timers(held: Held, at: datetime) -> list[tuple[str, datetime]]:
    """Every instalment that is overdue, and the next that may be, tells of itself and asks for its notice; once more before the
    notice would be too late, and when a payment was taken back, until one stands.
    """
    stands = held.account(at)
    found = [("overdue", prompted_at(held, one.due_on)) for one in open_instalments(held, at)]
    if held.standing_notice_for(Reason.NONPAYMENT) is None:
        found += [("notice_ends", held.begins(one.again_on)) for one in announcements(held, at) if one.again_on]
        taken_back = [held.today(one.reversed_at) for one in held.payments if one.reversed_at is not None]
        if stands.overdue and taken_back:
            found.append(("notice_due", prompted_at(held, max(taken_back))))
    grace, notice = held.grace(at), held.standing_notice("lapse")
    if grace is not None and stands.clock_on is not None:
        if notice is None:
            found.append(("grace_over", grace.over_at(stands.clock_on, held.contract)))
        else:
            over = grace.over_at(grace_clock(notice, stands.clock_on), held.contract)
            found.append(("lapse", max(over, held.begins(notice.effective_on))))
    return found


def open_instalments(held: Held, at: datetime) -> list[Instalment]:
    """Instalments that are overdue, and the next one that is to be paid; oldest first."""
    today, found = held.today(at), unsettled(held.schedule, held.account(at).paid)
    overdue = [one for one in found if one.due_on < today]
    return [*overdue, *found[len(overdue) : len(overdue) + 1]]


def announcements(held: Held, at: datetime) -> list[Announcement]:
    """What each of them would be announced by; a reversed payment may have begun the clock of the oldest ones anew."""
    row, stands = held.row, held.account(at)
    unpaid = [one.due_on for one in open_instalments(held, at)]
    days = sorted({max(day, stands.clock_on) if stands.clock_on else day for day in unpaid})
    return [
        announcement(
            legal_tables(), row.state, Line(row.line), grace_kind(row.contents), first_started_on=row.first_started_on,
            due_on=day, ends_on=row.ends_on,
        )
        for day in days
    ]  # fmt: skip


def prompted_at(held: Held, due_on: date) -> datetime:
    """When what was due on a day is overdue: it may be paid until the end of it."""
    return held.begins(due_on + timedelta(days=1))


def grace_clock(notice: PolicyNoticeRow, clock_on: date) -> date:
    """From when grace runs where a notice of lapse stands: it is about the due date that it names, which may be a later one."""
    return clock_on if notice.due_on is None else max(clock_on, notice.due_on)
