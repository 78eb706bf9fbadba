"""Notices, lapses, non-renewals, reinstatements and the clock, through the services and the database: T58 to T62."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.policies.lifecycle import TRANSITIONS
from domain.policies.words import Happening, PolicyStatus
from kernel.errors import AppError
from kernel.ids import new_id
from services.leads.schemas import LeadIn
from services.policies.schemas import EndorsementIn, FromLeadIn, RenewalIn
from tests.builders import a_lead
from tests.services.policies.book import Book, contents, noon


async def code(work: object) -> str:
    with pytest.raises(AppError) as refused:
        await work  # type: ignore[misc]
    return refused.value.code


def a_life(**changes: Any) -> dict[str, Any]:
    life = {"date_of_birth": "1980-05-05", "face_minor": 50_000_000, "tobacco": False}
    return {
        "type": "life.term", "state": "CA", "zone": "America/Los_Angeles", "frequency": "monthly", "contents": {
            "object": {
                "a": {"kind": "insured_life", "data": life}, "t": {"kind": "term_years", "data": {"years": 20}},
            },
            "party": {
                "i": {"role": "named_insured", "name": "Ana Ruiz"}, "o": {"role": "owner", "name": "Ana Ruiz"},
                "b": {"role": "beneficiary", "name": "Leo Ruiz"},
            },
            "coverage": {"d": {"code": "death_benefit", "limits": {"amount": 50_000_000}, "premium_minor": 120_000}},
        }, **changes,
    }  # fmt: skip


async def test_a_cancellation_for_non_payment_needs_its_notice_and_its_day(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    with book.on("2026-02-01"):
        assert await code(book.notice(policy_id, "2026-02-01", "2026-03-01")) == "not_overdue"
    with book.on("2026-02-02"):
        assert await code(book.cancel(policy_id, "nonpayment")) == "no_notice"
        assert await code(book.notice(policy_id, "2026-02-02", "2026-02-11")) == "notice_too_short"
        assert await code(book.notice(policy_id, "2026-02-02", "2026-02-12", sent="mail")) == "notice_method"
        await book.notice(policy_id, "2026-02-02", "2026-02-12")
        assert await code(book.cancel(policy_id, "nonpayment")) == "not_yet"
        kept = (await book.see(policy_id)).notices
    assert [(one.days_required, one.withdrawn_at) for one in kept] == [(10, None)]
    assert "143.15" in kept[0].citation
    await book.tick("2026-02-11")
    assert (await book.see(policy_id)).status == "active"
    await book.tick("2026-02-12")
    ended = await book.see(policy_id)
    assert (ended.status, ended.ended_on, ended.ended_reason) == ("cancelled", date(2026, 2, 12), "nonpayment")
    assert ended.written_minor == 13_808  # 42 of 365 days
    assert ended.cover[-1].closes_at == datetime(2026, 2, 12, 6, 1, tzinfo=UTC)


async def test_a_notice_for_non_payment_is_mailed_once_the_premium_is_overdue_and_with_proof(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")  # the next instalment is due on 1 February
    with book.on("2026-02-02"):
        for mailed in ("2026-01-10", "2026-02-01"):
            assert await code(book.notice(policy_id, mailed, "2026-02-20")) == "notice_before_due"
        for proof in (None, " "):
            assert await code(book.notice(policy_id, "2026-02-02", "2026-02-12", proof=proof)) == "notice_unproven"
        assert not (await book.see(policy_id)).notices
        await book.notice(policy_id, "2026-02-02", "2026-02-12")
        (kept,) = (await book.see(policy_id)).notices
    assert (kept.proof, kept.due_on, kept.past_due_minor, kept.to_pay_minor) == (
        "PS 3817, drawer 4", date(2026, 2, 1), 10_000, 10_000,
    )  # fmt: skip


async def test_a_payment_that_was_taken_back_after_the_mailing_was_no_reason_for_the_notice(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    with book.on("2026-02-01"):
        paid = await book.pay(policy_id, 10_000)
    with book.on("2026-02-10"):
        await book.policies.paying.reverse(book.actor, policy_id, paid, "returned by the bank")
        assert await code(book.notice(policy_id, "2026-02-05", "2026-02-20")) == "notice_before_due"
        await book.notice(policy_id, "2026-02-10", "2026-02-20")


async def test_a_payment_in_time_ends_the_notice_and_nothing_is_cancelled(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    with book.on("2026-02-02"):
        await book.notice(policy_id, "2026-02-02", "2026-02-12")
    with book.on("2026-02-10"):
        await book.pay(policy_id, 10_000)
        assert (await book.see(policy_id)).notices[0].withdrawn_why == "paid"
    await book.tick("2026-02-13")
    assert (await book.see(policy_id)).status == "active"
    assert "cancelled" not in await book.kinds(policy_id)


async def test_where_no_rule_is_known_nothing_ends_and_a_person_must_find_the_law(book: Book) -> None:
    policy_id = await book.active(state="GA", zone="America/New_York", frequency="monthly")
    with book.on("2026-03-02"):
        assert await code(book.notice(policy_id, "2026-03-02", "2026-12-01")) == "no_notice_rule"
        assert await code(book.cancel(policy_id, "nonpayment")) == "no_notice"
        assert await code(book.policies.ending.lapse(book.actor, policy_id, expected=None)) == "no_grace_rule"
    assert (await book.see(policy_id)).status == "active"


async def test_t58_a_life_policy_lapses_behind_sixty_days_of_grace_with_notice(book: Book) -> None:
    policy_id = await book.active(**a_life())
    lapse = {"action": "lapse", "sent": "mail"}
    await book.tick("2026-02-02")
    assert (await book.kinds(policy_id))[-2:] == ["became_overdue", "needs_a_person"]
    with book.on("2026-02-10"):
        assert await code(book.policies.ending.lapse(book.actor, policy_id, expected=None)) == "in_grace"
        await book.notice(policy_id, "2026-02-10", "2026-04-03", **lapse)
        pending = EndorsementIn.model_validate({
            "effective_on": "2026-05-01",
            "operations": [{"verb": "change", "part": "coverage", "key": "d", "value": {"premium_minor": 150_000}}],
        })  # fmt: skip
        quoted = await book.policies.changing.quote(book.actor, policy_id, pending, expected=None, key=None)
        renewal_id = await book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key=None)
        found = await book.see(policy_id)
        assert found.account.grace_until == datetime(2026, 4, 3, 7, 1, tzinfo=UTC)  # 60 days behind 1 February
    await book.tick("2026-04-02")
    with book.on("2026-04-02"):
        covered = await book.see(policy_id)
        assert (covered.status, covered.covered_now) == ("active", True)  # cover goes on in grace
    await book.tick("2026-04-03")
    with book.on("2026-04-04"):
        ended = await book.see(policy_id)
        approve = book.policies.changing.approve(book.actor, policy_id, quoted, expected=None)
        assert await code(approve) == "endorsement_invalidated"
    assert (ended.status, ended.ended_on, ended.covered_now) == ("lapsed", date(2026, 4, 3), False)
    assert [one.state for one in ended.endorsements] == ["invalidated"]  # T60
    assert (await book.see(renewal_id)).status == "not_taken"
    assert ended.written_minor == 30_247


async def test_t58_in_utah_grace_is_31_days_and_the_notice_is_sent_with_proof(book: Book) -> None:
    policy_id = await book.active(**a_life(state="UT", zone="America/Denver"))
    with book.on("2026-02-03"):
        assert (
            await code(book.notice(policy_id, "2026-02-03", "2026-03-05", action="lapse", sent="mail"))
            == "notice_method"
        )
        assert await code(book.notice(policy_id, "2026-02-03", "2026-03-04", action="lapse")) == "notice_too_short"
        await book.notice(policy_id, "2026-02-03", "2026-03-05", action="lapse")
        found = await book.see(policy_id)
    assert found.account.grace_until == datetime(2026, 3, 5, 7, 1, tzinfo=UTC)  # the 31st day behind 1 February is over
    assert "31A-22-402" in found.notices[0].citation
    await book.tick("2026-03-04")
    assert (await book.see(policy_id)).status == "active"
    await book.tick("2026-03-05")
    assert (await book.see(policy_id)).status == "lapsed"


async def test_t58_grace_that_is_over_without_a_notice_is_told_and_cover_goes_on(book: Book) -> None:
    policy_id = await book.active(**a_life())
    await book.tick("2026-04-03")
    events = (await book.policies.reading.timeline(book.actor, policy_id)).items
    asked = {one.data["code"]: one.data.get("proposal") for one in events if one.kind == "needs_a_person"}
    assert len([one for one in events if one.kind == "needs_a_person"]) == len(asked)
    assert set(asked) == {"notice_due", "no_notice"}
    assert asked["notice_due"]["due_on"] == "2026-04-01"  # those before it cannot be announced any more
    with book.on("2026-04-03"):
        found = await book.see(policy_id)
    assert (found.status, found.covered_now) == ("active", True)


async def test_t59_an_attempt_does_not_move_grace_and_a_reversal_does_by_contract(book: Book) -> None:
    until = {}
    for restarts in (False, True):
        policy_id = await book.active(**a_life(reversal_restarts_grace=restarts))
        with book.on("2026-02-03"):
            paid = await book.pay(policy_id, 10_000)
        with book.on("2026-02-20"):
            await book.policies.paying.reverse(book.actor, policy_id, paid, "returned by the bank")
            hanging = await book.pay(policy_id, 10_000, settled=False)
            await book.policies.paying.fail(book.actor, policy_id, hanging, "again")
            until[restarts] = (await book.see(policy_id)).account.grace_until
    assert until == {False: datetime(2026, 4, 3, 7, 1, tzinfo=UTC), True: datetime(2026, 4, 22, 7, 1, tzinfo=UTC)}


async def test_t60_an_end_takes_an_offered_renewal_along(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-11-20"):
        renewal_id = await book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key=None)
        await book.cancel(policy_id, day="2026-11-20")
    assert (await book.see(renewal_id)).status == "not_taken"


async def test_t61_with_a_lapse_cover_begins_at_the_payment_and_the_gap_is_not_charged(book: Book) -> None:
    policy_id = await book.active(frequency="monthly", contents=contents(36_500))
    with book.on("2026-02-02"):
        await book.notice(policy_id, "2026-02-02", "2026-02-12")
    await book.tick("2026-02-12")
    with book.on("2026-02-20"):
        assert await code(book.reinstate(policy_id, lapse=True)) == "no_payment"
        await book.pay(policy_id, 100)
        assert await code(book.reinstate(policy_id, lapse=True)) == "overdue"
        quote = await book.policies.reading.quote_reinstate(book.actor, policy_id, lapse=True)
        assert quote.to_pay_minor == 2 * 3_042 - 800 - 3_042 - 100  # January and February, less 8 days of a dollar
        await book.pay(policy_id, quote.to_pay_minor)
        await book.reinstate(policy_id, lapse=True)
        found = await book.see(policy_id)
    assert (found.status, len(found.cover)) == ("active", 2)
    assert found.cover[1].opens_at == noon("2026-02-20")
    assert found.written_minor == 36_500 - 8 * 100
    gap = await book.policies.reading.as_of(book.actor, policy_id, noon("2026-02-15"), None)
    assert (gap.covered, gap.money.earned_minor) == (False, 4_200), "a loss in the gap is not covered"
    assert found.notices[0].withdrawn_why == "reinstated"
    await book.tick("2026-02-21")
    assert (await book.see(policy_id)).status == "active"  # a notice ends cover once


async def test_t61_without_a_lapse_it_never_ended_and_a_statement_is_needed(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-03-10"):
        await book.cancel(policy_id, day="2026-03-01")
        assert await code(book.reinstate(policy_id, lapse=False)) == "no_statement"
        early = book.reinstate(policy_id, lapse=False, no_loss_stated_on="2026-02-27")
        assert await code(early) == "no_statement"
        assert await code(book.reinstate(policy_id, lapse=True)) == "no_payment"
        await book.reinstate(policy_id, lapse=False, no_loss_stated_on="2026-03-10")
        found = await book.see(policy_id)
        assert (found.status, found.written_minor, len(found.cover), found.ended_on) == ("active", 120_000, 1, None)
        await book.cancel(policy_id, day="2026-03-10")
    with book.on("2026-04-10"):
        assert await code(book.reinstate(policy_id, lapse=False, no_loss_stated_on="2026-04-10")) == "window_closed"


async def test_t62_a_non_renewal_is_decided_by_notice_and_happens_at_the_end(book: Book) -> None:
    policy_id = await book.active(state="NY", zone="America/New_York")
    said = {"action": "non_renewal", "reason": "other"}
    with book.on("2026-10-20"):
        assert await code(book.notice(policy_id, "2026-10-20", "2027-01-01", **said)) == "notice_too_early"
    with book.on("2026-11-10"):
        given = await book.notice(policy_id, "2026-11-10", "2027-01-01", **said)
        assert (await book.see(policy_id)).status == "non_renewing"
        await book.policies.ending.withdraw_notice(book.actor, policy_id, given, "the roof is mended", expected=None)
        assert (await book.see(policy_id)).status == "active"
        await book.notice(policy_id, "2026-11-10", "2027-01-01", **said)
        assert await code(
            book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key=None)
        ) == ("policy_non_renewing")
    await book.tick("2026-12-31")
    with book.on("2026-12-31"):
        assert (await book.see(policy_id)).covered_now
    await book.tick("2027-01-01")
    assert (await book.see(policy_id)).status == "non_renewed"


async def test_an_insured_may_ask_ahead_and_it_ends_on_that_day(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-03-01"):
        await book.cancel(policy_id, day="2026-04-01")
        assert (await book.see(policy_id)).status == "active"
    await book.tick("2026-03-31")
    assert (await book.see(policy_id)).status == "active"
    await book.tick("2026-04-02")
    found = await book.see(policy_id)
    assert (found.status, found.ended_on, found.ended_by) == ("cancelled", date(2026, 4, 1), "insured")


async def test_what_an_insured_asked_for_ahead_is_taken_back(book: Book) -> None:
    policy_id = await book.active()

    def keep() -> Any:
        return book.policies.ending.keep(book.actor, policy_id, expected=None, key=None)

    with book.on("2026-03-01"):
        assert await code(keep()) == "not_asked"
        await book.cancel(policy_id, day="2026-04-01")
    with book.on("2026-03-05"):
        await keep()
        assert "asked_end" not in (await book.see(policy_id)).plan
        assert await code(keep()) == "not_asked"
    await book.tick("2026-04-02")
    assert (await book.see(policy_id)).status == "active"
    assert (await book.kinds(policy_id))[-1] == "cancellation_taken_back"


async def test_timers_are_worked_once_by_many_workers(book: Book) -> None:
    policies = [await book.active(auto_renew=True) for _ in range(4)]

    async def worker() -> int:
        worked = 0
        while some := await book.policies.timing.work():
            worked += some
        return worked

    with book.on("2026-11-18"):
        worked = await asyncio.gather(*(worker() for _ in range(6)))
    assert sum(worked) >= 4
    for policy_id in policies:
        assert (await book.kinds(policy_id)).count("renewal_offered") == 1
    with book.on("2027-01-02"):
        await asyncio.gather(*(worker() for _ in range(6)))
    for policy_id in policies:
        assert (await book.kinds(policy_id)).count("expired") == 1
        async with book.services.database.begin(book.actor) as uow:
            renewal = await uow.policies.renewal_of(policy_id)
        assert renewal is None  # not paid by its first day, so not taken


async def test_a_worker_that_dies_leaves_the_timer_to_the_next(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2027-01-02"):
        async with book.services.database.platform() as platform:
            while await platform.claim_due_policy_timers(noon("2027-01-02"), timedelta(minutes=2), 5):
                pass  # taken by somebody who does nothing with them
        assert not await book.policies.timing.work()
    await book.tick("2027-01-03")
    assert (await book.see(policy_id)).status == "expired"


async def test_what_a_rule_refuses_when_its_day_comes_is_told_to_a_person_once(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    with book.on("2026-02-02"):
        notice_id = await book.notice(policy_id, "2026-02-02", "2026-02-12")
    with book.on("2026-02-05"):
        # Paid behind the services' back, so that the notice still stands when its day comes.
        async with book.services.database.begin(book.actor) as uow:
            await uow.session.execute(
                text(
                    "INSERT INTO policy_payment (id, agency_id, policy_id, key, amount_minor, method, state, received_at, "
                    "recorded_at, recorded_by) VALUES (:id, :agency, :policy, 'x', 10000, 'ach', 'settled', :at, :at, 'test')"
                ),
                {"id": new_id(), "agency": book.actor.agency_id, "policy": policy_id, "at": noon("2026-02-05")},
            )
    await book.tick("2026-02-12")
    await book.tick("2026-02-13")
    events = (await book.policies.reading.timeline(book.actor, policy_id)).items
    asked = [one for one in events if one.kind == "needs_a_person"]
    assert [one.data["code"] for one in asked] == ["not_overdue"]
    found = await book.see(policy_id)
    assert (found.status, found.notices[0].id) == ("active", notice_id)


# the database refuses, whoever asks


async def direct(book: Book, statement: str, **values: Any) -> str:
    """The constraint by which the database refuses a statement of the application's own role."""
    with pytest.raises(DBAPIError) as refused:
        async with book.services.database.begin(book.actor) as uow:
            await uow.session.execute(text(statement), values)
    return str(refused.value.orig)


