"""Reading policies: a page, one with everything, as of an instant as known at another, what is in force."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from datetime import UTC, date, datetime
from itertools import groupby
from uuid import UUID

from domain.actor import Actor, Scope
from domain.lines import Line
from domain.policies.amounts import cents
from domain.policies.calendar import day_at
from domain.policies.changes import Change, read_contract
from domain.policies.contents import Operation
from domain.policies.cover import covers
from domain.policies.lifecycle import possible
from domain.policies.notices import legal_tables
from domain.policies.offers import Offer, Owed
from domain.policies.renewal import window
from domain.policies.term import Money as Premium
from domain.policies.term import priced
from domain.policies.words import PolicyStatus, Reason
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from services.policies.drafts import number_key
from services.policies.ending import terms_for
from services.policies.held import OPEN_ENDORSEMENTS, Held, hold, read_changes, unrated_of
from services.policies.reinstating import quoted
from services.policies.views import (
    AccountView,
    AsOfView,
    CancelQuote,
    DutyView,
    EndorsementView,
    InForce,
    InstalmentView,
    MoneyView,
    NoticeView,
    OfferChangeView,
    OfferReasonView,
    OfferView,
    OwedView,
    PaymentView,
    PolicyActivity,
    PolicyDetail,
    PolicyItem,
    PolicyPage,
    PolicyTimeline,
    PriceView,
    ReinstateQuote,
    RenewalDates,
    RenewalQuoteView,
    Stretch,
)
from store.sql.models import EndorsementRow, InsurancePolicyRow
from store.sql.repositories.policies import PolicyFilter
from store.sql.repositories.policy_cover import Interrupted
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
            rows = await uow.policies.page(wanted, after, limit + 1)
        more = rows[limit - 1] if len(rows) > limit else None
        return PolicyPage(
            items=[view_of(row) for row in rows[:limit]],
            next_cursor=write_cursor(more.created_at, more.id) if more else None,
        )

    async def count(self, actor: Actor, wanted: PolicyFilter) -> int:
        """How many match."""
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            return await uow.policies.count(wanted)

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

    async def timeline(self, actor: Actor, policy_id: UUID) -> PolicyTimeline:
        """What happened to it, oldest first."""
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            await uow.policies.one(policy_id)
            events = await uow.policies.events(policy_id)
        views = [
            PolicyActivity(
                id=one.id, version=one.version, kind=one.kind, recorded_at=one.recorded_at, effective_at=one.effective_at,
                actor=one.actor, data={name: value for name, value in one.data.items() if name != "request"},
            )
            for one in events
        ]  # fmt: skip
        return PolicyTimeline(items=views)

    async def as_of(self, actor: Actor, policy_id: UUID, at: datetime, known_at: datetime | None) -> AsOfView:
        """The term at an instant, as it was known at another (else as it is known now)."""
        actor.require(Scope.POLICIES_READ)
        known = known_at or now()
        async with self._database.begin(actor) as uow:
            row = await uow.policies.one(policy_id)
            changes = read_changes(await uow.policies.changes([policy_id]))
            events = await uow.policies.events(policy_id)
        contract = read_contract(row.contract)
        term = priced(contract, changes, known)
        then = [one for one in events if one.recorded_at <= known]
        contents = term.contents_on(day_at(at, contract.zone, contract.clock))
        return AsOfView(
            id=row.id, at=at, known_at=known, status=then[-1].data["status"] if then else None, covered=term.covers(at),
            price_minor=contents.price, money=_money(term.money_at(at)), contents=contents.as_row(),
            changes=sum(1 for one in changes if one.recorded_at <= known),
        )  # fmt: skip

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
        for _, changes in groupby(ended, key=lambda one: one.policy_id):
            rows = list(changes)
            if covers(read_contract(rows[0].contract), map(_bare, rows), at):
                by_line[rows[0].line] += 1
        return InForce(at=at, known_at=known, count=by_line.total(), by_line=dict(by_line))


def _bare(row: Interrupted) -> Change:
    """A change as far as cover depends on it."""
    body = {"resumes_at": row.resumes_at}
    return Change.read(str(row.change_id), row.number, row.kind, row.effective_on, row.recorded_at, body)


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
    stands, grace = held.account(at), held.grace(at)
    until = grace.over_at(stands.clock_on, held.contract) if grace and stands.overdue and stands.clock_on else None
    days = (row.ends_on - row.first_started_on).days
    dates = window(row.ends_on, row.state, Line(row.line), days, legal_tables())
    contents = term.contents_on(today).as_row() if held.changes else row.contents
    instalments = [_instalment(one.number, one.due_on, one.amount) for one in held.schedule]
    unpaid = next((one for one in instalments if stands.unpaid and one.number == stands.unpaid.number), None)
    return PolicyDetail(
        **view_of(row).model_dump(), producers=row.producers, contract=row.contract, returns=row.terms, plan=row.plan,
        contents=contents, schedule=instalments,
        account=AccountView(
            billed_minor=stands.billed, due_minor=stands.due, paid_minor=stands.paid, credit_minor=stands.credit,
            overdue=stands.overdue, unpaid=unpaid, grace_until=until,
        ),
        cover=[Stretch(opens_at=opens, closes_at=closes) for opens, closes in term.cover()], covered_now=term.covers(at),
        money=_money(term.money_at(at)),
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
        renewal_quote=None if row.renewal_quote is None else RenewalQuoteView.model_validate(row.renewal_quote),
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
    return EndorsementView.model_validate({**own, **row.quoted, "price": price, "unrated": awaited})


def _instalment(number: int, due_on: date, amount: int) -> InstalmentView:
    return InstalmentView(number=number, due_on=due_on, amount_minor=amount)


def _money(money: Premium) -> MoneyView:
    return MoneyView(
        written_minor=money.written, earned_minor=money.earned, unearned_minor=money.unearned, taxes_minor=money.taxes,
        fees_minor=money.fees,
    )  # fmt: skip
