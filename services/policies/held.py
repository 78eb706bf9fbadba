"""A policy locked by a transaction, with everything that its rules look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.lines import Line
from domain.policies.billing import Account, Grace, Instalment, Paid, account
from domain.policies.calendar import begins, day_at
from domain.policies.changes import Change, Contract, read_contract
from domain.policies.contents import Contents, Operation, Part
from domain.policies.lifecycle import Facts
from domain.policies.notices import legal_tables
from domain.policies.pricing import unrated
from domain.policies.term import Term, priced
from domain.policies.time_limits import ContestRow, ReinstatementRow
from domain.policies.types import catalogue
from domain.policies.words import PolicyStatus, Reason
from kernel.errors import Stale
from store.sql.models import InsurancePolicyRow, PolicyChangeRow, PolicyNoticeRow, PolicyPaymentRow
from store.uow import UnitOfWork

OFFERED = frozenset({PolicyStatus.DRAFT.value, PolicyStatus.PENDING_PAYMENT.value})
"""Where a renewal stands that is not agreed on yet."""
AGREED_WINDOW = "reinstate_days"
"""What a plan calls the days within which the contract lets cover be taken up again."""
OPEN_ENDORSEMENTS = frozenset({"quoted", "approved"})
"""Where an endorsement stands that is not over."""


@dataclass(slots=True)
class Held:
    """A policy locked by the transaction, with everything that its rules look at."""

    row: InsurancePolicyRow
    contract: Contract
    changes: list[Change]
    payments: list[PolicyPaymentRow]
    notices: list[PolicyNoticeRow]
    renewal: InsurancePolicyRow | None
    """The term that renews it."""

    def require_version(self, expected: int | None) -> None:
        """Raise Stale where ``expected`` is not its version. A request that was done before is looked for first."""
        row = self.row
        if expected is not None and row.version != expected:
            current = {"id": str(row.id), "version": row.version, "status": row.status}
            raise Stale(f"the policy is at version {row.version}, not {expected}", current=current)

    @property
    def contents(self) -> Contents:
        """What is insured when the term ends, as it is known: every change leaves it in the row."""
        return Contents.read(self.row.contents)

    @property
    def renewed(self) -> bool:
        """Whether a next term is there."""
        return self.renewal is not None

    @property
    def next_paid(self) -> bool:
        """Whether something is paid of the next term."""
        return self.renewal is not None and (self.renewal.paid_minor > 0 or self.renewal.status not in OFFERED)

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
        back, reason = self.reinstatement_row(), parts.get("reason")
        contest = self.contest_row(reason) if reason is not None else None
        facts = Facts(
            now=at, starts_at=self.row.starts_at, ends_at=self.row.ends_at, effective_on=day, begins_at=self.begins(day),
            faults=tuple(catalogue().faults(of, self.contents)),
            numbered=self.row.number_key is not None, first_instalment_paid=first is not None and stands.paid >= first,
            anything_paid=stands.paid > 0, overdue=stands.overdue, grace_over_at=over, next_paid=self.next_paid,
            evidence_needed=back is not None and back.evidence, reinstate_until=self.reinstate_until(back),
            contest_known=contest is not None,
            contestable_until=contest.until(self.row.first_started_on, self._first_ends_on) if contest else None,
        )  # fmt: skip
        return replace(facts, **parts)

    def reinstatement_row(self) -> ReinstatementRow | None:
        """By which row cover that ended may be taken up again; None where it did not end, or where no row says."""
        ended = self.row.ended_on
        return None if ended is None else legal_tables().reinstatement(self.row.state, Line(self.row.line), ended)

    def reinstate_until(self, row: ReinstatementRow | None) -> date | None:
        """The last day on which it may be, by that row and the contract."""
        ended = self.row.ended_on
        if row is None or ended is None:
            return None
        notice = next((one for one in self.notices if one.id == self.row.notice_id), None)
        return row.until(ended, notice.due_on if notice else None, self.row.plan.get(AGREED_WINDOW))

    def contest_row(self, reason: Reason) -> ContestRow | None:
        """By which row the policy may be made void for a reason; None where no row says."""
        return legal_tables().contest(self.row.state, Line(self.row.line), reason, self.row.first_started_on)

    @property
    def _first_ends_on(self) -> date:
        """Where the first term ended, at the latest: a renewal begins there."""
        return self.contract.end if self.row.first_started_on == self.contract.start else self.contract.start


def unrated_of(held: Held, day: date, operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """The operations from ``day`` on that wait for the carrier's price."""
    return unrated(operations, held.term.contents_on(day))


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
    held = await _loaded(uow, await uow.policies.one(policy_id, held=locked))
    held.require_version(expected)
    return held


async def hold_next(uow: UnitOfWork, renewal: InsurancePolicyRow) -> Held:
    """Lock the term that renews a held one, and load what belongs to it, whoever is of record of it."""
    return await _loaded(uow, await uow.policies.following(renewal.id))


async def _loaded(uow: UnitOfWork, row: InsurancePolicyRow) -> Held:
    changes = read_changes(await uow.policies.changes([row.id]))
    payments, notices = await uow.policies.payments(row.id), await uow.policies.notices(row.id)
    renewal = await uow.policies.renewal_of(row.id)
    return Held(row, read_contract(row.contract), changes, payments, notices, renewal)
