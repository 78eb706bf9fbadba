"""What the next term would be and cost: by the carrier's quote, as a person entered it, or as this one is when it ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from domain.lines import Line
from domain.policies.calendar import months_after, months_between
from domain.policies.changes import Change, ChangeKind, Contract
from domain.policies.contents import Contents, Part
from domain.policies.offers import Offer, OfferBasis, Owed, changes_between, is_worse, reasons_between, rise
from domain.policies.pricing import premium_operations
from domain.policies.renewal_windows import window_tables
from domain.policies.term import Term, priced
from domain.policies.types import catalogue
from kernel.errors import Conflict, FieldError, Invalid
from kernel.ids import digest
from services.policies.drafts import with_licences
from services.policies.held import Held
from services.policies.schemas import RenewalIn


@dataclass(frozen=True, slots=True)
class NextTerm:
    """A next term before it is made. ``quote`` is the carrier's, where its price is from there."""

    contract: Contract
    contents: Contents
    basis: OfferBasis
    quote: dict[str, Any] | None = None


def next_term(held: Held, body: RenewalIn, at: datetime) -> NextTerm:
    """The next term as it would be offered. Raises Invalid for a term that the type does not have, Conflict for a carrier's quote
    that is not good any more: a person asks for another, or enters the contents.
    """
    before, base = held.contract, held.contents
    quote = None if body.contents else good_quote(held, held.today(at))
    months = months_of(held, body.months or (quote["months"] if quote else None))
    if quote and body.months not in {None, quote["months"]}:
        fault = FieldError(
            "months", "not_quoted", f"the carrier quotes {quote['months']}", "leave it out", str(body.months)
        )
        raise Invalid("the carrier's quote is for another term", fields=(fault,))
    contract = replace(before, start=before.end, end=_end(held, months))
    if body.contents:
        return NextTerm(contract, with_licences(body.contents.contents(), base), OfferBasis.ENTERED)
    if quote:
        return NextTerm(contract, quoted_contents(base, quote), OfferBasis.CARRIER_QUOTE, quote)
    return NextTerm(contract, base, OfferBasis.AS_EXPIRING)


def months_of(held: Held, said: int | None) -> int:
    """How long the next term is: as was said, else as this one, else as the type has it. Raises Invalid for a term that the type
    does not have.
    """
    of = catalogue().of(held.row.type)
    months = said or months_between(held.contract.start, held.contract.end) or of.months[-1]
    if months not in of.months:
        fault = FieldError(
            "months", "wrong", "no term of this type", f"use {' or '.join(map(str, of.months))}", str(months)
        )
        raise Invalid("the renewal's term does not exist", fields=(fault,))
    return months


def good_quote(held: Held, today: date) -> dict[str, Any] | None:
    """The carrier's quote for the next term; None where none was entered. Raises Conflict for one that ran out, and for one of
    other contents than the policy has by now.
    """
    quote = held.row.renewal_quote
    if quote is None:
        return None
    if date.fromisoformat(quote["valid_until"]) < today:
        raise _no_more("renewal_quote_expired", f"the carrier's renewal quote was good until {quote['valid_until']}")
    if quote["of"] != fingerprint(held.contents, whole=quote["contents"] is not None):
        raise _no_more("renewal_quote_outdated", "the policy was changed since the carrier quoted its renewal")
    return quote


def quoted_contents(base: Contents, quote: dict[str, Any]) -> Contents:
    """The contents at the carrier's premiums. Raises Invalid for a premium of a coverage that is not there."""
    if quote["contents"] is not None:
        return Contents.read(quote["contents"])
    return base.after(premium_operations(base, quote["premiums"]), "the carrier's renewal quote")


def fingerprint(contents: Contents, *, whole: bool) -> str:
    """What a quote was given for. Premiums are of what is rated alone: an address that changes leaves them good."""
    row = contents.as_row()
    if not whole:
        people = {key: [one.get("role"), one.get("name")] for key, one in contents.of(Part.PARTY).items()}
        row = {**row, Part.PARTY.value: people}
    return digest(row)


