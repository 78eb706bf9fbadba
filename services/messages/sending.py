"""Sending what is queued: at least once, of each recipient one after another, never before it is permitted."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from domain.actor import Actor, system_actor
from domain.messages.kinds import Audience, Channel
from domain.messages.life import State, Step, after
from integrations.messages.opening import Messengers
from integrations.messages.port import Handed, Locked, Refusal, Sent
from integrations.sealing import SEALED_BY_ANOTHER_KEY
from kernel.clock import now
from kernel.errors import NotFound, Unavailable
from kernel.message_settings import MessageSettings
from kernel.telemetry.metrics import MESSAGES
from services.messages.contact import ContactCheck
from services.messages.letters import Letter, Letters, Parties, Unsendable
from services.messages.wishes import held_until, wishes_of
from store.sql.models import MessageRow
from store.sql.repositories.platform import ClaimedMessage
from store.uow import Database, UnitOfWork

_log = structlog.get_logger("leadwright.messages")
_OUR_KEY = frozenset({SEALED_BY_ANOTHER_KEY, "no_secret_key"})


class _Held(Exception):
    """How a message leaves the attempt that may go later."""

    def __init__(self, until: datetime, code: str) -> None:
        super().__init__(code)
        self.until = until
        self.code = code


class Sending:
    """The work of :func:`workers.outward.send_messages`. Any number of these, in any number of processes, share it.

    What was handed over and not written down, because the worker died between the two, is handed over again when its lease
    has run out, under the same id: mail keeps its Message-ID, a push replaces its earlier self, an SMS comes twice.
    """

    def __init__(
        self, database: Database, messengers: Messengers, letters: Letters, settings: MessageSettings, contact: ContactCheck,
        chance: Callable[[], float] = random.random,
    ) -> None:  # fmt: skip
        self._database = database
        self._messengers = messengers
        self._letters = letters
        self._settings = settings
        self._contact = contact
        self._chance = chance

    async def work(self) -> bool:
        """One attempt at the message that has been due longest, of any agency; False when none is."""
        async with self._database.platform() as platform:
            claimed = await platform.claim_message(timedelta(seconds=self._settings.lease_seconds))
        if claimed is None:
            return False
        actor = system_actor(claimed.agency_id, "messages")
        if claimed.attempts > self._settings.attempts:  # every attempt ended with its worker, or with a fault of ours
            await self._settle(actor, claimed, Step.GIVE_UP, "ended_early")
            return True
        try:
            letter = await self._ready(actor, claimed)
        except _Held as held:
            await self._settle(actor, claimed, Step.HOLD, held.code, due_at=held.until, attempts=claimed.attempts - 1)
        except Unsendable as nothing:
            await self._settle(actor, claimed, Step.FORBID, nothing.code)
        except NotFound:
            await self._settle(actor, claimed, Step.FORBID, "obsolete")
        except Unavailable as problem:
            if problem.code in _OUR_KEY:  # a key of ours is missing: the message has no part in it
                wait = timedelta(seconds=self._settings.longest_wait_seconds)
                await self._settle(
                    actor, claimed, Step.DELAY, problem.code, due_at=now() + wait, attempts=claimed.attempts - 1
                )
            raise
        else:
            if letter is not None:
                await self._attempt(actor, claimed, *letter)
        return True

    async def _ready(self, actor: Actor, claimed: ClaimedMessage) -> tuple[MessageRow, Letter] | None:
        async with self._database.begin(actor) as uow:
            row = await uow.messages.held(claimed.message_id, claimed.token)
            if row is None:
                return None
            moment = now()
            if row.expires_at is not None and moment >= row.expires_at:
                raise Unsendable("expired")
            parties = await self._letters.parties(uow, row)
            await self._permit(uow, row, parties, moment)
            letter = await self._letters.letter(uow, row, parties)
            reason = await uow.messages.suppressed(row.channel, letter.address_hash)
            if reason is not None and not parties.kind.asked_for:
                raise Unsendable(f"suppressed_{reason}")
            return row, letter

    async def _permit(self, uow: UnitOfWork, row: MessageRow, parties: Parties, at: datetime) -> None:
        """Raise what keeps the message from going now: held with a moment, or never."""
        if parties.kind.audience is Audience.CONSUMER:
            if parties.kind.asked_for:
                return
            if parties.lead is None:
                raise Unsendable("no_lead")
            agency = await uow.agencies.mine()
            verdict = await self._contact(uow, parties.lead, agency.name, row.channel, at)
            if not verdict.allowed:
                code = verdict.code or "not_permitted"
                if verdict.next_allowed_at is None:
                    raise Unsendable(code)
                raise _Held(max(verdict.next_allowed_at, at + timedelta(seconds=1)), code)
        elif parties.producer is not None:
            wishes, _ = await wishes_of(uow, parties.producer.id)
            held = held_until(wishes, parties.producer, parties.kind, at)
            if held is not None:
                raise _Held(*held)

    async def _attempt(self, actor: Actor, claimed: ClaimedMessage, row: MessageRow, letter: Letter) -> None:
        messenger = self._messengers[Channel(row.channel)]
        noted: dict[str, Any] = {
            "language": letter.language, "template_version": letter.version, "provider": messenger.name,
            "segments": letter.segments,
        }  # fmt: skip
        try:
            handed = await messenger.send(letter.message)
        except Unavailable as problem:
            asked = getattr(problem, "retry_after", None)
            wait = self._pause(claimed.attempts, asked, locked=isinstance(problem, Locked))
            last = claimed.attempts >= self._settings.attempts
            step = Step.GIVE_UP if last else Step.DELAY
            await self._settle(actor, claimed, step, problem.code, due_at=now() + timedelta(seconds=wait), **noted)
            return
        await self._handed(actor, claimed, row, letter, handed, noted)

    async def _handed(
        self,
        actor: Actor,
        claimed: ClaimedMessage,
        row: MessageRow,
        letter: Letter,
        handed: Handed,
        noted: dict[str, Any],
    ) -> None:
        noted["provider_id"] = handed.provider_id
        if handed.price is not None:
            noted |= {"price": handed.price.amount, "currency": handed.price.currency}
        if handed.outcome is Sent.SENT:
            await self._settle(actor, claimed, Step.HAND_OVER, None, sent_at=now(), **noted)
        elif handed.outcome is Sent.NOT_SENT:
            await self._settle(actor, claimed, Step.FORBID, "no_vendor", **noted)
        else:
            refusal = handed.refusal or Refusal.BAD_ADDRESS
            step = Step.BOUNCE if refusal.of_address else Step.GIVE_UP
            await self._settle(actor, claimed, step, refusal.value, refused=(row, letter, refusal), **noted)

    async def _settle(
        self, actor: Actor, claimed: ClaimedMessage, step: Step, code: str | None,
        refused: tuple[MessageRow, Letter, Refusal] | None = None, **values: Any,
    ) -> None:  # fmt: skip
        state = after(State.SENDING, step)
        assert state is not None, "every step that is taken here leads out of sending"
        moment = now()
        noted = {"state": state.value, "at": moment.isoformat()} | ({"code": code} if code else {})
        async with self._database.begin(actor) as uow:
            held = await uow.messages.settle(
                claimed.message_id, claimed.token, noted, state=state.value, code=code, **values
            )
            if held and refused is not None and refused[2].of_address:
                row, letter, refusal = refused
                if row.push_id is not None:
                    await uow.messages.remove_device(row.push_id)
                else:
                    await uow.messages.suppress(row.channel, letter.address_hash, refusal.value, moment)
        outcome = state.value if held else "lease_lost"
        MESSAGES.labels(outcome).inc()
        if state is not State.SENT:
            _log.info(
                "message", message_id=str(claimed.message_id), attempt=claimed.attempts, outcome=outcome, code=code
            )

    def _pause(self, attempts: int, asked: float | None, *, locked: bool) -> float:
        """Doubling, the upper half of it at random, so that many that failed together do not come back together."""
        given = self._settings
        limit = min(given.longest_wait_seconds, given.first_wait_seconds * 2.0 ** min(attempts - 1, 30))
        if locked:
            limit = given.longest_wait_seconds
        return max(asked or 0.0, limit / 2 + self._chance() * limit / 2)
