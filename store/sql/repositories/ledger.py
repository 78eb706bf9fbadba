"""The double-entry ledger: posting to it, and what stands in it. A producer sees the own accounts, a partner none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from domain.actor import ActorKind
from domain.commissions.ledger import OF_PAYEE, Account, Batch, Happening, Place, Posting
from domain.commissions.payouts import Lot
from kernel.ids import derived_id, new_id
from store.sql.models import LedgerAccountRow, LedgerBatchRow, LedgerPostingRow
from store.sql.repositories.base import Repository


@dataclass(frozen=True, slots=True)
class Entry:
    """A batch to be posted once under ``key``. ``accruals`` says which commission a posting belongs to, by its place in the
    batch; else all belong to ``accrual_id``.
    """

    key: str
    batch: Batch
    at: datetime
    why: str
    accrual_id: UUID | None = None
    payout_id: UUID | None = None
    rule_version: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    accruals: Sequence[UUID | None] | None = None


class PayeeEntry(NamedTuple):
    """A posting in one of a payee's accounts."""

    at: datetime
    happening: str
    kind: str
    accrual_id: UUID | None
    line: str
    minor: int
    why: str


class Stood(NamedTuple):
    """What stands in an account."""

    kind: str
    owner: str
    currency: str
    minor: int


class Ledger(Repository):
    """Rows of ``ledger_account``, ``ledger_batch`` and ``ledger_posting``."""

    def account_id(self, account: Account, owner: str, currency: str) -> UUID:
        """The id that the account has, whether it is there yet or not."""
        return derived_id("ledger", self.actor.agency_id, account.value, owner, currency)

    async def post(self, entries: Sequence[Entry]) -> set[str]:
        """Post what was not posted before; the keys of what was now. Three statements for any number of batches."""
        if not entries:
            return set()
        await self._open(entries)
        ids = {entry.key: new_id() for entry in entries}
        rows = [
            {
                "id": ids[one.key], "agency_id": self.actor.agency_id, "key": one.key, "happening": one.batch.happening.value,
                "currency": one.batch.currency, "size": len(one.batch.postings), "at": one.at, "by": self.actor.subject,
                "why": one.why, "rule_version": one.rule_version, "accrual_id": one.accrual_id, "payout_id": one.payout_id,
                "facts": dict(one.facts),
            }
            for one in entries
        ]  # fmt: skip
        added = await self.session.scalars(
            insert(LedgerBatchRow)
            .values(rows)
            .on_conflict_do_nothing(index_elements=["agency_id", "key"])
            .returning(LedgerBatchRow.key)
        )
        fresh = set(added)
        postings = [row for one in entries if one.key in fresh for row in self._postings(ids[one.key], one)]
        if postings:
            await self.session.execute(insert(LedgerPostingRow).values(postings))
        return fresh

    async def facts_of(self, key: str) -> dict[str, Any]:
        """What the batch of this key was decided by; empty where there is none."""
        found = await self.session.scalar(
            select(LedgerBatchRow.facts).where(
                LedgerBatchRow.agency_id == self.actor.agency_id, LedgerBatchRow.key == key
            )
        )
        return found or {}

    async def of_accruals(self, accrual_ids: Iterable[UUID]) -> dict[UUID, dict[Place, int]]:
        """What stands in every place of these commissions, without what was received for them."""
        found = await self.session.execute(
            select(
                LedgerPostingRow.accrual_id, LedgerAccountRow.kind, LedgerAccountRow.owner, LedgerPostingRow.line,
                func.sum(LedgerPostingRow.minor),
            )
            .join(LedgerAccountRow, LedgerAccountRow.id == LedgerPostingRow.account_id)
            .where(
                LedgerPostingRow.agency_id == self.actor.agency_id, LedgerPostingRow.accrual_id.in_(list(accrual_ids)),
                LedgerPostingRow.line != "",
            )
            .group_by(
                LedgerPostingRow.accrual_id, LedgerAccountRow.kind, LedgerAccountRow.owner, LedgerPostingRow.line
            )
        )  # fmt: skip
        balances: dict[UUID, dict[Place, int]] = {}
        for accrual_id, kind, owner, line, minor in found:
            if minor and accrual_id is not None:
                balances.setdefault(accrual_id, {})[Place(Account(kind), owner, line)] = int(minor)
        return balances

    async def outstanding(self, accrual_ids: Iterable[UUID]) -> dict[UUID, int]:
        """What carriers still owe for these commissions; those at 0 too, where anything was ever posted."""
        found = await self.session.execute(
            select(LedgerPostingRow.accrual_id, func.sum(LedgerPostingRow.minor))
            .join(LedgerAccountRow, LedgerAccountRow.id == LedgerPostingRow.account_id)
            .where(
                LedgerPostingRow.agency_id == self.actor.agency_id, LedgerPostingRow.accrual_id.in_(list(accrual_ids)),
                LedgerAccountRow.kind == Account.RECEIVABLE.value,
            )
            .group_by(LedgerPostingRow.accrual_id)
        )  # fmt: skip
        return {accrual_id: int(minor) for accrual_id, minor in found if accrual_id is not None}

    async def history(self, accrual_id: UUID) -> list[LedgerBatchRow]:
        """Every batch of a commission, oldest first."""
        found = await self.session.scalars(
            select(LedgerBatchRow)
            .where(LedgerBatchRow.agency_id == self.actor.agency_id, LedgerBatchRow.accrual_id == accrual_id)
            .order_by(LedgerBatchRow.seq)
        )
        return list(found)

    async def hold_accounts(self, account: Account, currency: str) -> list[UUID]:
        """Lock every payee's account of this kind until the transaction ends, in one order for all; their payees."""
        found = await self.session.scalars(
            select(LedgerAccountRow)
            .where(
                LedgerAccountRow.agency_id == self.actor.agency_id, LedgerAccountRow.kind == account.value,
                LedgerAccountRow.currency == currency, LedgerAccountRow.payee_id.is_not(None),
            )
            .order_by(LedgerAccountRow.id)
            .with_for_update()
        )  # fmt: skip
        return [row.payee_id for row in found if row.payee_id is not None]

    async def lots(self, account: Account, currency: str | None = None) -> dict[tuple[UUID, str], list[Lot]]:
        """What stands in payees' accounts of this kind that the actor may see, by payee and currency: of which commission, the
        oldest first. Commissions of which nothing stands are left out.
        """
        query = (
            select(
                LedgerAccountRow.payee_id, LedgerAccountRow.currency, LedgerPostingRow.accrual_id,
                func.sum(LedgerPostingRow.minor),
            )
            .join(LedgerPostingRow, LedgerPostingRow.account_id == LedgerAccountRow.id)
            .join(LedgerBatchRow, LedgerBatchRow.id == LedgerPostingRow.batch_id)
            .where(self._seen(), LedgerAccountRow.kind == account.value)
            .group_by(LedgerAccountRow.payee_id, LedgerAccountRow.currency, LedgerPostingRow.accrual_id)
            .having(func.sum(LedgerPostingRow.minor) != 0)
            .order_by(func.min(LedgerBatchRow.seq))
        )  # fmt: skip
        if currency is not None:
            query = query.where(LedgerAccountRow.currency == currency)
        found: dict[tuple[UUID, str], list[Lot]] = {}
        for payee, of_currency, accrual_id, minor in await self.session.execute(query):
            if payee is not None:
                found.setdefault((payee, of_currency), []).append(Lot(accrual_id, -int(minor)))
        return found

    async def postings_of(self, key: str) -> list[tuple[UUID | None, Posting]]:
        """The postings of the batch of this key, each with its commission; none where there is no such batch."""
        found = await self.session.execute(
            select(
                LedgerPostingRow.accrual_id, LedgerAccountRow.kind, LedgerAccountRow.owner, LedgerPostingRow.line,
                LedgerPostingRow.minor,
            )
            .join(LedgerBatchRow, LedgerBatchRow.id == LedgerPostingRow.batch_id)
            .join(LedgerAccountRow, LedgerAccountRow.id == LedgerPostingRow.account_id)
            .where(LedgerBatchRow.agency_id == self.actor.agency_id, LedgerBatchRow.key == key)
            .order_by(LedgerPostingRow.number)
        )  # fmt: skip
        return [(of, Posting(Place(Account(kind), owner, line), int(minor))) for of, kind, owner, line, minor in found]

    async def standing(
        self, *, payees: bool = False, before: datetime | None = None, payee_id: UUID | None = None
    ) -> list[Stood]:
        """What stands in each account that the actor may see: of all, or of payees, or of one; as of ``before`` where given."""
        query = (
            select(
                LedgerAccountRow.kind, LedgerAccountRow.owner, LedgerAccountRow.currency,
                func.coalesce(func.sum(LedgerPostingRow.minor), 0),
            )
            .join(LedgerPostingRow, LedgerPostingRow.account_id == LedgerAccountRow.id)
            .join(LedgerBatchRow, LedgerBatchRow.id == LedgerPostingRow.batch_id)
            .where(self._seen())
            .group_by(LedgerAccountRow.kind, LedgerAccountRow.owner, LedgerAccountRow.currency)
            .order_by(LedgerAccountRow.kind, LedgerAccountRow.owner, LedgerAccountRow.currency)
        )  # fmt: skip
        if payees:
            query = query.where(LedgerAccountRow.payee_id.is_not(None))
        if payee_id is not None:
            query = query.where(LedgerAccountRow.payee_id == payee_id)
        if before is not None:
            query = query.where(LedgerBatchRow.at < before)
        found = await self.session.execute(query)
        return [Stood(kind, owner, currency, int(minor)) for kind, owner, currency, minor in found]

    async def entries(self, payee_id: UUID, currency: str, begins: datetime, ends: datetime) -> list[PayeeEntry]:
        """Postings of a payee's accounts in [begins, ends), in the order in which they were made."""
        found = await self.session.execute(
            select(
                LedgerBatchRow.at, LedgerBatchRow.happening, LedgerAccountRow.kind, LedgerPostingRow.accrual_id,
                LedgerPostingRow.line, LedgerPostingRow.minor, LedgerBatchRow.why,
            )
            .join(LedgerPostingRow, LedgerPostingRow.batch_id == LedgerBatchRow.id)
            .join(LedgerAccountRow, LedgerAccountRow.id == LedgerPostingRow.account_id)
            .where(
                self._seen(), LedgerAccountRow.payee_id == payee_id, LedgerAccountRow.currency == currency,
                LedgerBatchRow.at >= begins, LedgerBatchRow.at < ends,
            )
            .order_by(LedgerBatchRow.seq, LedgerPostingRow.number)
        )  # fmt: skip
        return [PayeeEntry(*row) for row in found]

    async def paid(self, begins: datetime, ends: datetime) -> dict[tuple[UUID, str], int]:
        """Minor units that left for the bank of each payee in [begins, ends), by currency; what ever came back never did."""
        back = aliased(LedgerBatchRow)
        bounced = select(back.id).where(
            back.payout_id == LedgerBatchRow.payout_id, back.happening == Happening.BOUNCED.value
        )
        found = await self.session.execute(
            select(LedgerAccountRow.payee_id, LedgerAccountRow.currency, func.sum(LedgerPostingRow.minor))
            .join(LedgerPostingRow, LedgerPostingRow.account_id == LedgerAccountRow.id)
            .join(LedgerBatchRow, LedgerBatchRow.id == LedgerPostingRow.batch_id)
            .where(
                self._seen(), LedgerAccountRow.kind == Account.IN_PAYMENT.value,
                LedgerBatchRow.happening == Happening.PAID.value, LedgerBatchRow.at >= begins, LedgerBatchRow.at < ends,
                ~bounced.exists(),
            )
            .group_by(LedgerAccountRow.payee_id, LedgerAccountRow.currency)
        )  # fmt: skip
        return {(payee, currency): int(minor) for payee, currency, minor in found if payee is not None}

    async def size(self) -> tuple[int, int]:
        """How many batches the agency has, and how many postings."""
        mine = self.actor.agency_id
        batches = select(func.count()).select_from(LedgerBatchRow).where(LedgerBatchRow.agency_id == mine)
        postings = select(func.count()).select_from(LedgerPostingRow).where(LedgerPostingRow.agency_id == mine)
        found = (await self.session.execute(select(batches.scalar_subquery(), postings.scalar_subquery()))).one()
        return int(found[0]), int(found[1])

    def _seen(self) -> ColumnElement[bool]:
        mine = LedgerAccountRow.agency_id == self.actor.agency_id
        if self.actor.sees_all_leads:
            return mine
        if self.actor.kind is ActorKind.PRODUCER and self.actor.producer_id is not None:
            return and_(mine, LedgerAccountRow.payee_id == self.actor.producer_id)
        return false()

    async def _open(self, entries: Sequence[Entry]) -> None:
        wanted = {
            (posting.place.account, posting.place.owner, entry.batch.currency)
            for entry in entries
            for posting in entry.batch.postings
        }
        rows = [
            {
                "id": self.account_id(account, owner, currency), "agency_id": self.actor.agency_id, "kind": account.value,
                "owner": owner, "currency": currency, "payee_id": UUID(owner) if account in OF_PAYEE else None,
            }
            for account, owner, currency in sorted(wanted)
        ]  # fmt: skip
        await self.session.execute(insert(LedgerAccountRow).values(rows).on_conflict_do_nothing())

    def _postings(self, batch_id: UUID, entry: Entry) -> list[dict[str, Any]]:
        return [
            {
                "batch_id": batch_id, "number": number, "agency_id": self.actor.agency_id,
                "account_id": self.account_id(posting.place.account, posting.place.owner, entry.batch.currency),
                "accrual_id": entry.accrual_id if entry.accruals is None else entry.accruals[number],
                "line": posting.place.line, "minor": posting.minor, "currency": entry.batch.currency,
            }
            for number, posting in enumerate(entry.batch.postings)
        ]  # fmt: skip
