"""Conversations that take leads: each turn, with the lead that it may end in, is one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope, system_actor
from domain.chat.conversation import Turn, begin, concluded, doubt, resume, stop, take
from domain.chat.medicare import SETTING as MEDICARE_SETTING
from domain.chat.medicare import MedicareOffers
from domain.chat.questions import Terms
from domain.chat.request import consent_of, fields_of
from domain.chat.second import Second
from domain.chat.state import Effect, Note, Stage, State
from domain.chat.words import say
from domain.consent.evidence import given_consent
from integrations.geography import Geography
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from kernel.ids import digest, new_id
from kernel.origin import origin
from kernel.settings import Settings
from services.arrival import REFUSED
from services.chat.ports import ChatDoor, ChatIntake, KeepFile, Speaker, Withdraw
from services.chat.reader import LeadReader
from services.chat.schemas import ChatBegun, ChatMessage, ChatView, FileKept, MessageIn, chat_view
from services.chat.visitors import Opinion, Pass, Unread, Visitor, hashed, pass_of
from store.sql.models import ChatRow
from store.uow import Database, UnitOfWork

_UNCONFIRMED = "unconfirmed"
_PERSON, _ASSISTANT = "person", "assistant"
_STOP = "stop"
"""What the button says."""


class Conversations:
    """Whoever holds a conversation's token is its person. The agency reads transcripts by lead."""

    def __init__(
        self, database: Database, door: ChatDoor, intake: ChatIntake, withdraw: Withdraw, keep_file: KeepFile,
        geography: Geography, settings: Settings,
    ) -> None:  # fmt: skip
        self._database = database
        self._door = door
        self._intake = intake
        self._withdraw = withdraw
        self._keep_file = keep_file
        self._geography = geography
        self._settings = settings

    async def speaker(self, agency: str, source: str, key: str | None) -> Speaker:
        """The source whose chat this is. Raises Unauthenticated."""
        return await self._door.by_chat_key(agency, source, key)

    async def begin(
        self, speaker: Speaker, language: str | None, page_url: str | None, page_origin: str | None = None
    ) -> ChatBegun:
        """Begin a conversation; the greeting and the first question. Raises Forbidden on a page that may not hold the chat."""
        _require_origin(speaker, page_origin)
        moment, chat_id = now(), new_id()
        secret = f"{speaker.actor.agency_id.hex}.{secrets.token_urlsafe(32)}"
        async with self._database.begin(speaker.actor) as uow:
            terms = await _terms(uow, speaker)
            turn = begin((language or "en")[:2].casefold(), self._reader(moment), terms, moment)
            await uow.chats.add({
                "id": chat_id, "source_id": speaker.source_id, "token_hash": hashed(secret), "stage": turn.state.stage.value,
                "state": turn.state.as_dict(), "last": 0, "turns": 0, "page_url": page_url, "created_at": moment,
                "updated_at": moment,
            })  # fmt: skip
            row = await uow.chats.one(chat_id, hashed(secret), hold=True)
            await self._write(uow, row, turn, None, None, moment)
            view = chat_view(row, await uow.chats.said(chat_id))
        return ChatBegun(**dict(view), token=secret)

    async def preview(self, speaker: Speaker, language: str | None) -> ChatView:
        """How a chat begins, without one: who only looks at a page leaves nothing behind."""
        moment = now()
        async with self._database.begin(speaker.actor) as uow:
            turn = begin((language or "en")[:2].casefold(), self._reader(moment), await _terms(uow, speaker), moment)
        said = [
            ChatMessage(seq=place, role=_ASSISTANT, text=text, note={}, at=moment)
            for place, text in enumerate(turn.says, start=1)
        ]
        state = turn.state
        return ChatView(
            id=new_id(), stage=state.stage, reason=None, language=state.language, asking=state.asking, messages=said
        )

    async def left_open(self, visitor: Visitor, chat_id: UUID, message: MessageIn) -> Unread | None:
        """What the rules leave open in a message, for a second reader to be asked before it is sent; None where that is nothing,
        or where this chat has asked often enough. Asking is counted. Raises as :meth:`send` does.
        """
        entry, settings = pass_of(visitor.token), self._settings.chat
        if len(message.text) > settings.message_chars:
            return None
        async with self._database.begin(entry.actor) as uow:
            row = await self._held(uow, visitor, entry, chat_id)
            known = message.key is not None and await uow.chats.by_key(chat_id, message.key) is not None
            if known or row.stage not in {Stage.OPEN, Stage.SENT} or row.turns >= settings.turns:
                return None
            state, moment = State.from_dict(row.state), now()
            speaker = self._door.caller_of(await uow.sources.one(row.source_id), "chat")
            found = doubt(state, message.text, self._reader(moment), await _terms(uow, speaker), moment)
            if found is None or state.readings >= settings.readings:
                return None
            row.state = replace(state, readings=state.readings + 1).as_dict()
            return Unread(row.agency_id, chat_id, found, row.last)

    async def send(
        self, visitor: Visitor, chat_id: UUID, message: MessageIn, opinion: Opinion | None = None
    ) -> ChatView:
        """Take a turn; the replies to it. The same key again gets the same replies and changes nothing. An opinion counts
        only while no other message was taken since it was asked for.

        Raises Conflict while another turn is taken (``turn_running``), where the key came with other words, and when the chat has
        ended; Invalid for a message that is too long.
        """
        entry, limit = pass_of(visitor.token), self._settings.chat.message_chars
        if len(message.text) > limit:
            fault = FieldError("text", "too_long", f"has {len(message.text)} characters", f"send at most {limit}")
            raise Invalid("the message is too long", fields=(fault,))
        async with self._database.begin(entry.actor) as uow:
            row = await self._held(uow, visitor, entry, chat_id)
            if message.key is not None and (known := await uow.chats.by_key(chat_id, message.key)) is not None:
                if known.text_hash not in {None, digest(message.text)}:
                    raise Conflict("this key came before with other words; use a new one", code="message_key_reused")
                said = [one for one in await uow.chats.said(chat_id, known.seq) if one.turn == known.turn]
                return chat_view(row, said)
            moment, before, last = now(), State.from_dict(_open_state(row)), row.last
            speaker = self._door.caller_of(await uow.sources.one(row.source_id), "chat")
            second = opinion.second if opinion is not None and opinion.last == last else None
            turn = await self._turn(uow, row, speaker, before, message.text, second, moment)
            await self._write(uow, row, turn, message.text, message.key, moment)
            await self._follow(uow, row, turn, message.text)
            return chat_view(row, await uow.chats.said(chat_id, last + 1))

    async def transcript(self, visitor: Visitor, chat_id: UUID, after_seq: int = 0) -> ChatView:
        """The chat and what was said after a message, to take it up again. Raises NotFound."""
        entry = pass_of(visitor.token)
        async with self._database.begin(entry.actor) as uow:
            row = await self._held(uow, visitor, entry, chat_id, hold=False)
            return chat_view(row, await uow.chats.said(chat_id, after_seq))

    async def stop(self, visitor: Visitor, chat_id: UUID, *, said: bool = True) -> ChatView:
        """End the chat; nothing is sent. Doing so again, or after another end, changes nothing. ``said``: the person wished it,
        which takes back an agreement to be contacted; else there is nobody any more who could go on.
        """
        entry = pass_of(visitor.token)
        async with self._database.begin(entry.actor) as uow:
            row = await self._held(uow, visitor, entry, chat_id)
            last = row.last
            if row.stage == Stage.OPEN:
                turn = stop(State.from_dict(row.state), said=said)
                await self._write(uow, row, turn, None, None, now())
                await self._follow(uow, row, turn, _STOP)
            return chat_view(row, await uow.chats.said(chat_id, last))

    async def resume(self, visitor: Visitor, chat_id: UUID) -> ChatView:
        """Take up again a chat that its person ended; one that is open goes on as it is. Raises Conflict for any other end, and
        where ending it was a wish not to be contacted: only a new chat follows that.
        """
        entry = pass_of(visitor.token)
        async with self._database.begin(entry.actor) as uow:
            row = await self._held(uow, visitor, entry, chat_id)
            last, state = row.last, State.from_dict(row.state)
            if row.stage != Stage.OPEN:
                if not state.resumable:
                    raise Conflict("this chat cannot be taken up again; begin a new one", code="chat_ended")
                speaker, moment = self._door.caller_of(await uow.sources.one(row.source_id), "chat"), now()
                turn = resume(state, self._reader(moment), await _terms(uow, speaker), moment)
                await self._write(uow, row, turn, None, None, moment)
            return chat_view(row, await uow.chats.said(chat_id, last))

    async def erase(self, visitor: Visitor, chat_id: UUID) -> None:
        """Remove everything that the person wrote; that there was a chat, and when, stays. A lead that was sent stays with the
        agency, whose privacy process it is subject to.
        """
        entry = pass_of(visitor.token)
        async with self._database.begin(entry.actor) as uow:
            row = await self._held(uow, visitor, entry, chat_id)
            await self._erase(uow, row, "person")

    async def add_file(self, visitor: Visitor, chat_id: UUID, name: str, data: bytes) -> FileKept:
        """Keep a file of the person who sent the request. Raises Conflict before it was sent: without consent and a lead
        nobody may use it.
        """
        entry = pass_of(visitor.token)
        async with self._database.begin(entry.actor) as uow:
            row = await self._held(uow, visitor, entry, chat_id, hold=False)
            lead_id, stage = row.lead_id, row.stage
        if lead_id is None or stage != Stage.SENT:
            raise Conflict("send the request first, then its files", code="request_not_sent")
        # One upload at a time in a chat is what its rate allows; the document itself is one by its bytes.
        document, _ = await self._keep_file(system_actor(entry.actor.agency_id, "chat"), lead_id, name, data)
        async with self._database.begin(entry.actor) as uow:
            row = await self._held(uow, visitor, entry, chat_id)
            words = say(row.state.get("language", "en"), "file_taken", name=document.name)
            await self._say(uow, row, [(_ASSISTANT, words, Note())], None, now())
        return FileKept(document_id=document.id, name=document.name)

    async def of_lead(self, actor: Actor, lead_id: UUID) -> ChatView:
        """The transcript of the chat that a lead came from, with its hand-overs. Raises NotFound where there was none."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            await uow.leads.one(lead_id)
            row = await uow.chats.of_lead(lead_id)
            if row is None:
                raise NotFound("this lead did not come from a chat")
            return chat_view(row, await uow.chats.said(row.id))

    async def _held(
        self, uow: UnitOfWork, visitor: Visitor, entry: Pass, chat_id: UUID, *, hold: bool = True
    ) -> ChatRow:
        """The visitor's conversation. Raises NotFound, Forbidden, and Conflict where it is held and another turn is taken."""
        row = await uow.chats.one(chat_id, entry.token_hash, hold=hold)
        if visitor.page_origin is not None:
            speaker = self._door.caller_of(await uow.sources.one(row.source_id), "chat")
            _require_origin(speaker, visitor.page_origin)
        return row

    async def _turn(
        self,
        uow: UnitOfWork,
        row: ChatRow,
        speaker: Speaker,
        before: State,
        text: str,
        second: Second | None,
        moment: datetime,
    ) -> Turn:
        reader, terms = self._reader(moment), await _terms(uow, speaker)
        if before.stage is Stage.OPEN and row.turns >= self._settings.chat.turns:
            return Turn(
                stop(before, said=False).state, (say(before.language, "too_long"),), frozenset({Effect.FORGET_CONTACT})
            )
        turn = take(before, text, reader, terms, moment, second)
        if Effect.SUBMIT not in turn.effects:
            return turn
        status, body = await self._intake.take_in(
            uow, speaker, fields_of(turn.state), _consent(turn.state, speaker, row.page_url)
        )
        if status == REFUSED:
            refused = concluded(turn.state, str(body["code"]))
            return Turn(refused.state, (*turn.says, *refused.says), turn.effects | refused.effects, turn.note)
        row.lead_id = UUID(body["lead_id"])
        ended = concluded(turn.state, None, unconfirmed=body["status"] == _UNCONFIRMED)
        return Turn(ended.state, (*turn.says, *ended.says), turn.effects, turn.note)

    async def _follow(self, uow: UnitOfWork, row: ChatRow, turn: Turn, words: str) -> None:
        """What a turn brings with it, in its transaction."""
        if turn.effects & {Effect.WITHDRAW, Effect.WITHDRAW_CALLS}:
            await self._withdraw(
                uow, await uow.leads.one(row.lead_id) if row.lead_id else None, phone=turn.reach.get("phone"),
                email=turn.reach.get("email"), words=words, by_phone_only=Effect.WITHDRAW not in turn.effects,
                key=f"chat:{row.id}:{row.turns}",
            )  # fmt: skip
        if Effect.ERASE in turn.effects:
            await self._erase(uow, row, turn.state.reason or "person", turn.state)
        elif Effect.FORGET_CONTACT in turn.effects:
            await uow.chats.forget(row.id, all_words=False)

    async def _erase(self, uow: UnitOfWork, row: ChatRow, reason: str, state: State | None = None) -> None:
        stage = state.stage if state is not None else Stage.ERASED
        language = row.state.get("language", "en")
        bare = State(language=language, stage=stage, reason=reason).as_dict()
        await uow.chats.forget(row.id, all_words=True)
        row.state, row.stage, row.page_url, row.updated_at = bare, stage.value, None, now()

    async def _write(
        self, uow: UnitOfWork, row: ChatRow, turn: Turn, text: str | None, key: str | None, moment: datetime
    ) -> None:
        heard = [] if text is None else [(_PERSON, text, turn.note)]
        replies = [(_ASSISTANT, one, _note_of(one, turn.state)) for one in turn.says]
        await self._say(uow, row, [*heard, *replies], key, moment)
        row.state, row.stage, row.updated_at = turn.state.as_dict(), turn.state.stage.value, moment
        row.turns += bool(heard)

    async def _say(
        self,
        uow: UnitOfWork,
        row: ChatRow,
        messages: Sequence[tuple[str, str, Note]],
        key: str | None,
        moment: datetime,
    ) -> None:
        rows = [
            {
                "chat_id": row.id, "seq": row.last + place, "turn": row.turns + 1, "role": role, "text": text,
                "note": note.as_dict(), "key": key if role == _PERSON else None,
                "text_hash": digest(text) if role == _PERSON else None, "at": moment,
            }
            for place, (role, text, note) in enumerate(messages, start=1)
        ]  # fmt: skip
        await uow.chats.say(rows)
        row.last += len(rows)

    def _reader(self, moment: datetime) -> LeadReader:
        return LeadReader(self._geography, self._settings.intake.region or None, moment.date())


