"""The catalogue of what may be asked and done."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pydantic import ValidationError

from domain.access.roles import SCOPES, Role
from domain.actor import Actor, ActorKind, Scope
from domain.asking.arguments import AcceptOffer, ChangeStatus, DeclineOffer, FindLeads, Measure, Recorded
from domain.asking.catalogue import BROKER, CATALOGUE, Area, Effect, open_to, writes
from domain.leads.lifecycle import TRANSITIONS, VERBS

LEAD = str(uuid4())


def _actor(role: Role, kind: ActorKind) -> Actor:
    return Actor(uuid4(), kind, "one", SCOPES[role], producer_id=uuid4())


def test_arguments_take_nothing_that_is_not_named() -> None:
    for entry in CATALOGUE.values():
        with pytest.raises(ValidationError):
            entry.args.model_validate({"agency_id": str(uuid4())})


def test_a_read_needs_no_scope_that_writes() -> None:
    assert {s for e in CATALOGUE.values() if e.effect is Effect.READ for s in e.scopes} == {
        Scope.LEADS_READ, Scope.PRODUCERS_READ, Scope.KNOWLEDGE_READ, Scope.COMMISSIONS_READ,
        Scope.POLICIES_READ,
    }  # fmt: skip


def test_a_producer_gives_nobody_elses_leads_away_and_a_manager_does() -> None:
    producer = open_to(_actor(Role.PRODUCER, ActorKind.PRODUCER))
    manager = open_to(_actor(Role.MANAGER, ActorKind.PERSON))
    assert {e.name for e in manager} - {e.name for e in producer} == {"reassign_lead"}


def test_whoever_lacks_a_scope_is_not_shown_its_tools() -> None:
    reader = Actor(uuid4(), ActorKind.PERSON, "one", frozenset({Scope.LEADS_READ}))
    assert "ask_documents" not in {e.name for e in open_to(reader)}
    assert not [e for e in open_to(reader) if e.effect is Effect.WRITE]


def test_nothing_writes_after_words_from_outside() -> None:
    manager = _actor(Role.MANAGER, ActorKind.PERSON)
    assert not [e for e in open_to(manager, tainted=True) if e.effect is Effect.WRITE]


def test_the_referral_broker_has_the_network_and_what_names_mean_alone() -> None:
    assert {name for name in BROKER if CATALOGUE[name].area is not Area.NETWORK} == {"find_leads"}
    assert {entry.name for entry in CATALOGUE.values() if entry.area is Area.NETWORK} < BROKER


def test_an_unknown_name_counts_as_a_write() -> None:
    assert writes(["find_leads", "drop_tables", "send_message"]) == ["drop_tables", "send_message"]


def test_every_recorded_status_is_where_a_verb_leads() -> None:
    led = {after.value for (_, happening), after in TRANSITIONS.items() if happening in VERBS.values()}
    assert {one.value for one in Recorded} <= led


@pytest.mark.parametrize("args", [{}, {"lead_id": LEAD, "offer_id": LEAD}])
def test_an_offer_is_named_once(args: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="either"):
        AcceptOffer.model_validate(args)


def test_what_needs_a_reason_has_one() -> None:
    with pytest.raises(ValidationError, match="reason"):
        ChangeStatus.model_validate({"lead_id": LEAD, "status": "lost"})
    with pytest.raises(ValidationError, match="words"):
        DeclineOffer.model_validate({"lead_id": LEAD, "reason": "other"})


def test_times_have_an_offset_and_an_order() -> None:
    with pytest.raises(ValidationError):
        FindLeads.model_validate({"not_contacted_since": "2026-11-23T00:00:00"})
    with pytest.raises(ValidationError, match="before"):
        Measure.model_validate(
            {"metric": "won", "since": "2026-11-02T00:00:00Z", "until": "2026-11-01T00:00:00Z"}
        )  # fmt: skip


@pytest.mark.parametrize(
    "wrong", [{"state": ["XX"]}, {"line": ["car"]}, {"limit": 51}, {"limit": 0}, {"score_at_least": 101}]
)
def test_enums_and_bounds_hold(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FindLeads.model_validate(wrong)