STEP = "UPDATE policy SET status = :to, happened = :happened, version = version + 1, updated_at = now() WHERE id = :id"


async def test_t62_the_database_has_the_steps_of_the_life_cycle_and_no_others(book: Book) -> None:
    policy_id = await book.active()
    async with book.services.database.begin(book.actor) as uow:
        body = await uow.session.scalar(text("SELECT prosrc FROM pg_proc WHERE proname = 'policy_guard'"))
    assert isinstance(body, str)
    kept = {
        tuple(part.strip(" '()") for part in row.split(","))
        for row in body.split("VALUES ")[1].split(") AS step")[0].split("), (")
    }
    assert kept == {(before.value, happened.value, step.to.value) for (before, happened), step in TRANSITIONS.items()}
    for happened, to in product(Happening, PolicyStatus):
        step = TRANSITIONS.get((PolicyStatus.ACTIVE, happened))
        if to is not PolicyStatus.ACTIVE and (step is None or step.to is not to):
            said = await direct(book, STEP, to=to.value, happened=happened.value, id=policy_id)
            assert "cannot be" in said or "numbered" in said, (happened, to)


async def test_the_database_refuses_an_end_without_a_notice(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    ended = STEP.replace(
        "SET ",
        "SET ended_on = '2026-03-01', ended_at = '2026-03-01T06:01Z', ended_by = 'insurer', ended_reason = 'nonpayment', ",
    )
    for status in ("cancelled", "lapsed"):
        assert "no valid notice" in await direct(book, ended, to=status, happened=status, id=policy_id)
    decided = STEP.replace("SET ", "SET ended_reason = 'other', ended_by = 'insurer', ")
    assert "no valid notice" in await direct(
        book, decided, to="non_renewing", happened="non_renewal_decided", id=policy_id
    )
    with book.on("2026-02-02"):
        notice_id = await book.notice(policy_id, "2026-02-02", "2026-02-12")
    early = ended.replace("'2026-03-01'", "'2026-02-11'").replace("SET ", "SET notice_id = :notice, ")
    assert "no valid notice" in await direct(
        book, early, to="cancelled", happened="cancelled", id=policy_id, notice=notice_id
    )
    lapse = ended.replace("SET ", "SET notice_id = :notice, ")
    assert "no valid notice" in await direct(
        book, lapse, to="lapsed", happened="lapsed", id=policy_id, notice=notice_id
    )


async def test_a_number_is_one_policys_and_its_terms_do_not_overlap(book: Book) -> None:
    policy_id = await book.active(number="OV-1", carrier="One")
    await book.active(number="OV-1", carrier="Two")
    assert await code(book.draft(number="ov 1", carrier="One", starts_on=date(2026, 6, 1))) == "number_taken"
    copied = (
        "INSERT INTO policy SELECT (jsonb_populate_record(p, jsonb_build_object('id', CAST(:new AS uuid), 'term_number', 2, "
        "'version', 1, 'status', 'draft', 'starts_at', '2026-12-31T00:00Z', 'ends_at', '2027-12-31T00:00Z', "
        "'written_minor', 0))).* "
        "FROM policy p WHERE p.id = :old"
    )
    second = new_id()

    async def twice() -> None:
        async with book.services.database.begin(book.actor) as uow:
            await uow.session.execute(text(copied), {"new": second, "old": policy_id})
            for to, happened in (("pending_payment", "submitted"), ("active", "activated")):
                await uow.session.execute(text(STEP), {"to": to, "happened": happened, "id": second})

    with pytest.raises(DBAPIError, match="policy_terms_apart"):
        await twice()


async def test_the_database_refuses_a_change_without_an_event_and_books_that_do_not_balance(book: Book) -> None:
    """DOMAIN T56: what a policy says is written is what was posted for it."""
    policy_id = await book.active()
    silent = "UPDATE policy SET paid_minor = 1, version = version + 1 WHERE id = :id"
    assert "has no event" in await direct(book, silent, id=policy_id)
    event = (
        "WITH e AS (INSERT INTO policy_event (id, agency_id, policy_id, version, key, kind, recorded_at, effective_at, actor, "
        "data) "
        "SELECT :event, agency_id, id, version + 1, 'forged', 'paid', now(), now(), 'x', '{}' FROM policy WHERE id = :id) "
        "UPDATE policy SET written_minor = 1, version = version + 1 WHERE id = :id"
    )
    assert "do not add up" in await direct(book, event, id=policy_id, event=new_id())
    skipped = "UPDATE policy SET paid_minor = 1 WHERE id = :id"
    assert "at version" in await direct(book, skipped, id=policy_id)
    moved = "UPDATE policy SET ends_on = ends_on + 1, version = version + 1 WHERE id = :id"
    assert "does not change within its term" in await direct(book, moved, id=policy_id)


@pytest.mark.parametrize("table", ["policy_event", "policy_change", "policy_posting"])
async def test_what_was_written_down_stays(book: Book, table: str) -> None:
    await book.active()
    assert "permission denied" in await direct(book, f"DELETE FROM {table}")
    assert "permission denied" in await direct(book, f"UPDATE {table} SET recorded_at = now()")


async def test_an_erased_lead_leaves_its_policy_and_no_policy_is_deleted(book: Book) -> None:
    lead = await book.services.intake.accept_one(book.actor, LeadIn(**a_lead()), key="erased")
    lead_id, policy_id = UUID(str(lead.body["lead_id"])), await book.active()
    assert "permission denied" in await direct(book, "DELETE FROM policy WHERE id = :id", id=policy_id)
    async with book.services.database.begin(book.actor) as uow:
        await uow.history.locked(lead_id)
        await uow.session.execute(text("UPDATE lead SET status = 'won' WHERE id = :id"), {"id": lead_id})
    body = FromLeadIn(carrier="Prairie Mutual", starts_on=date(2026, 1, 1), type="auto.standard")
    made = await book.policies.drafts.from_lead(book.actor, lead_id, body, key=None)
    assert (await book.see(made)).lead_id == lead_id
    async with book.services.database.begin(book.actor) as uow:
        await uow.session.execute(text("DELETE FROM lead WHERE id = :id"), {"id": lead_id})
    kept = await book.see(made)
    assert (kept.lead_id, kept.version) == (None, 1)
