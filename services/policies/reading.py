"""Reading policies: a page, one with everything, as of an instant as known at another, what is in force."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from datetime import UTC, date, datetime
from uuid import UUID

from domain.actor import Actor, Scope
from domain.lines import Line
from domain.policies.amounts import cents
from domain.policies.contents import Operation, Part
from domain.policies.lifecycle import possible
from domain.policies.notices import legal_tables
from domain.policies.offers import Offer, Owed
from domain.policies.parties import LICENCE, shown, shown_party
from domain.policies.renewal import window
from domain.policies.words import PolicyStatus, Reason
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from services.policies.drafts import number_key
from services.policies.ending import terms_for
from services.policies.held import OPEN_ENDORSEMENTS, Held, hold, unrated_of
from services.policies.in_force import covering, gaps_apart
from services.policies.known import account_view, as_known, instalment_views
from services.policies.reinstating import quoted
from services.policies.renewal_views import (
    DutyView,
    OfferChangeView,
    OfferReasonView,
    OfferView,
    OwedView,
    RenewalDates,
    RenewalQuoteView,
)
from services.policies.views import (
    AsOfView,
    CancelQuote,
    DifferingField,
    EndorsementView,
    InForce,
    LicenceList,
    LicenceView,
    NoticeView,
    PaymentView,
    PolicyActivity,
    PolicyDetail,
    PolicyItem,
    PolicyPage,
    PolicyTimeline,
    PrefilledField,
    PrefillView,
    PriceView,
    ReinstateQuote,
    Stretch,
    money_view,
)
from store.sql.models import EndorsementRow, InsurancePolicyRow
from store.sql.repositories.policy_search import PolicyFilter
from store.uow import Database


class Reading:
    """Read-only use cases; each needs ``policies:read``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, actor: Actor, wanted: PolicyFilter, cursor: str | None, limit: int) -> PolicyPage:
        """Newest first. Raises Invalid for a cursor that this list did not give out."""
        actor.require(Scope.POLICIES_READ)
        after = read_cursor(cursor) if cursor else None
        async with self._database.begin(actor) as uow:
            rows = await uow.policies.page(await gaps_apart(uow, wanted), after, limit + 1)
        more = rows[limit - 1] if len(rows) > limit else None
        return PolicyPage(
            items=[view_of(row) for row in rows[:limit]],
            next_cursor=write_cursor(more.created_at, more.id) if more else None,
        )

    async def count(self, actor: Actor, wanted: PolicyFilter) -> int:
        """How many match."""
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            return await uow.policies.count(await gaps_apart(uow, wanted))

    async def find(self, actor: Actor, number: str) -> PolicyItem:
        """The latest term with a number, however it is spelled (T46). Raises NotFound through the id, Conflict for several."""
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            rows = await uow.policies.by_number(number_key(number))
        if len({row.carrier for row in rows}) > 1:
            raise Conflict("several carriers have this number; use the policy's id", code="ambiguous_number")
        if not rows:
            fault = FieldError("number", "unknown", "no policy has it", "check the number, or use the id", number[:80])
            raise Invalid("there is no policy with this number", fields=(fault,))
        return view_of(rows[-1])

    async def one(self, actor: Actor, policy_id: UUID) -> PolicyDetail:
        """Everything about a term; NotFound for another's."""
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, locked=False)
            endorsements = await uow.policies.endorsements(policy_id)
        return _detail(held, endorsements, now())

    async def licences(self, actor: Actor, policy_id: UUID) -> LicenceList:
        """Licence numbers in full, for who writes policies: a carrier asks for them. Who looked is in the audit log."""
        actor.require(Scope.POLICIES_WRITE)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, locked=False)
            today = held.today(now())
            contents = held.term.contents_on(today) if held.changes else held.contents
            await uow.audit.note("policy.licences", "policy", policy_id)
        items = [
            LicenceView(
                party=key, name=one.get("name") or "", licence_number=one[LICENCE], licence_state=one.get("licence_state")
            )
            for key, one in contents.of(Part.PARTY).items() if one.get(LICENCE)
        ]  # fmt: skip
        return LicenceList(items=items)

    async def timeline(self, actor: Actor, policy_id: UUID) -> PolicyTimeline:
        """What happened to it, oldest first."""
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            await uow.policies.one(policy_id)
            events = await uow.policies.events(policy_id)
            words = await uow.policies.words_of_notes(policy_id)
        views = [
            PolicyActivity(
                id=one.id, version=one.version, kind=one.kind, recorded_at=one.recorded_at, effective_at=one.effective_at,
                actor=one.actor, data={name: value for name, value in one.data.items() if name != "request"},
                words=words.get(UUID(one.data["note_id"])) if one.data.get("note_id") else None,
            )
            for one in events
        ]  # fmt: skip
        return PolicyTimeline(items=views)

    async def as_of(self, actor: Actor, policy_id: UUID, at: datetime, known_at: datetime | None) -> AsOfView:
        """The term at an instant, as it was known at another (else as it is known now)."""
        actor.require(Scope.POLICIES_READ)
        known = known_at or now()
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, locked=False)
            events = await uow.policies.events(policy_id)
        return as_known(held, events, at, known)

    async def quote_cancel(self, actor: Actor, policy_id: UUID, day: date, reason: Reason) -> CancelQuote:
        """What a cancellation would return; nothing changes."""
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, locked=False)
        terms, why = terms_for(held, reason, day)
        term, at = held.term, now()
        found = term.quote(day, terms)
        flat = found.premium == term.written and day == held.contract.start
        kept = term.written - found.premium
        rate = held.contract.tax_rate
        taxes = held.row.taxes_minor - cents(rate * kept)
        fees = held.row.fees_minor if flat else 0
        owed = kept + held.row.taxes_minor - taxes + held.row.fees_minor - fees
        return CancelQuote(
            effective_on=day, method=found.method.value, basis=found.basis.value, unearned_minor=found.unearned,
            penalty_minor=found.penalty, minimum_kept_minor=found.minimum, premium_return_minor=found.premium,
            tax_return_minor=taxes, fee_return_minor=fees, refund_minor=held.account(at).paid - owed, words=found.words,
            why_method=why,
        )  # fmt: skip

    async def quote_reinstate(self, actor: Actor, policy_id: UUID, *, lapse: bool) -> ReinstateQuote:
        """What is to be paid so that cover is taken up again today; nothing changes."""
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, locked=False)
        return quoted(held, now(), lapse=lapse)

    async def in_force(self, actor: Actor, at: datetime, known_at: datetime | None) -> InForce:
        """How many policies cover at an instant, as known at another; a reinstated one counts once (T57)."""
        actor.require(Scope.POLICIES_READ)
        known = known_at or now()
        async with self._database.begin(actor) as uow:
            by_line = Counter(await uow.policy_cover.uninterrupted(at, known))
            ended = await uow.policy_cover.interrupted(at, known)
        # Only what was ended once has to be looked at: it may have ended after the instant, or cover again.
        by_line.update(one.line for one, covered in covering(ended, at) if covered)
        return InForce(at=at, known_at=known, count=by_line.total(), by_line=dict(by_line))


