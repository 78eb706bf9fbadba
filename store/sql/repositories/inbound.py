"""What inbound doors leave beside a lead: pings, consent texts, certificates and opt-ins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from kernel.errors import NotFound
from store.sql.models import CertificateRow, ConsentTextRow, OptInRow, PingRow
from store.sql.repositories.base import Repository

_TAKE_TURNS = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(wanted.key, 0)) FROM ("
    "SELECT key FROM unnest(CAST(:keys AS text[])) WITH ORDINALITY AS given (key, place) ORDER BY place OFFSET 0) AS wanted"
)


class Inbound(Repository):
    """Rows of ``ping``, ``consent_text``, ``consent_certificate`` and ``opt_in``."""

    async def add_ping(self, row: dict[str, Any]) -> None:
        """Keep an accepted ping."""
        await self.session.execute(insert(PingRow).values(agency_id=self.actor.agency_id, **row))

    async def ping(self, source_id: UUID, token_hash: str) -> PingRow | None:
        """The source's ping of this token, held until the transaction ends: two posts of one token take turns."""
        return await self.session.scalar(
            select(PingRow)
            .where(
                PingRow.agency_id == self.actor.agency_id, PingRow.source_id == source_id,
                PingRow.token_hash == token_hash,
            )
            .with_for_update()
        )  # fmt: skip

    async def use_ping(self, ping_id: UUID, lead_id: UUID) -> None:
        """Note the lead that came with the ping's token."""
        await self.session.execute(
            update(PingRow)
            .where(PingRow.agency_id == self.actor.agency_id, PingRow.id == ping_id)
            .values(used_by=lead_id)
        )

    async def keep_texts(self, texts: Mapping[str, str], at: datetime) -> None:
        """Keep each wording once by its hash, in order, so that two transactions cannot block each other."""
        rows = [
            {"agency_id": self.actor.agency_id, "hash": key, "text": texts[key], "first_seen_at": at}
            for key in sorted(texts)
        ]
        if rows:
            await self.session.execute(insert(ConsentTextRow).values(rows).on_conflict_do_nothing())

    async def text(self, digest: str) -> ConsentTextRow:
        """A wording by its hash."""
        row = await self.session.get(ConsentTextRow, (self.actor.agency_id, digest))
        if row is None:
            raise NotFound("no consent text with this hash in this agency")
        return row

    async def add_certificates(self, rows: Sequence[dict[str, Any]]) -> None:
        """Queue certificates for their claim, each once for its lead."""
        if rows:
            await self.session.execute(
                insert(CertificateRow)
                .values([{"agency_id": self.actor.agency_id, "attempts": 0, **row} for row in rows])
                .on_conflict_do_nothing(index_elements=["lead_id", "url"])
            )

    async def certificate(self, certificate_id: UUID) -> CertificateRow | None:
        """A certificate."""
        return await self.session.scalar(
            select(CertificateRow).where(
                CertificateRow.agency_id == self.actor.agency_id, CertificateRow.id == certificate_id
            )
        )

    async def end_certificate(self, certificate_id: UUID, outcome: str) -> None:
        """Write how the claim ended."""
        await self.session.execute(
            update(CertificateRow)
            .where(CertificateRow.agency_id == self.actor.agency_id, CertificateRow.id == certificate_id)
            .values(outcome=outcome)
        )

    async def delay_certificate(self, certificate_id: UUID, due_at: datetime) -> None:
        """Try again at ``due_at``."""
        await self.session.execute(
            update(CertificateRow)
            .where(CertificateRow.agency_id == self.actor.agency_id, CertificateRow.id == certificate_id)
            .values(due_at=due_at)
        )

    async def add_opt_in(self, row: dict[str, Any]) -> None:
        """Note a lead that waits for its person's word."""
        await self.session.execute(insert(OptInRow).values(agency_id=self.actor.agency_id, **row))

    async def opt_in(self, opt_in_id: UUID, *, lock: bool = False) -> OptInRow | None:
        """A waiting or confirmed opt-in."""
        query = select(OptInRow).where(OptInRow.agency_id == self.actor.agency_id, OptInRow.id == opt_in_id)
        return await self.session.scalar(query.with_for_update() if lock else query)

    async def confirm(self, opt_in_id: UUID, at: datetime) -> None:
        """Note that the person confirmed."""
        await self.session.execute(
            update(OptInRow)
            .where(OptInRow.agency_id == self.actor.agency_id, OptInRow.id == opt_in_id)
            .values(confirmed_at=at)
        )

    async def take_turns(self, keys: Iterable[str]) -> None:
        """Hold these keys until the transaction ends; whoever wants one of them meanwhile waits. Taken in order."""
        await self.session.execute(
            _TAKE_TURNS, {"keys": [f"{self.actor.agency_id}:person:{key}" for key in sorted(keys)]}
        )
