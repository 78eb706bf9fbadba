"""What doors show of renewals: when they are due, what the carrier quoted, what was offered. Money is minor units."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel


class DutyView(BaseModel):
    """What the state demands of a renewal: ``duty`` is ``offer``, ``dearer`` or ``changed``."""

    duty: str
    words: str
    days: int
    most_days: int | None
    citation: str


class RenewalDates(BaseModel):
    """When the renewal is due to be looked at and offered, by which law; ``custom`` where none is known. ``decide_by`` is None
    where no rule for a non-renewal is.
    """

    review_on: date
    offer_on: date
    offer_by: date
    offer_citation: str
    duties: list[DutyView]
    notice_from: date | None
    decide_by: date | None
    citation: str | None


class RenewalQuoteView(BaseModel):
    """What the carrier asks for the next term, as a person entered it."""

    reference: str
    valid_until: date
    months: int
    premiums: dict[str, int] | None
    contents: dict[str, Any] | None
    reasons: list[str]
    by: str
    at: datetime


class OwedView(BaseModel):
    """A term's money: ``price_minor`` of a full term, ``total_minor`` as written, with taxes and fees."""

    price_minor: int
    premium_minor: int
    taxes_minor: int
    fees_minor: int
    total_minor: int
    months: int | None


class OfferChangeView(BaseModel):
    """What the next term does otherwise: ``change`` is added, removed or changed, ``what`` a code, kind or role."""

    part: str
    change: str
    key: str
    what: str
    object: str | None
    field: str | None
    before: int | str | None
    after: int | str | None


class OfferReasonView(BaseModel):
    """Why it costs what it does; ``amount_minor`` where one reason's share is known."""

    code: str
    amount_minor: int | None
    words: str


class OfferView(BaseModel):
    """What this term was offered at to whom had the one before. ``basis`` is ``carrier_quote``, ``as_expiring`` or ``entered``;
    ``stated`` are the carrier's reasons in its own words.
    """

    basis: str
    reference: str | None
    valid_until: date | None
    before: OwedView
    after: OwedView
    changes: list[OfferChangeView]
    reasons: list[OfferReasonView]
    stated: list[str]
