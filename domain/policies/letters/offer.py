"""The offer of the next term: what it costs beside this one, what changes, why, and how to accept it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.policies.billing import Instalment
from domain.policies.contents import Contents, Part
from domain.policies.letters.letter import (
    About,
    Block,
    Head,
    Letter,
    Listing,
    Named,
    Say,
    Title,
    frame,
    plain,
    said,
    written,
)
from domain.policies.offers import ContentChange, Offer, OfferBasis, OfferReason, Owed

_DONE = {"added": "Added", "removed": "Removed", "changed": "Changed"}
_MONEY = ("premium", "taxes", "fees")


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """The next term beside this one; ``before`` and the letter's own contents say what people and things are called."""

    offer: Offer
    before: Contents
    instalments: Sequence[Instalment]


def offer_letter(about: About, facts: OfferFacts) -> Letter:
    """An offer of the next term; ``about`` is that term."""
    offer = facts.offer
    blocks: list[Block] = [
        frame(about),
        Say(f"Your policy can go on from {about.instant(about.contract.start)} until {about.instant(about.contract.end)}."),
        Named([
            ("Premium of the next term", about.money(offer.after.premium)),
            ("Premium of this term", about.money(offer.before.price)),
            ("Taxes", about.money(offer.after.taxes)), ("Fees", about.money(offer.after.fees)),
            ("Total of the next term", about.money(offer.after.total)),
        ]),
        Say(f"The premium is {_beside(about, offer)} that of this term. {_whose(offer)}"),
        Head("What is owed for each term"), _both(about, offer.before, offer.after),
    ]  # fmt: skip
    changes = [_change(about, facts, one) for one in offer.changes]
    blocks += [Head("What changes"), *(Say(one) for one in changes or ["Nothing else changes."])]
    reasons = [_reason(about, one) for one in offer.reasons if one.code != "as_expiring"]
    if reasons or offer.stated:
        blocks += [Head("Why"), *(Say(one) for one in reasons)]
        blocks += [Say(f"The insurer says: {said(one)}") for one in offer.stated]
    return Letter("Renewal offer", [*blocks, *_acceptance(about, facts.instalments)])


def _beside(about: About, offer: Offer) -> str:
    change = offer.after.price - offer.before.price
    if change == 0:
        return "the same as"
    return f"{about.money(abs(change))} {'more' if change > 0 else 'less'} than"


def _whose(offer: Offer) -> str:
    if offer.basis is OfferBasis.AS_EXPIRING:
        return "It is offered as it is now: the insurer has given no other price yet."
    if offer.basis is OfferBasis.CARRIER_QUOTE:
        return f"It is the price that the insurer quotes ({said(offer.reference or '')})."
    return "It is the price that was entered for the next term."


def _both(about: About, before: Owed, after: Owed) -> Listing:
    def row(name: str, old: int, new: int) -> tuple[str, ...]:
        return (name, about.money(old), about.money(new - old), about.money(new))

    titles = (Title("", 3), *(Title(one, 2, numbers=True) for one in ("this term", "change", "next term")))
    rows = [row(name, getattr(before, name), getattr(after, name)) for name in _MONEY]
    return Listing(titles, rows, row("total", before.total, after.total))


def _change(about: About, facts: OfferFacts, one: ContentChange) -> str:
    what = f"{_DONE[one.change]} {plain(one.part)} {_called(about, facts, one)}"
    if one.field is None:
        return f"{what}."
    if one.change != "changed":
        amount = one.after if one.change == "added" else one.before
        return f"{what}: {plain(one.field)} {_value(about, one.field, amount)}."
    if one.before is None and one.after is None:
        return f"{what}: {plain(one.field)}."
    return (
        f"{what}: {plain(one.field)} {_value(about, one.field, one.before)} before, "
        f"{_value(about, one.field, one.after)} after."
    )


def _called(about: About, facts: OfferFacts, one: ContentChange) -> str:
    """People by their names, everything else by its key and what it is."""
    if one.part == Part.PARTY:
        thing = about.contents.of(Part.PARTY).get(one.key) or facts.before.of(Part.PARTY).get(one.key) or {}
        return f"{plain(one.what)} {said(thing.get('name') or one.key)}"
    of = f" of {said(one.object)}" if one.object else ""
    return f"{plain(one.what)} ({said(one.key)}){of}"


def _value(about: About, field: str, value: int | str | None) -> str:
    if value is None:
        return "none"
    return about.money(value) if isinstance(value, int) and field != "factor" else said(value)


def _reason(about: About, one: OfferReason) -> str:
    words = f"{one.words[0].upper()}{one.words[1:]}"
    if one.amount is None:
        return f"{said(words)}."
    return f"{said(words)}: {'+' if one.amount > 0 else ''}{about.money(one.amount)}."


def _acceptance(about: About, instalments: Sequence[Instalment]) -> list[Block]:
    blocks: list[Block] = []
    if instalments:
        first, at = instalments[0], about.instant(about.contract.start)
        blocks.append(
            Say(f"To accept, pay the first instalment of {about.money(first.amount)} before {at}.", strong=True)
        )
        rows = [(str(one.number), written(one.due_on), about.money(one.amount)) for one in instalments]
        blocks.append(
            Listing((Title("instalment", 1), Title("due by the end of", 3), Title("amount", 2, numbers=True)), rows)
        )
    return [*blocks, Say("If nothing is paid by then, cover ends with the present term.")]
