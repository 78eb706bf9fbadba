"""Letters to the insured: each says what one event of the policy did, is drawn once, and is kept as a document of the policy."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.documents.owner import Owner
from domain.policies.billing import Instalment
from domain.policies.calendar import day_at
from domain.policies.contents import Contents, Operation
from domain.policies.letters.declarations import DeclarationsFacts, Price, declarations_letter
from domain.policies.letters.letter import About, Head, Letter, LetterKind, Listing, Named, Say
from domain.policies.letters.money import (
    CONFIRMED,
    ConfirmationFacts,
    ReceiptFacts,
    confirmation_letter,
    receipt_letter,
)
from domain.policies.letters.notices import NoticeFacts, notice_letter
from domain.policies.letters.offer import OfferFacts, offer_letter
from domain.policies.letters.recipients import Addressee, addressees, reachable
from domain.policies.notices import Recipient, Sent
from domain.policies.papers import Verdict
from domain.policies.term import Term, priced
from domain.policies.words import Act, Action, Happening, PolicyStatus, Reason
from integrations.blobs import Blobs
from integrations.pdf import Block, Column, Heading, Pairs, Paragraph, Strong, Table, pdf
from kernel.clock import now
from kernel.errors import Conflict, FieldError, NotFound
from kernel.ids import new_id
from services.policies.held import Held, hold
from services.policies.offering import offer_on
from services.policies.recording import record
from services.policies.requests import Request
from store.sql.models import EndorsementRow, PolicyEventRow, PolicyNoticeRow, PolicyPaymentRow
from store.uow import Database, UnitOfWork

_SHAPING = frozenset({
    Happening.ACTIVATED.value, Act.ENDORSED.value, Happening.CANCELLED.value, Happening.LAPSED.value,
    Happening.RESCINDED.value, Happening.REINSTATED.value, Happening.RESUMED.value,
})  # fmt: skip
_ABOUT: Mapping[LetterKind, frozenset[str]] = {
    LetterKind.NOTICE: frozenset({Act.NOTICE_GIVEN.value}),
    LetterKind.DECLARATIONS: _SHAPING,
    LetterKind.RECEIPT: frozenset({Act.PAID.value, Act.REFUNDED.value}),
    LetterKind.CONFIRMATION: CONFIRMED,
    LetterKind.RENEWAL_OFFER: frozenset({Act.RENEWAL_OFFERED.value}),
}
"""Which events a letter of each kind can be about."""
_SIZE = 10.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What a letter is about: an event, or what the event was about; with none of them the last event that it can be about."""

    event_id: UUID | None = None
    notice_id: UUID | None = None
    payment_id: UUID | None = None

    def fits(self, event: PolicyEventRow) -> bool:
        """Whether it is this event."""
        told = {"notice_id": self.notice_id, "payment_id": self.payment_id}
        mine = all(one is None or event.data.get(name) == str(one) for name, one in told.items())
        return mine and self.event_id in {None, event.id}


class Letters:
    """The writer. Needs ``policies:write``; what it wrote is read as every document of a policy."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    async def write(
        self, actor: Actor, policy_id: UUID, kind: LetterKind, *, event_id: UUID | None = None, notice_id: UUID | None = None,
        payment_id: UUID | None = None, key: str | None = None,
    ) -> UUID:  # fmt: skip
        """The id of the document. The same event always finds the same one, whatever the ``key``; a key that was used for
        another letter is refused.

        Raises NotFound where the policy has no such event, Conflict where what it was about does not stand any more.
        """
        actor.require(Scope.POLICIES_WRITE)
        subject = Subject(event_id, notice_id, payment_id)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, locked=False)
            event = await _event(uow, policy_id, kind, subject)
            known = await uow.documents.letter(policy_id, _key(kind, event))
            if known is not None:
                return known.id
            if kind is LetterKind.NOTICE:
                letters = await _notices(uow, held, event)
            else:
                letters = {"": await WRITES[kind](uow, held, event)}
        files: dict[str, tuple[str, int]] = {}
        for to, letter in letters.items():
            foot = f"{held.row.number or ''}  {_key(kind, event, to)}".strip()
            data = await asyncio.to_thread(drawn, letter, foot, event.recorded_at)
            files[to] = await self._blobs.put(actor.agency_id, data), len(data)
        request = Request.of(actor, "letter", key, [kind.value, str(event.id)])
        return await self._keep(actor, policy_id, kind, event, request, files)

    async def _keep(
        self, actor: Actor, policy_id: UUID, kind: LetterKind, event: PolicyEventRow, request: Request,
        files: Mapping[str, tuple[str, int]],
    ) -> UUID:  # fmt: skip
        """Keep the letter to the insured with its copies, all or none; the insured's id."""
        documents = {to: new_id() for to in files}
        async with self._database.begin(actor) as uow:
            held, at = await hold(uow, policy_id), now()
            known = await uow.documents.letter(policy_id, _key(kind, event))  # another call may have been first
            if known is not None:
                return known.id
            await request.done(uow, policy_id)
            for to, (sha256, size) in files.items():
                told: dict[str, Any] = {} if to else {"request": request.body}
                name = "-".join([kind.value, str(event.version), *([to] if to else [])])
                await uow.documents.add(Owner(policy_id=policy_id), {
                "id": documents[to], "name": f"{name}.pdf", "format": "pdf", "media_type": "application/pdf",
                "size": size, "sha256": sha256, "scan": "not_scanned", "status": "read", "notes": [], "attempts": 0,
                "uploaded_by": actor.subject, "uploaded_at": at, "type": kind.paper.value, "verdict": Verdict.MADE.value,
                "letter_key": _key(kind, event, to), "policy_version": event.version,
                })  # fmt: skip
                await record(
                    uow, held, Act.LETTER_WRITTEN, key=f"{request.key}:{to}" if to else request.key, at=at,
                    document_id=documents[to], letter=kind.value, document_type=kind.paper.value, of_event_id=event.id,
                    **told,
                )  # fmt: skip
        return documents[""]


