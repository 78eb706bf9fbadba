"""Referrals between producers, and what was exchanged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, false, func, or_, select, text, tuple_
from sqlalchemy.dialects import postgresql

from domain.actor import ActorKind
from domain.network.exchange import HALF_LIFE, Cell, Counted, Flow
from kernel.errors import NotFound
from kernel.ids import canonical_json
from store.sql.models import (
    BrokerExchangeRow,
    BrokerReferralRow,
    LeadEventRow,
    LeadRow,
)
from store.sql.repositories.base import Repository
from store.sql.repositories.runs import wake_run

REFERRAL = "referral"
"""The graph that waits for the answer to a referral and asks the next one."""
_COUNT = text("""
WITH given AS (
  SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (from_id uuid, to_id uuid, month bigint, what text, count bigint)
), network AS (
  INSERT INTO broker_network (agency_id, version) VALUES (:agency, 1)
  ON CONFLICT (agency_id) DO UPDATE SET version = broker_network.version + 1
  RETURNING version
), less AS (
  UPDATE broker_exchange e SET count = e.count + g.count, version = n.version FROM given g, network n
  WHERE g.count < 0 AND e.agency_id = :agency
    AND (e.from_id, e.to_id, e.month, e.what) = (g.from_id, g.to_id, g.month, g.what)
) INSERT INTO broker_exchange AS e (agency_id, from_id, to_id, month, what, count, version)
SELECT :agency, g.from_id, g.to_id, g.month, g.what, g.count, n.version FROM given g, network n WHERE g.count > 0
ORDER BY g.from_id, g.to_id, g.month, g.what
ON CONFLICT (agency_id, from_id, to_id, month, what) DO UPDATE SET count = e.count + excluded.count, version = excluded.version
""")
# Versions are given out one after the other: who adds holds the network's row until the end.
_ANEW = text("""
INSERT INTO broker_network (agency_id, version, anew_at) VALUES (:agency, 1, 1)
ON CONFLICT (agency_id) DO UPDATE SET version = broker_network.version + 1, anew_at = broker_network.version + 1
""")
_PREMIUMS = text("""
SELECT from_id, to_id, currency, sum(premium_minor)::bigint FROM broker_referral
WHERE agency_id = :agency AND state = 'converted' AND NOT test AND ended_at >= :since AND premium_minor IS NOT NULL
GROUP BY from_id, to_id, currency
""")

FADED = "trunc(CAST(:half AS numeric) / (:half + greatest(0, :month - month)), 6)"
"""What one exchange of a month is worth now, with ``:half`` and ``:month`` bound: cut to six places as
:func:`domain.network.exchange.decayed` does, and sums of numerics are exact in any order.
"""
_RECEIVED = """
SELECT to_id, coalesce(sum(worth) FILTER (WHERE what = 'accepted'), 0), coalesce(sum(worth) FILTER (WHERE what = 'converted'), 0),
       coalesce(sum(worth) FILTER (WHERE what IN ('declined', 'expired')), 0)
FROM (SELECT to_id, what, sum(count) * {faded} AS worth
      FROM broker_exchange WHERE agency_id = :agency AND what <> 'sent' AND {which} GROUP BY to_id, what, month) AS each
GROUP BY to_id
"""
_ALL_RECEIVED = text(_RECEIVED.format(which="count > 0", faded=FADED))
_RECEIVED_SINCE = text(
    _RECEIVED.format(
        which="to_id = ANY(ARRAY(SELECT to_id FROM broker_exchange WHERE agency_id = :agency AND version > :since))",
        faded=FADED,
    )
)

_WAYS = """
SELECT from_id, to_id,
       coalesce(sum(worth) FILTER (WHERE what = 'sent'), 0), coalesce(sum(worth) FILTER (WHERE what = 'accepted'), 0),
       coalesce(sum(worth) FILTER (WHERE what = 'converted'), 0),
       coalesce(sum(worth) FILTER (WHERE what IN ('declined', 'expired')), 0),
       coalesce(sum(count) FILTER (WHERE what = 'sent'), 0), coalesce(sum(count) FILTER (WHERE what = 'converted'), 0), max(month)
FROM (SELECT *, count * {faded} AS worth
      FROM broker_exchange WHERE agency_id = :agency AND count > 0 :of) AS each