def view_of(row: InsurancePolicyRow) -> PolicyItem:
    """A row as a list shows it."""
    return PolicyItem.model_validate({name: getattr(row, name) for name in PolicyItem.model_fields})


def write_cursor(created_at: datetime, policy_id: UUID) -> str:
    """An opaque place in the list."""
    return base64.urlsafe_b64encode(f"{created_at.isoformat()}|{policy_id}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, UUID]:
    """The place that :func:`write_cursor` wrote down. Raises Invalid for anything else."""
    try:
        text = base64.urlsafe_b64decode((cursor + "=" * (-len(cursor) % 4)).encode()).decode()
        moment, policy_id = text.split("|")
        place = datetime.fromisoformat(moment).astimezone(UTC), UUID(policy_id)
    except (ValueError, binascii.Error, OverflowError) as problem:
        remedy = "use next_cursor of the page before, or leave it out"
        fault = FieldError("cursor", "unreadable", "not a cursor of this list", remedy, cursor[:80])
        raise Invalid("the cursor cannot be read", fields=(fault,)) from problem
    return place


def _detail(held: Held, endorsements: list[EndorsementRow], at: datetime) -> PolicyDetail:
    row, term, today = held.row, held.term, held.today(at)
    days = (row.ends_on - row.first_started_on).days
    dates = window(row.ends_on, row.state, Line(row.line), days, legal_tables())
    contents = shown(term.contents_on(today).as_row() if held.changes else row.contents)
    return PolicyDetail(
        **view_of(row).model_dump(), producers=row.producers, contract=row.contract, returns=row.terms, plan=row.plan,
        contents=contents, prefill=_prefill(row), schedule=instalment_views(held.schedule),
        account=account_view(held, held.account(at), at),
        cover=[Stretch(opens_at=opens, closes_at=closes) for opens, closes in term.cover()], covered_now=term.covers(at),
        money=money_view(term.money_at(at)),
        notices=[NoticeView.model_validate(one, from_attributes=True) for one in held.notices],
        endorsements=[_endorsement(held, one) for one in endorsements],
        payments=[PaymentView.model_validate(one, from_attributes=True) for one in held.payments],
        renewal=RenewalDates(
            review_on=dates.review_on, offer_on=dates.offer_on, offer_by=dates.offer_by, offer_citation=dates.offer_citation,
            duties=[
                DutyView(
                    duty=one.duty.value, words=one.words, days=one.days, most_days=one.most_days, citation=one.cited.said
                )
                for one in dates.duties
            ],
            notice_from=dates.notice_from, decide_by=dates.decide_by, citation=dates.citation,
        ),
        renewal_quote=_renewal_quote(row),
        offer=None if row.offer is None else offer_view(Offer.read(row.offer)),
        possible=[one.value for one in possible(PolicyStatus(row.status))],
    )  # fmt: skip


def offer_view(offer: Offer) -> OfferView:
    """An offer as doors show it."""
    return OfferView(
        basis=offer.basis.value, reference=offer.reference,
        valid_until=date.fromisoformat(offer.valid_until) if offer.valid_until else None,
        before=_owed(offer.before), after=_owed(offer.after),
        changes=[OfferChangeView.model_validate(one, from_attributes=True) for one in offer.changes],
        reasons=[
            OfferReasonView(code=one.code, amount_minor=one.amount, words=one.words) for one in offer.reasons
        ],
        stated=list(offer.stated),
    )  # fmt: skip


def _renewal_quote(row: InsurancePolicyRow) -> RenewalQuoteView | None:
    if row.renewal_quote is None:
        return None
    contents = row.renewal_quote["contents"]
    return RenewalQuoteView.model_validate({**row.renewal_quote, "contents": contents and shown(contents)})


def _owed(owed: Owed) -> OwedView:
    return OwedView(
        price_minor=owed.price, premium_minor=owed.premium, taxes_minor=owed.taxes, fees_minor=owed.fees,
        total_minor=owed.total, months=owed.months,
    )  # fmt: skip


def _endorsement(held: Held, row: EndorsementRow) -> EndorsementView:
    own = {name: getattr(row, name) for name in EndorsementView.model_fields if hasattr(row, name)}
    price = None if row.price is None else {**dict.fromkeys(PriceView.model_fields), **row.price}
    awaited = (
        row.state in OPEN_ENDORSEMENTS
        and price is None
        and bool(unrated_of(held, row.effective_on, [Operation.read(one) for one in row.operations]))
    )
    operations = [{**one, "value": shown_party(one.get("value") or {})} for one in row.operations]
    given = {**own, **row.quoted, "operations": operations, "price": price, "unrated": awaited}
    return EndorsementView.model_validate(given)


def _prefill(row: InsurancePolicyRow) -> PrefillView | None:
    if row.prefill is None:
        return None
    kept, expected = row.prefill, row.prefill["expected_premium_minor"]
    comparable = expected is not None and kept["currency"] == row.currency
    return PrefillView(
        filled=[PrefilledField(field=place, **origin) for place, origin in kept["filled"].items()],
        differing=[
            DifferingField(field=place, sources=[PrefilledField(field=place, **one) for one in origins])
            for place, origins in kept["differing"].items()
        ],
        expected_premium_minor=expected, expected_currency=kept["currency"],
        difference_minor=row.price_minor - expected if comparable else None,
    )  # fmt: skip
