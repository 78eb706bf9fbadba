"""The functions that look across agencies: they say which run or message is next, never what is in it for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from kernel.ids import new_id
from store.sql.repositories.attempts import Attempts


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """A run that this worker now holds; ``token`` grows with every claim and fences off an earlier holder."""

    run_id: UUID
    agency_id: UUID
    lead_id: UUID
    graph: str
    thread_id: str
    token: int
    attempts: int


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message that waits for the bus, locked until the transaction ends."""

    id: UUID
    agency_id: UUID
    subject: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClaimedDocument:
    """A document that this worker reads, or asks a second opinion on, now; ``attempts`` counts this one."""

    document_id: UUID
    agency_id: UUID
    attempts: int


@dataclass(frozen=True, slots=True)
class ClaimedImport:
    """A file of leads that this worker takes in now; ``attempts`` counts this one and fences off an earlier holder."""

    import_id: UUID
    agency_id: UUID
    attempts: int


@dataclass(frozen=True, slots=True)
class DuePolicyTimer:
    """A timer of a policy that this worker works now."""

    timer_id: UUID
    agency_id: UUID
    policy_id: UUID


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that this worker sends now: the first that its subscriber waits for. ``attempts`` counts this one; ``token``
    grows with every claim and fences off an earlier holder.
    """

    delivery_id: UUID
    subscription_id: UUID
    agency_id: UUID
    token: int
    attempts: int


@dataclass(frozen=True, slots=True)
class LiveHead:
    """How far the numbers of an agency's live events go; up to ``floor`` they are not kept any more."""

    agency_id: UUID
    last: int
    floor: int


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message that this worker sends now. ``attempts`` counts this one; ``token`` fences off an earlier holder."""

    message_id: UUID
    agency_id: UUID
    token: int
    attempts: int


class Platform:
    """See the migration for what each function does as the tables' owner."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.attempts = Attempts(session)

    async def agency_of(self, slug: str) -> UUID | None:
        """The id of the agency with this slug."""
        found: UUID | None = await self.session.scalar(text("SELECT agency_of_slug(:slug)"), {"slug": slug})
        return found

    async def agency_of_api_key(self, public_id: str) -> UUID | None:
        """The agency that the key belongs to."""
        found: UUID | None = await self.session.scalar(text("SELECT agency_of_api_key(:id)"), {"id": public_id})
        return found

    async def agency_of_refresh_token(self, public_id: str) -> UUID | None:
        """The agency that the session belongs to."""
        found: UUID | None = await self.session.scalar(text("SELECT agency_of_refresh_token(:id)"), {"id": public_id})
        return found

    async def found_agency(self, slug: str, name: str) -> UUID:
        """The id of the agency, made now when it was not there."""
        found: UUID = await self.session.scalar(
            text("SELECT found_agency(:id, :slug, :name)"), {"id": new_id(), "slug": slug, "name": name}
        )
        return found

    async def claim_runs(self, worker: str, at_most: int, lease: timedelta) -> list[ClaimedRun]:
        """Take up to ``at_most`` queued runs that are due, oldest first."""
        rows = await self.session.execute(
            text("SELECT * FROM claim_runs(:worker, :at_most, :lease)"),
            {"worker": worker, "at_most": at_most, "lease": lease},
        )
        return [ClaimedRun(*row) for row in rows]

    async def renew_runs(self, worker: str, lease: timedelta) -> int:
        """Prolong the lease of every run this worker holds."""
        count: int = await self.session.scalar(
            text("SELECT renew_runs(:worker, :lease)"), {"worker": worker, "lease": lease}
        )
        return count

    async def requeue_silent_runs(self, *, everyone: bool = False) -> int:
        """Queue again the runs whose worker fell silent; ``everyone`` when it is certain that no worker is alive."""
        count: int = await self.session.scalar(text("SELECT requeue_silent_runs(:everyone)"), {"everyone": everyone})
        return count

    async def claim_document(self, lease: timedelta) -> ClaimedDocument | None:
        """The document that has waited longest, held for ``lease``; None when none waits."""
        rows = await self.session.execute(text("SELECT * FROM claim_document(:lease)"), {"lease": lease})
        row = rows.one_or_none()
        return ClaimedDocument(*row) if row else None

    async def claim_opinion(self, lease: timedelta) -> ClaimedDocument | None:
        """The document that has waited longest for a second opinion, held for ``lease``; None when none waits."""
        rows = await self.session.execute(text("SELECT * FROM claim_opinion(:lease)"), {"lease": lease})
        row = rows.one_or_none()
        return ClaimedDocument(*row) if row else None

    async def claim_delivery(self, lease: timedelta) -> ClaimedDelivery | None:
        """The next delivery of the subscriber who has waited longest, nobody else sending to them for ``lease``."""
        rows = await self.session.execute(text("SELECT * FROM claim_delivery(:lease)"), {"lease": lease})
        row = rows.one_or_none()
        return ClaimedDelivery(*row) if row else None

    async def claim_import(self, lease: timedelta) -> ClaimedImport | None:
        """The import that has waited longest, held for ``lease``; None when none waits."""
        rows = await self.session.execute(text("SELECT * FROM claim_import(:lease)"), {"lease": lease})
        row = rows.one_or_none()
        return ClaimedImport(*row) if row else None

    async def claim_certificate(self, lease: timedelta) -> tuple[UUID, UUID] | None:
        """(certificate, agency) of the consent certificate that is due, held for ``lease``; None when none is."""
        return await self._claimed("SELECT * FROM claim_certificate(:lease)", lease)

    async def claim_message(self, lease: timedelta) -> ClaimedMessage | None:
        """The message to a person that has been due longest, held for ``lease``: of each recipient one after another."""
        rows = await self.session.execute(text("SELECT * FROM claim_message(:lease)"), {"lease": lease})
        row = rows.one_or_none()
        return ClaimedMessage(*row) if row else None

    async def claim_notices(self, at_most: int, lease: timedelta) -> list[tuple[UUID, UUID]]:
        """(event, agency) of events that producers are to be told of, for ``lease`` nobody else's."""
        given = {"at_most": at_most, "lease": lease}
        rows = await self.session.execute(text("SELECT * FROM claim_notices(:at_most, :lease)"), given)
        return [(row[0], row[1]) for row in rows]

    async def claim_due_offer(self, moment: datetime, lease: timedelta) -> tuple[UUID, UUID] | None:
        """(offer, agency) of the offer whose timer has been due longest at ``moment``, held for ``lease``; None when none is."""
        query = text("SELECT * FROM claim_due_offer(:moment, :lease)")
        row = (await self.session.execute(query, {"moment": moment, "lease": lease})).one_or_none()
        return (row[0], row[1]) if row else None

    async def claim_due_follow_up(self, moment: datetime, lease: timedelta) -> tuple[UUID, UUID] | None:
        """(follow-up, agency) of the reminder that has been due longest, held for ``lease``; None when none is."""
        query = text("SELECT * FROM claim_due_follow_up(:moment, :lease)")
        row = (await self.session.execute(query, {"moment": moment, "lease": lease})).one_or_none()
        return (row[0], row[1]) if row else None

    async def claim_policy_request(self, moment: datetime, lease: timedelta) -> tuple[UUID, UUID] | None:
        """(request, agency) of one that whoever worked it left lying, or whose time for a word is over, held for ``lease``."""
        query = text("SELECT * FROM claim_policy_request(:moment, :lease)")
        row = (await self.session.execute(query, {"moment": moment, "lease": lease})).one_or_none()
        return (row[0], row[1]) if row else None

    async def claim_due_referral(self, moment: datetime, lease: timedelta) -> tuple[UUID, UUID] | None:
        """(referral, agency) of the open referral that expired longest ago, held for ``lease``; None when none has."""
        query = text("SELECT * FROM claim_due_referral(:moment, :lease)")
        row = (await self.session.execute(query, {"moment": moment, "lease": lease})).one_or_none()
        return (row[0], row[1]) if row else None

    async def referrals_to_settle(self, ended_since: datetime | None, at_most: int) -> list[tuple[UUID, UUID]]:
        """(referral, agency) of referrals whose leads went on: open and accepted ones, or with ``ended_since`` those that were
        settled since then and whose lead was taken back or won after all.
        """
        query = text("SELECT * FROM referrals_to_settle(:since, :at_most)")
        rows = await self.session.execute(query, {"since": ended_since, "at_most": at_most})
        return [(row[0], row[1]) for row in rows]

    async def networks_to_count(self, month: int, at_most: int) -> list[UUID]:
        """Agencies whose standing in the network is not that of the present exchanges, roster and month."""
        query = text("SELECT * FROM networks_to_count(:month, :at_most)")
        return list(await self.session.scalars(query, {"month": month, "at_most": at_most}))

    async def claim_due_policy_timers(self, moment: datetime, lease: timedelta, at_most: int) -> list[DuePolicyTimer]:
        """The timers of policies that have been due longest, each held for ``lease``."""
        query = text("SELECT id, agency_id, policy_id FROM claim_due_policy_timers(:moment, :lease, :at_most)")
        rows = await self.session.execute(query, {"moment": moment, "lease": lease, "at_most": at_most})
        return [DuePolicyTimer(*row) for row in rows]

    async def agencies_with_earnings(self) -> list[UUID]:
        """Agencies with events of policies that wait for their commission."""
        return list(await self.session.scalars(text("SELECT * FROM agencies_with_earnings()")))

    async def agencies_with_releases(self, until: date) -> list[UUID]:
        """Agencies with commissions that are pending and whose time of waiting is over by this day."""
        found = await self.session.scalars(text("SELECT * FROM agencies_with_releases(:until)"), {"until": until})
        return list(found)

    async def agencies_with_rechecks(self) -> list[UUID]:
        """Agencies with producers whose licences changed."""
        return list(await self.session.scalars(text("SELECT * FROM agencies_with_rechecks()")))

    async def sweep_copilot(self, before: datetime, at_most: int) -> int:
        """Forget up to so many conversations that have rested since before then; how many went."""
        query = text("SELECT sweep_copilot(:before, :at_most)")
        return int(await self.session.scalar(query, {"before": before, "at_most": at_most}) or 0)

    async def agencies_waiting_for_producers(self) -> list[UUID]:
        """Agencies with leads that wait for a producer to be free."""
        return list(await self.session.scalars(text("SELECT * FROM agencies_waiting_for_producers()")))

    async def _claimed(self, statement: str, lease: timedelta) -> tuple[UUID, UUID] | None:
        row = (await self.session.execute(text(statement), {"lease": lease})).one_or_none()
        return (row[0], row[1]) if row else None

    async def take_outbox(self, at_most: int) -> list[OutboxMessage]:
        """The oldest unpublished messages, skipping those another relay holds."""
        rows = await self.session.execute(text("SELECT * FROM take_outbox(:at_most)"), {"at_most": at_most})
        return [OutboxMessage(*row) for row in rows]

    async def mark_published(self, ids: list[UUID]) -> None:
        """Record that the bus has them."""
        await self.session.execute(text("SELECT mark_published(:ids)"), {"ids": ids})

    async def sweep(self, deliveries: datetime, messages: datetime, checkpoints: datetime, at_most: int) -> int:
        """Remove up to so many of each: deliveries settled and messages published before those instants, checkpoints of runs that
        ended before, answers that expired. How many went.
        """
        gone: int = await self.session.scalar(
            text("SELECT sweep(:deliveries, :messages, :checkpoints, :at_most)"),
            {"deliveries": deliveries, "messages": messages, "checkpoints": checkpoints, "at_most": at_most},
        )
        return gone

    async def number_live(self, agencies: Sequence[UUID], at_most: int) -> list[LiveHead]:
        """Number up to so many waiting live events of each agency; then how far each agency's numbers go. An agency that never
        had an event is left out. Whoever calls this is told of numbers once the transaction has ended.
        """
        rows = await self.session.execute(
            text("SELECT * FROM number_live(:agencies, :at_most)"), {"agencies": list(agencies), "at_most": at_most}
        )
        return [LiveHead(*row) for row in rows]

    async def take_live_ticket(self, of_hash: str) -> Mapping[str, Any] | None:
        """What the ticket says, which nobody can take again; None where there is none."""
        rows = await self.session.execute(text("SELECT * FROM take_live_ticket(:hash)"), {"hash": of_hash})
        found = rows.mappings().one_or_none()
        return dict(found) if found is not None else None

    async def sweep_live(self, before: datetime, moment: datetime, at_most: int) -> int:
        """Remove up to so many live events of each agency that happened before then, and tickets past ``moment``."""
        gone: int = await self.session.scalar(
            text("SELECT sweep_live(:before, :moment, :at_most)"),
            {"before": before, "moment": moment, "at_most": at_most},
        )
        return gone

    async def sweep_cap_counts(self, before: date, at_most: int) -> int:
        """Remove up to so many counts of caps whose period began before the day; how many went."""
        gone: int = await self.session.scalar(
            text("SELECT sweep_cap_counts(:before, :at_most)"), {"before": before, "at_most": at_most}
        )
        return gone

    async def sweep_chat(self, drafts: datetime, ended: datetime, at_most: int) -> int:
        """Remove up to so many conversations that nobody touched since: open ones since ``drafts``, others since ``ended``."""
        gone: int = await self.session.scalar(
            text("SELECT sweep_chat(:drafts, :ended, :at_most)"), {"drafts": drafts, "ended": ended, "at_most": at_most}
        )
        return gone

    async def sweep_policy_words(self, before: datetime, moment: datetime, at_most: int) -> int:
        """Let the words go of up to so many requests about policies that ended before then; of how many they went."""
        query = text("SELECT sweep_policy_words(:before, :moment, :at_most)")
        return int(await self.session.scalar(query, {"before": before, "moment": moment, "at_most": at_most}) or 0)

    async def agencies(self) -> list[UUID]:
        """The id of every agency."""
        return list(await self.session.scalars(text("SELECT id FROM agency_ids()")))

    async def latest_documents(self, at_most: int) -> list[tuple[UUID, str]]:
        """Agency and hash of the documents that came last."""
        rows = await self.session.execute(text("SELECT * FROM latest_documents(:at_most)"), {"at_most": at_most})
        return [(row.agency_id, row.sha256) for row in rows]

    async def lock_until_the_end(self, key: str) -> bool:
        """Take the lock called ``key`` until this transaction ends; False when another process has it."""
        taken: bool = await self.session.scalar(
            text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key}
        )
        return taken

    async def ping(self) -> None:
        """Raise unless the database answers."""
        await self.session.execute(text("SELECT 1"))