def drawn(letter: Letter, foot: str, at: datetime) -> bytes:
    """The letter as a PDF, the same bytes for the same letter: it was made ``at``, whenever it is drawn."""
    blocks: list[Block] = [Heading(letter.title)]
    for one in letter.blocks:
        match one:
            case Head():
                blocks.append(Heading(one.words, level=2))
            case Say():
                blocks.append(Paragraph(one.words, size=_SIZE, bold=one.strong))
            case Named():
                blocks.append(Pairs(one.pairs))
            case Listing():
                columns = [Column(title.words, title.share, numbers=title.numbers) for title in one.titles]
                blocks.append(Table(columns, [*one.rows, *([Strong(one.total)] if one.total else [])]))
    return pdf(blocks, foot=foot, made_at=at)


def _key(kind: LetterKind, event: PolicyEventRow, to: str = "") -> str:
    """What a letter is written once for; ``to`` is whom a copy is for, empty for the insured."""
    return f"{kind.value}:{event.id}:{to}" if to else f"{kind.value}:{event.id}"


async def _event(uow: UnitOfWork, policy_id: UUID, kind: LetterKind, subject: Subject) -> PolicyEventRow:
    found = [one for one in await uow.policies.events(policy_id) if one.kind in _ABOUT[kind] and subject.fits(one)]
    if not found:
        kinds = ", ".join(sorted(_ABOUT[kind]))
        raise NotFound(f"no event of policy {policy_id} for a letter of this kind; it is about one of: {kinds}")
    return found[-1]


def _about(held: Held, contents: Contents, at: datetime) -> About:
    row = held.row
    return About(
        row.number or "not numbered yet", row.carrier, row.type, row.state, row.currency, held.contract, contents,
        held.today(at),
    )  # fmt: skip


def _known(held: Held, at: datetime) -> Term:
    """The term as it was known at an instant."""
    return priced(held.contract, held.changes, at)


def _price(term: Term) -> Price:
    return Price(term.written, sum(one.tax for one in term.lines), sum(one.fee for one in term.lines))


def _instalments(held: Held, total: int) -> Sequence[Instalment]:
    """The schedule, where it still is that of this price: it is not kept by versions."""
    return held.schedule if sum(one.amount for one in held.schedule) == total else ()


async def _notices(uow: UnitOfWork, held: Held, event: PolicyEventRow) -> dict[str, Letter]:
    """The notice to the insured, under no name, and to everybody else who is sent it, under the key of the party. It says what
    was kept with it: what is due changes with the policy. Raises Conflict where somebody whom it must reach has no address.
    """
    row = await uow.policies.belonging(PolicyNoticeRow, held.row.id, UUID(event.data["notice_id"]))
    if row.withdrawn_at is not None:
        raise Conflict(f"the notice was withdrawn: {row.withdrawn_why}", code="notice_withdrawn")
    if row.reason == Reason.NONPAYMENT.value and row.to_pay_minor is None:
        words = "what was to pay was not kept with the notice; withdraw it and give it anew"
        raise Conflict(words, code="amounts_unknown")
    facts = NoticeFacts(
        Action(row.action), Reason(row.reason), Sent(row.sent), row.mailed_on, row.effective_on, row.days_required,
        row.citation, row.past_due_minor, row.to_pay_minor,
    )  # fmt: skip
    then = _known(held, row.recorded_at).contents_on(row.mailed_on)
    contents = reachable(then, held.contents)
    about, of_record = _about(held, contents, row.recorded_at), held.row.producer_id
    producer = None if of_record is None else (await uow.producers.names([of_record])).get(of_record)
    first, *others = addressees(contents, row.recipients or (), producer)
    _require_reach([first, *others])
    return {"": notice_letter(about, facts), **{one.key: notice_letter(about, facts, one) for one in others}}