def _require_origin(speaker: Speaker, page_origin: str | None) -> None:
    if page_origin is not None and page_origin not in speaker.settings.origins:
        raise Forbidden(
            "pages of this origin may not hold the chat; see the source's origins", code="origin_not_allowed"
        )


async def _terms(uow: UnitOfWork, speaker: Speaker) -> Terms:
    given = speaker.settings
    texts = {**given.consent_texts, **({"en": given.consent_text} if given.consent_text else {})}
    agency = await uow.agencies.mine()
    return Terms(agency.name, given.sellers, texts, MedicareOffers.from_dict(agency.settings.get(MEDICARE_SETTING, {})))


def _consent(state: State, speaker: Speaker, page_url: str | None) -> dict[str, Any] | None:
    """The evidence of the consent (DOMAIN T20); None where there is none, so that nobody may contact the person."""
    given = state.consent
    if not state.granted or given is None:
        return None
    evidence = given_consent(
        given["text"], datetime.fromisoformat(given["at"]), zone=speaker.settings.zone, page_url=page_url,
        ip=origin().address, sellers=speaker.settings.sellers,
    )  # fmt: skip
    return evidence | (consent_of(state) or {})


def _open_state(row: ChatRow) -> dict[str, Any]:
    if row.stage not in {Stage.OPEN, Stage.SENT}:
        raise Conflict("this chat has ended; begin a new one", code="chat_ended")
    return row.state


def _note_of(reply: str, state: State) -> Note:
    """What a reply is marked with: it shows the words of the consent, or repeats how the person is reached."""
    shows = bool(state.consent) and (state.consent or {})["text"] in reply
    repeats = any(value and value in reply for slot in ("phone", "email") if (value := state.slots.get(slot)))
    return Note(personal=repeats, consent="shown" if shows else None)
