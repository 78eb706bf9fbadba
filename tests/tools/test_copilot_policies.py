"""The copilot's questions on policies: what it tells, whom, and which records its answers may name."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from agents.copilot_local.telling import told
from domain.actor import Actor, ActorKind, Scope
from domain.asking.arguments import Lookup, Topic
from domain.asking.catalogue import CATALOGUE, Area, open_to
from domain.asking.policy_arguments import (
    BookPremium,
    ExplainBill,
    FindPolicies,
    PoliciesAtRisk,
    PoliciesInForce,
    ShowPolicy,
)
from domain.policies.analytics import By
from domain.policies.words import PolicyStatus
from kernel.errors import Forbidden, Invalid, NotFound
from kernel.ids import new_id
from services.container import Services
from tests.services.policies.book import Book, glass, noon
from tools.copilot.figures import lookup
from tools.copilot.policies import explain_bill, find_policies, policies_at_risk, policies_in_force, show_policy
from tools.copilot.policy_premium import book_premium
from tools.copilot.results import AskDeps, Result


def cited(result: Result) -> set[str]:
    return {one.id for one in result.cites if one.kind == "policy"}


async def test_one_policy_is_told_with_its_next_payment_and_its_notice(services: Services, actor: Actor) -> None:
    book, deps = Book(services, actor), AskDeps(actor, services)
    policy_id = await book.active(frequency="monthly", number="CP-1")
    with book.on("2026-02-02"):
        await book.notice(policy_id, "2026-02-02", "2026-02-12")
        found = await show_policy(deps, ShowPolicy(number="cp1"))
        same = await show_policy(deps, ShowPolicy(policy_id=policy_id))
    assert found.data == same.data
    assert cited(found) == {str(policy_id)}
    assert found.untrusted
    assert found.data["next_payment"] == {"number": 2, "due_on": "2026-02-01", "amount_minor": 10_000}
    said = told("show_policy", found.data, "en")
    for words in (
        f"CP-1: active, Ann Lee, auto.standard, Prairie Mutual, IL, ends 2027-01-01, 1,200.00 USD a term [{policy_id}]",
        "billed 1,200.00 USD, paid 100.00 USD", "Next payment: 100.00 USD by 2026-02-01 (instalment 2). It is overdue",
        "notice of cancellation for nonpayment on 2026-02-12: 215 ILCS 5/143.15", "covers now",
    ):  # fmt: skip
        assert words in said, (words, said)


async def test_a_bill_is_explained_change_by_change(services: Services, actor: Actor) -> None:
    book, deps = Book(services, actor), AskDeps(actor, services)
    policy_id = await book.active(tax_rate="0.04", fees_minor=2_500)
    with book.on("2026-03-01"):
        await book.endorse(policy_id, "2026-04-01", glass(36_500))
        found = await explain_bill(deps, ExplainBill(policy_id=policy_id))
    steps = [(one["kind"], one["change_minor"], one["before_minor"], one["after_minor"]) for one in found.data["steps"]]
    assert steps == [("activated", 127_300, 0, 127_300), ("endorsed", 28_600, 127_300, 155_900)]
    assert found.data["billed_minor"] == 155_900
    said = told("explain_bill", found.data, "en")
    assert "endorsed (add coverage glass) from 2026-04-01: +286.00 USD, from 1,273.00 USD to 1,559.00 USD" in said
    assert "Next payment: 286.00 USD by 2026-03-01" in said
    assert cited(found) == {str(policy_id)}


async def test_policies_are_found_counted_and_watched(services: Services, actor: Actor) -> None:
    book, deps = Book(services, actor), AskDeps(actor, services)
    auto, late = await book.active(), await book.active(frequency="monthly")
    draft = await book.draft()

    async def found(**wanted: Any) -> set[str]:
        return cited(await find_policies(deps, FindPolicies.model_validate(wanted)))

    assert await found(status=["active"]) == {str(auto), str(late)}
    assert await found(status=["draft"], line=["auto"], state="IL", carrier="Prairie Mutual") == {str(draft)}
    assert await found(state="TX") == set()
    assert await found(ends_from=date(2027, 1, 2)) == set()
    one = await find_policies(deps, FindPolicies(limit=1))
    assert (len(one.data["policies"]), one.data["total"]) == (1, 3)
    assert told("find_policies", one.data, "en").startswith("1 of 3 policies:\n1. PM-")
    assert told("find_policies", {"policies": [], "total": 0}, "en") == "No policy fits."
    then = await policies_in_force(deps, PoliciesInForce(at=noon("2026-06-01")))
    assert told("policies_in_force", then.data, "en") == "2 policies in force at 2026-06-01 18:00: auto 2."
    with book.on("2026-02-10"):
        risk = await policies_at_risk(deps, PoliciesAtRisk())
        kept = await lookup(deps, Lookup(what=Topic.POLICIES))
    assert cited(risk) == {str(late)}
    assert f"[{late}]" in told("policies_at_risk", risk.data, "en")
    assert kept.data["in_force"]["count"] == 2
    assert "No term ends within 60 days." in told("lookup", kept.data, "en")
    with book.on("2026-12-01"):
        kept = await lookup(deps, Lookup(what=Topic.POLICIES))
    assert cited(kept) == {str(auto), str(late)}


async def test_who_asks_sees_what_is_theirs(services: Services, actor: Actor, other_actor: Actor) -> None:
    one = (await services.producers.records.page(actor, None, 10)).items[0].id
    book = Book(services, actor)
    mine = await book.active(producers=[{"producer_id": str(one), "share": "1"}], number="CP-9")
    await book.active()

    def deps(producer_id: UUID | None) -> AskDeps:
        return AskDeps(replace(actor, kind=ActorKind.PRODUCER, subject="p", producer_id=producer_id), services)

    assert cited(await find_policies(deps(one), FindPolicies(status=[PolicyStatus.ACTIVE]))) == {str(mine)}
    assert (await policies_in_force(deps(one), PoliciesInForce(at=noon("2026-06-01")))).data["count"] == 1
    for stranger in (deps(new_id()), deps(None), AskDeps(other_actor, services)):
        assert cited(await find_policies(stranger, FindPolicies())) == set()
        with pytest.raises(NotFound):
            await explain_bill(stranger, ExplainBill(policy_id=mine))
        with pytest.raises(Invalid):
            await show_policy(stranger, ShowPolicy(number="CP-9"))
    without = replace(actor, scopes=actor.scopes - {Scope.POLICIES_READ})
    with pytest.raises(Forbidden):
        await lookup(AskDeps(without, services), Lookup(what=Topic.POLICIES))
    tools = {name for name, entry in CATALOGUE.items() if entry.area is Area.POLICIES}
    assert tools == {
        "show_policy", "find_policies", "book_premium", "policies_in_force", "policies_at_risk", "explain_bill", "policy_on_day",
        "quote_cancellation", "policy_documents", "read_policy_document",
    }  # fmt: skip
    assert not tools & {entry.name for entry in open_to(without)}


def test_one_policy_is_named_once() -> None:
    for wrong in ({}, {"number": "A1", "policy_id": new_id()}, {"number": "--"}):
        with pytest.raises(ValueError, match="number"):
            ShowPolicy.model_validate(wrong)


async def test_premium_held_is_told_by_group_and_what_is_overdue_is_found_by_name(
    services: Services, actor: Actor
) -> None:
    book, deps = Book(services, actor), AskDeps(actor, services)
    policy_id = await book.active(frequency="monthly", number="CP-7", auto_renew=True)
    await book.active(number="CP-8")
    with book.on("2026-02-03"):
        found = await find_policies(deps, FindPolicies(insured="lee, ANN", overdue=True, auto_renew=True))
        none = await find_policies(deps, FindPolicies(overdue=True, starts_from=date(2026, 1, 2)))
        held = await book_premium(deps, BookPremium(on=date(2027, 1, 1), by=By.CARRIER))
        half = await book_premium(deps, BookPremium(on=date(2026, 7, 2)))
        with pytest.raises(Invalid):
            await find_policies(deps, FindPolicies(insured="--"))
    assert cited(found) == {str(policy_id)}
    assert none.data["total"] == 0
    (whole,) = held.data["total"]
    assert (whole["in_force"], whole["written_minor"], whole["unearned_minor"]) == (0, 240_000, 0)
    said = told("book_premium", half.data, "en")
    earned = 2 * round(120_000 * 182 / 365)
    assert (
        f"{(240_000 - earned) / 100:,.2f} USD unearned, {earned / 100:,.2f} USD earned of 2,400.00 USD written" in said
    )
    assert "- Prairie Mutual, " in told("book_premium", held.data, "en")
