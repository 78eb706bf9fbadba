"""Ids keep the order of their making; the clock can be held still."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kernel.clock import frozen, now
from kernel.ids import derived_id, digest, new_id


def test_ids_sort_by_the_moment_they_were_made() -> None:
    made = [new_id() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {"specified in RFC 4122"}


def test_derived_ids_follow_from_their_parts() -> None:
    assert derived_id("a", "b") == derived_id("a", "b")
    assert derived_id("a", "b") != derived_id("ab")


def test_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": [2, 3]}) == digest({"b": [2, 3], "a": 1})


def test_digest_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="JSON"):
        digest({"a": float("nan")})


def test_frozen_clock_stands_still_and_runs_again() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with frozen(at):
        assert now() == at
    assert now() != at


def test_frozen_clock_needs_an_instant() -> None:
    with pytest.raises(ValueError, match="aware"), frozen(datetime(2026, 3, 1)):
        pass
