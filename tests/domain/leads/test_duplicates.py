"""The same person and line within the window is a duplicate; a household or another line is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.leads.duplicates import Identity, matches, same_person, settle, windows
from domain.leads.likeness import Described
from domain.leads.reading.names import read_name
from domain.lines import Line
from kernel.ids import new_id

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WINDOW = windows(30, {"life": 90})


def who(name: str | None = None, **said: Any) -> Described:
    read = read_name(name) if name else None
    return Described(read.display if read else None, name_key=read.key if read else None, **said)


def person(name: str, *, days_ago: int = 0, lines: tuple[Line, ...] = (Line.AUTO,), **said: Any) -> Identity:
    return Identity(new_id(), NOW - timedelta(days=days_ago), who(name, **said), lines)


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (who("Ann Lee", email_key="a@x.example"), who("A. Lee", email_key="a@x.example"), "same e-mail"),
        (who("Ann Lee", phone_key="+13125550142"), who("ANN LEE", phone_key="+13125550142"), "same phone"),
        (who("Ann Lee", phone_key="+13125550142"), who(None, phone_key="+13125550142"), "same phone"),
        (who("Ann Lee", phone_key="+13125550142"), who("Robert Cole", phone_key="+13125550142"), None),
        (who("O'Neil Pat", place_key="1 a st|60601"), who("O’Neil Pat", place_key="1 a st|60601"), "same name and address"),
        (who("Hans Müller", place_key="1 a st|60601"), who("Hans Muller", place_key="1 a st|60601"), None),
        (who("Ann Lee", place_key="1 a st|60601"), who("Bo Lee", place_key="1 a st|60601"), None),
        (who("Ann Lee"), who("Ann Lee"), None),
    ],
)  # fmt: skip
def test_who_is_one_person(one: Described, other: Described, why: str | None) -> None:
    assert same_person(one, other) == why
    assert same_person(other, one) == why


def test_only_an_earlier_lead_can_be_repeated() -> None:
    earlier, later = person("Ann", days_ago=2, email_key="a"), person("Ann", email_key="a")
    assert [match.earlier for match in matches(later, [earlier])] == [earlier]
    assert matches(earlier, [later]) == []


def test_two_leads_of_one_instant_have_an_order() -> None:
    one, other = person("Ann", email_key="a"), person("Ann", email_key="a")
    assert len(matches(one, [other])) + len(matches(other, [one])) == 1


@pytest.mark.parametrize(
    ("days_ago", "had", "wants", "repeats"),
    [
        (30, Line.AUTO, Line.AUTO, True),
        (31, Line.AUTO, Line.AUTO, False),
        (89, Line.LIFE, Line.LIFE, True),
        (1, Line.AUTO, Line.HOME, False),
        (1, Line.UNKNOWN, Line.HOME, True),
        (1, Line.AUTO, Line.UNKNOWN, True),
        (1, Line.UNKNOWN, Line.UNKNOWN, True),
    ],
)
def test_window_and_line_decide(*, days_ago: int, had: Line, wants: Line, repeats: bool) -> None:
    earlier = person("Ann", days_ago=days_ago, email_key="a", lines=(had,))
    lead = person("Ann", email_key="a")
    assert (settle([wants], NOW, matches(lead, [earlier]), WINDOW) is not None) is repeats
