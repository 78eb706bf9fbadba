"""Roles hold as little as they need, passwords are long and not guessed first, and waiting does not lock anybody out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access.credentials import Credential, Spelled, looks_like_key, read
from domain.access.passwords import check_password
from domain.access.roles import KIND, PEOPLE, SCOPES, Role, granted
from domain.access.throttle import WINDOW, Count, Failures, pause, wait
from domain.actor import Actor, ActorKind, Scope
from kernel.errors import Forbidden, Invalid
from kernel.ids import new_id

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_every_role_has_scopes_and_a_kind_and_only_the_admin_all() -> None:
    assert set(SCOPES) == set(KIND) == set(Role) == PEOPLE | {Role.PARTNER, Role.SYSTEM}
    assert [role for role in Role if SCOPES[role] == frozenset(Scope)] == [Role.ADMIN]
    assert [role for role in Role if Scope.AGENCY_ADMIN in SCOPES[role]] == [Role.ADMIN]
    assert {role for role in Role if Scope.AUDIT_READ in SCOPES[role]} == {Role.ADMIN, Role.MANAGER}
    for role in (Role.PRODUCER, Role.PARTNER):
        assert not SCOPES[role] & {Scope.ROUTING_READ, Scope.ROUTING_WRITE, Scope.KNOWLEDGE_WRITE}
        assert KIND[role] in {ActorKind.PRODUCER, ActorKind.PARTNER}
    assert Scope.LEADS_WRITE not in SCOPES[Role.PARTNER]


@given(st.sampled_from(Role), st.sets(st.sampled_from(Scope)), st.sets(st.sampled_from(Scope)))
def test_what_is_granted_is_held_by_the_role_and_by_the_giver(role: Role, asked: set[Scope], by: set[Scope]) -> None:
    try:
        given_out = granted(role, asked, by)
    except Invalid:
        assert asked - SCOPES[role]
    except Forbidden:
        assert asked - by
    else:
        assert given_out == asked
        assert given_out <= SCOPES[role] & by


def test_writing_is_more_than_sending_and_not_the_other_way() -> None:
    writer = Actor(new_id(), ActorKind.PERSON, "w", frozenset({Scope.LEADS_WRITE}))
    writer.require(Scope.LEADS_SEND)
    sender = Actor(new_id(), ActorKind.PARTNER, "s", frozenset({Scope.LEADS_SEND}))
    with pytest.raises(Forbidden, match="leads:write"):
        sender.require(Scope.LEADS_WRITE)
    with pytest.raises(Forbidden):
        Actor(new_id(), ActorKind.PERSON, "none").require(Scope.LEADS_SEND)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "too_short"), ("elevenchars", "too_short"), ("x" * 300, "too_long"),
        ("tab\tin the middle", "control_character"),
        ("Password1234", "too_common"), ("QWERTYUIOP12", "too_common"), ("ababababababab", "too_common"),
        ("Ana.Ruiz@agency.example", "is_email"), ("ana.ruiz2026!", "is_email"),
    ],
)  # fmt: skip
def test_a_password_is_refused_with_its_reason_and_never_quoted(password: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_password(password, "ana.ruiz@agency.example")
    (fault,) = caught.value.fields
    assert (fault.code, fault.value) == (code, None)
    assert fault.remedy
    assert password not in fault.message


@pytest.mark.parametrize(
    "password", ["four unrelated words here", "twelve chars", "contraseña-muy-larga", "正確馬電池釘書釘雨傘月亮"]
)
def test_a_long_password_is_taken(password: str) -> None:
    check_password(password, "ana.ruiz@agency.example")


@given(st.sampled_from(Count), st.integers(0, 10_000))
def test_waiting_grows_and_is_never_longer_than_a_quarter_of_an_hour(of: Count, failures: int) -> None:
    assert pause(of, failures) <= pause(of, failures + 1) <= timedelta(minutes=15)


def counts(**given_counts: Failures) -> dict[Count, Failures]:
    return {of: given_counts.get(of.value, Failures()) for of in Count}


def test_a_few_failures_cost_nothing_and_the_next_ones_double() -> None:
    waits = [wait(counts(pair=Failures(n, NOON)), NOON).total_seconds() for n in range(9)]
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8]


def test_strangers_cannot_lock_out_who_came_in_from_here_before() -> None:
    attacked = Failures(1_000, NOON)
    known = Failures(0, NOON - timedelta(days=2), succeeded_at=NOON - timedelta(days=2))
    assert wait(counts(account=attacked, pair=known), NOON) <= timedelta(0)
    assert wait(counts(account=attacked), NOON) == timedelta(minutes=15)
    assert wait(counts(account=attacked), NOON + timedelta(minutes=15)) <= timedelta(0)
    long_ago = Failures(0, NOON, succeeded_at=NOON - timedelta(days=31))
    assert wait(counts(account=attacked, pair=long_ago), NOON) > timedelta(0)


def test_one_address_cannot_try_many_accounts() -> None:
    assert wait(counts(address=Failures(60, NOON)), NOON) == timedelta(minutes=15)


def test_failures_are_forgotten_after_the_window() -> None:
    assert wait(counts(pair=Failures(1_000, NOON)), NOON + WINDOW) <= timedelta(0)
    assert Failures(1_000, NOON).within(NOON + WINDOW) == 0


def test_a_credential_is_read_as_it_was_written_and_not_as_another() -> None:
    one = Spelled(Credential.KEY, "0123456789abcdef", "s" * 43)
    assert read(one.text, Credential.KEY) == one
    assert read(one.text, Credential.REFRESH) is None
    assert one.opens(one.hash)
    assert not Spelled(Credential.KEY, one.public_id, "t" * 43).opens(one.hash)
    assert one.secret not in one.hash
    assert looks_like_key(one.text)
    assert not looks_like_key("eyJhbGciOiJIUzI1NiJ9.e30.x")


@pytest.mark.parametrize(
    "text", ["", "lw_", "lw_0123456789abcdef_short", "LW_0123456789abcdef_" + "s" * 43, "x" * 10_000]
)
def test_what_is_no_credential_is_none(text: str) -> None:
    assert read(text, Credential.KEY) is None