def offered(held: Held, after: NextTerm, at: datetime) -> Offer:
    """The next term beside this one."""
    term, quote, old = held.term, after.quote or {}, held.contents
    before = _owed(term, old, held.contract)
    new = _owed(_begun(after.contract, after.contents, at), after.contents, after.contract)
    endorsed = any(one.kind is ChangeKind.ENDORSEMENT for one in held.changes)
    return Offer(
        after.basis, before, new, changes_between(old, after.contents),
        reasons_between(after.basis, before, new, old, after.contents, endorsed=endorsed), quote.get("reference"),
        quote.get("valid_until"), tuple(quote.get("reasons", ())),
    )  # fmt: skip


def offer_on(held: Held, renewal: Held, at: datetime) -> Offer:
    """What a next term was offered at; of one from before offers were kept, as it stands."""
    if renewal.row.offer is not None:
        return Offer.read(renewal.row.offer)
    basis = OfferBasis.AS_EXPIRING if renewal.contents == held.contents else OfferBasis.ENTERED
    return offered(held, NextTerm(renewal.contract, renewal.contents, basis), at)


def offered_in_time(held: Held, after: NextTerm, at: datetime) -> Offer:
    """The same. Raises Conflict where a law demands that this price, or these terms, had been told earlier."""
    offer, row = offered(held, after, at), held.row
    more, worse = rise(offer.before, offer.after), is_worse(held.contents, after.contents)
    broken = window_tables().broken(row.state, Line(row.line), held.contract.end, held.today(at), more, worse=worse)
    if broken is None:
        return offer
    remedy = (
        "offer it at the present price and terms; for anything else a licensed person finds what the section allows, and what "
        "the insured asks for is an endorsement"
    )
    last = f"{broken.days} days before {held.contract.end}"
    fault = FieldError("contents", "too_late", f"{broken.words}, that is {last}: {broken.cited.said}", remedy)
    raise Conflict(
        f"this renewal had to be told {last}: {broken.cited.said}; {remedy}", fields=(fault,), code="renewal_too_late"
    )


def told(offer: Offer) -> dict[str, Any]:
    """The offer as the event says it: codes and amounts, and nothing that a person wrote, be it a key."""
    return {
        "basis": offer.basis.value, "price_before_minor": offer.before.price, "price_after_minor": offer.after.price,
        "total_before_minor": offer.before.total, "total_after_minor": offer.after.total,
        "changes": [
            {name: getattr(one, name) for name in ("part", "change", "what", "field", "before", "after")}
            for one in offer.changes
        ],
        "reasons": [{"code": one.code, "amount_minor": one.amount} for one in offer.reasons],
    }  # fmt: skip


def _begun(contract: Contract, contents: Contents, at: datetime) -> Term:
    return priced(contract, [Change("offer", 1, ChangeKind.INCEPTION, contract.start, at, contents=contents)])


def _owed(term: Term, contents: Contents, contract: Contract) -> Owed:
    return Owed(
        contents.price, term.written, sum(one.tax for one in term.lines), sum(one.fee for one in term.lines),
        months_between(contract.start, contract.end),
    )  # fmt: skip


def _no_more(code: str, words: str) -> Conflict:
    remedy = "ask the carrier for another quote and enter it, or offer contents with their premiums"
    return Conflict(f"{words}; {remedy}", fields=(FieldError("renewal_quote", code, words, remedy),), code=code)


def _end(held: Held, months: int) -> date:
    """From the anchor of the first term where the terms since are whole months of it, so that 31 January stays it (T55)."""
    first = held.row.first_started_on
    gone = months_between(first, held.contract.end)
    if gone is not None:
        return months_after(first, gone + months)
    return months_after(held.contract.end, months)