GROUP BY from_id, to_id
"""


_FLOWS, _FLOWS_OF = (
    text(_WAYS.replace("{faded}", FADED).replace(":of", of))
    for of in ("", "AND (from_id = CAST(:one AS uuid) OR to_id = CAST(:one AS uuid))")
)


def referral_cause(agency_id: UUID, referral_id: UUID) -> str:
    """What tells the run of a referral from others of its lead."""
    return f"{agency_id}:{referral_id}"


class Referrals(Repository):
    """Rows of ``broker_referral`` and ``broker_exchange``: a producer's own, else all of the agency."""

    async def add(self, row: Mapping[str, Any]) -> bool:
        """Write a referral; False where its key was used."""
        made = await self.session.scalar(
            postgresql.insert(BrokerReferralRow)
            .values(agency_id=self.actor.agency_id, created_by=self.actor.subject, **row)
            .on_conflict_do_nothing(index_elements=["agency_id", "key"])
            .returning(BrokerReferralRow.id)
        )
        return made is not None

    async def open_of(self, lead_id: UUID) -> BrokerReferralRow | None:
        """The referral of the lead that waits for its answer, whoever asks; locked by whoever holds the lead."""
        return await self.session.scalar(
            select(BrokerReferralRow)
            .where(
                BrokerReferralRow.agency_id == self.actor.agency_id, BrokerReferralRow.lead_id == lead_id,
                BrokerReferralRow.state == "pending",
            )
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )  # fmt: skip

    async def has_open(self, lead_id: UUID, sender: UUID) -> bool:
        """Whether a referral of the lead by its sender waits for an answer."""
        open_ = (BrokerReferralRow.lead_id == lead_id) & (BrokerReferralRow.state == "pending")
        mine = (BrokerReferralRow.agency_id == self.actor.agency_id) & (BrokerReferralRow.from_id == sender)
        return bool(await self.session.scalar(select(exists().where(mine, open_))))

    async def by_key(self, key: str) -> BrokerReferralRow | None:
        """The referral that was made under the key."""
        return await self.session.scalar(
            select(BrokerReferralRow).where(
                BrokerReferralRow.agency_id == self.actor.agency_id, BrokerReferralRow.key == key
            )
        )

    async def one(self, referral_id: UUID, *, held: bool = False) -> tuple[BrokerReferralRow, LeadRow]:
        """A referral and its lead; NotFound for others'. ``held``: locked until the transaction ends, and as it is by then."""
        query = select(BrokerReferralRow, LeadRow).join(LeadRow, LeadRow.id == BrokerReferralRow.lead_id)
        query = query.where(BrokerReferralRow.id == referral_id, self._seen())
        if held:
            query = query.with_for_update(of=BrokerReferralRow, key_share=True).execution_options(
                populate_existing=True
            )
        found = (await self.session.execute(query)).one_or_none()
        if found is None:
            raise NotFound(f"no referral {referral_id} in this agency")
        return found[0], found[1]

    async def page(
        self, states: Sequence[str], producer_id: UUID | None, lead_id: UUID | None, after: UUID | None, at_most: int
    ) -> list[tuple[BrokerReferralRow, LeadRow]]:
        """Newest first, from behind ``after``; of one producer, whichever end, and of one lead where given."""
        query = (
            select(BrokerReferralRow, LeadRow)
            .join(LeadRow, LeadRow.id == BrokerReferralRow.lead_id)
            .where(self._seen())
        )
        if states:
            query = query.where(BrokerReferralRow.state.in_(states))
        if producer_id is not None:
            query = query.where(self._of(producer_id))
        if lead_id is not None:
            query = query.where(BrokerReferralRow.lead_id == lead_id)
        if after is not None:
            last, _ = await self.one(after)
            query = query.where(tuple_(BrokerReferralRow.created_at, BrokerReferralRow.id) < (last.created_at, last.id))
        query = query.order_by(BrokerReferralRow.created_at.desc(), BrokerReferralRow.id.desc()).limit(at_most)
        return [(referral, lead) for referral, lead in await self.session.execute(query)]

    async def between(
        self, states: Sequence[str], sent_by: UUID | None, sent_to: UUID | None, other: UUID | None, *,
        lead_id: UUID | None, expires_before: datetime | None, at_most: int,
    ) -> list[tuple[BrokerReferralRow, LeadRow]]:  # fmt: skip
        """Those with the ends that are given, by when they end; what is left out leaves a part open."""
        wanted = [self._seen()]
        wanted += [BrokerReferralRow.state.in_(states)] if states else []
        wanted += [BrokerReferralRow.from_id == sent_by] if sent_by is not None else []
        wanted += [BrokerReferralRow.to_id == sent_to] if sent_to is not None else []
        wanted += [self._of(other)] if other is not None else []
        wanted += [BrokerReferralRow.lead_id == lead_id] if lead_id is not None else []
        wanted += [BrokerReferralRow.expires_at < expires_before] if expires_before is not None else []
        query = select(BrokerReferralRow, LeadRow).join(LeadRow, LeadRow.id == BrokerReferralRow.lead_id).where(*wanted)
        query = query.order_by(BrokerReferralRow.expires_at, BrokerReferralRow.id).limit(at_most)
        return [(referral, lead) for referral, lead in await self.session.execute(query)]

    async def change(self, row: BrokerReferralRow, **values: Any) -> None:
        """Set columns of a held referral; its version grows."""
        for name, value in {**values, "version": row.version + 1}.items():
            setattr(row, name, value)
        await self.session.flush()

    async def tried(self, row: BrokerReferralRow) -> list[UUID]:
        """Everybody who was asked for the lead by the same sender, this one included."""
        found = await self.session.scalars(
            select(BrokerReferralRow.to_id).where(
                BrokerReferralRow.agency_id == self.actor.agency_id, BrokerReferralRow.lead_id == row.lead_id,
                BrokerReferralRow.from_id == row.from_id,
            )
        )  # fmt: skip
        return list(found)

    async def accepted_before(self, lead_id: UUID, people: Sequence[str], but: UUID) -> bool:
        """Whether the lead, or one of the same person, was accepted by somebody in the network before."""
        found = await self.session.scalar(
            select(
                exists().where(
                    BrokerReferralRow.agency_id == self.actor.agency_id, BrokerReferralRow.id != but,
                    BrokerReferralRow.answered_at.is_not(None),
                    BrokerReferralRow.state.in_(["accepted", "converted", "lost", "reversed"]),
                    or_(
                        BrokerReferralRow.lead_id == lead_id,
                        BrokerReferralRow.referred_people.overlap(list(people)) if people else false(),
                    ),
                )
            )
        )  # fmt: skip
        return bool(found)

    async def is_converted(self, lead_id: UUID) -> bool:
        """Whether a referral of the lead stands as converted."""
        found = select(BrokerReferralRow.id).where(
            BrokerReferralRow.agency_id == self.actor.agency_id, BrokerReferralRow.lead_id == lead_id,
            BrokerReferralRow.state == "converted",
        )  # fmt: skip
        return bool(await self.session.scalar(select(found.exists())))

    async def taken_of(self, lead_id: UUID) -> list[UUID]:
        """Referrals of the lead that were accepted, the earliest first."""
        found = await self.session.scalars(
            select(BrokerReferralRow.id)
            .where(
                BrokerReferralRow.agency_id == self.actor.agency_id, BrokerReferralRow.lead_id == lead_id,
                BrokerReferralRow.state.in_(["accepted", "converted", "lost"]),
            )
            .order_by(BrokerReferralRow.created_at, BrokerReferralRow.id)
        )  # fmt: skip
        return list(found)

    async def won(self, lead_id: UUID) -> Mapping[str, Any]:
        """What the event says by which the lead was won last; empty without one."""
        found = await self.session.scalar(
            select(LeadEventRow.data)
            .where(
                LeadEventRow.agency_id == self.actor.agency_id,
                LeadEventRow.lead_id == lead_id,
                LeadEventRow.kind == "won",
            )
            .order_by(LeadEventRow.version.desc())
            .limit(1)
        )
        return found or {}

    async def count(self, cells: Mapping[Cell, int]) -> None:
        """Add to the counters, in one statement."""
        if not cells:
            return
        rows = [
            {
                "from_id": str(one.from_id),
                "to_id": str(one.to_id),
                "month": one.month,
                "what": one.what.value,
                "count": count,
            }
            for one, count in cells.items()
        ]
        await self.session.execute(_COUNT, {"rows": canonical_json(rows), "agency": self.actor.agency_id})

    async def exchanges(self) -> dict[Cell, int]:
        """Every counter of the agency that is not zero, whoever asks."""
        found = await self.session.scalars(
            select(BrokerExchangeRow).where(
                BrokerExchangeRow.agency_id == self.actor.agency_id, BrokerExchangeRow.count > 0
            )
        )
        return {Cell(row.from_id, row.to_id, row.month, Counted(row.what)): row.count for row in found}

    async def flows(self, month: int, of: UUID | None = None) -> dict[tuple[UUID, UUID], Flow]:
        """As domain.network.exchange.flows of :meth:`exchanges`, added up where the rows are; of one producer where given."""
        given = {
            "agency": self.actor.agency_id,
            "month": month,
            "half": HALF_LIFE,
            **({} if of is None else {"one": of}),
        }
        found = await self.session.execute(_FLOWS if of is None else _FLOWS_OF, given)
        return {
            (row[0], row[1]): Flow(row[2], row[3], row[4], row[5], int(row[6]), int(row[7]), int(row[8]))
            for row in found
        }

    async def received(self, month: int, since: int | None = None) -> dict[UUID, Flow]:
        """What each producer accepted, converted and turned down of anybody's referrals, as it counts in the month; those without
        any of it are left out, and what was sent is not counted. With ``since`` of those alone of whom a counter changed after
        that version of the network, also where nothing of it is left.
        """
        given = {"agency": self.actor.agency_id, "month": month, "half": HALF_LIFE}
        if since is None:
            found = await self.session.execute(_ALL_RECEIVED, given)
        else:
            found = await self.session.execute(_RECEIVED_SINCE, {**given, "since": since})
        return {row[0]: Flow(accepted=row[1], converted=row[2], turned_down=row[3]) for row in found}

    async def everything(self) -> list[BrokerReferralRow]:
        """Every referral of the agency that counts, to count anew from the beginning."""
        found = await self.session.scalars(
            select(BrokerReferralRow).where(
                BrokerReferralRow.agency_id == self.actor.agency_id, BrokerReferralRow.test.is_(False)
            )
        )
        return list(found)

    async def forget_exchanges(self) -> None:
        """Remove the counters; whoever does this counts anew in the same transaction."""
        await self.session.execute(_ANEW, {"agency": self.actor.agency_id})
        await self.session.execute(delete(BrokerExchangeRow).where(BrokerExchangeRow.agency_id == self.actor.agency_id))

    async def premiums(self, since: datetime) -> dict[str, dict[tuple[UUID, UUID], int]]:
        """By currency and (from, to) what converted referrals brought since then, in minor units."""
        found: dict[str, dict[tuple[UUID, UUID], int]] = {}
        for one, other, currency, minor in await self.session.execute(
            _PREMIUMS, {"agency": self.actor.agency_id, "since": since}
        ):
            found.setdefault(currency or "USD", {})[one, other] = int(minor)
        return found

    async def counted_by_state(self, producer_id: UUID) -> dict[tuple[str, str], int]:
        """How many referrals in each state, by direction: ``sent`` or ``received``."""
        sent = BrokerReferralRow.from_id == producer_id
        found = await self.session.execute(
            select(sent, BrokerReferralRow.state, func.count())
            .where(self._of(producer_id), BrokerReferralRow.agency_id == self.actor.agency_id)
            .group_by(sent, BrokerReferralRow.state)
        )
        return {("sent" if out else "received", state): int(count) for out, state, count in found}

    async def wake(self, row: BrokerReferralRow) -> None:
        """Let the run that waits for this referral's answer go on."""
        cause = referral_cause(self.actor.agency_id, row.id)
        await wake_run(self.session, self.actor.agency_id, row.lead_id, REFERRAL, cause)

    async def stands(self, referral_id: UUID) -> BrokerReferralRow | None:
        """The referral, shared until the transaction ends, so that nobody answers meanwhile."""
        row: BrokerReferralRow | None = await self.session.scalar(
            select(BrokerReferralRow)
            .where(BrokerReferralRow.id == referral_id, BrokerReferralRow.agency_id == self.actor.agency_id)
            .with_for_update(read=True)
            .execution_options(populate_existing=True)
        )
        return row

    @staticmethod
    def _of(producer_id: UUID) -> ColumnElement[bool]:
        return or_(BrokerReferralRow.from_id == producer_id, BrokerReferralRow.to_id == producer_id)

    def _seen(self) -> ColumnElement[bool]:
        mine: ColumnElement[bool] = BrokerReferralRow.agency_id == self.actor.agency_id
        if self.actor.sees_all_leads:
            return mine
        if self.actor.kind is ActorKind.PRODUCER and self.actor.producer_id is not None:
            return and_(mine, self._of(self.actor.producer_id))
        return false()