def _require_reach(them: Sequence[Addressee]) -> None:
    """Raise Conflict, with each of them named, where a notice could not have been sent to who must be sent it."""
    faults = []
    for one in them:
        if one.role == Recipient.PRODUCER and not one.name:
            faults.append(FieldError("producer_id", "missing", "the policy has no producer of record", "say who it is"))
        elif one.required and one.role != Recipient.PRODUCER and not one.address:
            field = f"contents.party.{one.key}.address"
            faults.append(FieldError(field, "missing", f"the {one.role} has no address", "endorse the policy with it"))
    if faults:
        raise Conflict(
            "the notice cannot be sent to everybody who must be sent it", fields=tuple(faults), code="no_address"
        )


async def _declarations(uow: UnitOfWork, held: Held, event: PolicyEventRow) -> Letter:
    term, contract = _known(held, event.recorded_at), held.contract
    of_event = day_at(event.effective_at, contract.zone, contract.clock)
    as_of = max(held.today(event.recorded_at), contract.start, of_event)
    names = await uow.producers.names([UUID(one["producer_id"]) for one in held.row.producers])
    producers = [(names.get(UUID(one["producer_id"]), "no longer here"), one["role"]) for one in held.row.producers]
    came = [one for one in held.payments if one.state == "settled" and one.amount_minor > 0]
    methods = sorted({one.method for one in came if one.received_at <= event.recorded_at})
    facts = DeclarationsFacts(
        _price(term),
        producers,
        held.row.plan["frequency"],
        _instalments(held, term.total),
        methods,
        as_of,
        event.version,
    )
    return declarations_letter(_about(held, term.contents_on(as_of), event.recorded_at), facts)


async def _receipt(uow: UnitOfWork, held: Held, event: PolicyEventRow) -> Letter:
    row = await uow.policies.belonging(PolicyPaymentRow, held.row.id, UUID(event.data["payment_id"]))
    if row.state != "settled":
        raise Conflict(f"the payment is {row.state}; there is nothing to confirm", code=f"payment_{row.state}")
    term = _known(held, event.recorded_at)
    total = term.total if term.lines else sum(one.amount for one in held.schedule)
    following = held.account(event.recorded_at).unpaid if _instalments(held, total) else None
    facts = ReceiptFacts(
        row.amount_minor,
        row.method,
        row.reference,
        held.today(row.received_at),
        event.data["paid_minor"],
        total,
        following,
    )
    contents = term.contents_on(held.today(event.recorded_at)) if term.lines else held.contents
    return receipt_letter(_about(held, contents, event.recorded_at), facts)


async def _confirmation(uow: UnitOfWork, held: Held, event: PolicyEventRow) -> Letter:
    data, term = event.data, _known(held, event.recorded_at)
    after = Price(data["written_premium_minor"], data["taxes_minor"], data["fees_minor"])
    before = Price(
        after.premium - data["premium_change_minor"], after.taxes - data["tax_change_minor"],
        after.fees - data["fee_change_minor"],
    )  # fmt: skip
    day = day_at(event.effective_at, held.contract.zone, held.contract.clock)
    operations: Sequence[Operation] = ()
    if event.kind == Act.ENDORSED.value:
        row = await uow.policies.belonging(EndorsementRow, held.row.id, UUID(data["endorsement_id"]))
        operations = [Operation.read(one) for one in row.operations]
    resumes, reason = data.get("resumes_at"), data.get("reason")
    facts = ConfirmationFacts(
        event.kind, day, before, after, held.account(event.recorded_at).paid, Reason(reason) if reason else None,
        term.returned.words if term.returned and event.kind in _ENDS else "",
        datetime.fromisoformat(resumes) if resumes else None, operations, term.cover(),
    )  # fmt: skip
    return confirmation_letter(_about(held, term.contents_on(day), event.recorded_at), facts)


_ENDS = frozenset({Happening.CANCELLED.value, Happening.LAPSED.value, Happening.RESCINDED.value})


async def _offer(uow: UnitOfWork, held: Held, event: PolicyEventRow) -> Letter:
    renewal = await hold(uow, UUID(event.data["renewal_id"]), locked=False)
    if renewal.status is not PolicyStatus.PENDING_PAYMENT:
        raise Conflict(f"the next term is {renewal.row.status}; there is nothing to accept", code="not_on_offer")
    last = await _event(uow, held.row.id, LetterKind.RENEWAL_OFFER, Subject())
    if last.id != event.id:
        raise Conflict("the offer was replaced by a later one; write the letter about that", code="offer_replaced")
    contents = renewal.contents
    facts = OfferFacts(
        offer_on(held, renewal, event.recorded_at),
        _known(held, event.recorded_at).contents_on(held.contract.end),
        renewal.schedule,
    )
    return offer_letter(_about(renewal, contents, event.recorded_at), facts)


WRITES: dict[LetterKind, Callable[[UnitOfWork, Held, PolicyEventRow], Awaitable[Letter]]] = {
    LetterKind.DECLARATIONS: _declarations, LetterKind.RECEIPT: _receipt,
    LetterKind.CONFIRMATION: _confirmation, LetterKind.RENEWAL_OFFER: _offer,
}  # fmt: skip
