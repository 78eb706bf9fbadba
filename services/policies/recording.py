"""How a policy changes, whatever does it: its row moves by one version with one event, its postings follow its changes, its
timers follow its state; all in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.lines import Line
from domain.policies.announcing import Announcement, announcement
from domain.policies.billing import Account, Grace, Instalment, Paid, account, rebilled
from domain.policies.calendar import begins, day_at
from domain.policies.changes import Change, Contract, read_contract
from domain.policies.contents import Contents, Part
from domain.policies.lifecycle import Facts, follow
from domain.policies.notices import legal_tables
from domain.policies.renewal import window
from domain.policies.returning import Method
from domain.policies.term import Line as Written
from domain.policies.term import Term, differences, priced
from domain.policies.types import catalogue, contestable_until, reinstate_until
from domain.policies.unpaid import unsettled
from domain.policies.words import IN_FORCE, Act, By, Happening, PolicyStatus, Reason
from kernel.errors import Stale
from kernel.ids import derived_id, new_id
from services.policies.events import data_of
from store.sql.models import InsurancePolicyRow, PolicyChangeRow, PolicyNoticeRow, PolicyPaymentRow, PolicyPostingRow
from store.uow import UnitOfWork

NOTHING = Written("", date.min, 0)


@dataclass(slots=True)
class Held:
    """A policy locked by the transaction, with everything that its rules look at."""

    row: InsurancePolicyRow
    contract: Contract
    changes: list[Change]
    payments: list[PolicyPaymentRow]
    notices: list[PolicyNoticeRow]
    renewed: bool

    def require_version(self, expected: int | None) -> None:
        """Raise Stale where ``expected`` is not its version. A request that was done before is looked for first."""
        row = self.row
        if expected is not None and row.version != expected:
            current = {"id": str(row.id), "version": row.version, "status": row.status}
            raise Stale(f"the policy is at version {row.version}, not {expected}", current=current)

    @property
    def status(self) -> PolicyStatus:
        """Where it stands."""
        return PolicyStatus(self.row.status)

    @property
    def term(self) -> Term:
        """The term as it is known."""
        return priced(self.contract, self.changes)

    @property
    def schedule(self) -> list[Instalment]:
        """What is due when."""
        return read_schedule(self.row.schedule)

    def account(self, at: datetime) -> Account:
        """Where payment stands."""
        restarts = bool(self.row.plan.get("reversal_restarts"))
        return account(self.schedule, paid_of(self.payments), self.contract, at, reversal_restarts=restarts)

    def today(self, at: datetime) -> date:
        """The policy day of an instant."""
        return day_at(at, self.contract.zone, self.contract.clock)

    def begins(self, day: date) -> datetime:
        """When a policy day begins."""
        return begins(day, self.contract.zone, self.contract.clock)

    def standing_notice(self, *actions: str) -> PolicyNoticeRow | None:
        """The notice of one of these kinds that was given last and not withdrawn."""
        found = [one for one in self.notices if one.action in actions and one.withdrawn_at is None]
        return found[-1] if found else None

    def standing_notice_for(self, reason: Reason) -> PolicyNoticeRow | None:
        """The notice for this reason that was given last and not withdrawn."""
        found = [one for one in self.notices if one.reason == reason.value and one.withdrawn_at is None]
        return found[-1] if found else None

    def grace(self, at: datetime) -> Grace | None:
        """The grace that the law gives it; None where no rule is known."""
        row = legal_tables().grace(self.row.state, Line(self.row.line), grace_kind(self.row.contents), self.today(at))
        return row.grace if row else None

    def facts(self, at: datetime, effective_on: date | None = None, **parts: Any) -> Facts:
        """What guards look at, now and for a happening that counts from ``effective_on`` (else today)."""
        stands, of = self.account(at), catalogue().of(self.row.type)
        day = effective_on or self.today(at)
        grace = self.grace(at)
        over = grace.over_at(stands.clock_on, self.contract) if grace and stands.clock_on and stands.overdue else None
        first = self.schedule[0].amount if self.row.schedule else None
        ended = self.row.ended_on
        facts = Facts(
            now=at, starts_at=self.row.starts_at, ends_at=self.row.ends_at, effective_on=day, begins_at=self.begins(day),
            faults=tuple(catalogue().faults(of, Contents.read(self.row.contents))),
            numbered=self.row.number_key is not None, first_instalment_paid=first is not None and stands.paid >= first,
            anything_paid=stands.paid > 0, overdue=stands.overdue, grace_over_at=over, evidence_needed=of.evidence,
            reinstate_until=None if ended is None else reinstate_until(of, ended),
            contestable_until=contestable_until(of, self.row.first_started_on),
        )  # fmt: skip
        return replace(facts, **parts)


def paid_of(rows: Sequence[PolicyPaymentRow]) -> list[Paid]:
    """Movements that count or counted; attempts that failed or hang are none."""
    return [
        Paid(one.amount_minor, one.received_at, one.reversed_at) for one in rows if one.state in {"settled", "reversed"}
    ]


def read_schedule(rows: Sequence[Mapping[str, Any]]) -> list[Instalment]:
    """Instalments as they are stored."""
    return [Instalment(one["number"], date.fromisoformat(one["due_on"]), one["amount_minor"]) for one in rows]


def schedule_rows(instalments: Sequence[Instalment]) -> list[dict[str, Any]]:
    """Instalments for the store."""
    return [{"number": one.number, "due_on": one.due_on.isoformat(), "amount_minor": one.amount} for one in instalments]


def grace_kind(contents: Mapping[str, Any]) -> str:
    """What tells apart graces of one line: whether a health plan is subsidised."""
    objects = (contents.get(Part.OBJECT.value) or {}).values()
    return "subsidised" if any((one.get("data") or {}).get("subsidised") for one in objects) else "any"


def read_changes(rows: Sequence[PolicyChangeRow]) -> list[Change]:
    """Changes as the domain reads them."""
    return [Change.read(str(one.id), one.number, one.kind, one.effective_on, one.recorded_at, one.body) for one in rows]


async def hold(uow: UnitOfWork, policy_id: UUID, expected: int | None = None, *, locked: bool = True) -> Held:
    """Lock a policy and load what belongs to it. Raises NotFound, and Stale where ``expected`` is not its version. Who only reads
    does not lock.
    """
    row = await uow.policies.one(policy_id, held=locked)
    changes = read_changes(await uow.policies.changes([policy_id]))
    payments, notices = await uow.policies.payments(policy_id), await uow.policies.notices(policy_id)
    renewal = await uow.policies.renewal_of(policy_id)
    held = Held(row, read_contract(row.contract), changes, payments, notices, renewal is not None)
    held.require_version(expected)
    return held


async def record(
    uow: UnitOfWork, held: Held, kind: Happening | Act, *, key: str, at: datetime, effective_on: date | None = None,
    values: Mapping[str, Any] | None = None, **data: Any,
) -> None:  # fmt: skip
    """Move the row by one version, with one event and its message, and set the timers that follow."""
    row = held.row
    day, was = effective_on or held.today(at), row.producer_id
    for name, value in {**(values or {}), "version": row.version + 1, "updated_at": at}.items():
        setattr(row, name, value)
    await uow.policies.flush()
    await _tell(uow, held, kind.value, key, at, day, data, was)
    await uow.policies.set_timers(row.id, timers_of(held, at))
    await uow.audit.note(f"policy.{kind.value}", "policy", row.id)


async def begin(uow: UnitOfWork, row: InsurancePolicyRow, key: str, **data: Any) -> Held:
    """The first event of a new draft."""
    held = Held(row, read_contract(row.contract), [], [], [], renewed=False)
    await _tell(uow, held, Act.DRAFTED.value, key, row.created_at, row.starts_on, data, None)
    await uow.audit.note(f"policy.{Act.DRAFTED.value}", "policy", row.id)
    return held


async def move(
    uow: UnitOfWork, held: Held, happening: Happening, facts: Facts, *, key: str, values: Mapping[str, Any] | None = None,
    change: Change | None = None, **data: Any,
) -> None:  # fmt: skip
    """Let something happen to it, with the change of its term that belongs to that. Raises Conflict where a guard refuses."""
    to = follow(held.status, happening, facts)
    made, amounts = await apply_change(uow, held, change, facts.now) if change else ({}, NOTHING)
    status = {"status": to.value, "happened": happening.value}
    told = {
        "premium_change_minor": amounts.premium, "tax_change_minor": amounts.tax, "fee_change_minor": amounts.fee,
        "earned_premium_minor": held.term.money_on(facts.effective_on).earned, **data,
    }  # fmt: skip
    await record(
        uow, held, happening, key=key, at=facts.now, effective_on=facts.effective_on,
        values={**made, **(values or {}), **status}, **told,
    )  # fmt: skip
    await _ended(uow, held, happening, facts.now, key)


async def apply_change(uow: UnitOfWork, held: Held, change: Change, at: datetime) -> tuple[dict[str, Any], Written]:
    """Price the term with one more change and post the differences; the row's new values, and what was posted in all.

    Raises Conflict where the change finds no cover, or does not fit what is there by then.
    """
    before = held.term.lines
    term = priced(held.contract, [*held.changes, change])
    await uow.policies.put(PolicyChangeRow, {
        "id": UUID(change.id), "policy_id": held.row.id, "number": change.number, "kind": change.kind.value,
        "effective_on": change.effective_on, "recorded_at": change.recorded_at, "body": change.body(),
    })  # fmt: skip
    posted = differences(before, term.lines)
    for line in posted:
        await uow.policies.put(PolicyPostingRow, {
            "id": new_id(), "policy_id": held.row.id, "change_id": UUID(line.change), "cause_id": UUID(change.id),
            "effective_on": line.effective_on, "premium_minor": line.premium, "tax_minor": line.tax, "fee_minor": line.fee,
            "recorded_at": at,
        })  # fmt: skip
    held.changes = [*held.changes, change]
    last = term.contents_on(held.contract.end)
    values = {
        "written_minor": term.written, "taxes_minor": sum(line.tax for line in term.lines),
        "fees_minor": sum(line.fee for line in term.lines), "price_minor": last.price, "contents": last.as_row(),
        "schedule": schedule_rows(rebilled(held.schedule, term.total, held.today(at))),
    }  # fmt: skip
    total = Written(
        change.id, change.effective_on, sum(line.premium for line in posted), sum(line.tax for line in posted),
        sum(line.fee for line in posted),
    )  # fmt: skip
    return values, total


def next_change(held: Held) -> tuple[str, int]:
    """Id and number of the change after the last."""
    return str(new_id()), len(held.changes) + 1


def is_flat(held: Held) -> bool:
    """Whether it was treated as if it had never begun."""
    returned = held.term.returned
    return returned is not None and returned.method is Method.FLAT


async def _ended(uow: UnitOfWork, held: Held, happening: Happening, at: datetime, key: str) -> None:
    """An end takes along what was open: endorsements, and a renewal that was offered (DOMAIN T60)."""
    if happening not in {Happening.CANCELLED, Happening.LAPSED, Happening.RESCINDED, Happening.NON_RENEWED}:
        return
    for one in await uow.policies.open_endorsements(held.row.id):
        one.state, one.version, one.updated_at, one.why = "invalidated", one.version + 1, at, happening.value
        await record(
            uow, held, Act.ENDORSEMENT_ENDED, key=f"{key}:endorsement:{one.id}", at=at, endorsement_id=one.id,
            code=happening.value,
        )  # fmt: skip
    renewal = await uow.policies.renewal_of(held.row.id)
    if renewal is None or renewal.status not in {PolicyStatus.DRAFT.value, PolicyStatus.PENDING_PAYMENT.value}:
        return
    other = await hold(uow, renewal.id)
    if other.account(at).paid > 0:
        words = "the policy before it ended and its first premium is paid; give it back or issue it anew"
        await record(
            uow, other, Act.NEEDS_A_PERSON, key=f"{key}:renewal", at=at, code="renewal_without_policy", words=words
        )
    else:
        await move(uow, other, Happening.NOT_TAKEN, other.facts(at), key=f"{key}:renewal", reason=happening.value)


async def _tell(
    uow: UnitOfWork, held: Held, kind: str, key: str, at: datetime, day: date, data: Mapping[str, Any], was: UUID | None
) -> None:
    row = held.row
    told = {
        "number": row.number, "carrier": row.carrier, "line": row.line, "type": row.type, "state": row.state,
        "currency": row.currency, "term_number": row.term_number, "new_business": row.term_number == 1,
        "renews_id": row.renews_id, "lead_id": row.lead_id, "producer_id": row.producer_id, "producers": row.producers,
        "starts_on": row.starts_on, "ends_on": row.ends_on, "status": row.status, "written_premium_minor": row.written_minor,
        "taxes_minor": row.taxes_minor, "fees_minor": row.fees_minor, "effective_on": day, "reason": row.ended_reason, **data,
    }  # fmt: skip
    checked = data_of(kind).model_validate(told).model_dump(mode="json")
    event_id, starts = derived_id(row.id, key), held.begins(day)
    event = {
        "id": event_id, "policy_id": row.id, "version": row.version, "key": key, "kind": kind, "recorded_at": at,
        "effective_at": starts, "actor": uow.actor.subject, "data": checked,
    }  # fmt: skip
    await uow.policies.put_event(event, holder=row.producer_id, was=was)


def timers_of(held: Held, at: datetime) -> list[tuple[str, datetime]]:
    """What is to be looked at, and when, as the policy stands: what is past is due at once."""
    row = held.row
    if held.status is PolicyStatus.PENDING_PAYMENT and row.renews_id is not None:
        return [("not_taken", row.starts_at)]
    if held.status not in IN_FORCE:
        return []
    found = [("end", row.ends_at)]
    if held.status is PolicyStatus.ACTIVE and not held.renewed:
        days = (row.ends_on - row.first_started_on).days
        review = window(row.ends_on, row.state, Line(row.line), days, legal_tables()).review_on
        found.append(("renewal", held.begins(max(review, row.starts_on))))
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


def ended_values(held: Held, day: date, by: By, reason: Reason, notice_id: UUID | None) -> dict[str, Any]:
    """Columns that say how cover ended."""
    day = min(max(day, held.row.starts_on), held.row.ends_on)
    return {
        "ended_on": day, "ended_at": held.begins(day), "ended_by": by.value, "ended_reason": reason.value,
        "notice_id": notice_id,
    }  # fmt: skip


CLEARED: dict[str, Any] = {
    "ended_on": None,
    "ended_at": None,
    "ended_by": None,
    "ended_reason": None,
    "notice_id": None,
}
"""What a policy that is in force again no longer says."""
